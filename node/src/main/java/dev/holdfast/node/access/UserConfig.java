package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Users and their tokens, {@code user.cfg} (spec/formats.md §10.3). {@code root@pam} exists without
 * an entry. Immutable.
 */
public final class UserConfig {
  public static final UserConfig EMPTY = new UserConfig(SectionConfig.EMPTY);

  private static final String USER = "user";
  private static final String TOKEN = "token";
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          USER, Schema.of("comment", "enable", "expire", "firstname", "lastname", "email"),
          TOKEN, Schema.of("comment", "enable", "expire"));

  /** Of names and addresses. */
  public static final int PROPERTY_LENGTH_MIN = 2;

  public static final int PROPERTY_LENGTH_MAX = 64;

  private final SectionConfig sections;

  /**
   * A user or a token.
   *
   * @param properties as in the file: comment, enable, expire, firstname, lastname, email
   */
  public record Entry(AuthId id, SortedMap<String, String> properties) {
    public Entry {
      properties = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(properties));
    }

    public static Entry of(AuthId id) {
      return new Entry(id, new TreeMap<>());
    }

    public @Nullable String comment() {
      return properties.get("comment");
    }

    public boolean enabled() {
      String text = properties.get("enable");
      return text == null || SectionValues.bool(text);
    }

    /** Seconds since the epoch, 0 = never. */
    public long expire() {
      String text = properties.get("expire");
      return text == null ? 0 : SectionValues.integer(text);
    }

    boolean activeAt(Instant now) {
      return enabled() && (expire() == 0 || expire() > now.getEpochSecond());
    }

    /** With the property set, or removed when the value is null. */
    public Entry with(String key, @Nullable String value) {
      SortedMap<String, String> changed = new TreeMap<>(properties);
      if (value == null) {
        changed.remove(key);
      } else {
        changed.put(key, value);
      }
      return new Entry(id, changed);
    }
  }

  private UserConfig(SectionConfig sections) {
    this.sections = sections;
  }

  public static UserConfig parse(String text) {
    SectionConfig sections = SectionConfig.parse(text, SCHEMAS);
    for (Section section : sections.sections()) {
      AuthId id = AuthId.parse(section.id());
      if (id.isToken() != section.type().equals(TOKEN)) {
        throw BackupException.invalid(
            "section '" + section.type() + ": " + id + "' has an id of the other kind");
      }
      Entry entry = new Entry(id, section.single());
      if (entry.enabled() && entry.expire() < 0) {
        throw BackupException.invalid("'" + id + "': expire is negative");
      }
    }
    return new UserConfig(sections);
  }

  public String format() {
    return sections.format();
  }

  /** Whether a text may be a name or an address of a user. */
  public static boolean isProperty(String text) {
    String stripped = text.strip();
    return stripped.length() >= PROPERTY_LENGTH_MIN
        && stripped.length() <= PROPERTY_LENGTH_MAX
        && stripped.chars().noneMatch(Character::isISOControl);
  }

  /** In file order, {@code root@pam} only when it is written down. */
  public List<Entry> users() {
    return entries(USER);
  }

  public List<Entry> tokens(AuthId user) {
    return entries(TOKEN).stream().filter(token -> token.id().owner().equals(user)).toList();
  }

  /** A user or token; null when there is none. */
  public @Nullable Entry find(AuthId id) {
    Section section = sections.section(id.toString());
    if (section != null) {
      return new Entry(id, section.single());
    }
    return id.equals(AuthId.ROOT) ? Entry.of(id) : null;
  }

  public boolean exists(AuthId id) {
    return find(id) != null;
  }

  /** Enabled and not expired; a token needs its user to be so too. */
  public boolean active(AuthId id, Instant now) {
    Entry entry = find(id);
    return entry != null && entry.activeAt(now) && (!id.isToken() || active(id.owner(), now));
  }

  public UserConfig with(Entry entry) {
    return new UserConfig(
        sections.with(
            Section.of(
                entry.id().isToken() ? TOKEN : USER, entry.id().toString(), entry.properties())));
  }

  /** Without the user or token; a user takes his tokens along. */
  public UserConfig without(AuthId id) {
    SectionConfig changed = sections.without(id.toString());
    if (!id.isToken()) {
      for (Entry token : tokens(id)) {
        changed = changed.without(token.id().toString());
      }
    }
    return new UserConfig(changed);
  }

  private List<Entry> entries(String type) {
    List<Entry> entries = new ArrayList<>();
    for (Section section : sections.sections()) {
      if (section.type().equals(type)) {
        entries.add(new Entry(AuthId.parse(section.id()), section.single()));
      }
    }
    return List.copyOf(entries);
  }
}
