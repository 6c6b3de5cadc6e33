package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.WireResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the sessions answer as agreed, also where no recordings of real servers are at hand.
 * The conversation and its format are in {@code src/test/resources/conversation}.
 */
final class GoldenConversationTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** Where the entries of an index file begin (spec/formats.md §4). */
  private static final int INDEX_HEADER_BYTES = 4096;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<SessionProbe> session = Optional.empty();
  private String asked = "";
  private byte[] body = {};
  private String type = SessionProbe.FORM;
  private Optional<WireResponse> answer = Optional.empty();

  @Test
  void backupsAndRestoresAreAnsweredAsWritten() throws IOException {
    try (TestNode node = TestNode.start(strict, directory)) {
      Credential.Token token = node.token("bob", "/datastore/main", "DatastoreBackup");
      List<String> lines = lines();
      for (int i = 0; i < lines.size(); i++) {
        try {
          line(node, token, lines.get(i));
        } catch (AssertionError e) {
          throw new AssertionError("line " + (i + 1) + ", answer to " + asked, e);
        }
      }
      session.ifPresent(SessionProbe::close);
    }
  }

  private static List<String> lines() throws IOException {
    try (InputStream in =
        GoldenConversationTest.class.getResourceAsStream("/conversation/backup-and-restore.txt")) {
      if (in == null) {
        throw new AssertionError("no conversation among the resources");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private void line(TestNode node, Credential.Token token, String line) throws IOException {
    String[] words = line.split(" ", 3);
    switch (words[0]) {
      case "session" -> open(node, token, words[1], SnapshotId.parse(words[2]));
      case ">" -> {
        asked = words[1] + " " + words[2];
        body = new byte[0];
        type = SessionProbe.FORM;
      }
      case "+" -> {
        boolean json = words[1].equals("json");
        body = json ? words[2].getBytes(StandardCharsets.UTF_8) : HexFormat.of().parseHex(words[2]);
        type = json ? "application/json" : SessionProbe.BINARY;
      }
      case "<" -> {
        WireResponse response = session.orElseThrow().send(asked, type, body);
        answer = Optional.of(response);
        assertThat(response.status() + " " + response.contentType())
            .as("%s", response.text())
            .isEqualTo(words[1] + " " + words[2]);
      }
      case "=" -> check(words[1], words[2], answer.orElseThrow());
      case "", "#" -> {
        // between calls
      }
      default -> throw new AssertionError("a line of a conversation: " + line);
    }
  }

  private void open(TestNode node, Credential.Token token, String kind, SnapshotId snapshot) {
    session.ifPresent(SessionProbe::close);
    session =
        Optional.of(
            kind.equals("backup")
                ? SessionProbe.backup(strict.vertx(), node, token, Namespace.ROOT, snapshot)
                : SessionProbe.reader(strict.vertx(), node, token, Namespace.ROOT, snapshot));
  }

  private static void check(String form, String expected, WireResponse answer) throws IOException {
    byte[] found = answer.body();
    switch (form) {
      case "text" -> assertThat(answer.text()).isEqualTo(expected);
      case "start" -> assertThat(answer.text()).startsWith(expected);
      case "hex" -> assertThat(HexFormat.of().formatHex(found)).isEqualTo(expected);
      case "entries" ->
          assertThat(
                  HexFormat.of()
                      .formatHex(Arrays.copyOfRange(found, INDEX_HEADER_BYTES, found.length)))
              .isEqualTo(expected);
      case "json" -> {
        byte[] plain = DataBlob.decode(found, found.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
        JsonNode json = JSON.readTree(plain);
        assertThat(json).isEqualTo(JSON.readTree(expected));
      }
      default -> throw new AssertionError("a form of answer: " + form);
    }
  }
}
