package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: a pattern leaves out what it says, and never more: what is left out is not saved. */
final class ExcludePatternsTest {
  @ParameterizedTest
  @CsvSource({
    // pattern, path, is a directory, left out
    "*.bak,         a.bak,       false, true",
    "*.bak,         x/y/a.bak,   false, true",
    "*.bak,         a.bak.txt,   false, false",
    "/a.bak,        a.bak,       false, true",
    "/a.bak,        x/a.bak,     false, false",
    "cache/,        x/cache,     true,  true",
    "cache/,        x/cache,     false, false",
    "x/y,           a/x/y,       true,  true",
    "x/y,           x/z/y,       true,  false",
    "/x/**/y,       x/y,         false, true",
    "/x/**/y,       x/a/b/y,     false, true",
    "/x/**/y,       z/x/a/y,     false, false",
    "/x/**,         x,           true,  false",
    "/x/**,         x/a/b,       false, true",
    "a?c,           abc,         false, true",
    "/a?c,          a/c,         false, false",
    "/*,            a/b,         false, false",
    "[ab]c,         bc,          false, true",
    "[!ab]c,        bc,          false, false",
    "[^ab]c,        dc,          false, true",
    "[a-c]x,        bx,          false, true",
    "[a-c]x,        dx,          false, false",
    "/a[!x]b,       a/b,         false, false",
    "[]a]x,         ]x,          false, true",
    "[[:digit:]]x,  7x,          false, true",
    "[[:digit:]]x,  ax,          false, false",
    "a\\*b,         a*b,         false, true",
    "a\\*b,         axb,         false, false",
    "a.b,           axb,         false, false",
    "(x)+$,         (x)+$,       false, true",
    "ü*,            überall,     false, true",
  })
  void onePattern(String pattern, String path, boolean directory, boolean excluded) {
    assertThat(ExcludePatterns.parse(List.of(pattern)).excludes(Bytes.of(path), directory))
        .isEqualTo(excluded);
  }

  @Test
  void lastMatchDecides() {
    ExcludePatterns patterns = ExcludePatterns.parse(List.of("*.bak", "!/keep.bak"));
    assertThat(patterns.excludes(Bytes.of("a.bak"), false)).isTrue();
    assertThat(patterns.excludes(Bytes.of("keep.bak"), false)).isFalse();
    assertThat(patterns.excludes(Bytes.of("x/keep.bak"), false)).isTrue();
  }

  @Test
  void namesThatAreNoTextAreMatchedByBytes() {
    Bytes path = Bytes.of(new byte[] {(byte) 0xff, 'x'});
    assertThat(ExcludePatterns.parse(List.of("?x")).excludes(path, false)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "!", "!/", "[ab", "[b-a]", "[[:nothing:]]", "[[:digit", "a\\"})
  void patternsThatMeanNothingAreRefused(String pattern) {
    assertThatThrownBy(() -> ExcludePatterns.parse(List.of(pattern)))
        .isInstanceOf(BackupException.class)
        .hasMessageStartingWith("invalid exclude pattern '" + pattern + "': ");
  }

  @Test
  void backupLeavesOutWhatMatches(@TempDir Path directory) throws IOException {
    Path source = directory.resolve("source");
    Files.createDirectories(source.resolve("cache/deep"));
    Files.writeString(source.resolve("cache/deep/keep"), "not even this");
    Files.writeString(source.resolve("a.bak"), "x");
    Files.writeString(source.resolve("b.txt"), "x");
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    TreeBackup.Options options =
        new TreeBackup.Options(
            false, 1000, ExcludePatterns.parse(List.of("*.bak", "/cache", "!keep")));
    TreeBackup.write(
        source, new ArchiveTarget.Single(archive), options, TreeListener.NONE, PxarEntrySink.NONE);
    Path restored = directory.resolve("restored");
    TreeRestore.restore(
        new ByteArrayInputStream(archive.toByteArray()), restored, false, TreeListener.NONE);
    assertThat(restored.toFile().list()).containsExactlyInAnyOrder("b.txt", ".pxarexclude-cli");
    assertThat(restored.resolve(".pxarexclude-cli")).hasContent("*.bak\n/cache\n!keep\n");
  }
}
