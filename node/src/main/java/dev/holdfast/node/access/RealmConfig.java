package dev.holdfast.node.access;

import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is configured about the two realms that every node has, {@code domains.cfg} (spec/formats.md
 * §10.5). Without entries they have the names and the default of a new server. Immutable.
 */
public final class RealmConfig {
  private static final Schema SCHEMA = Schema.of("comment", "default", "type");
  private static final Map<String, Schema> SCHEMAS =
      Map.of(Authenticator.REALM_SYSTEM, SCHEMA, Authenticator.REALM_LOCAL, SCHEMA);

  private final SectionConfig sections;

  /**
   * One realm.
   *
   * @param isDefault the one that a login page offers first
   */
  public record Realm(String name, @Nullable String comment, boolean isDefault) {
    public Realm withComment(@Nullable String text) {
      return new Realm(name, text, isDefault);
    }

    public Realm asDefault(boolean wanted) {
      return new Realm(name, comment, wanted);
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

  /** {@code pam} or {@code pbs}. */
  public Realm realm(String name) {
    Section section = sections.section(name);
    boolean system = name.equals(Authenticator.REALM_SYSTEM);
    if (section == null) {
      return new Realm(
          name,
          system ? "Linux PAM standard authentication" : "Proxmox Backup authentication server",
          system && sections.sections().stream().noneMatch(RealmConfig::isDefault));
    }
    return new Realm(name, section.value("comment"), isDefault(section));
  }

  private static boolean isDefault(Section section) {
    String text = section.value("default");
    return text != null && SectionValues.bool(text);
  }

  /** With one realm changed; at most one stays the default. */
  public RealmConfig with(String name, UnaryOperator<Realm> change) {
    Realm changed = change.apply(realm(name));
    SectionConfig all = sections.with(section(changed));
    String other =
        name.equals(Authenticator.REALM_LOCAL)
            ? Authenticator.REALM_SYSTEM
            : Authenticator.REALM_LOCAL;
    if (changed.isDefault() && realm(other).isDefault()) {
      all = all.with(section(realm(other).asDefault(false)));
    }
    return new RealmConfig(all);
  }

  private static Section section(Realm realm) {
    SortedMap<String, String> values = new TreeMap<>(Map.of("type", realm.name()));
    String comment = realm.comment();
    if (comment != null) {
      values.put("comment", comment);
    }
    if (realm.isDefault()) {
      values.put("default", "true");
    }
    return Section.of(realm.name(), realm.name(), values);
  }
}
