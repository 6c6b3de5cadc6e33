package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.DatastoreName;
import org.junit.jupiter.api.Test;

/** At stake: a reload touches what changed and nothing else. */
class ConfigDiffTest {
  private static final String OLD = ConfigResources.example("three-sites-lyon");

  @Test
  void sameContentIsNoChangeWhereverItStands() {
    assertThat(diff(OLD, "# a comment more\n\n" + OLD).isEmpty()).isTrue();
    assertThat(diff(OLD, OLD.replace("\"sat 18:15\"", "'sat 18:15'")).isEmpty()).isTrue();
  }

  @Test
  void changesAreNamed() {
    String now =
        OLD.replace("https://paris.example.net:8007", "https://paris.example.net:9007")
            .replace("max-depth: full", "max-depth: 2")
            .replace("to: central:main/lyon", "to: central:main/sites/lyon")
            .replace("rate-out: 40 MiB", "rate-out: 20 MiB")
            .replace("datastores:\n", "datastores:\n  second: { path: /srv/second }\n");
    ConfigDiff diff = diff(OLD, now);
    assertThat(diff.datastores().added()).containsExactly(new DatastoreName("second"));
    assertThat(diff.datastores().changed()).isEmpty();
    assertThat(diff.peers().changed()).containsExactly("paris");
    assertThat(diff.syncs().changed()).containsExactly("pull-paris-main-paris");
    assertThat(diff.syncs().added()).containsExactly("push-central-main-sites-lyon");
    assertThat(diff.syncs().removed()).containsExactly("push-central-main-lyon");
    assertThat(diff.settings()).containsExactly("limits");
  }

  @Test
  void everyGroupFilterAndScheduleCounts() {
    String old = OLD.replace("max-depth: full", "group-filter: 'regex:^vm/1'");
    assertThat(diff(old, old).isEmpty()).isTrue();
    assertThat(diff(old, old.replace("^vm/1", "^vm/2")).syncs().changed()).hasSize(1);
    assertThat(diff(OLD, OLD.replace("sat 18:15", "sat 18:16")).datastores().changed()).hasSize(1);
  }

  private static ConfigDiff diff(String old, String now) {
    return ConfigDiff.between(
        MeshConfigReader.parse(old, "/etc/holdfast/mesh.yaml"),
        MeshConfigReader.parse(now, "/etc/holdfast/mesh.yaml"));
  }
}
