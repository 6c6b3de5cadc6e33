package dev.holdfast.chunkstore.datastore;

import java.time.Instant;
import java.util.function.Consumer;

/** Says that somebody has been adding chunks since a moment, until closed. */
public final class WriterGuard implements Lease {
  private final Instant since;
  private final Consumer<WriterGuard> onClose;

  WriterGuard(Instant since, Consumer<WriterGuard> onClose) {
    this.since = since;
    this.onClose = onClose;
  }

  public Instant since() {
    return since;
  }

  @Override
  public void close() {
    onClose.accept(this);
  }
}
