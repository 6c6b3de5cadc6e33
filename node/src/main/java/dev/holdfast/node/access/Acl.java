package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The access control list, {@code acl.cfg} (spec/formats.md §10.4, spec/rest-api.md §4.2):
 *
 * <pre>
 * file := line*
 * line := "acl:" ("0" | "1") ":" path ":" id ("," id)* ":" role ("," role)* NL
 * </pre>
 *
 * The flag says whether the entry counts below its path too. Immutable; written in tree order.
 */
public final class Acl {
  public static final Acl EMPTY = new Acl(new TreeMap<>());

  /** {@code /}-separated components; the root is the empty list. Children sort by name. */
  record Location(List<String> components) implements Comparable<Location> {
    Location {
      components = List.copyOf(components);
    }

    static Location parse(String path) {
      return new Location(
          Arrays.stream(path.split("/", -1)).filter(component -> !component.isEmpty()).toList());
    }

    Location prefix(int depth) {
      return new Location(components.subList(0, depth));
    }

    @Override
    public int compareTo(Location other) {
      return Arrays.compare(
          components.toArray(String[]::new), other.components.toArray(String[]::new));
    }

    @Override
    public String toString() {
      return "/" + String.join("/", components);
    }
  }

  /** One grant. The id is a user, a token, or {@code @group}, which nothing assigns members to. */
  public record Entry(String path, String id, Role role, boolean propagate) {}

  // location -> id -> role -> propagate
  private final SortedMap<Location, SortedMap<String, SortedMap<Role, Boolean>>> tree;

  private Acl(SortedMap<Location, SortedMap<String, SortedMap<Role, Boolean>>> tree) {
    this.tree = tree;
  }

  public static Acl parse(String text) {
    Acl acl = EMPTY;
    int number = 0;
    for (String raw : text.lines().toList()) {
      number++;
      String line = raw.strip();
      if (!line.isEmpty()) {
        acl = acl.withLine(line, number);
      }
    }
    return acl;
  }

  private Acl withLine(String line, int number) {
    String[] fields = line.split(":", -1);
    if (fields.length != 5 || !fields[0].equals("acl")) {
      throw BackupException.invalid(
          "line " + number + ": found '" + line + "', expected acl:0|1:PATH:IDS:ROLES");
    }
    boolean propagate =
        switch (fields[1]) {
          case "1" -> true;
          case "0" -> false;
          default ->
              throw BackupException.invalid(
                  "line " + number + ": found flag '" + fields[1] + "', expected 0 or 1");
        };
    Acl acl = this;
    for (String id : fields[3].split(",", -1)) {
      for (String role : fields[4].split(",", -1)) {
        String name = id.strip();
        if (!name.startsWith("@")) {
          AuthId.parse(name);
        }
        acl = acl.with(new Entry(fields[2], name, Role.parse(role.strip()), propagate));
      }
    }
    return acl;
  }

  public String format() {
    StringBuilder out = new StringBuilder();
    tree.forEach(
        (location, ids) -> {
          for (boolean propagate : new boolean[] {false, true}) {
            SortedMap<String, List<String>> idsOfRoles = new TreeMap<>();
            ids.forEach(
                (id, roles) -> {
                  String names =
                      roles.entrySet().stream()
                          .filter(role -> role.getValue() == propagate)
                          .map(role -> role.getKey().text())
                          .sorted()
                          .collect(Collectors.joining(","));
                  if (!names.isEmpty()) {
                    idsOfRoles.computeIfAbsent(names, k -> new ArrayList<>()).add(id);
                  }
                });
            idsOfRoles.forEach(
                (roles, names) ->
                    out.append("acl:")
                        .append(propagate ? 1 : 0)
                        .append(':')
                        .append(location)
                        .append(':')
                        .append(String.join(",", names))
                        .append(':')
                        .append(roles)
                        .append('\n'));
          }
        });
    return out.toString();
  }

  /** With the entry added; {@code NoAccess} replaces every other role of the id there and back. */
  public Acl with(Entry entry) {
    return change(
        entry.path(),
        entry.id(),
        roles -> {
          if (entry.role() == Role.NO_ACCESS) {
            roles.clear();
          } else {
            roles.remove(Role.NO_ACCESS);
          }
          roles.put(entry.role(), entry.propagate());
        });
  }

