package dev.holdfast.node.transcript;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.node.transcript.Passed.Answered;
import dev.holdfast.node.transcript.Passed.Asked;
import dev.holdfast.node.transcript.Passed.Body;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: the judge of our own client must be one that knows the law. It accepts what real
 * clients and real servers said to each other, and none of it with one thing wrong.
 */
final class ServerModelTest {
  private static final String OLD = "pbs-3.2.4/transcripts/";
  private static final String NEW = "pbs-4.2/transcripts/";

  private List<Passed> first = List.of();
  private List<Passed> second = List.of();
  private List<Passed> metadata = List.of();

  @BeforeEach
  void read() throws IOException {
    first = Recording.of(OLD + "backup-first");
    second = Recording.of(OLD + "backup-second");
    metadata = Recording.of(NEW + "backup-metadata-second");
  }

  /** Those of a line are one server's, in their order. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        OLD + "backup-encrypted-token",
        OLD + "backup-first," + OLD + "backup-second," + OLD + "restore",
        NEW + "backup-data-first," + NEW + "backup-metadata-second," + NEW + "restore-split",
        NEW + "backup-data-first," + NEW + "backup-metadata-second," + NEW + "catalog-split",
        NEW + "backup-data-first-to-3.2.4," + NEW + "backup-metadata-second-to-3.2.4",
        NEW + "backup-image"
      })
  void acceptsWhatRealClientsSaid(String names) throws IOException {
    ServerModel server = new ServerModel();
    for (String name : names.split(",", -1)) {
      List<Passed> conversation = Recording.of(name);
      assertThatCode(() -> server.hear(conversation)).as(name).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "POST /dynamic_index, writer '",
    "POST /dynamic_chunk, no such chunk",
    "PUT /dynamic_index, unexpected chunk count (0 != 1)",
    "POST /dynamic_close, the manifest before its archives are closed",
    "POST /fixed_index, writer '",
    "POST /fixed_chunk, no such chunk",
    "POST /fixed_close, the manifest before its archives are closed",
    "POST /blob index.json.blob, unable to load blob",
    "POST /finish, finished flag is not set",
    "GET /previous_backup_time, before previous_backup_time",
    "GET /backup, outside of its protocol"
  })
  void missesARequestThatWasLeftOut(String endpoint, String refusal) {
    refused(refusal, new ServerModel(), without(first, firstOf(first, endpoint)));
  }

  @ParameterizedTest
  @CsvSource({
    "GET /previous index.json.blob, before the manifest",
    "GET /previous root.pxar.didx, its index was not asked for",
    "GET /previous sm.img.fidx, its index was not asked for"
  })
  void missesWhatASecondBackupHasToAsk(String endpoint, String refusal) {
    ServerModel server = after(first);
    refused(refusal, server, without(second, firstOf(second, endpoint)));
  }

  @ParameterizedTest
  @CsvSource({
    "POST /dynamic_close, csum, 0000000000000000000000000000000000000000000000000000000000000000,"
        + " unexpected checksum",
    "POST /dynamic_close, chunk-count, 2, unexpected chunk count (1 != 2)",
    "POST /dynamic_close, chunk-count, 0, is not within",
    "POST /dynamic_close, size, 601, unexpected file size",
    "POST /dynamic_close, wid, 7, writer '7' not registered",
    "POST /dynamic_close, csum, , does not match the regex pattern",
    "POST /dynamic_close, more, 1, does not allow additional properties",
    "POST /fixed_close, csum, 0000000000000000000000000000000000000000000000000000000000000000,"
        + " unexpected checksum",
    "POST /fixed_index, size, 4999999, exceeds size",
    "POST /fixed_index, size, 0, is not within",
    "POST /fixed_chunk, wid, 1, which is of the other kind",
    "POST /dynamic_chunk, size, 17000000, is not within",
    "POST /dynamic_chunk, encoded-size, 100, unexpected length (100 != ",
    "POST /dynamic_chunk, digest, 00, does not match the regex pattern",
    "POST /blob, file-name, index.json, wrong archive extension",
    "POST /blob, encoded-size, 13, unexpected length (13 != ",
    "POST /dynamic_index, archive-name, root.pxar.fidx, wrong archive extension",
    "GET /backup, backup-type, pc, does not match the regex pattern"
  })
  void refusesAWrongParameter(String endpoint, String name, String value, String refusal) {
    refused(
        refusal,
        new ServerModel(),
        changed(
            first, endpoint, asked -> asked.with(put(asked, name, value == null ? "" : value))));
  }

  @ParameterizedTest
  @CsvSource({
    "POST /dynamic_close, csum",
    "POST /dynamic_chunk, encoded-size",
    "POST /fixed_index, size",
    "POST /blob, file-name",
    "GET /backup, store"
  })
  void refusesAMissingParameter(String endpoint, String name) {
    refused(
        "'" + name + "': parameter is missing",
        new ServerModel(),
        changed(
            first,
            endpoint,
            asked -> {
              Map<String, String> query = new HashMap<>(asked.query());
              query.remove(name);
              return asked.with(query);
            }));
  }

  @ParameterizedTest
  @CsvSource({
    "PUT /dynamic_index, '[0]', '[4096]', got strange chunk offset (0 != 4096)",
    "PUT /dynamic_index, '[0]', '[]', offset list has wrong length",
    "PUT /dynamic_index, '\"wid\"', '\"writer\"', append with",
    "PUT /fixed_index, '4194304', '4194305', unaligned",
    "PUT /fixed_index, '4194304', '0', unexpected length"
  })
  void refusesAWrongAppend(String endpoint, String text, String instead, String refusal) {
    refused(
        refusal,
        new ServerModel(),
        changed(
            first,
            endpoint,
            asked -> {
              String json = asked.body().json().toString().replace(text, instead);
              return asked.with(Body.of(json.getBytes(StandardCharsets.UTF_8)));
            }));
  }

  @Test
  void refusesAnAppendBeforeItsUploadIsAnswered() {
    Asked append = firstOf(first, "PUT /dynamic_index");
    List<Passed> early = new ArrayList<>(without(first, append));
    int upload = early.indexOf(firstOf(first, "POST /dynamic_chunk"));
    early.add(upload + 1, append);
    refused("no such chunk", new ServerModel(), early);
  }

  @Test
  void refusesWhatComesAfterTheEnd() {
    Asked blob = firstOf(first, "POST /blob guest.conf.blob");
    List<Passed> late = new ArrayList<>(without(first, blob));
    late.add(late.indexOf(firstOf(first, "POST /finish")) + 1, blob);
    refused("already marked as finished", new ServerModel(), late);

    List<Passed> afterManifest = new ArrayList<>(without(first, blob));
    afterManifest.add(afterManifest.indexOf(firstOf(first, "POST /finish")), blob);
    refused("guest.conf.blob after the manifest", new ServerModel(), afterManifest);
  }

  @Test
  void refusesASecondUploadAndASecondArchiveOfOneName() {
    Asked upload = firstOf(first, "POST /dynamic_chunk");
    List<Passed> twice = new ArrayList<>(first);
    twice.add(twice.indexOf(upload), upload);
    refused("is uploaded though it is known", new ServerModel(), twice);

    Asked create = firstOf(first, "POST /dynamic_index");
    List<Passed> again = new ArrayList<>(first);
    again.add(again.indexOf(upload), create);
    refused("is there already", new ServerModel(), again);
  }

  @Test
  void refusesABackupThatIsNotNewer() {
    refused("older than last backup", after(first, second), first);
  }

  @Test
  void refusesAReaderOfWhatIsNotThereOrNotAllowed() throws IOException {
    List<Passed> restore = Recording.of(OLD + "restore");
    refused("does not exist", new ServerModel(), restore);
    for (Map.Entry<String, String> left :
        Map.of(
                "GET /download index.json.blob", "the manifest was not",
                "GET /download root.pxar.didx", "not allowed",
                "GET /download sm.img.fidx", "not allowed")
            .entrySet()) {
      refused(
          left.getValue(), after(first, second), without(restore, firstOf(restore, left.getKey())));
    }
    refused(
        "open file \"other.didx\" failed - not found",
        after(first, second),
        changed(
            restore,
            "GET /download root.pxar.didx",
            asked -> asked.with(put(asked, "file-name", "other.didx"))));
  }

  @Test
  void refusesAMetadataBackupWithoutItsFormerPayload() throws IOException {
    List<Passed> without = metadata;
    for (int i = 0; i < 2; i++) {
      without = without(without, firstOf(without, "GET /previous root.ppxar.didx"));
    }
    refused(
        "root.ppxar.didx without the chunks",
        after(Recording.of(NEW + "backup-data-first")),
        without);
  }

  @Test
  void refusesAnErrorOfTheServerAndAMissingLogin() {
    Asked close = firstOf(first, "POST /dynamic_close");
    List<Passed> failed =
        first.stream()
            .map(
                one ->
                    one instanceof Answered answer && answers(answer, close)
                        ? new Answered(
                            answer.connection(), answer.stream(), 400, Body.of(new byte[0]))
                        : one)
            .toList();
    refused("POST /dynamic_close: 400", new ServerModel(), failed);
    refused(
        "without a token or a ticket",
        new ServerModel(),
        changed(
            first,
            "GET /backup",
            asked ->
                new Asked(
                    asked.connection(),
                    asked.stream(),
                    asked.method(),
                    asked.path(),
                    asked.query(),
                    Map.of("upgrade", "proxmox-backup-protocol-v1"),
                    asked.body())));
  }

  private static void refused(String refusal, ServerModel server, List<Passed> conversation) {
    assertThatThrownBy(() -> server.hear(conversation))
        .isInstanceOf(Unacceptable.class)
        .hasMessageContaining(refusal);
  }

  @SafeVarargs
  private static ServerModel after(List<Passed>... conversations) {
    ServerModel server = new ServerModel();
    for (List<Passed> conversation : conversations) {
      server.hear(conversation);
    }
    return server;
  }

  private static Asked firstOf(List<Passed> conversation, String endpoint) {
    return conversation.stream()
        .filter(Asked.class::isInstance)
        .map(Asked.class::cast)
        .filter(asked -> asked.endpoint().startsWith(endpoint))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + endpoint));
  }

  /** Without the request and its answer. */
  private static List<Passed> without(List<Passed> conversation, Asked asked) {
    Predicate<Passed> part =
        one -> one.equals(asked) || (one instanceof Answered answer && answers(answer, asked));
    return conversation.stream().filter(part.negate()).toList();
  }

  private static boolean answers(Answered answer, Asked asked) {
    return answer.connection() == asked.connection() && answer.stream() == asked.stream();
  }

  private static List<Passed> changed(
      List<Passed> conversation, String endpoint, UnaryOperator<Asked> change) {
    List<Passed> changed = new ArrayList<>(conversation);
    Asked asked = firstOf(conversation, endpoint);
    changed.set(changed.indexOf(asked), change.apply(asked));
    return changed;
  }

  private static Map<String, String> put(Asked asked, String name, String value) {
    Map<String, String> query = new HashMap<>(asked.query());
    query.put(name, value);
    return query;
  }
}
