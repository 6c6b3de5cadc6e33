package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
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
 * Checked parameters of one call. Asking for a required one that is absent is a programmer's error.
 */
public final class Params {
  private final Map<String, Object> values;

  Params(Map<String, Object> values) {
    this.values = Map.copyOf(values);
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public String text(String name) {
    return (String) value(name);
  }

  public Optional<String> optionalText(String name) {
    return Optional.ofNullable((String) values.get(name));
  }

  public long integer(String name) {
    return (Long) value(name);
  }

  public int intValue(String name) {
    return Math.toIntExact(integer(name));
  }

  public OptionalLong optionalInteger(String name) {
    Long value = (Long) values.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  public OptionalInt optionalInt(String name) {
    Long value = (Long) values.get(name);
    return value == null ? OptionalInt.empty() : OptionalInt.of(Math.toIntExact(value));
  }

  public boolean bool(String name, boolean otherwise) {
    Boolean value = (Boolean) values.get(name);
    return value == null ? otherwise : value;
  }

  public List<String> texts(String name) {
    return list(name).stream().map(String.class::cast).toList();
  }

  public List<Long> integers(String name) {
    return list(name).stream().map(Long.class::cast).toList();
  }

  private List<?> list(String name) {
    Object value = values.get(name);
    return value == null ? List.of() : (List<?>) value;
  }

  public DatastoreName store() {
    return new DatastoreName(text("store"));
  }

  /** The root when absent or empty. */
  public Namespace namespace() {
    return namespace("ns");
  }

  public Namespace namespace(String name) {
    String text = optionalText(name).orElse("");
    try {
      return Namespace.parse(text);
    } catch (BackupException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          "invalid value: string \"" + text + "\", expected valid backup namespace",
          e);
    }
  }

  public GroupId group() {
    return new GroupId(BackupType.parse(text("backup-type")), text("backup-id"));
  }

  public SnapshotId snapshot() {
    return group().at(integer("backup-time"));
  }

  public Digest digest(String name) {
    return Digest.parse(text(name));
  }

  public @Nullable Digest optionalDigest(String name) {
    return has(name) ? digest(name) : null;
  }

  private Object value(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalStateException(
          "parameter '" + name + "' is not in the schema, or is optional");
    }
    return value;
  }
}
