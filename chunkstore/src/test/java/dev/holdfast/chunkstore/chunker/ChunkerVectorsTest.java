package dev.holdfast.chunkstore.chunker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * At stake: chunks cut elsewhere than real clients cut them share nothing with theirs. The recorded
 * streams are generated again and cut; ends and digests must be those of the real client.
 */
class ChunkerVectorsTest {
  /** Not a power of two, so that blocks and chunks never line up. */
  private static final int BLOCK_BYTES = (1 << 20) - 7;

  @Test
  void cutsRecordedStreamsWhereTheRealClientDid() throws IOException {
    // Cases of the same stream are cut side by side: making it costs more than cutting it.
    Map<JsonNode, List<JsonNode>> casesByStream = new LinkedHashMap<>();
    for (JsonNode c : Vectors.json("pbs-3.2.4/chunker.json").path("cases")) {
      casesByStream.computeIfAbsent(c.path("stream"), s -> new ArrayList<>()).add(c);
    }
    assertThat(casesByStream).isNotEmpty();
    casesByStream.forEach(ChunkerVectorsTest::cutStream);
  }

  private static void cutStream(JsonNode stream, List<JsonNode> cases) {
    List<Cutter> cutters =
        cases.stream().map(c -> new Cutter(c.path("avg_chunk_kib").asInt() << 10)).toList();
    MessageDigest whole = Digest.sha256();
    Sink sink =
        (block, length) -> {
          whole.update(block, 0, length);
          cutters.forEach(cutter -> cutter.take(block, length));
        };
    HexFormat hex = HexFormat.of();
    byte[] prefix = hex.parseHex(stream.path("prefix_hex").asText());
    byte[] suffix = hex.parseHex(stream.path("suffix_hex").asText());
    sink.take(prefix, prefix.length);
    generate(stream.path("generator").asText(), stream.path("payload_bytes").asLong(), sink);
    sink.take(suffix, suffix.length);

    String sum = hex.formatHex(whole.digest());
    for (int i = 0; i < cases.size(); i++) {
      assertThat(sum).isEqualTo(cases.get(i).path("sha256_of_stream").asText());
      List<String> expected = new ArrayList<>();
      for (JsonNode chunk : cases.get(i).path("chunks")) {
        expected.add(chunk.path(0).asLong() + " " + chunk.path(1).asText());
      }
      assertThat(cutters.get(i).finish())
          .as(cases.get(i).path("name").asText())
          .containsExactlyElementsOf(expected);
    }
  }

  private interface Sink {
    void take(byte[] block, int length);
  }

  private static final class Cutter {
    private final BuzhashChunker chunker;
    private final MessageDigest sha = Digest.sha256();
    private final List<String> chunks = new ArrayList<>();
    private long end;
    private long chunkStart;

    Cutter(int averageBytes) {
      chunker = new BuzhashChunker(averageBytes);
    }

    void take(byte[] block, int length) {
      int at = 0;
      while (at < length) {
        int cut = chunker.scan(block, at, length - at);
        int taken = cut == 0 ? length - at : cut;
        sha.update(block, at, taken);
        at += taken;
        end += taken;
        if (cut > 0) {
          chunk();
        }
      }
    }

    List<String> finish() {
      if (end > chunkStart) {
        chunk();
      }
      return chunks;
    }

    private void chunk() {
      chunks.add(end + " " + HexFormat.of().formatHex(sha.digest()));
      chunkStart = end;
    }
  }

  private static void generate(String generator, long payloadBytes, Sink sink) {
    byte[] block = new byte[BLOCK_BYTES];
    Filler filler =
        switch (generator) {
          case "sha" -> new ShaCounter();
          case "text" -> new TextLines();
          case "zero" -> (target) -> Arrays.fill(target, (byte) 0);
          default -> throw new AssertionError("unknown generator " + generator);
        };
    for (long left = payloadBytes; left > 0; left -= block.length) {
      filler.fill(block);
      sink.take(block, (int) Math.min(left, block.length));
    }
  }

  /** Writes the next bytes of a stream that has no end. */
  private interface Filler {
    void fill(byte[] target);
  }

  /** SHA-256 of each 64-bit big-endian counter. */
  private static final class ShaCounter implements Filler {
    private final MessageDigest sha = Digest.sha256();
    private final ByteBuffer counter = ByteBuffer.allocate(8).order(ByteOrder.BIG_ENDIAN);
    private final byte[] piece = new byte[Digest.BYTES];
    private long next;
    private int used = piece.length;

    @Override
    public void fill(byte[] target) {
      for (int at = 0; at < target.length; ) {
        if (used == piece.length) {
          counter.putLong(0, next++);
          sha.update(counter.array());
          try {
            sha.digest(piece, 0, piece.length);
          } catch (DigestException e) {
            throw new AssertionError("there is room for 32 bytes", e);
          }
          used = 0;
        }
        int count = Math.min(piece.length - used, target.length - at);
        System.arraycopy(piece, used, target, at, count);
        used += count;
        at += count;
      }
    }
  }

  /** Lines of a ten-digit counter and a fixed text. */
  private static final class TextLines implements Filler {
    private final byte[] line =
        "0000000000 the quick brown fox\n".getBytes(StandardCharsets.US_ASCII);
    private int used;

    @Override
    public void fill(byte[] target) {
      for (int at = 0; at < target.length; ) {
        int count = Math.min(line.length - used, target.length - at);
        System.arraycopy(line, used, target, at, count);
        at += count;
        used += count;
        if (used == line.length) {
          used = 0;
          countUp();
        }
      }
    }

    private void countUp() {
      int digit = 9;
      while (line[digit] == '9') {
        line[digit--] = '0';
      }
      line[digit]++;
    }
  }
}
