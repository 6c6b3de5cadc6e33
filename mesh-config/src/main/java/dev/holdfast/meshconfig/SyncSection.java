package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;
import dev.holdfast.meshconfig.SyncConfig.Local;
import dev.holdfast.meshconfig.SyncConfig.Remote;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads one item of {@code sync:}. */
final class SyncSection {
  private static final List<String> COMMON_KEYS =
      List.of(
          "id",
          "when",
          "max-depth",
          "remove-vanished",
          "max-new-namespaces",
          "transfer-last",
          "group-filter",
          SyncOption.VERIFIED_ONLY.key(),
          SyncOption.ENCRYPTED_ONLY.key());
  static final List<String> PULL_KEYS =
      joined(List.of("pull", "into", "owner", SyncOption.RESYNC_CORRUPT.key()), COMMON_KEYS);
  static final List<String> PUSH_KEYS = joined(List.of("push", "to"), COMMON_KEYS);
  static final List<String> WHEN_KEYS = List.of("event", "schedule");

  /** An id appears in task ids, file names and tables. */
  static final int ID_LENGTH_MAX = 128;

  static final int TRANSFER_LAST_MAX = 1_000_000;

  private static final String REMOTE = "PEER:DATASTORE[/NAMESPACE]";
  private static final String LOCAL = "DATASTORE[/NAMESPACE] of this node";
  private static final String WHEN =
      "'event', 'both', a calendar expression, or { event: true, schedule: … }";

  private SyncSection() {}

  private static List<String> joined(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return List.copyOf(all);
  }

  /** A sync and where it stands, for checks across the document. */
  record Placed(SyncConfig sync, Fields fields, Field remote, Field local) {}

  static Optional<Placed> read(Field field) {
    if (!field.isMap()) {
      return field.fail("a mapping with 'pull' and 'into', or 'push' and 'to'", "");
    }
    // Which keys are known depends on the direction.
    boolean pull = field.hasKey("pull");
    boolean push = field.hasKey("push");
    if (pull == push) {
      return field.fail(
          pull ? "either 'pull' or 'push'" : "the key 'pull' or 'push'",
          pull ? "Make two entries of it." : "");
    }
    return pull ? readPull(field) : readPush(field);
  }

