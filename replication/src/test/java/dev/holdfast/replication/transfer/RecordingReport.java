package dev.holdfast.replication.transfer;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it is told. */
final class RecordingReport implements SyncReport {
  final List<String> lines = new CopyOnWriteArrayList<>();
  final List<String> warnings = new CopyOnWriteArrayList<>();
  final List<Transferred> transferred = new CopyOnWriteArrayList<>();

  /** What the check for an abort does. */
  volatile Runnable abort = () -> {};

  @Override
  public void log(String line) {
    lines.add(line);
  }

  @Override
  public void warn(String line) {
    warnings.add(line);
  }

  @Override
  public void checkAborted() {
    abort.run();
  }

  @Override
  public void transferred(Transferred snapshot) {
    transferred.add(snapshot);
  }
}
