package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** At stake: an exclude file leaves out what it names, below its directory and nowhere else. */
class ExcludeFilesTest {
  private static boolean leftOut(ExcludeFiles files, String name) {
    return files.leaveOut(Bytes.of(name), false);
  }

  private static ExcludeFiles of(String file) {
    ExcludeFiles files = new ExcludeFiles(ExcludePatterns.NONE);
    files.add(Bytes.of(file), refused -> {});
    return files;
  }

  @Test
  void commentsAndBlankLinesAreNoPatternsAndSpaceAroundOneIsNoPartOfIt() {
    assertThat(leftOut(of("# a\n\n   \n"), "a")).isFalse();
    assertThat(leftOut(of("  a \r\n"), "a")).isTrue();
  }

  @Test
  void patternsOfADeeperDirectoryComeLaterAndEndWithIt() {
    ExcludeFiles files = of("*.bak");
    files.enter(Bytes.of("d"));
    files.add(Bytes.of("!/a.bak\n/only"), refused -> {});
    assertThat(leftOut(files, "a.bak")).isFalse();
    assertThat(leftOut(files, "b.bak")).isTrue();
    assertThat(leftOut(files, "only")).isTrue();
    files.enter(Bytes.of("deeper"));
    assertThat(leftOut(files, "only")).as("anchored above").isFalse();
    assertThat(leftOut(files, "a.bak")).isTrue();
    files.leave();
    files.leave();
    assertThat(leftOut(files, "a.bak")).isTrue();
    assertThat(leftOut(files, "only")).isFalse();
  }

  @Test
  void aFileMayTakeBackWhatTheBackupLeavesOut() {
    ExcludeFiles files = new ExcludeFiles(ExcludePatterns.parse(List.of("*.bak")));
    files.enter(Bytes.of("d"));
    files.add(Bytes.of("!keep.bak"), refused -> {});
    assertThat(leftOut(files, "keep.bak")).isFalse();
    assertThat(leftOut(files, "other.bak")).isTrue();
    files.leave();
    assertThat(leftOut(files, "keep.bak")).isTrue();
  }

  @Test
  void aLineThatIsNoPatternIsToldAndTheOthersHold() {
    ExcludeFiles files = new ExcludeFiles(ExcludePatterns.NONE);
    List<String> refused = new ArrayList<>();
    files.add(Bytes.of("[a\nb\n"), refused::add);
    assertThat(refused).hasSize(1);
    assertThat(refused.getFirst()).contains("[a");
    assertThat(leftOut(files, "b")).isTrue();
  }
}
