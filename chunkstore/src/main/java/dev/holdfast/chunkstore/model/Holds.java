package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How long the finished snapshots of each namespace stay, whoever wants them gone: client, peer,
 * token or administrator. A hold counts for all namespaces below its own, too, and of several the
 * longest does. It begins with the backup.
 *
 * <p>Declared by the operator in {@code mesh.yaml} and nowhere else.
 *
 * @param declared {@link #SHORTEST} or longer each
 */
public record Holds(Map<Namespace, Duration> declared) {
  /** Nothing is held. */
  public static final Holds NONE = new Holds(Map.of());

  /** Snapshots are a second apart. */
  public static final Duration SHORTEST = Duration.ofSeconds(1);

  public Holds {
    declared = Collections.unmodifiableMap(new TreeMap<>(declared));
    declared.forEach(
        (namespace, duration) -> {
          if (duration.compareTo(SHORTEST) < 0) {
            throw BackupException.invalid(
                "the hold of namespace '"
                    + namespace
                    + "' is "
                    + duration
                    + ", expected 1s or more");
          }
        });
  }

  /**
   * What holds a snapshot.
   *
   * @param declaredAt the namespace of the hold: the snapshot's, or one above it
   * @param until it may go from then on
   */
  public record Held(Namespace declaredAt, Duration duration, Instant until) {
    /** {@code held until 2026-03-31T04:00:00Z by the hold of 30d on namespace 'a' (mesh.yaml)}. */
    public String text() {
      return "held until "
          + until
          + " by the hold of "
          + shown(duration)
          + " on "
          + (declaredAt.isRoot() ? "the root namespace" : "namespace '" + declaredAt + "'")
          + " (mesh.yaml)";
    }

    /**
     * @param refused what must not be done, as after "cannot"
     */
    public BackupException refusal(String refused) {
      return BackupException.invalid("cannot " + refused + ": " + text())
          .advise("Wait, or have whoever runs the node shorten the hold in its mesh.yaml.");
    }
  }

  /** Of a namespace, with what it has from those above; zero when nothing is held there. */
  public Duration of(Namespace namespace) {
    Namespace holder = holder(namespace);
    return holder == null ? Duration.ZERO : declared.getOrDefault(holder, Duration.ZERO);
  }

  /** Empty when a finished snapshot may go. */
  public Optional<Held> held(Namespace namespace, SnapshotId snapshot, Instant now) {
    Namespace holder = holder(namespace);
    if (holder == null) {
      return Optional.empty();
    }
    Duration duration = of(holder);
    Instant until = Instant.ofEpochSecond(snapshot.time()).plus(duration);
    return now.isBefore(until) ? Optional.of(new Held(holder, duration, until)) : Optional.empty();
  }

  /** Where the longest hold of a namespace is declared; the nearest of equal ones. */
  private @Nullable Namespace holder(Namespace namespace) {
    Namespace holder = null;
    Duration longest = Duration.ZERO;
    for (Namespace at = namespace; at != null; at = at.parent()) {
      Duration here = declared.getOrDefault(at, Duration.ZERO);
      if (here.compareTo(longest) > 0) {
        holder = at;
        longest = here;
      }
    }
    return holder;
  }

  /** As it is written in the file, {@code 30d}, {@code 1d 12h}. */
  public static String shown(Duration duration) {
    StringJoiner parts = new StringJoiner(" ");
    add(parts, duration.toDays(), "d");
    add(parts, duration.toHoursPart(), "h");
    add(parts, duration.toMinutesPart(), "m");
    add(parts, duration.toSecondsPart(), "s");
    return parts.toString();
  }

  private static void add(StringJoiner parts, long count, String unit) {
    if (count > 0) {
      parts.add(count + unit);
    }
  }
}