  private static Optional<Placed> readPull(Field field) {
    Optional<Fields> fields = field.map(PULL_KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    Optional<Field> remoteField = map.require("pull", REMOTE);
    Optional<Field> localField = map.require("into", LOCAL);
    Optional<Remote> remote = remoteField.flatMap(f -> f.parsed(REMOTE, Values::remote));
    Optional<Local> local = localField.flatMap(f -> f.parsed(LOCAL, Values::local));
    AuthId owner =
        map.get("owner")
            .flatMap(f -> f.parsed("USER@REALM or USER@REALM!TOKEN", AuthId::parse))
            .orElse(AuthId.ROOT);
    When when = when(map);
    SyncRules rules = rules(map, remote, local);
    if (remote.isEmpty() || local.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> id = id(map, "pull", remote.get());
    return id.map(
        i ->
            new Placed(
                new SyncConfig.Pull(i, remote.get(), local.get(), when, owner, rules),
                map,
                remoteField.orElseThrow(),
                localField.orElseThrow()));
  }

  private static Optional<Placed> readPush(Field field) {
    Optional<Fields> fields = field.map(PUSH_KEYS);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    Fields map = fields.get();
    Optional<Field> localField = map.require("push", LOCAL);
    Optional<Field> remoteField = map.require("to", REMOTE);
    Optional<Local> local = localField.flatMap(f -> f.parsed(LOCAL, Values::local));
    Optional<Remote> remote = remoteField.flatMap(f -> f.parsed(REMOTE, Values::remote));
    When when = when(map);
    SyncRules rules = rules(map, remote, local);
    if (remote.isEmpty() || local.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> id = id(map, "push", remote.get());
    return id.map(
        i ->
            new Placed(
                new SyncConfig.Push(i, local.get(), remote.get(), when, AuthId.ROOT, rules),
                map,
                remoteField.orElseThrow(),
                localField.orElseThrow()));
  }

  private static Optional<String> id(Fields map, String direction, Remote remote) {
    Optional<Field> given = map.get("id");
    if (given.isPresent()) {
      String expected = "letters, digits, '_', '.', '-', at most " + ID_LENGTH_MAX + " characters";
      return given.flatMap(
          f ->
              f.text(expected)
                  .flatMap(
                      text ->
                          SafeId.isSafe(text) && text.length() <= ID_LENGTH_MAX
                              ? Optional.of(text)
                              : f.fail(expected, "")));
    }
    String derived = SyncConfig.derivedId(direction, remote);
    if (derived.length() > ID_LENGTH_MAX) {
      map.problems()
          .add(
              map.origin(),
              map.path("id"),
              "a place whose name makes an id of " + derived.length() + " characters",
              "at most " + ID_LENGTH_MAX,
              "Give the sync an 'id'.");
      return Optional.empty();
    }
    return Optional.of(derived);
  }

  private static When when(Fields map) {
    return map.get("when").flatMap(SyncSection::when).orElse(When.BOTH);
  }

  private static Optional<When> when(Field field) {
    if (field.isMap()) {
      return field.map(WHEN_KEYS).flatMap(map -> whenMap(field, map));
    }
    return field.text(WHEN).flatMap(text -> whenText(field, text));
  }

  private static Optional<When> whenText(Field field, String text) {
    return switch (text) {
      case "event" -> Optional.of(When.EVENT);
      case "both" -> Optional.of(When.BOTH);
      default -> field.parsed(WHEN, CalendarEvent::parse).map(When::scheduled);
    };
  }

  private static Optional<When> whenMap(Field field, Fields map) {
    Optional<Boolean> given = map.get("event").flatMap(Field::bool);
    boolean event = given.orElse(false);
    Optional<CalendarEvent> schedule = map.get("schedule").flatMap(DatastoreSection::schedule);
    boolean nothing = map.keyOrigins().isEmpty();
    boolean onlyNoEvent = map.keyOrigins().size() == 1 && given.isPresent() && !event;
    if (nothing || onlyNoEvent) {
      return field.fail("event: true, a schedule, or both", "As it is, nothing would start it.");
    }
    return Optional.of(new When(event, schedule));
  }

  private static SyncRules rules(Fields map, Optional<Remote> remote, Optional<Local> local) {
    int remoteDepth = remote.map(r -> r.ns().depth()).orElse(0);
    Namespace deeper =
        remote
            .map(Remote::ns)
            .filter(ns -> remoteDepth >= local.map(l -> l.ns().depth()).orElse(0))
            .or(() -> local.map(Local::ns))
            .orElse(Namespace.ROOT);
    return new SyncRules(
        map.get("max-depth").map(f -> maxDepth(f, deeper)).orElse(SyncRules.FULL_DEPTH),
        map.get("remove-vanished").flatMap(Field::bool).orElse(false),
        map.get("max-new-namespaces")
            .map(f -> f.integer(0, SyncRules.NEW_NAMESPACES_MAX))
            .orElse(OptionalInt.empty())
            .orElse(SyncRules.NEW_NAMESPACES_DEFAULT),
        map.get("transfer-last")
            .map(f -> f.integer(1, TRANSFER_LAST_MAX))
            .orElse(OptionalInt.empty()),
        map.get("group-filter").map(SyncSection::filters).orElse(List.of()),
        options(map));
  }

  /** One that the direction does not have was refused with the other unknown keys. */
  private static Set<SyncOption> options(Fields map) {
    Set<SyncOption> on = EnumSet.noneOf(SyncOption.class);
    for (SyncOption option : SyncOption.values()) {
      if (map.get(option.key()).flatMap(Field::bool).orElse(false)) {
        on.add(option);
      }
    }
    return on;
  }

  /**
   * {@code full}, or a number of levels that with the depth of the namespace stays within what a
   * datastore can hold (spec/engine.md §5.1).
   */
  static int maxDepth(Field field, Namespace below) {
    String expected = "'full' or a whole number from 0 to " + Namespace.DEPTH_MAX;
    Optional<String> text = field.text(expected);
    if (text.isEmpty() || text.get().equals("full")) {
      return SyncRules.FULL_DEPTH;
    }
    if (!text.get().matches("[0-7]")) {
      field.fail(expected, "");
      return SyncRules.FULL_DEPTH;
    }
    int depth = Integer.parseInt(text.get());
    int room = Namespace.DEPTH_MAX - below.depth();
    if (depth > room) {
      field.fail(
          "at most " + room + " below '" + below + "', which lies " + below.depth() + " deep",
          "A datastore holds " + Namespace.DEPTH_MAX + " levels.");
    }
    return depth;
  }

  private static List<GroupFilter> filters(Field field) {
    List<GroupFilter> filters = new ArrayList<>();
    for (Field item : field.listOrOne("a list of group filters").orElse(List.of())) {
      item.parsed(GroupFilter.GRAMMAR, GroupFilter::parse).ifPresent(filters::add);
    }
    return filters;
  }
}
