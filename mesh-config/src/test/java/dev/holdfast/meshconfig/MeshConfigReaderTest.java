package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.MeshConfigReader.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/**
 * At stake: an operator who errs in mesh.yaml learns where and how to mend it, for all errors at
 * once, and nothing half understood ever runs.
 */
class MeshConfigReaderTest {
  private static final String PIN = "ab:".repeat(31) + "ab";
  private static final String GOOD =
      """
      site: lyon
      listen: "[::]:8107"
      datastores:
        main: { path: /srv/main, gc: "sat 18:15", verify: { schedule: "sun 03:00", reverify-after: 30d },
                prune: [ { namespace: pve-01, schedule: "20:00", keep: { daily: 14, weekly: 8 } } ] }
      peers:
        paris:   { url: https://paris.example.net, fingerprint: "PIN", token: sync@pbs!lyon, secret-file: paris.token }
        central: { url: "https://[fd00::1]:9000/", fingerprint: ["PIN"], token: a@pam!b, secret-file: /etc/central }
      sync:
        - pull: paris:main/paris
          into: main/paris
          when: event
          max-depth: full
        - { push: main/lyon, to: "central:main/lyon", when: "*:0/30", max-depth: 2, remove-vanished: true,
            max-new-namespaces: 5, transfer-last: 3, group-filter: [ "type:vm", "exclude:regex:^vm/9" ], encrypted-only: true }
      mesh: { secret-file: mesh.secret, address: 127.77.0.3 }
      limits: { rate-in: 50 MiB, parallel-groups: 8 }
      """
          .replace("PIN", PIN);

  @Test
  void readsTheExampleOfTheDesign() {
    MeshConfig config = MeshConfigReader.parse(GOOD, "/etc/holdfast/mesh.yaml");
    assertThat(config.site()).isEqualTo("lyon");
    assertThat(config.listen()).hasValue(new HostAndPort("::", 8107));
    DatastoreConfig main = config.datastores().values().iterator().next();
    assertThat(main.path()).isEqualTo(Path.of("/srv/main"));
    assertThat(main.gc()).hasValue(CalendarEvent.parse("sat 18:15"));
    assertThat(main.verify().orElseThrow().reverifyAfter()).hasValue(TimeSpan.parse("30d"));
    assertThat(main.prune())
        .containsExactly(
            new PruneConfig(
                Namespace.parse("pve-01"),
                CalendarEvent.parse("20:00"),
                new PruneConfig.Keep(0, 0, 14, 8, 0, 0),
                SyncRules.FULL_DEPTH));
    assertThat(config.peers().keySet()).containsExactly("paris", "central");
    PeerConfig paris = config.peers().values().iterator().next();
    assertThat(paris.url()).isEqualTo(new HostAndPort("paris.example.net", 8007));
    assertThat(paris.secretFile()).isEqualTo(Path.of("/etc/holdfast/paris.token"));
    assertThat(config.mesh().orElseThrow().address()).hasValue("127.77.0.3");
    assertThat(config.limits().rateInBytesPerSecond()).hasValue(50L << 20);
    assertThat(config.limits().parallelGroups()).isEqualTo(8);
  }

  @Test
  void aHoldCountsForTheWholeDatastoreOrForNamespaces() {
    assertThat(holds("30d")).isEqualTo(new Holds(Map.of(Namespace.ROOT, Duration.ofDays(30))));
    assertThat(holds("[ { for: 1w }, { namespace: a/web, for: 1d 12h } ]"))
        .isEqualTo(
            new Holds(
                Map.of(
                    Namespace.ROOT,
                    Duration.ofDays(7),
                    Namespace.parse("a/web"),
                    Duration.ofHours(36))));
    assertThat(holds("[]")).isEqualTo(Holds.NONE);
  }

  private static Holds holds(String yaml) {
    String text = "site: lyon\ndatastores: { main: { path: /srv/main, hold: " + yaml + " } }\n";
    return MeshConfigReader.parse(text, "m.yaml").datastores().values().iterator().next().holds();
  }

  @Test
  void knowsWhatEachSyncMayDo() {
    MeshConfig config = MeshConfigReader.parse(GOOD, "mesh.yaml");
    SyncConfig.Pull pull = (SyncConfig.Pull) config.sync("pull-paris-main-paris").orElseThrow();
    assertThat(pull.from().toString()).isEqualTo("paris:main/paris");
    assertThat(pull.into().toString()).isEqualTo("main/paris");
    assertThat(pull.when()).isEqualTo(When.EVENT);
    assertThat(pull.owner()).isEqualTo(AuthId.ROOT);
    assertThat(pull.rules()).isEqualTo(SyncRules.DEFAULT);
    SyncConfig.Push push = (SyncConfig.Push) config.sync("push-central-main-lyon").orElseThrow();
    assertThat(push.maxDepth()).isEqualTo(2);
    assertThat(push.removeVanished()).isTrue();
    assertThat(push.maxNewNamespaces()).isEqualTo(5);
    assertThat(push.transferLast()).hasValue(3);
    assertThat(push.rules().options()).containsExactly(SyncOption.ENCRYPTED_ONLY);
    assertThat(push.rules().accepts(GroupId.parse("vm/100"))).isTrue();
    assertThat(push.rules().accepts(GroupId.parse("vm/900"))).isFalse();
    assertThat(push.rules().accepts(GroupId.parse("ct/100"))).isFalse();
    assertThat(push.when()).isEqualTo(When.scheduled(CalendarEvent.parse("*:0/30")));
  }

