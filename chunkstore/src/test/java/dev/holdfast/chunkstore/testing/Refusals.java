package dev.holdfast.chunkstore.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What is wrong is told in exactly these words. */
public final class Refusals {
  private Refusals() {}

  public static void refused(Kind kind, String text, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.text()).isEqualTo(text);
              assertThat(e.kind()).isEqualTo(kind);
            });
  }
}
