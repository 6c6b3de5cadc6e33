package dev.holdfast.chunkstore.gc;

import java.util.ArrayList;
import java.util.List;

/** Remembers what a collection told. */
public class WatchedCollection implements GcWatcher {
  public final List<String> warnings = new ArrayList<>();
  public final List<String> removing = new ArrayList<>();
  public final List<Integer> percents = new ArrayList<>();

  @Override
  public void checkStop() {}

  @Override
  public synchronized void swept(int percent, long chunks) {
    percents.add(percent);
  }

  @Override
  public synchronized void warn(String text) {
    warnings.add(text);
  }

  @Override
  public synchronized void removing(String file, long bytes, String why) {
    removing.add(file + ": " + why);
  }
}
