package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.api.UserMail.Kind;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** At stake: a user is told of what he wants to hear, and of failures when he said nothing. */
final class UserMailTest {
  private static UserMail mail(Map<String, String> properties) {
    return UserMail.of(new TreeMap<>(properties));
  }

  @Test
  void withoutAWordRootIsToldOfEverythingButPrunesThatWentWell() {
    UserMail mail = mail(Map.of());
    assertThat(mail.user()).isEqualTo(AuthId.ROOT);
    for (Kind kind : Kind.values()) {
      assertThat(mail.wanted(kind, true)).as("%s, bad", kind).isTrue();
      assertThat(mail.wanted(kind, false)).as("%s, well", kind).isEqualTo(kind != Kind.PRUNE);
    }
  }

  @Test
  void ownWordCountsForTheKindThatItNames() {
    UserMail mail =
        mail(Map.of("notify", "gc=never, sync=error,prune=always", "notify-user", "ops@pbs"));
    assertThat(mail.user()).isEqualTo(AuthId.parse("ops@pbs"));
    assertThat(mail.wanted(Kind.GC, true)).isFalse();
    assertThat(mail.wanted(Kind.SYNC, false)).isFalse();
    assertThat(mail.wanted(Kind.SYNC, true)).isTrue();
    assertThat(mail.wanted(Kind.PRUNE, false)).isTrue();
    assertThat(mail.wanted(Kind.VERIFY, false)).isTrue();
  }
}
