package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: whoever writes a rule, schedule, name, depth, path or threshold of a datastore's upkeep
 * that cannot be is told the line and column where it stands, its field, what was found and what is
 * allowed; the bad value of each row is between guillemets. No key of these sections is without a
 * row.
 */
final class BadUpkeepConfigTest {
  private static final String STORE = "site: lyon\ndatastores:\n  ";
  private static final String SYNC =
      "site: lyon\n"
          + "datastores: { main: { path: /srv/a } }\n"
          + "peers:\n"
          + "  paris: { url: 'https://p', fingerprint: '"
          + "ab:".repeat(31)
          + "ab', token: s@pbs!t, secret-file: x }\n"
          + "sync:\n"
          + "  - ";

  private static final String OF_STORES =
      """
      «x»: { path: /srv }                     | datastores.x | the name 'x' | 3 to 32 characters
      «-ab»: { path: /srv }                   | datastores.-ab | the name '-ab' | a datastore name
      one: { path: «srv» }                    | datastores.one.path | 'srv' | the absolute path of a directory
      one: { path: «""» }                     | datastores.one.path | '' | 1 to 4096 characters
      one: { path: /srv, gc: «"25:61"» }      | datastores.one.gc | '25:61' | a calendar expression like
      one: { path: /srv, gc: «true» }         | datastores.one.gc | the boolean 'true' | a calendar expression like
      one: { path: /srv, gc: «[]» }           | datastores.one.gc | a list of 0 items | a calendar expression like
      one: { path: /srv, verify: «someday» }  | datastores.one.verify | 'someday' | a calendar expression like
      one: { path: /srv, verify: { schedule: «someday» } } | datastores.one.verify.schedule | 'someday' | a calendar expression like
      one: { path: /srv, verify: { schedule: daily, reverify-after: «1 moon» } } | datastores.one.verify.reverify-after | '1 moon' | a time span like '30d', of a day or more
      one: { path: /srv, verify: { schedule: daily, reverify-after: «12h» } } | datastores.one.verify.reverify-after | '12h' | of a day or more
      one: { path: /srv, verify: { schedule: daily, reverify-after: «101y» } } | datastores.one.verify.reverify-after | '101y' | at most 100 years
      one: { path: /srv, prune: [ { schedule: «"mon..xyz"», keep: { last: 1 } } ] } | datastores.one.prune[0].schedule | 'mon..xyz' | a calendar expression like
      one: { path: /srv, prune: [ { schedule: daily, keep: { last: «0» } } ] } | datastores.one.prune[0].keep.last | '0' | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: { hourly: «-1» } } ] } | datastores.one.prune[0].keep.hourly | '-1' | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: { daily: «1.5» } } ] } | datastores.one.prune[0].keep.daily | the number '1.5' | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: { weekly: «all» } } ] } | datastores.one.prune[0].keep.weekly | 'all' | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: { monthly: «99999999999» } } ] } | datastores.one.prune[0].keep.monthly | '99999999999' | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: { yearly: «~» } } ] } | datastores.one.prune[0].keep.yearly | nothing | a whole number from 1 to
      one: { path: /srv, prune: [ { schedule: daily, keep: «{}» } ] } | datastores.one.prune[0].keep | a mapping of 0 keys | at least one of last, hourly
      one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 }, namespace: «a//b» } ] } | datastores.one.prune[0].namespace | 'a//b' | a namespace like 'a/b'
      one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 }, namespace: «1/2/3/4/5/6/7/8» } ] } | datastores.one.prune[0].namespace | '1/2/3/4/5/6/7/8' | max 7
      one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 }, max-depth: «8» } ] } | datastores.one.prune[0].max-depth | '8' | 'full' or a whole number from 0 to 7
      one: { path: /srv, prune: [ { schedule: daily, keep: { last: 1 }, namespace: a/b, max-depth: «6» } ] } | datastores.one.prune[0].max-depth | '6' | at most 5 below 'a/b'
      one: { path: /srv, prune: «nightly» }   | datastores.one.prune | 'nightly' | a list of { namespace, schedule, keep }
      one: { path: /srv, hold: «forever» }    | datastores.one.hold | 'forever' | a time span like '30d', of a second or more
      one: { path: /srv, hold: «0» }          | datastores.one.hold | '0' | of a second or more
      one: { path: /srv, hold: «200 years» }  | datastores.one.hold | '200 years' | at most 100 years
      one: { path: /srv, hold: [ { for: «10ms» } ] } | datastores.one.hold[0].for | '10ms' | of a second or more
      one: { path: /srv, hold: [ { namespace: «/a», for: 1d } ] } | datastores.one.hold[0].namespace | '/a' | a namespace like 'a/b'
      """;

