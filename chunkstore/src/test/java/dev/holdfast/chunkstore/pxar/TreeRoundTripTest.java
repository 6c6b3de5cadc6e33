package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what is restored is what was saved, in everything that a file has. */
class TreeRoundTripTest {
  @BeforeEach
  void linuxOnly() {
    assumeThat(System.getProperty("os.name"))
        .as("trees are saved on Linux only")
        .isEqualTo("Linux");
  }

  @Test
  void aRestoredTreeListsAsTheSavedOne(@TempDir Path temp) throws IOException {
    Path source = Files.createDirectory(temp.resolve("source"));
    fill(source);
    byte[] archive = save(source);
    Path target = temp.resolve("target");
    TreeSummary summary =
        TreeRestore.restore(new ByteArrayInputStream(archive), target, false, TreeListener.NONE);
    assertThat(list(target)).isEqualTo(list(source));
    assertThat(summary.files()).isEqualTo(5);
    assertThat(save(target)).as("saved again").isEqualTo(archive);
  }

  private static void fill(Path source) throws IOException {
    Files.writeString(source.resolve("a"), "hi\n");
    Files.writeString(source.resolve("empty"), "");
    byte[] big = new byte[700_001];
    new Random(7).nextBytes(big);
    Files.write(source.resolve("big"), big);
    Files.createLink(source.resolve("b-hard"), source.resolve("a"));
    Files.createSymbolicLink(source.resolve("link"), Path.of("../nowhere"));
    Path deep = Files.createDirectories(source.resolve("d/e/f"));
    Files.writeString(deep.resolve("ü with space"), "x");
    Files.createDirectory(source.resolve("d/void"));
    Path script = source.resolve("script");
    Files.writeString(script, "#!/bin/sh\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-x---"));
    Files.getFileAttributeView(script, UserDefinedFileAttributeView.class)
        .write("holdfast", StandardCharsets.UTF_8.encode("value"));
    time(script, "1969-07-20T20:17:40.123456789Z");
    time(source.resolve("d/e"), "2024-02-29T12:00:00.5Z");
    time(source.resolve("link"), "2030-01-01T00:00:00.000000001Z");
  }

  private static void time(Path file, String time) throws IOException {
    Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(FileTime.from(Instant.parse(time)), null, null);
  }

  @Test
  void whatExcludeFilesNameIsNotInTheArchive(@TempDir Path temp) throws IOException {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve(".pxarexclude"), "*.bak\ncache/\n");
    Path deep = Files.createDirectories(source.resolve("d/cache"));
    Files.writeString(deep.resolve("inside"), "x");
    Files.writeString(source.resolve("d/.pxarexclude"), "!keep.bak\n");
    Files.writeString(source.resolve("d/keep.bak"), "x");
    Files.writeString(source.resolve("d/other.bak"), "x");
    Files.writeString(source.resolve("cache"), "a file of that name");
    Path target = temp.resolve("target");
    TreeRestore.restore(new ByteArrayInputStream(save(source)), target, false, TreeListener.NONE);
    assertThat(list(target))
        .contains("d/keep.bak", "\"cache\"", "d/.pxarexclude")
        .doesNotContain("other.bak", "d/cache");
  }

  @Test
  void aTargetThatIsNotEmptyIsRefusedUnlessToldToOverwrite(@TempDir Path temp) throws IOException {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve("file"), "new");
    byte[] archive = save(source);
    Path target = Files.createDirectory(temp.resolve("target"));
    Files.writeString(target.resolve("file"), "old");
    assertThatThrownBy(
            () ->
                TreeRestore.restore(
                    new ByteArrayInputStream(archive), target, false, TreeListener.NONE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("not empty");
    assertThat(target.resolve("file")).hasContent("old");
    TreeRestore.restore(new ByteArrayInputStream(archive), target, true, TreeListener.NONE);
    assertThat(target.resolve("file")).hasContent("new");
  }

  @Test
  void everyTruncationIsRefused(@TempDir Path temp) throws IOException {
    Path source = Files.createDirectory(temp.resolve("source"));
    Files.writeString(source.resolve("a"), "hi\n");
    Files.createSymbolicLink(source.resolve("l"), Path.of("a"));
    byte[] archive = save(source);
    for (int length = 0; length < archive.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(archive, length);
      Path target = temp.resolve("target-" + length);
      assertThatThrownBy(
              () ->
                  TreeRestore.restore(
                      new ByteArrayInputStream(cut), target, false, TreeListener.NONE))
          .as("cut to %d of %d bytes", length, archive.length)
          .isInstanceOf(BackupException.class);
    }
  }

  private static byte[] save(Path source) throws IOException {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    TreeBackup.write(source, archive, TreeListener.NONE);
    return archive.toByteArray();
  }

  private static String list(Path tree) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(tree, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }
}
