package dev.holdfast.node.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LowerChars;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: task ids are file names and what clients poll; spec/formats.md §9.3. */
class UpidTest {
  /** As recorded. */
  private static final String SYNC =
      "UPID:vm:0000083C:00053E74:0000000A:6B0270CA:syncjob:rem1\\x3ast1\\x3ast2\\x3a\\x3asj\\x2d2:root@pam:";

  @Test
  void recordedIdReadsAndWritesBack() {
    Upid upid = Upid.parse(SYNC);
    assertThat(upid.workerId()).isEqualTo("rem1:st1:st2::sj-2");
    assertThat(upid.owner()).isEqualTo(AuthId.ROOT);
    assertThat(upid.pid()).isEqualTo(0x83C);
    assertThat(upid.toString()).isEqualTo(SYNC);
    assertThat(upid.directoryName()).isEqualTo("74");
  }

  @Test
  void datastoreOfATaskIsInItsId() {
    assertThat(Upid.parse(SYNC).store()).isEqualTo("st2");
    assertThat(ofType("garbage_collection", "main").store()).isEqualTo("main");
    assertThat(ofType("backup", "main:host/web").store()).isEqualTo("main");
    assertThat(ofType("syncjob", "rem1:st1").store()).isEmpty();
    assertThat(ofType("logrotate", null).store()).isEmpty();
  }

  private static Upid ofType(String type, @Nullable String id) {
    return new Upid("vm", 1, 2, 3, 4, type, id, AuthId.ROOT);
  }

  @Test
  void idMayBeAbsentAndOwnerAToken() {
    Upid upid = new Upid("vm", 1, 2, 3, 4, "logrotate", null, AuthId.parse("u@pbs!t"));
    assertThat(upid.toString())
        .isEqualTo("UPID:vm:00000001:00000002:00000003:00000004:logrotate::u@pbs!t:");
    assertThat(Upid.parse(upid.toString())).isEqualTo(upid);
  }

  @Property
  void everyIdComesBack(@ForAll @NotEmpty @StringLength(max = 40) String id) {
    // A lone half of a surrogate pair is no text that UTF-8 could carry.
    String text = new String(id.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    assertThat(Upid.unescape(Upid.escape(text))).isEqualTo(text);
    assertThat(Upid.escape(text)).doesNotContain("/").doesNotContain(":").doesNotStartWith(".");
  }

  @Property
  void numbersOfAnySizeComeBack(
      @ForAll long task, @ForAll @LowerChars @NotEmpty @StringLength(max = 10) String type) {
    Upid upid = new Upid("vm", 0xffff_ffffL, 0x1_ffff_ffffL, task, 0, type, "a", AuthId.ROOT);
    assertThat(Upid.parse(upid.toString())).isEqualTo(upid);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "UPID",
        "UPID:vm:0000083C:00053E74:0000000A:6B0270CA:syncjob:x:root@pam",
        "UPID:vm:83C:00053E74:0000000A:6B0270CA:syncjob:x:root@pam:",
        "UPID:v.m:0000083C:00053E74:0000000A:6B0270CA:syncjob:x:root@pam:",
        "UPID:vm:0000083C:00053E74:0000000A:6B0270CA:../../x:x:root@pam:",
        "UPID:vm:0000083C:00053E74:0000000A:6B0270CA:syncjob:\\xzz:root@pam:",
        "UPID:vm:0000083C:00053E74:0000000A:6B0270CA:syncjob:x:root:"
      })
  void otherTextsAreRefused(String text) {
    assertThatThrownBy(() -> Upid.parse(text)).isInstanceOf(BackupException.class);
  }
}