  public Acl without(String path, String id, Role role) {
    return change(path, id, roles -> roles.remove(role));
  }

  /** Without any entry of the user or token; a user takes his tokens' entries along. */
  public Acl without(AuthId id) {
    Acl acl = this;
    for (Entry entry : entries()) {
      if (!entry.id().startsWith("@")) {
        AuthId of = AuthId.parse(entry.id());
        if (of.equals(id) || of.owner().equals(id)) {
          acl = acl.without(entry.path(), entry.id(), entry.role());
        }
      }
    }
    return acl;
  }

  /** Without any entry on the path or below it. */
  public Acl withoutBelow(String path) {
    Location top = Location.parse(path);
    int depth = top.components().size();
    SortedMap<Location, SortedMap<String, SortedMap<Role, Boolean>>> copy = new TreeMap<>(tree);
    copy.keySet().removeIf(l -> l.components().size() >= depth && l.prefix(depth).equals(top));
    return new Acl(copy);
  }

  private Acl change(
      String path, String id, java.util.function.Consumer<SortedMap<Role, Boolean>> edit) {
    Location location = Location.parse(path);
    SortedMap<Location, SortedMap<String, SortedMap<Role, Boolean>>> copy = new TreeMap<>(tree);
    SortedMap<String, SortedMap<Role, Boolean>> ids =
        new TreeMap<>(copy.getOrDefault(location, new TreeMap<>()));
    SortedMap<Role, Boolean> roles = new TreeMap<>(ids.getOrDefault(id, new TreeMap<>()));
    edit.accept(roles);
    if (roles.isEmpty()) {
      ids.remove(id);
    } else {
      ids.put(id, roles);
    }
    if (ids.isEmpty()) {
      copy.remove(location);
    } else {
      copy.put(location, ids);
    }
    return new Acl(copy);
  }

  /** In tree order. */
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    tree.forEach(
        (location, ids) ->
            ids.forEach(
                (id, roles) ->
                    roles.forEach(
                        (role, propagate) ->
                            entries.add(new Entry(location.toString(), id, role, propagate)))));
    return List.copyOf(entries);
  }

  /** Every path that has an entry. */
  public SortedSet<String> paths() {
    SortedSet<String> paths = new TreeSet<>();
    tree.keySet().forEach(location -> paths.add(location.toString()));
    return Collections.unmodifiableSortedSet(paths);
  }

  /** Paths with entries strictly below the given one. */
  public List<String> pathsBelow(String path) {
    Location top = Location.parse(path);
    int depth = top.components().size();
    return tree.keySet().stream()
        .filter(l -> l.components().size() > depth && l.prefix(depth).equals(top))
        .map(Location::toString)
        .toList();
  }

  /**
   * What the entries of this id alone give on a path. From the root down, a non-empty set of roles
   * replaces what came from above; {@code NoAccess} is such a set, and empty.
   */
  Rights rightsOf(AuthId id, String path) {
    Location target = Location.parse(path);
    SortedMap<Role, Boolean> effective = new TreeMap<>();
    int depth = target.components().size();
    for (int at = 0; at <= depth; at++) {
      SortedMap<Role, Boolean> here =
          tree.getOrDefault(target.prefix(at), new TreeMap<>())
              .getOrDefault(id.toString(), new TreeMap<>());
      SortedMap<Role, Boolean> visible = new TreeMap<>();
      boolean last = at == depth;
      here.forEach(
          (role, propagate) -> {
            if (last || propagate) {
              visible.put(role, propagate);
            }
          });
      if (!visible.isEmpty()) {
        effective = visible;
      }
    }
    Set<Privilege> all = EnumSet.noneOf(Privilege.class);
    Set<Privilege> propagated = EnumSet.noneOf(Privilege.class);
    if (!effective.containsKey(Role.NO_ACCESS)) {
      effective.forEach(
          (role, propagate) -> {
            all.addAll(role.privileges());
            if (propagate) {
              propagated.addAll(role.privileges());
            }
          });
    }
    return new Rights(all, propagated);
  }
}
