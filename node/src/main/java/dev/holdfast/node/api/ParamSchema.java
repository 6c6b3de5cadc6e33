package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The parameters an endpoint takes; everything else is refused. Immutable: each call returns a
 * longer schema.
 */
public final class ParamSchema {
  /** One parameter. */
  public record Field(ParamType type, boolean optional) {}

  public static final ParamSchema NONE = new ParamSchema(Map.of());

  private static final String SAFE_ID = "[A-Za-z0-9_][A-Za-z0-9._\\-]*";
  private static final int TEXT_LENGTH_MAX = 65_536;

  public static final ParamType BOOL = new ParamType.Bool();
  public static final ParamType TEXT = text(0, TEXT_LENGTH_MAX, null);
  public static final ParamType STORE = text(3, 32, SAFE_ID);
  // Eight components pass here and fail at the depth check, as with the real server.
  public static final ParamType NAMESPACE =
      text(0, 256, "(?:(?:" + SAFE_ID + "/){0,7}" + SAFE_ID + ")?");
  public static final ParamType NAMESPACE_COMPONENT = text(1, 32, SAFE_ID);
  public static final ParamType BACKUP_TYPE = oneOf("vm", "ct", "host");
  public static final ParamType BACKUP_ID = text(0, 255, SAFE_ID);
  public static final ParamType BACKUP_TIME = integer(1, SnapshotId.TIME_MAX);
  public static final ParamType ARCHIVE = text(0, 255, SAFE_ID);
  public static final ParamType DIGEST = text(0, TEXT_LENGTH_MAX, "[a-f0-9]{64}");
  public static final ParamType MAX_DEPTH = integer(0, 7);
  public static final ParamType SAFE = text(0, 255, SAFE_ID);
  public static final ParamType USERID =
      text(3, 64, "[^\\s:/\\p{Cntrl}]+@[A-Za-z0-9_][A-Za-z0-9._\\-]*");
  public static final ParamType AUTHID =
      text(
          3,
          128,
          "[^\\s:/\\p{Cntrl}]+@[A-Za-z0-9_][A-Za-z0-9._\\-]*(?:![A-Za-z0-9_][A-Za-z0-9._\\-]*)?");
  public static final ParamType COMMENT = text(0, 128, "[^\\p{Cntrl}]*");
  public static final ParamType NODE = text(0, 255, "[a-zA-Z0-9](?:[a-zA-Z0-9.\\-]*[a-zA-Z0-9])?");

  private final Map<String, Field> fields;

  private ParamSchema(Map<String, Field> fields) {
    this.fields = Collections.unmodifiableMap(fields);
  }

  public static ParamType text(
      int lengthMin, int lengthMax, @org.jspecify.annotations.Nullable String pattern) {
    return new ParamType.Text(
        lengthMin,
        lengthMax,
        pattern == null ? null : Pattern.compile(pattern, Pattern.DOTALL),
        List.of());
  }

  public static ParamType oneOf(String... values) {
    return new ParamType.Text(0, TEXT_LENGTH_MAX, null, List.of(values));
  }

  public static ParamType integer(long min, long max) {
    return new ParamType.Int(min, max);
  }

  public static ParamType listOf(ParamType item) {
    return new ParamType.ListOf(item);
  }

  public ParamSchema required(String name, ParamType type) {
    return with(name, new Field(type, false));
  }

  public ParamSchema optional(String name, ParamType type) {
    return with(name, new Field(type, true));
  }

  /** {@code backup-type}, {@code backup-id}. */
  public ParamSchema group() {
    return required("backup-type", BACKUP_TYPE).required("backup-id", BACKUP_ID);
  }

  /** A group's parameters and {@code backup-time}. */
  public ParamSchema snapshot() {
    return group().required("backup-time", BACKUP_TIME);
  }

  /** {@code store}, which stands in the path of most, and {@code ns}. */
  public ParamSchema storeAndNamespace() {
    return required("store", STORE).optional("ns", NAMESPACE);
  }

  Map<String, Field> fields() {
    return fields;
  }

  private ParamSchema with(String name, Field field) {
    Map<String, Field> longer = new LinkedHashMap<>(fields);
    longer.put(name, field);
    return new ParamSchema(longer);
  }
}
