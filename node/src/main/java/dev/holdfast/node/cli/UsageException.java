package dev.holdfast.node.cli;

import org.jspecify.annotations.Nullable;

/** The command line or the environment asks for something that makes no sense. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String guidance;

  UsageException(String text, @Nullable String guidance) {
    super(text);
    this.guidance = guidance;
  }

  @Nullable String guidance() {
    return guidance;
  }
}