  private static final String OF_SYNCS =
      """
      { pull: «paris:ma», into: main }         | sync[0].pull | 'paris:ma' | 3 to 32 characters
      { pull: «main», into: main }             | sync[0].pull | 'main' | PEER:DATASTORE[/NAMESPACE]
      { pull: 'paris:main', into: «main//x» }  | sync[0].into | 'main//x' | DATASTORE[/NAMESPACE] of this node
      { push: «ma», to: 'paris:main' }         | sync[0].push | 'ma' | DATASTORE[/NAMESPACE] of this node
      { push: main, to: «"paris:main/1/2/3/4/5/6/7/8"» } | sync[0].to | 'paris:main/1/2/3/4/5/6/7/8' | max 7
      { pull: 'paris:main', into: main, id: «a/b» } | sync[0].id | 'a/b' | letters, digits, '_', '.', '-', at most 128 characters
      { pull: 'paris:main', into: main, when: «someday» } | sync[0].when | 'someday' | a calendar expression
      { pull: 'paris:main', into: main, when: { event: «yes» } } | sync[0].when.event | 'yes' | true or false
      { pull: 'paris:main', into: main, when: { schedule: «"25:61"» } } | sync[0].when.schedule | '25:61' | a calendar expression like
      { pull: 'paris:main', into: main, max-depth: «8» } | sync[0].max-depth | '8' | 'full' or a whole number from 0 to 7
      { pull: 'paris:main', into: main/a/b, max-depth: «6» } | sync[0].max-depth | '6' | at most 5 below 'a/b'
      { pull: 'paris:main', into: main, remove-vanished: «1» } | sync[0].remove-vanished | '1' | true or false
      { pull: 'paris:main', into: main, verified-only: «maybe» } | sync[0].verified-only | 'maybe' | true or false
      { pull: 'paris:main', into: main, encrypted-only: «1» } | sync[0].encrypted-only | '1' | true or false
      { pull: 'paris:main', into: main, resync-corrupt: «"true"» } | sync[0].resync-corrupt | 'true' | true or false
      { pull: 'paris:main', into: main, max-new-namespaces: «100001» } | sync[0].max-new-namespaces | '100001' | a whole number from 0 to 100000
      { pull: 'paris:main', into: main, transfer-last: «0» } | sync[0].transfer-last | '0' | a whole number from 1 to 1000000
      { pull: 'paris:main', into: main, transfer-last: «1000001» } | sync[0].transfer-last | '1000001' | a whole number from 1 to 1000000
      { pull: 'paris:main', into: main, group-filter: «"vm/100"» } | sync[0].group-filter | 'vm/100' | group:TYPE/ID or regex:RE
      { pull: 'paris:main', into: main, group-filter: [ «"type:qemu"» ] } | sync[0].group-filter[0] | 'type:qemu' | expected vm, ct or host
      { pull: 'paris:main', into: main, group-filter: «"regex:("» } | sync[0].group-filter | 'regex:(' | regex:RE
      { pull: 'paris:main', into: main, owner: «root» } | sync[0].owner | 'root' | USER@REALM
      """;

  private static final String OF_LIMITS =
      """
      { rate-in: «quick» }        | limits.rate-in | 'quick' | bytes per second like '50 MiB'
      { rate-out: «1» }           | limits.rate-out | '1' | at least
      { parallel-groups: «0» }    | limits.parallel-groups | '0' | a whole number from 1 to 32
      { parallel-groups: «33» }   | limits.parallel-groups | '33' | a whole number from 1 to 32
      { buffer: «1» }             | limits.buffer | '1' | bytes like '50 MiB' or '12.5 MB', from
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = OF_STORES)
  void ofADatastore(String line, String field, String found, String expected) {
    refused(STORE, line, field, found, expected);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = OF_SYNCS)
  void ofASync(String line, String field, String found, String expected) {
    refused(SYNC, line, field, found, expected);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = OF_LIMITS)
  void ofLimits(String line, String field, String found, String expected) {
    refused("site: lyon\nlimits: ", line, field, found, expected);
  }

  private static void refused(
      String before, String marked, String field, String found, String expected) {
    String yaml = before + marked;
    int at = yaml.indexOf('«');
    long line = 1 + yaml.substring(0, at).chars().filter(c -> c == '\n').count();
    int column = at - yaml.lastIndexOf('\n', at);
    String place =
        "m.yaml:" + line + ":" + column + ": " + field + ": found " + found + ", expected ";
    assertThat(MeshConfigReaderTest.problems(yaml.replaceAll("[«»]", "")))
        .singleElement()
        .asString()
        .startsWith(place)
        .contains(expected);
  }

  @Test
  void noKeyIsWithoutARow() {
    Set<String> fields =
        Stream.of(OF_STORES, OF_SYNCS, OF_LIMITS)
            .flatMap(String::lines)
            .map(row -> row.split("\\|", -1)[1].strip())
            .map(field -> field.substring(field.lastIndexOf('.') + 1).replaceAll("\\[.*", ""))
            .collect(Collectors.toSet());
    Set<String> missing =
        Stream.of(
                DatastoreSection.KEYS,
                DatastoreSection.VERIFY_KEYS,
                DatastoreSection.PRUNE_KEYS,
                DatastoreSection.HOLD_KEYS,
                DatastoreSection.KEEP_KEYS,
                SyncSection.PULL_KEYS,
                SyncSection.PUSH_KEYS,
                SyncSection.WHEN_KEYS,
                LimitsSection.KEYS)
            .flatMap(List::stream)
            .filter(key -> !fields.contains(key))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(missing).isEmpty();
  }
}
