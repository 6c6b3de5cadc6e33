package dev.holdfast.replication.transfer;

import dev.holdfast.replication.plan.SyncPlan.Reason;
import java.util.concurrent.atomic.LongAdder;

/** What a run has moved so far; groups add side by side. */
final class TransferTotals {
  private final LongAdder snapshots = new LongAdder();
  private final LongAdder chunks = new LongAdder();
  private final LongAdder encodedBytes = new LongAdder();

  void add(Transferred snapshot) {
    if (snapshot.reason() != Reason.RECHECK) {
      snapshots.increment();
    }
    chunks.add(snapshot.chunks());
    encodedBytes.add(snapshot.encodedBytes());
  }

  /** Those that became restorable. */
  long snapshots() {
    return snapshots.sum();
  }

  long chunks() {
    return chunks.sum();
  }

  long encodedBytes() {
    return encodedBytes.sum();
  }
}
