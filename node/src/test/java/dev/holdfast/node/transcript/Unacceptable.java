package dev.holdfast.node.transcript;

/** A real server would refuse the request, or the protocol demands one that is missing. */
public final class Unacceptable extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unacceptable(String why) {
    super(why);
  }

  @SuppressWarnings("AnnotateFormatMethod") // whose annotation would be one more dependency
  static void unless(boolean acceptable, String why, Object... parts) {
    if (!acceptable) {
      throw new Unacceptable(why.formatted(parts));
    }
  }
}
