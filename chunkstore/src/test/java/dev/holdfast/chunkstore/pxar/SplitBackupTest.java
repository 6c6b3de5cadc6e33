package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a split archive restores to what was saved, however much of it came from earlier
 * backups; and what changed is never taken over.
 */
class SplitBackupTest {
  @TempDir private Path temp = Path.of("");
  private Path tree = Path.of("");

  @BeforeEach
  void linuxOnly() throws IOException {
    assumeThat(System.getProperty("os.name"))
        .as("trees are saved on Linux only")
        .isEqualTo("Linux");
    tree = Files.createDirectory(temp.resolve("tree"));
  }

  private void fill(int files, int bytes) throws IOException {
    Random random = new Random(7);
    for (int i = 0; i < files; i++) {
      Path directory = Files.createDirectories(tree.resolve("d" + i % 7));
      byte[] content = new byte[random.nextInt(bytes)];
      random.nextBytes(content);
      Files.write(directory.resolve("f" + i), content);
    }
    Files.createSymbolicLink(tree.resolve("d1/link"), Path.of("f1"));
    Files.createLink(tree.resolve("d2/second"), tree.resolve("d1/f1"));
  }

  @Test
  void aSplitArchiveRestoresToTheSavedTree() throws IOException {
    fill(50, 20_000);
    SplitBackup backup = SplitBackup.of(tree, null, temp);
    backup.restore(temp.resolve("target"));
    assertThat(list(temp.resolve("target"))).isEqualTo(list(tree));
  }

  @Test
  void anUnchangedTreeIsTakenOverAsAWhole() throws IOException {
    fill(50, 20_000);
    SplitBackup first = SplitBackup.of(tree, null, temp);
    SplitBackup second = SplitBackup.of(tree, first, temp);
    assertThat(second.freshBytes()).as("the two markers").isEqualTo(32);
    assertThat(second.reusedBytes()).isEqualTo(first.payload().length);
    second.restore(temp.resolve("target"));
    assertThat(list(temp.resolve("target"))).isEqualTo(list(tree));
    SplitBackup third = SplitBackup.of(tree, second, temp);
    assertThat(third.freshBytes()).isEqualTo(32);
    assertThat(third.payload().length).isLessThanOrEqualTo(second.payload().length + 32);
  }

  @Test
  void whatChangedIsReadAndTheRestIsNot() throws IOException {
    fill(300, 40_000);
    SplitBackup first = SplitBackup.of(tree, null, temp);
    Files.writeString(tree.resolve("d3/f3"), "new content");
    Files.delete(tree.resolve("d5/f5"));
    Files.setLastModifiedTime(tree.resolve("d6/f6"), FileTime.from(Instant.EPOCH));
    SplitBackup second = SplitBackup.of(tree, first, temp);
    assertThat(second.freshBytes()).isLessThan(first.payload().length / 5);
    second.restore(temp.resolve("target"));
    assertThat(list(temp.resolve("target"))).isEqualTo(list(tree));
  }

  @Test
  void aRunWithTooMuchForeignBytesIsReadAgain() throws IOException {
    fill(100, 2_000); // many files in a chunk
    SplitBackup first = SplitBackup.of(tree, null, temp);
    for (int i = 0; i < 100; i += 2) {
      Files.delete(tree.resolve("d" + i % 7).resolve("f" + i));
    }
    SplitBackup second = SplitBackup.of(tree, first, temp);
    assertThat(second.reusedBytes()).isZero();
    second.restore(temp.resolve("target"));
    assertThat(list(temp.resolve("target"))).isEqualTo(list(tree));
  }

  @Test
  void aFileWithOldSizeAndTimeIsTakenForUnchanged() throws IOException {
    Path file = tree.resolve("file");
    Files.write(file, new byte[100_000]);
    FileTime time = Files.getLastModifiedTime(file);
    SplitBackup first = SplitBackup.of(tree, null, temp);
    byte[] other = new byte[100_000];
    other[5] = 1;
    Files.write(file, other);
    Files.setLastModifiedTime(file, time);
    SplitBackup second = SplitBackup.of(tree, first, temp);
    second.restore(temp.resolve("target"));
    assertThat(temp.resolve("target/file")).hasBinaryContent(new byte[100_000]);
  }

  @Test
  void moreFilesThanMayWaitAreTakenOverInParts() throws IOException {
    for (int directory = 0; directory < 200; directory++) {
      Path into = Files.createDirectory(tree.resolve("d" + directory));
      for (int i = 0; i < 200; i++) {
        Files.writeString(into.resolve("f" + i), "content " + directory + " " + i);
      }
    }
    SplitBackup first = SplitBackup.of(tree, null, temp);
    SplitBackup second = SplitBackup.of(tree, first, temp);
    assertThat(second.freshBytes()).as("the two markers").isEqualTo(32);
    assertThat(second.reusedBytes()).isLessThanOrEqualTo(first.payload().length + 64 * 1024);
    PxarAccessor before = first.accessor(temp);
    PxarAccessor after = second.accessor(temp);
    for (String path : List.of("d0/f0", "d160/f7", "d199/f199")) {
      assertThat(content(after, path)).isEqualTo(content(before, path));
    }
  }

  private static String content(PxarAccessor accessor, String path) throws IOException {
    PxarNode node = accessor.find(Bytes.of(path));
    ByteSource content = accessor.content(Objects.requireNonNull(node));
    return new String(content.read(0, (int) content.bytes()), StandardCharsets.UTF_8);
  }

  @Test
  void patternsAreInThePrelude() throws IOException {
    fill(3, 10);
    ExcludePatterns patterns = ExcludePatterns.parse(List.of("*.bak", "!/keep.bak", "cache/"));
    SplitBackup backup =
        SplitBackup.of(tree, null, temp, new TreeBackup.Options(false, 1000, patterns));
    assertThat(backup.accessor(temp).prelude().utf8())
        .isEqualTo("{\"exclude-patterns\":\"*.bak\\n!/keep.bak\\ncache/\\n\"}");
  }

  @Property(tries = 30)
  void everyGenerationOfAChangingTreeIsRestored(@ForAll long seed) throws IOException {
    Path base = Files.createTempDirectory("generations");
    Path changing = Files.createDirectory(base.resolve("tree"));
    Random random = new Random(seed);
    Set<String> files = new TreeSet<>();
    SplitBackup last = null;
    for (int generation = 0; generation < 5; generation++) {
      change(changing, files, random, generation == 0 ? 60 : random.nextInt(12));
      last = SplitBackup.of(changing, last, base);
      Path target = base.resolve("target" + generation);
      last.restore(target);
      assertThat(list(target)).as("generation %d", generation).isEqualTo(list(changing));
      assertThat(last.warnings()).isEmpty();
    }
    deleteTree(base);
  }

  private static void change(Path tree, Set<String> files, Random random, int changes)
      throws IOException {
    for (int i = 0; i < changes; i++) {
      String name = "d" + random.nextInt(4) + "/f" + random.nextInt(60);
      Path file = tree.resolve(name);
      if (files.contains(name) && random.nextInt(3) == 0) {
        Files.delete(file);
        files.remove(name);
      } else {
        byte[] content = new byte[random.nextInt(5) == 0 ? 0 : random.nextInt(60_000)];
        random.nextBytes(content);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        files.add(name);
      }
    }
  }

  private static void deleteTree(Path base) throws IOException {
    try (var all = Files.walk(base)) {
      for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static String list(Path tree) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(tree, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }
}
