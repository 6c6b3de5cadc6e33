package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.PropertyString;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * Who gets a mail of how the jobs of a datastore ended, in {@code notification-mode
 * legacy-sendmail} (spec/engine.md §14): {@code notify-user}, by default root@pam, as often as the
 * property string {@code notify} says.
 */
public record UserMail(AuthId user, Map<Kind, When> when) {
  static final String MODE = "legacy-sendmail";

  /** What is allowed in {@code notify}, for people. */
  static final String GRAMMAR =
      "KIND=WHEN,… of gc, prune, sync or verify and never, error or always";

  /** Of a job, as events name it. */
  public enum Kind {
    GC(When.ALWAYS),
    VERIFY(When.ALWAYS),
    SYNC(When.ALWAYS),
    PRUNE(When.ERROR);

    private final When usual;

    Kind(When usual) {
      this.usual = usual;
    }

    private String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for an event of something else. */
    public static Optional<Kind> of(String type) {
      return Arrays.stream(values()).filter(kind -> kind.text().equals(type)).findFirst();
    }
  }

  /** {@code error} counts warnings in. */
  public enum When {
    NEVER,
    ERROR,
    ALWAYS;

    private static When parse(Kind kind, String text) {
      for (When when : values()) {
        if (when.name().toLowerCase(Locale.ROOT).equals(text)) {
          return when;
        }
      }
      throw BackupException.invalid(
          "notify has " + kind.text() + "='" + text + "', expected never, error or always");
    }
  }

  public UserMail {
    when = Map.copyOf(when);
  }

  /** Of the properties of a datastore; throws INVALID_INPUT for what cannot be read. */
  static UserMail of(SortedMap<String, String> properties) {
    String user = properties.get("notify-user");
    return new UserMail(
        user == null ? AuthId.ROOT : AuthId.parse(user),
        when(properties.getOrDefault("notify", "")));
  }

  /** Throws INVALID_INPUT for a {@code notify} that cannot be read. */
  static void requireWhen(String text) {
    var unused = when(text);
  }

  private static Map<Kind, When> when(String text) {
    Set<String> kinds = Arrays.stream(Kind.values()).map(Kind::text).collect(Collectors.toSet());
    SortedMap<String, String> given = PropertyString.parse(text, "", kinds);
    Map<Kind, When> when = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      String word = given.get(kind.text());
      when.put(kind, word == null ? kind.usual : When.parse(kind, word));
    }
    return when;
  }

  /**
   * Whether he is told of the end of such a job.
   *
   * @param bad with warnings, or not at all
   */
  public boolean wanted(Kind kind, boolean bad) {
    return switch (when.getOrDefault(kind, When.ALWAYS)) {
      case NEVER -> false;
      case ERROR -> bad;
      case ALWAYS -> true;
    };
  }
}
