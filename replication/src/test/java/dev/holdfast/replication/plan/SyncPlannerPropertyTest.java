package dev.holdfast.replication.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.GroupFilter;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.meshconfig.SyncRules;
import java.util.List;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/**
 * At stake: whatever the two sides hold, a plan can be carried out, does all that it promises, and
 * loses nothing that no rule gives away. Views are drawn from few names and times, so that they
 * overlap; plans are carried out by {@link SimulatedSite}, which checks each step.
 */
class SyncPlannerPropertyTest {
  private static final AuthId OWNER = AuthId.ROOT;
  private static final int TRIES = 3000;

  @Property(tries = TRIES)
  void planningAgainAfterwardsGivesAnEmptyPlan(
      @ForAll("views") SiteView source,
      @ForAll("views") SiteView target,
      @ForAll("pulls") Mapping mapping,
      @ForAll("rules") SyncRules rules) {
    SyncPlan plan = SyncPlanner.plan(source, target, mapping, rules);
    SiteView after = SimulatedSite.apply(plan, source, target);
    SyncPlan again = SyncPlanner.plan(source, after, mapping, rules);
    assertThat(again.isEmpty()).as(() -> plan + "\nthen " + again).isTrue();
  }

  @Property(tries = TRIES)
  void appendingConvergesInTwoRuns(
      @ForAll("views") SiteView source,
      @ForAll("views") SiteView target,
      @ForAll("pushes") Mapping mapping,
      @ForAll("rules") SyncRules rules) {
    SyncPlan first = SyncPlanner.plan(source, target, mapping, rules);
    SiteView once = SimulatedSite.apply(first, source, target);
    SyncPlan second = SyncPlanner.plan(source, once, mapping, rules);
    if (!rules.removeVanished()) {
      assertThat(second.isEmpty()).isTrue();
    }
    SiteView twice = SimulatedSite.apply(second, source, once);
    assertThat(SyncPlanner.plan(source, twice, mapping, rules).isEmpty()).isTrue();
  }

  @Property(tries = TRIES)
  void everyFinishedSnapshotArrives(
      @ForAll("views") SiteView source,
      @ForAll("views") SiteView target,
      @ForAll("pulls") Mapping mapping) {
    SyncPlan plan = SyncPlanner.plan(source, target, mapping, SyncRules.DEFAULT);
    SiteView after = SimulatedSite.apply(plan, source, target);
    if (plan.isRefused()) {
      return;
    }
    source
        .namespaces()
        .tailMap(mapping.from())
        .forEach(
            (ns, groups) -> {
              if (mapping.from().contains(ns)) {
                Namespace to = mapping.target(ns).orElseThrow();
                assertThat(after.has(to)).isTrue();
                groups.forEach((id, group) -> arrived(group, after.groups(to).get(id)));
              }
            });
  }

  private static void arrived(GroupView original, @Nullable GroupView copy) {
    boolean anyFinished = original.newestFinished().isPresent();
    if (copy == null) {
      assertThat(anyFinished).isFalse();
      return;
    }
    if (!copy.owner().equals(OWNER)) {
      return;
    }
    for (SnapshotView snapshot : original.snapshots().values()) {
      if (snapshot.finished() && !copy.removedHere().contains(snapshot.time())) {
        SnapshotView there = copy.snapshots().get(snapshot.time());
        assertThat(there).isNotNull();
        assertThat(there != null && there.finished()).isTrue();
      }
    }
  }

  @Property(tries = TRIES)
  void nothingIsLostWithoutARuleNorTouchedOutsideOfTheTarget(
      @ForAll("views") SiteView source,
      @ForAll("views") SiteView target,
      @ForAll("mappings") Mapping mapping,
      @ForAll("rules") SyncRules rules) {
    SyncPlan plan = SyncPlanner.plan(source, target, mapping, rules);
    SiteView after = SimulatedSite.apply(plan, source, target);
    if (!rules.removeVanished()) {
      assertThat(plan.removals()).isEmpty();
    }
    target
        .namespaces()
        .forEach(
            (ns, groups) ->
                groups.forEach(
                    (id, group) ->
                        survives(mapping, rules, ns, id, group, after.groups(ns).get(id))));
    assertThat(plan.createNamespaces().size()).isLessThanOrEqualTo(rules.maxNewNamespaces());
  }

  private static void survives(
      Mapping mapping,
      SyncRules rules,
      Namespace ns,
      GroupId id,
      GroupView before,
      @Nullable GroupView after) {
    boolean mine = mapping.into().contains(ns) && before.owner().equals(OWNER) && rules.accepts(id);
    if (!mine) {
      assertThat(after).isEqualTo(before);
      return;
    }
    for (SnapshotView snapshot : before.snapshots().values()) {
      if (snapshot.isProtected()) {
        assertThat(after == null ? null : after.snapshots().get(snapshot.time()))
            .isEqualTo(snapshot);
      } else if (!rules.removeVanished()) {
        assertThat(after != null && after.snapshots().containsKey(snapshot.time())).isTrue();
      }
    }
  }

  @Property
  void theTextAndJsonOfAnyPlanCanBeMade(
      @ForAll("views") SiteView source,
      @ForAll("views") SiteView target,
      @ForAll("mappings") Mapping mapping,
      @ForAll("rules") SyncRules rules) {
    SyncPlan plan = SyncPlanner.plan(source, target, mapping, rules);
    assertThat(SyncPlanText.lines(plan).getLast()).startsWith("summary: ");
    assertThat(SyncPlanJson.of(plan).get("transfers").size()).isEqualTo((int) plan.transferCount());
  }

  // Built by hand: jqwik's own edge cases multiply without end in maps of maps of lists.
  @Provide
  Arbitrary<SiteView> views() {
    return Arbitraries.randomValue(random -> new RandomViews(random).view());
  }

  @Provide
  Arbitrary<Mapping> mappings() {
    return Arbitraries.oneOf(pulls(), pushes());
  }

  @Provide
  Arbitrary<Mapping> pulls() {
    return Combinators.combine(places(), places())
        .as((from, into) -> Mapping.pull(from, into, OWNER));
  }

  @Provide
  Arbitrary<Mapping> pushes() {
    return Combinators.combine(places(), places())
        .as((from, into) -> Mapping.push(from, into, OWNER));
  }

  private Arbitrary<Namespace> places() {
    return Arbitraries.of("", "", "a", "a/b", "b", "x/y").map(Namespace::parse);
  }

  @Provide
  Arbitrary<SyncRules> rules() {
    Arbitrary<List<GroupFilter>> filters =
        Arbitraries.of("", "type:vm", "exclude:group:ct/2", "exclude:regex:x$")
            .map(text -> text.isEmpty() ? List.of() : List.of(GroupFilter.parse(text)));
    Arbitrary<OptionalInt> last =
        Arbitraries.of(OptionalInt.empty(), OptionalInt.of(1), OptionalInt.of(3));
    return Combinators.combine(
            Arbitraries.integers().between(0, 7),
            Arbitraries.of(true, false),
            Arbitraries.of(0, 2, 100),
            last,
            filters,
            Arbitraries.of(SyncOption.class).set())
        .as(SyncRules::new);
  }
}
