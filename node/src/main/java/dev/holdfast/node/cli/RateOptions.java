package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.traffic.ByteCount;
import dev.holdfast.replication.wire.TransferRate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --rate} and {@code --burst}: how fast a backup or a restore may go. */
final class RateOptions {
  @Option(
      names = "--rate",
      paramLabel = "BYTES",
      description =
          "Bytes per second on the line, e.g. 10MB or 512KiB; default: as fast as it goes.")
  private @Nullable ByteCount rate;

  @Option(
      names = "--burst",
      paramLabel = "BYTES",
      description = "What may go at once after a pause; default: as much as in a second.")
  private @Nullable ByteCount burst;

  TransferRate rate() {
    if (rate == null) {
      if (burst != null) {
        throw new UsageException("--burst goes with --rate", null);
      }
      return TransferRate.UNLIMITED;
    }
    try {
      return new TransferRate(rate.bytes(), burst == null ? rate.bytes() : burst.bytes());
    } catch (BackupException e) {
      throw new UsageException("--rate: " + e.text(), null);
    }
  }
}
