package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.testing.RecordedStore;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: what real clients saved comes back in everything that they saw of it, devices, owners
 * and attributes included; and saved again it makes the same bytes. Needs root, as a real restore
 * does.
 */
class RecordedTreesTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static final Set<String> EXCLUDED =
      Set.of(
          "excl/a.tmp",
          "excl/nest/b.tmp",
          "excl/only-top",
          "excl/subdir",
          "excl/subdir/f",
          "notes/a.tmp");

  /** FS_IMMUTABLE_FL and FS_APPEND_FL (linux/fs.h). */
  private static final int UNREMOVABLE = 0x10 | 0x20;

  private static RecordedStore plain = new RecordedStore(Path.of(""));
  private static RecordedStore split = plain;

  @TempDir private Path temp = Path.of("");
  private final List<String> warnings = new ArrayList<>();

  private final TreeListener listener =
      new TreeListener() {
        @Override
        public void warning(String text) {
          warnings.add(text);
        }
      };

  @BeforeAll
  static void unpack(@TempDir Path stores) throws IOException {
    plain = store(stores, "pbs-3.2.4/datastore-plain.tar.zst", "plain");
    split = store(stores, "pbs-4.2/datastore-split.tar.zst", "split");
  }

  private static RecordedStore store(Path stores, String vector, String name) throws IOException {
    return RecordedStore.unpack(vector, Files.createDirectory(stores.resolve(name)));
  }

  @BeforeEach
  void rootOnly() {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    try (Posix posix = Posix.open()) {
      assumeThat(posix.isRoot()).as("owners and devices need root").isTrue();
    }
  }

  @AfterEach
  void makeRemovable() throws IOException {
    try (Posix posix = Posix.open()) {
      int handle = posix.open(Posix.WORKING_DIRECTORY, Bytes.of(temp), OpenFlags.DIRECTORY, 0);
      clearFlags(posix, handle);
      posix.close(handle);
    }
  }

  private static void clearFlags(Posix posix, int directory) throws IOException {
    for (DirectoryEntry entry : posix.list(directory)) {
      if (entry.type() == FileMode.DIRECTORY || entry.type() == FileMode.REGULAR) {
        int handle = posix.open(directory, entry.name(), OpenFlags.NO_FOLLOW, 0);
        int flags = posix.attributeFlags(handle);
        if ((flags & UNREMOVABLE) != 0) {
          posix.setAttributeFlags(handle, flags & ~UNREMOVABLE);
        }
        if (entry.type() == FileMode.DIRECTORY) {
          clearFlags(posix, handle);
        }
        posix.close(handle);
      }
    }
  }

  @Test
  void allKindsOfFilesComeBackAndMakeTheSameArchive() throws IOException {
    String path = "host/allkinds/2024-06-05T10:00:00Z/root.pxar.didx";
    Path target = temp.resolve("target");
    TreeRestore.restore(
        new PxarReader(plain.archive(path).stream(0), path),
        target,
        TreeRestore.Options.DEFAULT,
        listener);
    assertThat(warnings).isEmpty();
    // Clients before 2026-03 tie a pattern of a nested directory to the root, which keeps this one.
    Files.delete(target.resolve("excl/only-top"));
    setModifyTime(target.resolve("excl"), stat(plain.archive(path), "excl"));
    assertSame(target, "pbs-3.2.4/source-allkinds.json", Map.of());
    assertFlags(target);
  }

  @ParameterizedTest
  @CsvSource({
    "ct/200/2024-06-01T00:00:00Z/root.pxar.didx",
    "ns/site-a/host/in-ns/2024-06-01T06:00:00Z/root.pxar.didx",
    "ns/site-b/host/in-ns/2024-06-04T06:00:00Z/root.pxar.didx"
  })
  void anArchiveSavedAgainIsTheSame(String path) throws IOException {
    Path target = temp.resolve("target");
    TreeRestore.restore(plain.archive(path).stream(0), target, false, listener);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    TreeBackup.write(target, again, listener);
    assertSameBytes(again.toByteArray(), plain.content(path));
    assertThat(warnings).isEmpty();
  }

  /** The listing has the letters of chattr beside it. */
  private void assertFlags(Path target) throws IOException {
    Map<String, Integer> letters = Map.of("a", 0x20, "A", 0x80, "d", 0x40);
    try (Posix posix = Posix.open()) {
      for (JsonNode entry : Vectors.json("pbs-3.2.4/source-allkinds.json")) {
        Integer flag = letters.get(entry.path("lsattr").asText());
        if (flag != null) {
          Bytes path = Bytes.of(target.resolve(entry.path("path").asText()));
          int handle = posix.open(Posix.WORKING_DIRECTORY, path, OpenFlags.READ_ONLY, 0);
          assertThat(posix.attributeFlags(handle) & flag).as("%s", path).isEqualTo(flag);
          posix.close(handle);
        }
      }
    }
  }

  /** Snapshots that hold old content of one file by design name the listing that has it. */
  @ParameterizedTest
  @CsvSource({
    "host/allkinds/2024-07-01T10:00:00Z, pbs-3.2.4/source-allkinds, ,",
    "host/allkinds/2024-07-01T11:00:00Z, pbs-3.2.4/source-allkinds, ,",
    "host/split/2024-07-01T10:00:00Z, pbs-4.2/source-split-v1, ,",
    "host/split/2024-07-01T11:00:00Z, pbs-4.2/source-split-v1, ,",
    "host/split/2024-07-01T12:00:00Z, pbs-4.2/source-split-v2, docs/d08/t001, pbs-4.2/source-split-v1",
    "host/split/2024-07-01T13:00:00Z, pbs-4.2/source-split-v3, docs/d08/t001, pbs-4.2/source-split-v1",
    "host/split/2024-07-01T14:00:00Z, pbs-4.2/source-split-v3, ,",
    "host/tail/2024-07-01T10:00:00Z, pbs-4.2/source-tail-v1, ,",
    "host/tail/2024-07-01T11:00:00Z, pbs-4.2/source-tail-v2, ,"
  })
  void aSplitArchiveComesBack(String snapshot, String listing, String oldFile, String oldListing)
      throws IOException {
    Path target = temp.resolve("target");
    TreeRestore.restore(reader(snapshot), target, TreeRestore.Options.DEFAULT, listener);
    assertThat(warnings).isEmpty();
    assertSame(
        target,
        listing + ".json",
        oldFile == null ? Map.of() : Map.of(oldFile, oldListing + ".json"));
  }

  @ParameterizedTest
  @CsvSource({
    "host/allkinds/2024-07-01T10:00:00Z",
    "host/split/2024-07-01T10:00:00Z",
    "host/split/2024-07-01T14:00:00Z",
    "host/tail/2024-07-01T10:00:00Z"
  })
  void aSplitArchiveSavedAgainIsTheSame(String snapshot) throws IOException {
    Path target = temp.resolve("target");
    TreeRestore.restore(reader(snapshot), target, TreeRestore.Options.DEFAULT, listener);
    SplitBackup again = SplitBackup.of(target, null, temp);
    assertSameBytes(sorted(again.metadata()), sorted(split.content(snapshot + "/root.mpxar.didx")));
    assertSameBytes(again.payload(), split.content(snapshot + "/root.ppxar.didx"));
  }

  @Test
  void patternsOfTheCommandLineMakeTheSameArchive() throws IOException {
    String path = "host/excl/2024-07-01T11:00:00Z/root.pxar.didx";
    Path target = temp.resolve("target");
    InputStream archive = split.archive(path).stream(0);
    TreeRestore.restore(
        new PxarReader(archive, path), target, TreeRestore.Options.DEFAULT, listener);
    Files.delete(target.resolve(".pxarexclude-cli"));
    setModifyTime(target, stat(split.archive(path), ""));
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    ExcludePatterns patterns = ExcludePatterns.parse(List.of("*.bak", "cache/"));
    TreeBackup.write(
        target,
        new ArchiveTarget.Single(again),
        new TreeBackup.Options(false, 1000, patterns),
        listener,
        PxarEntrySink.NONE);
    assertSameBytes(again.toByteArray(), split.content(path));
  }

  private static PxarStat stat(ByteSource archive, String path) throws IOException {
    PxarNode node = PxarAccessor.open(archive, path).find(Bytes.of(path));
    if (node == null || !(node.entry() instanceof PxarEntry.Node found)) {
      throw new AssertionError("no " + path);
    }
    return found.stat();
  }

  private static void setModifyTime(Path directory, PxarStat stat) throws IOException {
    try (Posix posix = Posix.open()) {
      int handle = posix.open(Posix.WORKING_DIRECTORY, Bytes.of(directory), OpenFlags.DIRECTORY, 0);
      posix.setModifyTime(handle, stat.modifySeconds(), stat.modifyNanos());
      posix.close(handle);
    }
  }

  private static PxarReader reader(String snapshot) {
    String metadata = snapshot + "/root.mpxar.didx";
    String payload = snapshot + "/root.ppxar.didx";
    return new PxarReader(
        split.archive(metadata).stream(0),
        metadata,
        new PayloadStream(split.archive(payload).stream(0), payload));
  }

  private static void assertSame(Path target, String listing, Map<String, String> old)
      throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(target, lines);
    List<JsonNode> found = new ArrayList<>();
    for (String line : lines.toString(StandardCharsets.UTF_8).lines().toList()) {
      if (!line.isBlank()) {
        found.add(JSON.readTree(line));
      }
    }
    List<JsonNode> expected = new ArrayList<>();
    for (JsonNode entry : Vectors.json(listing)) {
      String path = entry.path("path").asText();
      if (!EXCLUDED.contains(path)) {
        expected.add(old.containsKey(path) ? entry(old.get(path), path) : entry);
      }
    }
    assertThat(differences(byPath(found), byPath(expected))).isEmpty();
    assertThat(links(found)).isEqualTo(links(expected));
  }

  /** A few lines, where an assertion on the maps would print both of them. */
  private static List<String> differences(
      Map<String, JsonNode> found, Map<String, JsonNode> expected) {
    Set<String> paths = new TreeSet<>(found.keySet());
    paths.addAll(expected.keySet());
    return paths.stream()
        .filter(path -> !Objects.equals(found.get(path), expected.get(path)))
        .map(path -> "expected " + expected.get(path) + " but was " + found.get(path))
        .limit(10)
        .toList();
  }

  /** With the attributes of each file in order: each kind of file system has its own. */
  private static byte[] sorted(byte[] metadata) throws IOException {
    PxarItemReader reader = new PxarItemReader(new ByteArrayInputStream(metadata), "metadata");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Bytes> attributes = new ArrayList<>();
    for (PxarItem item = reader.next(); item != null; item = reader.next()) {
      PxarItem.Header at = item.header();
      Bytes bytes = Bytes.of(metadata, (int) at.position(), (int) at.bytes());
      if (item instanceof PxarItem.ExtendedAttribute) {
        attributes.add(bytes);
        continue;
      }
      attributes.stream().sorted().forEach(each -> out.writeBytes(each.toArray()));
      attributes.clear();
      out.writeBytes(bytes.toArray());
    }
    return out.toByteArray();
  }

  private static void assertSameBytes(byte[] found, byte[] expected) {
    assertThat(Arrays.mismatch(found, expected))
        .as("first difference of %d and %d bytes", found.length, expected.length)
        .isEqualTo(-1);
  }

  private static JsonNode entry(String listing, String path) throws IOException {
    for (JsonNode entry : Vectors.json(listing)) {
      if (entry.path("path").asText().equals(path)) {
        return entry;
      }
    }
    throw new AssertionError(path + " is not in " + listing);
  }

  private static Map<String, JsonNode> byPath(List<JsonNode> entries) {
    Map<String, JsonNode> map = new TreeMap<>();
    for (JsonNode entry : entries) {
      ObjectNode copy = entry.deepCopy();
      copy.remove(List.of("lsattr", "link_group")); // compared apart
      map.put(path(entry), copy);
    }
    return map;
  }

  private static String path(JsonNode entry) {
    return entry.path("path").isTextual()
        ? entry.path("path").asText()
        : new String(
            Base64.getDecoder().decode(entry.path("path_base64").asText()),
            StandardCharsets.ISO_8859_1);
  }

  /** The numbers of groups say nothing, who is in one does. */
  private static Set<Set<String>> links(List<JsonNode> entries) {
    Map<Integer, Set<String>> groups = new HashMap<>();
    for (JsonNode entry : entries) {
      if (entry.has("link_group")) {
        groups
            .computeIfAbsent(entry.path("link_group").asInt(), unused -> new TreeSet<>())
            .add(path(entry));
      }
    }
    return new HashSet<>(groups.values());
  }
}
