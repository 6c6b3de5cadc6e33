package dev.holdfast.chunkstore.chunker;

import java.util.ArrayDeque;

/**
 * Cuts the payload stream of a split archive: where its content says so, but at the beginning of a
 * file where one is near. So the chunks of a file do not change with what comes before it, and a
 * later backup can take them over. Source: spec/formats.md §5.3.
 *
 * <p>A suggested boundary is taken when the chunk that ends there has a size between minimum and
 * maximum, and comes before a boundary of the content within the same block of input. Not safe for
 * use by several threads.
 */
public final class PayloadChunker {
  private final BuzhashChunker content;
  private final int bytesMin;
  private final int bytesMax;
  private final ArrayDeque<Long> suggested = new ArrayDeque<>();
  private long chunkStart;
  private int chunkBytes;

  /**
   * @param averageBytes as for {@link BuzhashChunker}
   */
  public PayloadChunker(int averageBytes) {
    content = new BuzhashChunker(averageBytes);
    bytesMin = averageBytes / 4;
    bytesMax = averageBytes * 4;
  }

  /**
   * Suggests a boundary.
   *
   * @param position in the stream, not before one that was suggested earlier
   */
  public void suggest(long position) {
    suggested.add(position);
  }

  /** As {@link BuzhashChunker#scan}. */
  public int scan(byte[] data, int offset, int length) {
    long scanned = chunkStart + chunkBytes;
    while (!suggested.isEmpty() && suggested.element() <= scanned + length) {
      long size = suggested.element() - chunkStart;
      if (size > bytesMax) {
        break; // the content cuts before
      }
      long boundary = suggested.remove();
      int taken = (int) (boundary - scanned);
      if (size >= bytesMin && taken > 0) {
        content.restart();
        ended(boundary);
        return taken;
      }
    }
    int cut = content.scan(data, offset, length);
    if (cut == 0) {
      chunkBytes += length;
    } else {
      ended(scanned + cut);
    }
    return cut;
  }

  /**
   * Begins a new chunk.
   *
   * @param position where the next byte stands in the stream
   */
  public void restart(long position) {
    content.restart();
    ended(position);
  }

  private void ended(long position) {
    chunkStart = position;
    chunkBytes = 0;
  }
}
