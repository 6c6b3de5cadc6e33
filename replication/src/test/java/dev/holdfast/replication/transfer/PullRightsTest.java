package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.testing.StrictVertx;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a pull does in our datastore what its owner may, however much its source offers
 * (spec/rest-api.md §4.7).
 */
final class PullRightsTest {
  private static final String DAY_1 = "host/web1/2024-05-01T00:00:00Z";
  private static final String DAY_2 = "host/web1/2024-05-02T00:00:00Z";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  @TempDir Path directory = Path.of("");

  private final Set<String> written = new HashSet<>(Set.of("", "a", "b"));
  private final Set<String> arranged = new HashSet<>(Set.of(""));
  private PullFixture pull;

  @BeforeEach
  void open() {
    pull = new PullFixture(VERTX.vertx(), directory);
    pull.rights =
        new TargetRights() {
          @Override
          public boolean writes(Namespace namespace) {
            return written.contains(namespace.toString());
          }

          @Override
          public boolean arranges(Namespace parent) {
            return arranged.contains(parent.toString());
          }
        };
  }

  @AfterEach
  void close() {
    pull.close();
  }

  private boolean has(String namespace, String snapshot) {
    Namespace place = Namespace.parse(namespace);
    return pull.local.namespaceExists(place)
        && pull.local.snapshotExists(place, SnapshotId.parse(snapshot));
  }

  @Test
  void namespaceIsMadeOnlyByWhoMayArrangeItsParent() {
    pull.backup("a", DAY_1, 1);
    arranged.clear();
    assertThat(pull.run().failures())
        .containsExactly(
            "Cannot sync into namespace 'a' - mirror@pbs may not change the namespaces below ''");
    assertThat(pull.local.namespaceExists(Namespace.parse("a"))).isFalse();
    arranged.add("");
    assertThat(pull.run().failures()).isEmpty();
    assertThat(has("a", DAY_1)).isTrue();
  }

  @Test
  void nothingComesIntoNorGoesOutOfANamespaceThatTheOwnerMayNotWrite() {
    pull.backup("a", DAY_1, 1);
    pull.backup("a", DAY_2, 2);
    pull.backup("b", DAY_1, 3);
    assertThat(pull.run().failures()).isEmpty();
    pull.source.deleteSnapshot(Namespace.parse("a"), SnapshotId.parse(DAY_1), false);
    pull.backup("a", "host/web1/2024-05-03T00:00:00Z", 4);
    pull.backup("b", DAY_2, 5);
    pull.removeVanished();
    written.remove("a");
    assertThat(pull.run().failures())
        .containsExactly(
            "Cannot sync into namespace 'a' - mirror@pbs may not back up to namespace 'a'");
    assertThat(has("a", "host/web1/2024-05-03T00:00:00Z")).isFalse();
    assertThat(has("a", DAY_1)).isTrue();
    assertThat(has("b", DAY_2)).isTrue();
  }

  @Test
  void vanishedNamespaceGoesOnlyWithTheRightToArrangeItsParent() {
    pull.backup("", DAY_1, 1);
    pull.backup("a", DAY_1, 2);
    assertThat(pull.run().failures()).isEmpty();
    pull.source.deleteNamespace(Namespace.parse("a"), true);
    pull.removeVanished();
    arranged.clear();
    assertThat(pull.run().failures()).isEmpty();
    assertThat(pull.local.namespaceExists(Namespace.parse("a"))).isTrue();
    assertThat(pull.report.lines)
        .anyMatch(line -> line.startsWith("not done, because mirror@pbs may not change"));
    arranged.add("");
    assertThat(pull.run().failures()).isEmpty();
    assertThat(pull.local.namespaceExists(Namespace.parse("a"))).isFalse();
  }
}
