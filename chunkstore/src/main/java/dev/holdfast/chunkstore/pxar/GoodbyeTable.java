package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The lookup table at the end of a directory: one record per child, sorted by the hash of its name
 * and laid out as an implicit binary search tree (children of index i at 2i+1 and 2i+2), then a
 * tail that leads back to the directory.
 *
 * <pre>
 * child record := SipHash(name) u64, GOODBYE position − FILENAME position u64, child's size u64
 * tail record  := marker u64, GOODBYE position − directory's ENTRY position u64,
 *                 full size of the GOODBYE item u64
 * </pre>
 *
 * <p>Source: spec/formats.md §6.5.
 */
public final class GoodbyeTable {
  private record Child(long hash, long position, long bytes) {}

  private final List<Child> children = new ArrayList<>();

  /**
   * Adds a child.
   *
   * @param position of its FILENAME header
   * @param bytes from there to the child's end, with all that is in it
   */
  public void add(Bytes name, long position, long bytes) {
    children.add(new Child(SipHash24.hash(name), position, bytes));
  }

  /** Size of the whole item, header included. */
  public long encodedBytes() {
    return PxarFormat.HEADER_BYTES + (children.size() + 1L) * PxarFormat.GOODBYE_RECORD_BYTES;
  }

  /**
   * The content of the item, without its header. Sorts what was added.
   *
   * @param position where the GOODBYE header stands
   * @param directoryPosition where the directory's ENTRY header stands
   */
  public byte[] encode(long position, long directoryPosition) {
    children.sort((a, b) -> Long.compareUnsigned(a.hash, b.hash));
    int[] order = searchOrder(children.size());
    ByteBuffer content =
        ByteBuffer.allocate((children.size() + 1) * PxarFormat.GOODBYE_RECORD_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int index : order) {
      Child child = children.get(index);
      content.putLong(child.hash).putLong(position - child.position).putLong(child.bytes);
    }
    content
        .putLong(PxarFormat.GOODBYE_TAIL_MARKER)
        .putLong(position - directoryPosition)
        .putLong(encodedBytes());
    return content.array();
  }

  /** For each place of the tree, which of n sorted records stands there. */
  static int[] searchOrder(int count) {
    int[] order = new int[count];
    if (count > 0) {
      place(order, 0, count, Integer.SIZE - 1 - Integer.numberOfLeadingZeros(count), 0);
    }
    return order;
  }

  // The depth is counted down, not computed from the range: with it the last level fills from the
  // left exactly as the reference writes it.
  private static void place(int[] order, int first, int count, int depth, int target) {
    int power = 1 << depth;
    int full = power + power / 2 - 1;
    int root = count > full ? power - 1 : power - 1 - (full - count);
    order[target] = first + root;
    if (root > 0) {
      place(order, first, root, depth - 1, 2 * target + 1);
    }
    if (root + 1 < count) {
      place(order, first + root + 1, count - root - 1, depth - 1, 2 * target + 2);
    }
  }
}
