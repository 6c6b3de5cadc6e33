package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.pxar.PxarReader;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeRestore;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.RecordedStore;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.transcript.Passed;
import dev.holdfast.node.transcript.Recording;
import dev.holdfast.node.transcript.ServerModel;
import dev.holdfast.node.transcript.Tap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a real server must be able to serve our client. The commands run against a node with a
 * tap before it; what they say is judged by the model that accepts the recorded conversations of
 * real clients, and must use the endpoints that a real client used for the same work. Where the
 * source is known, the chunks are the recorded ones too.
 */
final class ClientTranscriptTest {
  private static final String OLD = "pbs-3.2.4/transcripts/";
  private static final String NEW = "pbs-4.2/transcripts/";
  private static final long SEED = 20_261_125L;

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @SuppressWarnings("NullAway.Init") // before all tests
  private static Tap tap;

  private static RecordedStore recorded = new RecordedStore(Path.of(""));

  private final ServerModel server = new ServerModel();
  @TempDir private Path directory = Path.of("");

  @BeforeAll
  static void start() throws Exception {
    node = new CommandNode(shared);
    tap = new Tap(node.node().address().port());
    Path store = Files.createDirectory(shared.resolve("recorded"));
    Vectors.unpack(OLD + "datastore-of-backups.tar.zst", store);
    Vectors.unpack("pbs-3.2.4/datastore-plain.tar.zst", store.resolve("scratch"));
    recorded =
        new RecordedStore(store.resolve("scratch"))
            .with(BlobCodec.encrypted(TestKeys.recorded("key-none.json"), FixedRandom.of(1)));
  }

  @AfterAll
  static void stop() throws IOException {
    tap.close();
    node.close();
  }

  @BeforeEach
  void linuxOnly() {
    assumeThat(System.getProperty("os.name"))
        .as("directories are saved on Linux only")
        .isEqualTo("Linux");
  }

  /** As a user with a password, through the tap; returns what passed, which must be acceptable. */
  private List<Passed> say(String... arguments) throws InterruptedException {
    Map<String, String> environment = new HashMap<>();
    environment.put("PBS_REPOSITORY", "web1@pbs@127.0.0.1:" + tap.port() + ":main");
    environment.put("PBS_PASSWORD", CommandNode.PASSWORD);
    environment.put("HOME", directory.toString());
    return say(environment, arguments);
  }

  private List<Passed> say(Map<String, String> environment, String... arguments)
      throws InterruptedException {
    environment.put("PBS_FINGERPRINT", tap.fingerprint().toString());
    CommandLineRun run = CommandLineRun.with(environment, arguments);
    assertThat(run.code()).as(run.err()).isZero();
    List<Passed> said = tap.take();
    server.hear(said);
    return said;
  }

  private List<Passed> backup(String id, Instant time, String... more) throws InterruptedException {
    List<String> line = new ArrayList<>(Arrays.asList("backup", "--backup-id", id));
    line.addAll(List.of("--backup-time", Long.toString(time.getEpochSecond())));
    line.addAll(Arrays.asList(more));
    return say(line.toArray(String[]::new));
  }

