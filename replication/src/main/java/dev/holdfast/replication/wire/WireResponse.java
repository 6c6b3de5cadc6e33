package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request of a session.
 *
 * @param body whole; the array is the receiver's, and not copied
 */
@SuppressWarnings(
    "ArrayRecordComponent") // bodies of megabytes are handed over, not copied or compared
public record WireResponse(int status, @Nullable String contentType, byte[] body) {
  public boolean ok() {
    return status == 200;
  }

  /** The body as text, which every error answer is. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** This, or an error with the server's text if the status is not 200. */
  public WireResponse orThrow() {
    if (!ok()) {
      throw failure();
    }
    return this;
  }

  /** The server's text as an error of the kind that the status stands for. */
  public BackupException failure() {
    return WireErrors.ofAnswer(status, text());
  }
}
