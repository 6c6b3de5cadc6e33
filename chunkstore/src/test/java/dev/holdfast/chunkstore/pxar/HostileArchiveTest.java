package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: whoever can write an archive must not write outside of the directory it is restored to,
 * nor make its reader use up memory. Archives that no client makes, put together item by item.
 */
class HostileArchiveTest {
  @TempDir private Path temp = Path.of("");
  private Path target = Path.of("");
  private Path outside = Path.of("");
  private int targets;
  private final List<String> warnings = new ArrayList<>();

  @BeforeEach
  void prepare() throws IOException {
    assumeThat(System.getProperty("os.name"))
        .as("trees are restored on Linux only")
        .isEqualTo("Linux");
    target = temp.resolve("target");
    outside = Files.createDirectory(temp.resolve("outside"));
    Files.writeString(outside.resolve("victim"), "untouched");
  }

  private void restore(byte[] archive, boolean overwrite) throws IOException {
    TreeRestore.restore(
        new PxarReader(new ByteArrayInputStream(archive), "root.pxar.didx"),
        target,
        new TreeRestore.Options(overwrite, false),
        new TreeListener() {
          @Override
          public void warning(String text) {
            warnings.add(text);
          }
        });
  }

  private void refused(byte[] archive, String words) {
    target = temp.resolve("target" + ++targets);
    assertThatThrownBy(() -> restore(archive, false))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA);
              assertThat(e.text()).contains("root.pxar.didx", words);
            });
    assertOutsideUntouched();
  }

  private void assertOutsideUntouched() {
    assertThat(outside.resolve("victim")).hasContent("untouched");
    assertThat(outside.toFile().list()).containsExactly("victim");
    assertThat(temp.toFile().list()).containsAnyOf("outside").doesNotContain("escaped");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", ".", "../escaped", "/etc/escaped", "a/b", "escaped/"})
  void aNameThatIsNoSingleComponentIsRefused(String name) {
    refused(new RawArchive().directory("").file(name, "x").end(2).bytes(), "is not allowed");
    refused(
        new RawArchive().directory("").directory(name).file("x", "x").end(2).end(2).bytes(),
        "is not allowed");
  }

  @Test
  void aNameWithNulIsRefused() {
    refused(new RawArchive().directory("").file("a\0b", "x").end(2).bytes(), "has a NUL within");
  }

  @Test
  void aFileBelowASymbolicLinkIsNotWrittenThroughIt() {
    // A link, then a directory of the same name: it must not be entered through the link.
    byte[] archive =
        new RawArchive()
            .directory("")
            .symlink("way", outside.toString())
            .directory("way")
            .file("victim", "overwritten")
            .end(2)
            .end(3)
            .bytes();
    refused(archive, "is there twice");
  }

  @Test
  void aSymbolicLinkOutOfOrderIsNotFollowedEither() {
    byte[] archive =
        new RawArchive()
            .directory("")
            .symlink("way", outside.toString())
            .file("another", "x")
            .directory("way")
            .file("victim", "overwritten")
            .end(2)
            .end(4)
            .bytes();
    assertThatThrownBy(() -> restore(archive, false)).isInstanceOf(BackupException.class);
    assertOutsideUntouched();
  }

  @Test
  void overwritingReplacesALinkAndDoesNotFollowIt() throws IOException {
    Files.createDirectory(target);
    Files.createSymbolicLink(target.resolve("way"), outside);
    Files.createSymbolicLink(target.resolve("victim"), outside.resolve("victim"));
    byte[] archive =
        new RawArchive()
            .directory("")
            .file("victim", "new")
            .directory("way")
            .file("victim", "new")
            .end(2)
            .end(3)
            .bytes();
    restore(archive, true);
    assertOutsideUntouched();
    assertThat(target.resolve("victim")).isRegularFile().hasContent("new");
    assertThat(Files.isDirectory(target.resolve("way"), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void overwritingWithANameThatComesTwiceDoesNotFollowTheFirst() throws IOException {
    byte[] archive =
        new RawArchive()
            .directory("")
            .symlink("way", outside.toString())
            .file("another", "x")
            .directory("way")
            .file("victim", "overwritten")
            .end(2)
            .end(4)
            .bytes();
    restore(archive, true);
    assertOutsideUntouched();
  }

  @Test
  void aHardLinkOutOfTheTreeIsRefused() {
    RawArchive archive = new RawArchive().directory("").file("a", "x");
    for (String path :
        List.of("../outside/victim", outside + "/victim", "a/../../outside/victim")) {
      refused(archive.copy().hardLink("link", 20, path).end(3).bytes(), "hard link 'link'");
    }
  }

  @Test
  void aHardLinkThroughASymbolicLinkIsRefused() {
    long position = new RawArchive().directory("").symlink("way", outside.toString()).length();
    RawArchive archive =
        new RawArchive().directory("").symlink("way", outside.toString()).file("x", "x");
    refused(
        archive.hardLink("y", archive.length() - position, "way/victim").end(4).bytes(),
        "hard link 'y'");
  }

  @Test
  void devicesAreNotMadeUnlessWanted() throws IOException {
    byte[] archive =
        new RawArchive()
            .directory("")
            .device("disk", FileMode.BLOCK_DEVICE | 0666, 8, 0)
            .device("mem", FileMode.CHARACTER_DEVICE | 0666, 1, 1)
            .end(3)
            .bytes();
    restore(archive, false);
    assertThat(target.toFile().list()).isEmpty();
    assertThat(warnings).hasSize(2).allMatch(text -> text.contains("device not restored"));
  }

  @Test
  void namesWithNewlinesAndInvalidUtf8ComeBackAsTheyAre() throws IOException {
    byte[] odd = "a\nb \u001b[31m".getBytes(StandardCharsets.UTF_8);
    byte[] invalid = {(byte) 0xff, 'x', (byte) 0xc3};
    byte[] archive =
        new RawArchive()
            .directory("")
            .file(Bytes.of(odd), "x")
            .file(Bytes.of(invalid), "y")
            .end(3)
            .bytes();
    restore(archive, false);
    try (Posix posix = Posix.open()) {
      int handle = posix.open(Posix.WORKING_DIRECTORY, Bytes.of(target), 0, 0);
      assertThat(posix.list(handle).stream().map(entry -> entry.name()).sorted().toList())
          .containsExactly(Bytes.of(odd), Bytes.of(invalid));
      posix.close(handle);
    }
    assertThat(Bytes.of(odd).toString()).as("shown").isEqualTo("a\\x0ab \\x1b[31m");
  }

  @Test
  void tenThousandLevelsAreOneError() {
    RawArchive archive = new RawArchive().directory("");
    for (int i = 0; i < 10_000; i++) {
      archive.directory("d");
    }
    refused(archive.bytes(), "nested more than " + PxarReader.DEPTH_MAX + " deep");
    removeDeep(); // which takes JUnit half a minute
  }

  private void removeDeep() {
    Deque<Integer> handles = new ArrayDeque<>();
    Bytes name = Bytes.of("d");
    int flags = OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
    try (Posix posix = Posix.open()) {
      try {
        handles.push(posix.open(Posix.WORKING_DIRECTORY, Bytes.of(target), flags, 0));
        while (!posix.list(handles.element()).isEmpty()) {
          handles.push(posix.open(handles.element(), name, flags, 0));
        }
        posix.close(handles.pop());
        while (!handles.isEmpty()) {
          posix.remove(handles.element(), name, true);
          posix.close(handles.pop());
        }
      } catch (PosixException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void aBombOfMetadataIsRefused() {
    RawArchive archive = new RawArchive().directory("");
    archive.filename(Bytes.of("bomb")).entry(FileMode.REGULAR | 0644);
    byte[] value = new byte[60_000];
    for (int i = 0; i < 300; i++) {
      archive.item(PxarFormat.XATTR, concat("user.x" + i + "\0", value));
    }
    refused(archive.bytes(), "metadata of one entry is above");
  }

  private static byte[] concat(String head, byte[] tail) {
    byte[] all = Arrays.copyOf(head.getBytes(StandardCharsets.UTF_8), head.length() + tail.length);
    System.arraycopy(tail, 0, all, head.length(), tail.length);
    return all;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 15, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40})
  void anItemThatClaimsAnySizeIsRefusedWithoutAllocatingIt(long size) {
    byte[] archive = new RawArchive().directory("").header(PxarFormat.FILENAME, size).bytes();
    refused(archive, "offset 56");
  }

  @Test
  void aTableThatLeadsInCirclesIsRefused() {
    // The record of "d" leads back to the directory that holds it, as far as the format can say.
    RawArchive archive = new RawArchive().directory("");
    long child = archive.length();
    archive.directory("d").end(1);
    long goodbye = archive.length();
    byte[] circle =
        archive
            .goodbye(
                SipHash24.hash(Bytes.of("d")),
                goodbye - child,
                goodbye - child + 1, // one byte into the table above
                goodbye)
            .bytes();
    assertThatThrownBy(
            () -> {
              PxarAccessor accessor = PxarAccessor.open(ByteSource.of(circle), "root.pxar.didx");
              PxarNode node = accessor.find(Bytes.of("d/d/d"));
              assertThat(node).isNull();
            })
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA));
  }
}