  private static Set<String> endpoints(List<Passed> conversation) {
    return asked(conversation).stream()
        .map(Passed.Asked::endpoint)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Passed.Asked> asked(List<Passed> conversation) {
    return conversation.stream()
        .filter(Passed.Asked.class::isInstance)
        .map(Passed.Asked.class::cast)
        .toList();
  }

  private static Set<String> digests(List<Passed> conversation) {
    return asked(conversation).stream()
        .map(asked -> asked.query().get("digest"))
        .filter(Objects::nonNull)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void sameEndpoints(List<Passed> said, String transcript, String... more)
      throws IOException {
    Set<String> expected = endpoints(Recording.of(transcript));
    expected.addAll(Arrays.asList(more));
    assertThat(endpoints(said)).isEqualTo(expected);
  }

  private static void sameEndpointsAndChunks(List<Passed> said, String transcript, String... more)
      throws IOException {
    sameEndpoints(said, transcript, more);
    assertThat(digests(said)).isEqualTo(digests(Recording.of(transcript)));
  }

  /** The directory of a recorded archive as it was, owners included. */
  private Path rebuilt(String archive) throws IOException {
    try (Posix posix = Posix.open()) {
      assumeThat(posix.isRoot()).as("owners need root").isTrue();
    }
    Path target = Files.createTempDirectory(directory, "source").resolve("tree");
    PxarReader reader = new PxarReader(recorded.archive(archive).stream(0), archive);
    TreeRestore.restore(reader, target, TreeRestore.Options.DEFAULT, TreeListener.NONE);
    return target;
  }

  /** The recorded one; its second chunk is only zeros, and was not kept. */
  private static byte[] image() throws IOException {
    ChunkIndex index = recorded.index("host/tap/2024-06-10T00:00:00Z/sm.img.fidx");
    byte[] first = recorded.plain(index.digest(0), index.chunkBytes(0));
    return Arrays.copyOf(first, Math.toIntExact(index.contentBytes()));
  }

  private Path written(String name, byte[] content) throws IOException {
    return Files.write(directory.resolve(name), content);
  }

  @Test
  void backupsAndRestoreInOneStream() throws Exception {
    Instant first = Instant.parse("2024-06-10T00:00:00Z");
    Instant second = Instant.parse("2024-06-11T00:00:00Z");
    String image = "sm.img:" + written("image", image());
    String conf = "guest.conf:" + written("conf", "memory: 512\n".getBytes(StandardCharsets.UTF_8));
    String tree = "root.pxar:" + rebuilt(tap(first) + "root.pxar.didx");
    List<Passed> said = backup("tap", first, tree, image, conf);
    sameEndpointsAndChunks(said, OLD + "backup-first");

    String changed = "root.pxar:" + rebuilt(tap(second) + "root.pxar.didx");
    said = backup("tap", second, changed, image, conf);
    // Ours does not send a known part of the catalog again either.
    sameEndpointsAndChunks(said, OLD + "backup-second", "GET /previous catalog.pcat1.didx");

    List<Passed> restores = new ArrayList<>();
    for (String name : List.of("root.pxar", "sm.img", "guest.conf")) {
      Path target = directory.resolve("back-" + name);
      restores.addAll(say("restore", "host/tap/" + second, name, target.toString()));
    }
    sameEndpoints(restores, OLD + "restore");
    // Ours knows zeros by their name and makes a hole of them.
    Set<String> withoutZeros = digests(Recording.of(OLD + "restore"));
    withoutZeros.remove(recorded.index(tap(second) + "sm.img.fidx").digest(1).toString());
    assertThat(digests(restores)).isEqualTo(withoutZeros);
  }

  private static String tap(Instant time) {
    return "host/tap/" + time + "/";
  }

  @Test
  void encryptedBackupWithAToken() throws Exception {
    Instant time = Instant.parse("2024-06-10T00:00:00Z");
    Map<String, String> environment = node.environment();
    environment.computeIfPresent(
        "PBS_REPOSITORY", (name, value) -> value.replaceFirst(":\\d+:", ":" + tap.port() + ":"));
    List<Passed> said =
        say(
            environment,
            "backup",
            "root.pxar:" + rebuilt("host/tapenc/" + time + "/root.pxar.didx"),
            "--backup-id",
            "tapenc",
            "--backup-time",
            Long.toString(time.getEpochSecond()),
            "--keyfile",
            Vectors.file("pbs-3.2.4/key-none.json").toString());
    sameEndpointsAndChunks(said, OLD + "backup-encrypted-token");
  }

  @Test
  void backupOfAnImage() throws Exception {
    Instant time = Instant.parse("2024-07-02T06:00:00Z");
    List<Passed> said = backup("tapimg", time, "d.img:" + written("image", image()));
    sameEndpointsAndChunks(said, NEW + "backup-image");
  }

  @Test
  void splitArchivesTheSecondByMetadata() throws Exception {
    Instant first = Instant.parse("2024-07-02T06:00:00Z");
    Instant second = first.plusSeconds(60);
    Path tree = Files.createDirectory(directory.resolve("tree"));
    Random random = new Random(SEED);
    for (int i = 0; i < 15; i++) {
      byte[] content = new byte[random.nextInt(1 << 20)];
      random.nextBytes(content);
      Files.write(tree.resolve("f" + i), content);
    }
    Files.createLink(tree.resolve("again"), tree.resolve("f7"));
    String source = "root.pxar:" + tree;
    String conf = "guest.conf:" + written("conf", "memory: 512\n".getBytes(StandardCharsets.UTF_8));
    List<Passed> data = backup("split", first, source, conf, "--change-detection-mode", "data");
    sameEndpoints(data, NEW + "backup-data-first");

    Files.setLastModifiedTime(tree.resolve("f3"), FileTime.from(Instant.EPOCH));
    List<Passed> metadata =
        backup("split", second, source, conf, "--change-detection-mode", "metadata");
    sameEndpoints(metadata, NEW + "backup-metadata-second");

    Path target = directory.resolve("back");
    List<Passed> restore = say("restore", "host/split/" + second, "root.pxar", target.toString());
    sameEndpoints(restore, NEW + "restore-split");
    assertThat(target.resolve("f3")).hasSameBinaryContentAs(tree.resolve("f3"));
  }
}