  @Test
  void remembersWhereEachObjectIsWritten() {
    MeshConfig config = MeshConfigReader.parse(GOOD, "mesh.yaml");
    assertThat(config.origin(MeshConfig.datastoreKey(new DatastoreName("main"))))
        .hasValue(new Origin("mesh.yaml", 4, 3));
    assertThat(config.origin(MeshConfig.peerKey("central")).orElseThrow().line()).isEqualTo(8);
    assertThat(config.origin(MeshConfig.syncKey("push-central-main-lyon")).orElseThrow().line())
        .isEqualTo(14);
  }

  @Test
  void tellsAllProblemsInOneGo() {
    assertThat(
            problems(
                """
                site: [a]
                datastors: {}
                listen: nowhere:99999
                sync:
                  - pull: paris:main
                    into: main
                    max-dept: 3
                    max-new-namespaces: many
                """))
        .containsExactly(
            "m.yaml:1:7: site: found a list of 1 items, expected a name: letters, digits, '_', '.',"
                + " '-', 1 to 32 characters",
            "m.yaml:2:1: datastors: found the unknown key 'datastors', expected one of site,"
                + " listen, datastores, peers, sync, mesh, limits. Did you mean 'datastores'?",
            "m.yaml:3:9: listen: found 'nowhere:99999', expected HOST:PORT or [IPv6]:PORT."
                + " (invalid port 99999: expected 0 … 65535)",
            "m.yaml:5:11: sync[0].pull: found 'paris:main', expected a declared peer."
                + " 'paris' is not under 'peers'.",
            "m.yaml:6:11: sync[0].into: found 'main', expected a declared datastore."
                + " 'main' is not under 'datastores'.",
            "m.yaml:7:5: sync[0].max-dept: found the unknown key 'max-dept', expected one of pull,"
                + " into, owner, resync-corrupt, id, when, max-depth, remove-vanished,"
                + " max-new-namespaces, transfer-last, group-filter, verified-only,"
                + " encrypted-only. Did you mean 'max-depth'?",
            "m.yaml:8:25: sync[0].max-new-namespaces: found 'many', expected a whole number from 0"
                + " to 100000");
  }

  @Test
  void oneExceptionHoldsAllProblems() {
    assertThatThrownBy(() -> MeshConfigReader.parse("site: [a]\nlisten: [b]\n", "m.yaml"))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(BackupException.Kind.INVALID_INPUT);
              assertThat(e.text().lines()).hasSize(2).allMatch(l -> l.startsWith("m.yaml:"));
            });
  }

  @Test
  void syntaxErrorsHaveAPlaceToo() {
    assertThat(problems("site: lyon\n\tlisten: x\n").getFirst()).startsWith("m.yaml:2:1: found ");
    assertThat(problems("site: lyon\npeers: { a: b\n").getFirst())
        .startsWith("m.yaml:3:1: found ")
        .contains("expected valid YAML 1.2");
    assertThat(problems("site: a: b\n").getFirst()).startsWith("m.yaml:1:8: ").contains("quotes");
    assertThat(problems("site: *nobody\n").getFirst()).startsWith("m.yaml:1:7: ");
    assertThat(problems("a: 1\n---\nb: 2\n").getFirst()).startsWith("m.yaml:2:1: ");
    assertThat(problems("site: \u0001\n").getFirst()).startsWith("m.yaml:1:7: found the character");
    assertThat(problems("").getFirst()).contains("an empty document");
    assertThat(problems("- a\n").getFirst()).contains("found a list of 1 items");
  }

  @Test
  void doubledKeysAreRefused() {
    assertThat(problems("site: a\nsite: b\n"))
        .containsExactly(
            "m.yaml:2:1: site: found the key 'site' a second time, expected each key once."
                + " The first is in line 1");
  }

  @Test
  void largeAndHostileDocumentsAreRefused() {
    String bomb = "a: &a [x]\nb: &b [" + "*a,".repeat(60) + "]\n";
    assertThat(problems(bomb).getFirst()).contains("more than 50 aliases");
    assertThat(problems("a: " + "[".repeat(100_000)).getFirst()).contains("nested more than 20");
    assertThat(problems("a: " + "x".repeat(YamlDocument.CODE_POINTS_MAX)).getFirst())
        .contains("limit");
    assertThat(problems("a: &a [*a]\n")).isNotEmpty();
    assertThat(problems("? [1, 2]\n: x\n").toString()).contains("a list or mapping as a key");
    String many = "x1: 1\n".transform(l -> l + "y: 1\n".repeat(300));
    assertThat(problems(many)).hasSize(Problems.COUNT_MAX);
  }

  @Property
  void anyTextIsReadOrRefusedInWords(@ForAll String text) {
    assertThat(problems(text)).isNotEmpty();
  }

  @Property
  void anyCutOfAGoodFileIsReadOrRefusedInWords(@ForAll("cuts") int cut) {
    switch (MeshConfigReader.check(GOOD.substring(0, cut), "m.yaml")) {
      case Result.Valid valid -> assertThat(valid.config().site()).startsWith("l");
      case Result.Invalid invalid -> assertThat(invalid.problems()).isNotEmpty();
    }
  }

  @Provide
  Arbitrary<Integer> cuts() {
    return Arbitraries.integers().between(0, GOOD.length());
  }

  static List<String> problems(String text) {
    return switch (MeshConfigReader.check(text, "m.yaml")) {
      case Result.Valid valid -> throw new AssertionError("accepted: " + valid.config());
      case Result.Invalid invalid -> invalid.problems().stream().map(Problem::toString).toList();
    };
  }
}
