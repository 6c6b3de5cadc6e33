package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What must be alike in a node's answer and the recorded one. */
final class AnswerComparison {
  private static final Pattern FILE = Pattern.compile("(?:archive|file)-name=([^&]+)");

  private AnswerComparison() {}

  /**
   * @param text what the body must be, or null when it is no text
   */
  static void answer(TranscriptReplay.Judge.Answer answer, @Nullable String text) {
    String asked = answer.asked();
    assertThat(Integer.toString(answer.status()))
        .as("%s: %s", asked, answer.text())
        .isEqualTo(header(answer.recorded(), ":status"));
    headers(asked, answer.recorded(), answer.headers(), text != null);
    if (text != null) {
      assertThat(answer.text()).as(asked).isEqualTo(text);
    }
  }

  /**
   * The headers that say how to read the answer: type, switch of protocol, and whether a length is
   * announced.
   *
   * @param sameBody whether the length must be the recorded one
   */
  static void headers(
      String asked, JsonNode recorded, Map<String, String> found, boolean sameBody) {
    for (String name : new String[] {"content-type", "connection", "upgrade"}) {
      assertThat(found.get(name)).as("%s of %s", name, asked).isEqualTo(header(recorded, name));
    }
    String length = header(recorded, "content-length");
    if (sameBody) {
      assertThat(found.get("content-length")).as("length of %s", asked).isEqualTo(length);
    } else {
      assertThat(found.containsKey("content-length"))
          .as("whether %s has a length", asked)
          .isEqualTo(length != null);
    }
  }

  private static @Nullable String header(JsonNode recorded, String name) {
    for (JsonNode header : recorded.path("headers")) {
      if (header.get(0).textValue().equals(name)) {
        return header.get(1).textValue();
      }
    }
    return null;
  }

  /**
   * A file of a snapshot, or a chunk. What is new in every run may differ: an index's UUID and
   * time, and how a manifest is compressed.
   */
  static void file(String asked, byte[] recorded, byte[] found) {
    Matcher name = FILE.matcher(asked);
    if (!name.find()) {
      assertThat(found).as(asked).isEqualTo(recorded);
      return;
    }
    same(new ArchiveName(name.group(1)), recorded, found);
  }

  /** As {@link #file}, of a file by name. */
  static void same(ArchiveName name, byte[] recorded, byte[] found) {
    if (name.equals(ArchiveName.MANIFEST)) {
      assertThat(json(found)).isEqualTo(json(recorded));
    } else if (name.isIndex()) {
      ChunkIndex expected = ChunkIndex.parse(recorded, name, "recorded");
      ChunkIndex index = ChunkIndex.parse(found, name, "found");
      assertThat(index.checksum()).as("%s", name).isEqualTo(expected.checksum());
      assertThat(index.contentBytes()).as("%s", name).isEqualTo(expected.contentBytes());
    } else {
      assertThat(found).as("%s", name).isEqualTo(recorded);
    }
  }

  private static String json(byte[] manifest) {
    return new String(Manifest.decodeBlob(manifest).json(), StandardCharsets.UTF_8);
  }
}
