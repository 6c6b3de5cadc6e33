package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Targets and matchers: {@code notifications.cfg}, and their secrets in {@code
 * notifications-priv.cfg} (spec/formats.md §10.11). One target and one matcher are there without
 * being written down, and can be changed. Any thread; blocks on files.
 */
public final class NotificationConfig {
  private static final Set<String> MAIL_LISTS = Set.of("mailto", "mailto-user");

  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          "sendmail",
          new Schema(
              Set.of("mailto", "mailto-user", "from-address", "author", "comment", "disable"),
              Set.of(),
              MAIL_LISTS),
          "smtp",
          new Schema(
              Set.of(
                  "server",
                  "port",
                  "mode",
                  "username",
                  "from-address",
                  "mailto",
                  "mailto-user",
                  "author",
                  "comment",
                  "disable"),
              Set.of("server", "from-address"),
              MAIL_LISTS),
          "gotify",
          new Schema(Set.of("server", "comment", "disable"), Set.of("server"), Set.of()),
          "webhook",
          new Schema(
              Set.of("method", "url", "header", "secret", "body", "comment", "disable"),
              Set.of("method", "url"),
              Set.of("header", "secret")),
          Matcher.TYPE,
          new Schema(
              Set.of(
                  "mode",
                  "invert-match",
                  "match-field",
                  "match-severity",
                  "match-calendar",
                  "target",
                  "filter",
                  "comment",
                  "disable"),
              Set.of(),
              Set.of("match-field", "match-severity", "match-calendar", "target")));

  private static final Map<String, Schema> SECRET_SCHEMAS =
      Map.of(
          "sendmail",
          Schema.of(),
          "smtp",
          Schema.of("password"),
          "gotify",
          Schema.of("token"),
          "webhook",
          new Schema(Set.of("secret"), Set.of(), Set.of("secret")),
          Matcher.TYPE,
          Schema.of());

  private static final Map<String, Section> BUILT_IN = builtIn();

  private final StateFile<SectionConfig> file;
  private final StateFile<SectionConfig> secrets;
  private final ZoneId zone;

  /** Where an entry comes from. */
  public enum Origin {
    USER_CREATED("user-created"),
    BUILTIN("builtin"),
    MODIFIED_BUILTIN("modified-builtin");

    private final String text;

    Origin(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /**
   * Reads both files, so that damaged ones stop the start of the node.
   *
   * @param zone of the times of day in matchers
   */
  public NotificationConfig(StateDirectory directory, ZoneId zone) {
    this.zone = zone;
    file =
        new StateFile<>(
            directory, "notifications.cfg", text -> parse(text, zone), SectionConfig::format);
    secrets =
        new StateFile<>(
            directory,
            "notifications-priv.cfg",
            text -> SectionConfig.parse(text, SECRET_SCHEMAS),
            SectionConfig::format);
    var unused = file.load();
    unused = secrets.load();
  }

  private static SectionConfig parse(String text, ZoneId zone) {
    SectionConfig config = SectionConfig.parse(text, SCHEMAS);
    for (Section section : config.sections()) {
      if (section.type().equals(Matcher.TYPE)) {
        var unused = Matcher.of(section, zone);
      }
    }
    return config;
  }

  private static Map<String, Section> builtIn() {
    SortedMap<String, List<String>> mail = new TreeMap<>();
    mail.put("mailto-user", List.of("root@pam"));
    mail.put("comment", List.of("Send mails to root@pam's email address"));
    SortedMap<String, List<String>> matcher = new TreeMap<>();
    matcher.put("mode", List.of("all"));
    matcher.put("invert-match", List.of("true"));
    matcher.put("match-field", List.of("exact:type=prune"));
    matcher.put("match-severity", List.of("info"));
    matcher.put("target", List.of("mail-to-root"));
    matcher.put(
        "comment",
        List.of("Route everything but successful prune job notifications to mail-to-root"));
    Map<String, Section> all = new LinkedHashMap<>();
    all.put("mail-to-root", new Section("sendmail", "mail-to-root", mail));
    all.put("default-matcher", new Section(Matcher.TYPE, "default-matcher", matcher));
    return all;
  }

  /** Of {@code notifications.cfg}, in hex. */
  public String digest() {
    return file.load().digest().hex();
  }

  /** What is written down, and what is built in. */
  public List<Section> all() {
    Map<String, Section> all = new LinkedHashMap<>();
    file.value().sections().forEach(section -> all.put(section.id(), section));
    BUILT_IN.forEach(all::putIfAbsent);
    return List.copyOf(all.values());
  }

  public List<Section> ofType(String type) {
    return all().stream().filter(section -> section.type().equals(type)).toList();
  }

  /** All that are no matchers. */
  public List<Section> targets() {
    return all().stream().filter(section -> !section.type().equals(Matcher.TYPE)).toList();
  }

  public Optional<Section> find(String name) {
    return all().stream().filter(section -> section.id().equals(name)).findFirst();
  }

  public Origin origin(String name) {
    boolean written = file.value().section(name) != null;
    return !BUILT_IN.containsKey(name)
        ? Origin.USER_CREATED
        : written ? Origin.MODIFIED_BUILTIN : Origin.BUILTIN;
  }

  List<Matcher> matchers() {
    return ofType(Matcher.TYPE).stream().map(section -> Matcher.of(section, zone)).toList();
  }

  /** Empty for a target without any. */
  SortedMap<String, List<String>> secretsOf(String name) {
    Section section = secrets.value().section(name);
    return section == null ? new TreeMap<>() : section.properties();
  }

  /** Throws ALREADY_EXISTS when something has the name. */
  public void requireNew(String name) {
    if (find(name).isPresent()) {
      throw new BackupException(Kind.ALREADY_EXISTS, "'" + name + "' already exists");
    }
  }

  /**
   * Writes an entry, new or changed.
   *
   * @param digest as in {@link StateFile#update(String, UnaryOperator)}
   * @param secret its secrets; null = those that it has
   */
  public void put(
      @Nullable String digest, Section section, @Nullable SortedMap<String, List<String>> secret) {
    requireTargets(section);
    var unused =
        file.update(
            digest,
            old -> {
              // The secret first: a target without it would fail, a secret without a target harms
              // nobody. But not before the digest was compared.
              if (secret != null) {
                var unusedSecrets =
                    secrets.update(
                        known -> known.with(new Section(section.type(), section.id(), secret)));
              }
              return old.with(section);
            });
  }

  private void requireTargets(Section section) {
    for (String target : section.properties().getOrDefault("target", List.of())) {
      if (targets().stream().noneMatch(known -> known.id().equals(target))) {
        throw BackupException.invalid(
            "matcher '" + section.id() + "' names target '" + target + "', and there is none");
      }
    }
  }

  /**
   * Removes an entry; a built-in one is then as it was at first.
   *
   * @throws BackupException NOT_FOUND, or INVALID_INPUT when a matcher names the target
   */
  public void remove(@Nullable String digest, String name) {
    if (file.value().section(name) == null) {
      throw BackupException.notFound("'" + name + "' does not exist");
    }
    List<String> users = new ArrayList<>();
    for (Section matcher : ofType(Matcher.TYPE)) {
      if (matcher.properties().getOrDefault("target", List.of()).contains(name)) {
        users.add(matcher.id());
      }
    }
    if (!users.isEmpty() && !BUILT_IN.containsKey(name)) {
      throw BackupException.invalid(
          "cannot delete '" + name + "', referenced by: " + String.join(", ", users));
    }
    var unused = file.update(digest, old -> old.without(name));
    unused = secrets.update(old -> old.without(name));
  }
}
