package dev.holdfast.node.access;

import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The realms that users come from, {@code domains.cfg} (spec/formats.md §10.7): the two that every
 * node has, which without entries have the names and the default of a new server, and any number of
 * OpenID Connect providers and directories. At most one is the default. Immutable.
 */
public final class RealmConfig {
  /** Types of realms that an administrator adds. */
  public static final List<String> TYPES = List.of("openid", "ldap", "ad");

  private static final Set<String> BUILT_IN =
      Set.of(Authenticator.REALM_SYSTEM, Authenticator.REALM_LOCAL);
  private static final String DEFAULT = "default";
  private static final Schema BUILT_IN_SCHEMA = Schema.of("comment", DEFAULT, "type");
  private static final Schema OPENID =
      new Schema(
          Set.of(
              "issuer-url",
              "client-id",
              "client-key",
              "scopes",
              "acr-values",
              "audiences",
              "prompt",
              "autocreate",
              "username-claim",
              "comment",
              DEFAULT),
          Set.of("issuer-url", "client-id"),
          Set.of());
  private static final Set<String> DIRECTORY =
      Set.of(
          "server1",
          "server2",
          "port",
          "base-dn",
          "user-attr",
          "mode",
          "verify",
          "capath",
          "bind-dn",
          "filter",
          "sync-defaults-options",
          "sync-attributes",
          "user-classes",
          "comment",
          DEFAULT);
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          Authenticator.REALM_SYSTEM,
          BUILT_IN_SCHEMA,
          Authenticator.REALM_LOCAL,
          BUILT_IN_SCHEMA,
          "openid",
          OPENID,
          "ldap",
          new Schema(DIRECTORY, Set.of("server1", "base-dn", "user-attr"), Set.of()),
          "ad",
          new Schema(DIRECTORY, Set.of("server1"), Set.of()));

  private final SectionConfig sections;

  /**
   * One realm as a login page shows it.
   *
   * @param isDefault the one that a login page offers first
   */
  public record Realm(String name, String type, @Nullable String comment, boolean isDefault) {
    public Realm withComment(@Nullable String text) {
      return new Realm(name, type, text, isDefault);
    }

    public Realm asDefault(boolean wanted) {
      return new Realm(name, type, comment, wanted);
    }
  }

  private RealmConfig(SectionConfig sections) {
    this.sections = sections;
  }

  public static RealmConfig parse(String text) {
    return new RealmConfig(SectionConfig.parse(text, SCHEMAS));
  }

  public String format() {
    return sections.format();
  }

  /** The two that every node has first. */
  public List<Realm> realms() {
    List<Realm> others =
        added().stream()
            .map(s -> new Realm(s.id(), s.type(), s.value("comment"), isDefault(s)))
            .toList();
    return Stream.concat(
            Stream.of(realm(Authenticator.REALM_SYSTEM), realm(Authenticator.REALM_LOCAL)),
            others.stream())
        .toList();
  }

  public boolean exists(String name) {
    return BUILT_IN.contains(name) || find(name) != null;
  }

  /** {@code pam} or {@code pbs}. */
  public Realm realm(String name) {
    Section section = sections.section(name);
    boolean system = name.equals(Authenticator.REALM_SYSTEM);
    if (section == null) {
      return new Realm(
          name,
          name,
          system ? "Linux PAM standard authentication" : "Proxmox Backup authentication server",
          system && sections.sections().stream().noneMatch(RealmConfig::isDefault));
    }
    return new Realm(name, name, section.value("comment"), isDefault(section));
  }

  /** Those that an administrator added, in file order. */
  public List<Section> added() {
    return sections.sections().stream().filter(s -> !BUILT_IN.contains(s.type())).toList();
  }

  /** One of these; null when there is none. */
  public @Nullable Section find(String name) {
    return added().stream().filter(s -> s.id().equals(name)).findFirst().orElse(null);
  }

  /** With {@code pam} or {@code pbs} changed. */
  public RealmConfig with(String name, UnaryOperator<Realm> change) {
    return with(section(change.apply(realm(name))));
  }

  /** With a realm added, or in place of the one of its name; at most one stays the default. */
  public RealmConfig with(Section section) {
    SectionConfig all = sections;
    if (isDefault(section)) {
      for (Section other : sections.sections()) {
        if (isDefault(other)) {
          SortedMap<String, String> values = new TreeMap<>(other.single());
          values.remove(DEFAULT);
          all = all.with(Section.of(other.type(), other.id(), values));
        }
      }
    }
    return new RealmConfig(all.with(section));
  }

  public RealmConfig without(String name) {
    return new RealmConfig(sections.without(name));
  }

  private static boolean isDefault(Section section) {
    String text = section.value(DEFAULT);
    return text != null && SectionValues.bool(text);
  }

  private static Section section(Realm realm) {
    SortedMap<String, String> values = new TreeMap<>(Map.of("type", realm.type()));
    String comment = realm.comment();
    if (comment != null) {
      values.put("comment", comment);
    }
    if (realm.isDefault()) {
      values.put(DEFAULT, "true");
    }
    return Section.of(realm.type(), realm.name(), values);
  }
}
