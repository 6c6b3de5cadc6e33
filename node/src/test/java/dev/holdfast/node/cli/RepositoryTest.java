package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: scripts written for the real client name a repository and reach the same node with us.
 * The grammar and its examples are those of spec/protocols.md §1.5.
 */
final class RepositoryTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "store1,                         root@pam,  localhost, 8007, store1",
        "10.0.0.1:store1,                root@pam,  10.0.0.1,  8007, store1",
        "8008:store1,                    root@pam,  localhost, 8008, store1",
        "backup.example.com:8443:main,   root@pam,  backup.example.com, 8443, main",
        "u@pbs@host:store1,              u@pbs,     host,      8007, store1",
        "u@pbs!t@[fd00::1]:8008:store1,  u@pbs!t,   fd00::1,   8008, store1",
        "[::1]:store1,                   root@pam,  ::1,       8007, store1",
        "web1@pbs!backup@127.0.0.1:18007:main, web1@pbs!backup, 127.0.0.1, 18007, main",
        "a@b@pbs@host:store1,            a@b@pbs,   host,      8007, store1",
      })
  void parts(String text, String auth, String host, int port, String store) {
    Repository repository = Repository.parse(text);
    assertThat(repository.authOrDefault()).hasToString(auth);
    assertThat(repository.address().host()).isEqualTo(host);
    assertThat(repository.address().port()).isEqualTo(port);
    assertThat(repository.datastore()).hasToString(store);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "host:",
        ":store1",
        "user@host:store1",
        "u@pbs@:store1",
        "u@pbs@store1",
        "host:80:80:store1",
        "host:123456:store1",
        "host:70000:store1",
        "fd00::1:store1",
        "[fd00::1:store1",
        "host:../store",
        "host:a/b",
        "host:st ore",
        "https://host:store1",
      })
  void anythingElseIsRefusedWithWhatIsExpected(String text) {
    assertThatThrownBy(() -> Repository.parse(text))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> assertThat(e.kind()).isEqualTo(BackupException.Kind.INVALID_INPUT));
  }

  @Test
  void textIsLimited() {
    assertThatThrownBy(() -> Repository.parse("h".repeat(250) + ":store1"))
        .hasMessageContaining("[[USER@REALM[!TOKEN]@]HOST[:PORT]:]DATASTORE");
  }

  @Test
  void onlyADatastoreNamesNoNode() {
    assertThat(Repository.parse("main").namesNode()).isFalse();
    assertThat(Repository.parse("8008:main").namesNode()).isTrue();
    assertThat(Repository.parse("host:main").namesNode()).isTrue();
    assertThat(Repository.parse("u@pbs@host:main").namesNode()).isTrue();
  }

  @Test
  void shownAsItWouldBeTyped() {
    assertThat(Repository.parse("main")).hasToString("main");
    assertThat(Repository.parse("u@pbs!t@[fd00::1]:main"))
        .hasToString("u@pbs!t@[fd00::1]:8007:main");
  }
}
