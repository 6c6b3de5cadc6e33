package dev.holdfast.chunkstore.chunker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** At stake: files of a payload stream keep their chunks when what is before them changes. */
class PayloadChunkerTest {
  private static final int AVERAGE_BYTES = 64 << 10;

  /** The counters of spec/formats.md §5.2. */
  private static byte[] counters() {
    ByteBuffer data = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < data.capacity() / 4; i++) {
      data.putInt(i);
    }
    return data.array();
  }

  @Test
  void cutsAtSuggestedBoundariesBetweenMinimumAndMaximum() {
    // One within a chunk, the same again, one in the past, and one where the content cuts anyway.
    List<Integer> sizes = chunks(counters(), List.of(32768L, 32768L, 0L, 405521L), 1 << 20);
    assertThat(sizes).startsWith(32768, 110609, 262144).endsWith(262144, 118767);
  }

  @Test
  void cutsAsTheContentSaysWithoutSuggestions() {
    assertThat(chunks(counters(), List.of(), 4096))
        .containsExactly(143377, 262144, 262144, 262144, 118767);
  }

  @Property(tries = 200)
  void everyChunkHasAnAllowedSizeAndNoByteIsLost(
      @ForAll @Size(max = 40) List<@IntRange(max = 1 << 20) Integer> suggestions,
      @ForAll @IntRange(min = 1, max = 1 << 19) int blockBytes) {
    List<Long> sorted = suggestions.stream().map(Integer::longValue).sorted().toList();
    List<Integer> sizes = chunks(counters(), sorted, blockBytes);
    assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(1 << 20);
    assertThat(sizes.subList(0, sizes.size() - 1))
        .allMatch(size -> size >= AVERAGE_BYTES / 4 && size <= AVERAGE_BYTES * 4);
  }

  private static List<Integer> chunks(byte[] data, List<Long> suggestions, int blockBytes) {
    PayloadChunker chunker = new PayloadChunker(AVERAGE_BYTES);
    suggestions.forEach(chunker::suggest);
    Map<Integer, Integer> ends = new TreeMap<>();
    for (int block = 0; block < data.length; block += blockBytes) {
      int at = block;
      int end = Math.min(data.length, block + blockBytes);
      int cut;
      while (at < end && (cut = chunker.scan(data, at, end - at)) != 0) {
        at += cut;
        ends.put(at, at);
      }
    }
    ends.put(data.length, data.length);
    List<Integer> sizes = new ArrayList<>();
    int start = 0;
    for (int end : ends.keySet()) {
      sizes.add(end - start);
      start = end;
    }
    return sizes;
  }
}
