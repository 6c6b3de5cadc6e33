package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The checked parameters of one call. Asking for one that its schema does not have, or asking for
 * an absent one without a default, is a mistake of ours and an {@link IllegalStateException}.
 */
public final class Params {
  public static final Params NONE = new Params(Map.of());

  private final Map<String, Object> values;

  Params(Map<String, Object> values) {
    this.values = Map.copyOf(values);
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public String text(String name) {
    return (String) required(name);
  }

  public Optional<String> optionalText(String name) {
    return Optional.ofNullable((String) values.get(name));
  }

  public String text(String name, String otherwise) {
    return optionalText(name).orElse(otherwise);
  }

  /** A text, number or flag as configuration files have it. */
  public String written(String name) {
    return required(name).toString();
  }

  public long integer(String name) {
    return (Long) required(name);
  }

  public long integer(String name, long otherwise) {
    return values.get(name) instanceof Long value ? value : otherwise;
  }

  public OptionalLong optionalInteger(String name) {
    return values.get(name) instanceof Long value ? OptionalLong.of(value) : OptionalLong.empty();
  }

  /** As {@link #optionalInteger}, of a parameter whose bounds fit. */
  public OptionalInt optionalCount(String name) {
    return values.get(name) instanceof Long value
        ? OptionalInt.of(Math.toIntExact(value))
        : OptionalInt.empty();
  }

  public boolean bool(String name, boolean otherwise) {
    return values.get(name) instanceof Boolean value ? value : otherwise;
  }

  /** Empty when absent. */
  public List<String> texts(String name) {
    return list(name).stream().map(String.class::cast).toList();
  }

  /** Empty when absent. */
  public List<Long> integers(String name) {
    return list(name).stream().map(Long.class::cast).toList();
  }

  /** The {@code store} parameter. */
  public DatastoreName store() {
    return new DatastoreName(text(Param.STORE.name()));
  }

  /** The {@code ns} parameter, root when absent. */
  public Namespace namespace() {
    return namespace(Param.NS.name());
  }

  /** Root when absent. */
  public Namespace namespace(String name) {
    String text = text(name, "");
    try {
      return Namespace.parse(text);
    } catch (BackupException e) {
      // Eight components pass the pattern and fail here (spec/protocols.md §3.3).
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          "invalid value: string \"" + text + "\", expected valid backup namespace",
          e);
    }
  }

  /** Of the configuration that the caller has seen and wants to change; null when absent. */
  public @Nullable String digest() {
    return optionalText(Param.DIGEST.name()).orElse(null);
  }

  /** Of {@code backup-type} and {@code backup-id}. */
  public GroupId group() {
    return new GroupId(
        BackupType.parse(text(Param.BACKUP_TYPE.name())), text(Param.BACKUP_ID.name()));
  }

  /** Of {@code backup-type}, {@code backup-id} and {@code backup-time}. */
  public SnapshotId snapshot() {
    return group().at(integer(Param.BACKUP_TIME.name()));
  }

  private List<?> list(String name) {
    return values.get(name) instanceof List<?> list ? list : List.of();
  }

  private Object required(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalStateException("parameter '" + name + "' is neither given nor required");
    }
    return value;
  }

  @Override
  public String toString() {
    return "Params" + values.keySet(); // values may be passwords
  }
}
