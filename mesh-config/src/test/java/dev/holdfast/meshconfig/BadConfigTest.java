package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.meshconfig.MeshConfigReader.Result;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: each kind of mistake has its own words; one table, one mistake a line. */
class BadConfigTest {
  private static final String PIN = "ab:".repeat(31) + "ab";
  private static final String PEERS =
      "peers:\n"
          + "  paris: { url: 'https://p', fingerprint: '"
          + PIN
          + "', token: s@pbs!t, secret-file: x }\n"
          + "  oslo: { url: 'https://o', fingerprint: '"
          + PIN
          + "', token: s@pbs!t, secret-file: x }\n";
  private static final String STORES =
      "site: lyon\ndatastores: { main: { path: /srv/a }, second: { path: /srv/b } }\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          url: http://p                 | peers.paris.url: found 'http://p', expected https://HOST[:PORT], port 8007 if not given. (peers are reached by https only)
          url: p:8007                   | (it does not begin https://)
          url: https://p/api            | (only host and port may follow https://)
          url: https://u:pw@p           | (only host and port may follow https://)
          url: https://p:99999          | (invalid port 99999: expected 0 … 65535)
          url: https://p:0              | (port 0 cannot be reached)
          url: "https:// p"             | (not a URL:
          url: "https://p_-"            | (invalid host
          url: 7                        | (it does not begin https://)
          fingerprint: aa:bb            | peers.paris.fingerprint: found 'aa:bb', expected the SHA-256 fingerprint
          fingerprint: []               | or a list of up to 4 of them
          fingerprint: [PIN, PIN]       | peers.paris.fingerprint[1]: found 'ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:…', expected each fingerprint once
          fingerprint: ~                | peers.paris.fingerprint: found nothing, expected the SHA-256
          token: s@pbs                  | ('s@pbs' is a user, not one of his API tokens)
          token: nobody                 | (invalid user or token id
          secret-file: ""               | (a path has 1 to 4096 characters)
          secret-file: true             | found the boolean 'true', expected the path of the file with the token's secret. Put it in quotes if it is meant as text.
          secret-file: !!binary aGk=    | tagged tag:yaml.org,2002:binary
          port: 8007                    | found the unknown key 'port'
          """)
  void aPeer(String line, String expected) {
    String good = "url: https://p\nfingerprint: PIN\ntoken: s@pbs!t\nsecret-file: x\n";
    String key = line.substring(0, line.indexOf(':') + 1);
    String bad = good.lines().filter(l -> !l.startsWith(key)).reduce(line, (a, b) -> a + "\n" + b);
    String yaml = "site: lyon\npeers:\n  paris:\n" + bad.replace("PIN", "'" + PIN + "'").indent(4);
    assertThat(MeshConfigReaderTest.problems(yaml))
        .singleElement()
        .asString()
        .startsWith("m.yaml:4:")
        .contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          pull: pariss:main/x  | into: main/x      | sync[0].pull: found 'pariss:main/x', expected one of the peers oslo, paris. Did you mean 'paris'?
          pull: paris:main     | into: mian        | sync[0].into: found 'mian', expected one of the datastores main, second. Did you mean 'main'?
          pull: main/x         | into: main        | (there is no ':' after the peer's name)
          pull: paris:ma       | into: main        | (invalid datastore name 'ma': expected 3 to 32 characters)
          pull: paris:main//x  | into: main        | (invalid namespace component ''
          pull: paris:main/../x | into: main       | (invalid namespace component '..'
          pull: paris:main/1/2/3/4/5/6/7/8 | into: main | (namespace too deep, 8 > max 7)
          push: main           | to: main          | (there is no ':' after the peer's name)
          push: main           | into: paris:main  | sync[0].into: found the unknown key 'into'
          pull: paris:main     | push: main        | expected either 'pull' or 'push'
          id: x                | when: daily       | expected the key 'pull' or 'push'
          """)
  void whereASyncGoes(String first, String second, String expected) {
    String yaml = STORES + PEERS + "sync:\n  - " + first + "\n    " + second + "\n";
    assertThat(MeshConfigReaderTest.problems(yaml).toString()).contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          when: someday                 | sync[0].when: found 'someday', expected 'event', 'both', a calendar expression
          when: {}                      | expected event: true, a schedule, or both. As it is, nothing would start it.
          when: { event: yes }          | sync[0].when.event: found 'yes', expected true or false
          when: { schedul: daily }      | Did you mean 'schedule'?
          max-depth: 8                  | found '8', expected 'full' or a whole number from 0 to 7
          max-depth: -1                 | found '-1', expected 'full'
          max-depth: 6                  | expected at most 5 below 'a/b', which lies 2 deep. A datastore holds 7 levels
          max_depth: 1                  | Did you mean 'max-depth'?
          remove-vanished: "true"       | sync[0].remove-vanished: found 'true', expected true or false
          max-new-namespaces: -1        | expected a whole number from 0 to 100000
          max-new-namespaces: 1.5       | found the number '1.5'
          transfer-last: 0              | expected a whole number from 1
          group-filter: vm/100          | expected [include:|exclude:] and type:vm
          group-filter: [ "type:qemu" ] | sync[0].group-filter[0]: found 'type:qemu'
          group-filter: "regex:("       | (invalid regex '('
          owner: root                   | sync[0].owner: found 'root', expected USER@REALM
          id: a/b                       | sync[0].id: found 'a/b', expected letters
          <<: { }                       | Merge keys are not part of YAML 1.2
          """)
  void whatASyncDoes(String line, String expected) {
    String yaml = STORES + PEERS + "sync:\n  - pull: paris:main\n    into: main/a/b\n    " + line;
    assertThat(MeshConfigReaderTest.problems(yaml))
        .singleElement()
        .asString()
        .startsWith("m.yaml:9:")
        .contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          x: { path: /srv }                        | datastores.x: found the name 'x', expected a datastore name
          one: { }                                 | datastores.one.path: found no key 'path'
          one: srv                                 | datastores.one: found 'srv', expected a mapping with the keys path, gc
          one: { path: srv }                       | (it does not begin with '/')
          one: { path: /srv, gc: "25:61" }         | (unable to parse calendar event at ':61'
          one: { path: /srv, verify: {} }          | datastores.one.verify.schedule: found no key 'schedule'
          one: { path: /srv, verify: { schedule: daily, reverify-after: 1 moon } } | expected a time span like '30d'
          one: { path: /srv, hold: forever }       | one.hold: found 'forever', expected a time span like '30d', of a second or more.
          one: { path: /srv, hold: 0 }             | one.hold: found '0', expected a time span like '30d', of a second or more
          one: { path: /srv, hold: 200 years }     | is too long: expected at most 100 years)
          one: { path: /srv, hold: { for: 30d } }  | one.hold: found a mapping of 1 keys, expected a time span like '30d', or a list of { namespace, for }
          one: { path: /srv, hold: [ { namespace: a } ] } | one.hold[0].for: found no key 'for', expected a time span
          one: { path: /srv, hold: [ { namespace: /a, for: 1d } ] } | one.hold[0].namespace: found '/a', expected a namespace like 'a/b'
          one: { path: /srv, hold: [ { for: 1d, until: x } ] } | found the unknown key 'until', expected one of namespace, for
          one: { path: /srv, hold: [ { for: 1d, namespace: a }, { for: 2d, namespace: a } ] } | found namespace 'a' a second time, expected one entry per namespace
          one: { path: /srv, prune: {} }           | found a mapping of 0 keys, expected a list of
          one: { path: /srv, prune: [ { keep: { last: 1 } } ] } | prune[0].schedule: found no key 'schedule'
          one: { path: /srv, prune: [ { schedule: daily } ] } | prune[0].keep: found no key 'keep'
          one: { path: /srv, prune: [ { schedule: daily, keep: { last: 0 } } ] } | keep.last: found '0'
          one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 }, namespace: a/b, max-depth: 6 } ] } | at most 5 below 'a/b'
          one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 } }, { schedule: daily, keep: { last: 1 } } ] } | found namespace '' a second time
          """)
  void aDatastore(String line, String expected) {
    assertThat(MeshConfigReaderTest.problems("site: a\ndatastores:\n  " + line))
        .singleElement()
        .asString()
        .startsWith("m.yaml:3:")
        .contains(expected);
  }

  @Test
  void storesInEachOther() {
    assertThat(
            MeshConfigReaderTest.problems(
                "site: a\ndatastores:\n  one: { path: /srv/a }\n  two: { path: /srv/a/../a/b }"))
        .containsExactly(
            "m.yaml:4:16: datastores.two.path: found '/srv/a/b', expected a directory apart from"
                + " that of datastore 'one'. That one is in '/srv/a'.");
  }

  @Test
  void aNodeIsNotItsOwnPeer() {
    assertThat(MeshConfigReaderTest.problems(PEERS + "site: paris"))
        .singleElement()
        .asString()
        .contains("found a peer with the name of this site");
  }

  @Test
  void twoSyncsWithOneTarget() {
    assertThat(
            syncs("{ pull: 'paris:main/a', into: main/x }", "{ pull: 'oslo:main', into: main/x }"))
        .singleElement()
        .asString()
        .contains(
            "sync[1].into: found 'main/x', expected a target of its own. Line 7 has the same");
    assertThat(syncs("{ push: main/a, to: 'paris:main' }", "{ push: main/b, to: 'paris:main' }"))
        .anyMatch(p -> p.contains("sync[1].to: found 'paris:main', expected a target of its own"));
    assertThat(
            syncs(
                "{ pull: 'paris:main/a', into: main, remove-vanished: true, max-depth: 1 }",
                "{ pull: 'oslo:main', into: main/x }"))
        .singleElement()
        .asString()
        .contains("'remove-vanished' would remove what the other brings");
    accepted(
        "{ pull: 'paris:main/a', into: main, remove-vanished: true, max-depth: 0 }",
        "{ pull: 'oslo:main', into: main/x }");
    accepted("{ pull: 'paris:main', into: main/x }", "{ pull: 'oslo:main', into: second/x }");
  }

  @Test
  void twoSyncsWithOneId() {
    assertThat(
            syncs("{ pull: 'paris:main', into: main/x }", "{ pull: 'paris:main', into: main/y }"))
        .singleElement()
        .asString()
        .contains("found the id 'pull-paris-main' a second time")
        .contains("give one of them another 'id'");
    accepted("{ pull: 'paris:main', into: main/x }", "{ id: z, pull: 'paris:main', into: main/y }");
  }

  @Test
  void aSyncThatFeedsItself() {
    // what comes from paris:a goes back below paris:a, and so comes again, one deeper
    assertThat(
            syncs(
                "{ pull: 'paris:main/a', into: main/x }", "{ push: main/x, to: 'paris:main/a/b' }"))
        .singleElement()
        .asString()
        .contains("expected a sync that does not feed itself")
        .contains("send namespace 'a' of paris back to it as 'a/b'");
    assertThat(
            syncs("{ push: main, to: 'paris:main/lyon' }", "{ pull: 'paris:main', into: main/p }"))
        .singleElement()
        .asString()
        .contains("send namespace '' of paris back to it as 'lyon/p'");
    // there and back to the same place nests nothing
    accepted("{ pull: 'paris:main/a', into: main/x }", "{ push: main/x, to: 'paris:main/a' }");
    accepted("{ pull: 'paris:main/a', into: main/x }", "{ push: main/x, to: 'oslo:main/a/b' }");
    accepted("{ pull: 'paris:main/a', into: main/x }", "{ push: main/y, to: 'paris:main/a/b' }");
    accepted("{ pull: 'paris:main/a', into: main/x }", "{ push: main/x, to: 'paris:main/c' }");
  }

  @Test
  void anEventThatNeverComesIsAWarning() {
    String yaml = STORES + PEERS + "sync: [ { pull: 'paris:main', into: main/x, when: event } ]\n";
    assertThat(MeshConfigReader.check(yaml, "m.yaml"))
        .isInstanceOfSatisfying(
            Result.Valid.class,
            valid ->
                assertThat(valid.warnings())
                    .singleElement()
                    .asString()
                    .contains("sync[0].when: found 'event' without a 'mesh' section"));
  }

  private static List<String> syncs(String first, String second) {
    return MeshConfigReaderTest.problems(yaml(first, second));
  }

  private static void accepted(String first, String second) {
    assertThat(MeshConfigReader.check(yaml(first, second), "m.yaml"))
        .isInstanceOf(Result.Valid.class);
  }

  private static String yaml(String first, String second) {
    return STORES + PEERS + "sync:\n  - " + first + "\n  - " + second + "\n";
  }
}
