package dev.holdfast.chunkstore.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.crypto.KeyFingerprint;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The manifest of a snapshot, {@code index.json.blob}: an unencrypted data blob that holds
 *
 * <pre>
 *   { "backup-id": text, "backup-time": seconds, "backup-type": "vm" | "ct" | "host",
 *     "files": [ { "crypt-mode": "none" | "encrypt" | "sign-only", "csum": 64 hex,
 *                  "filename": text, "size": bytes } … ],
 *     "signature": hex | null,
 *     "unprotected": { "chunk_upload_stats": …, "key-fingerprint": text, "notes": text,
 *                      "verify_state": { "state": "ok" | "failed", "upid": text } } }
 * </pre>
 *
 * The signature covers everything but itself and {@code unprotected}, which a server may change.
 * Members that this version does not know are kept. Immutable. Source: spec/formats.md §3.5–3.7.
 */
public final class Manifest {
  private static final String UNPROTECTED = "unprotected";
  private static final String VERIFY_STATE = "verify_state";
  private static final String NOTES = "notes";
  private static final String SIGNATURE = "signature";
  private static final String KEY_FINGERPRINT = "key-fingerprint";

  private final ObjectNode json;
  private final SnapshotId snapshot;
  private final List<ManifestFile> files;

  /** Takes over {@code json}, which nobody else may hold. */
  Manifest(ObjectNode json, SnapshotId snapshot, List<ManifestFile> files) {
    this.json = json;
    this.snapshot = snapshot;
    this.files = List.copyOf(files);
  }

  /** A new, unsigned manifest; files in the order of upload. */
  public static Manifest of(SnapshotId snapshot, List<ManifestFile> files) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("backup-id", snapshot.group().id());
    json.put("backup-time", snapshot.time());
    json.put("backup-type", snapshot.group().type().text());
    ArrayNode array = json.putArray("files");
    for (ManifestFile file : files) {
      array
          .addObject()
          .put("crypt-mode", file.crypt().text())
          .put("csum", file.csum().hex())
          .put("filename", file.name().text())
          .put("size", file.size());
    }
    json.putNull(SIGNATURE);
    json.putObject(UNPROTECTED);
    return reread(json);
  }

  /**
   * From JSON text in UTF-8.
   *
   * @throws BackupException CORRUPT_DATA in PBS's words
   */
  public static Manifest parse(byte[] json) {
    return ManifestParser.parse(json);
  }

  /**
   * From the bytes of {@code index.json.blob}.
   *
   * @throws BackupException CORRUPT_DATA
   */
  public static Manifest decodeBlob(byte[] blob) {
    byte[] plain;
    try {
      plain = DataBlob.decode(blob, blob.length, ManifestParser.JSON_BYTES_MAX);
    } catch (BackupException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA, "decode backup manifest blob failed - " + e.text(), e);
    }
    return parse(plain);
  }

  /**
   * What the manifest says it belongs to; whether that is where it lies is for the caller to see.
   */
  public SnapshotId snapshot() {
    return snapshot;
  }

  /** In the order of upload; read-only. */
  public List<ManifestFile> files() {
    return files;
  }

  public @Nullable ManifestFile file(ArchiveName name) {
    return files.stream().filter(file -> file.name().equals(name)).findFirst().orElse(null);
  }

  /** What the user wrote about the snapshot; may have several lines. */
  public Optional<String> notes() {
    return Optional.ofNullable(json.path(UNPROTECTED).path(NOTES).textValue());
  }

  /** The same with another outcome of a verification. */
  public Manifest withVerifyState(VerifyState state) {
    ObjectNode noted = JsonNodeFactory.instance.objectNode();
    noted.put("state", state.state().text()).put("upid", state.upid());
    return withUnprotected(VERIFY_STATE, noted);
  }

  /** Null when never verified, or when what is noted is not understood. */
  public @Nullable VerifyState verifyState() {
    JsonNode noted = json.path(UNPROTECTED).path(VERIFY_STATE);
    String upid = noted.path("upid").textValue();
    String text = noted.path("state").textValue();
    for (VerifyState.State state : VerifyState.State.values()) {
      if (upid != null && state.text().equals(text)) {
        return new VerifyState(state, upid);
      }
    }
    return null;
  }

  /** Of the key that encrypted or signed the snapshot, as text. */
  public @Nullable String keyFingerprint() {
    return json.path(UNPROTECTED).path(KEY_FINGERPRINT).textValue();
  }

  /** Whether there is a signature; it is checked by who has the key. */
  public boolean signed() {
    return signature() != null;
  }

  /** In hex, as it stands there. */
  @Nullable String signature() {
    return json.path(SIGNATURE).textValue();
  }

  /**
   * What a signature covers: all that was read but itself and {@code unprotected}, members that
   * this version does not know included.
   *
   * @throws BackupException CORRUPT_DATA for a null in it, as PBS has it
   */
  byte[] signedText() {
    ObjectNode signed = json.deepCopy();
    signed.remove(List.of(SIGNATURE, UNPROTECTED));
    requireNoNull(signed);
    return text(signed, JsonText::printCompact);
  }

  private void requireNoNull(JsonNode node) {
    if (node.isNull()) {
      throw BackupException.corrupt("manifest of " + snapshot + ": got unexpected null value");
    }
    node.forEach(this::requireNoNull);
  }

  Manifest withSignature(Digest signature, KeyFingerprint key) {
    ObjectNode signed = json.deepCopy();
    signed.put(SIGNATURE, signature.hex());
    return reread(signed).withUnprotected(KEY_FINGERPRINT, TextNode.valueOf(key.toString()));
  }

  /** The strongest statement on protection among the files. */
  public CryptMode cryptMode() {
    if (files.stream().anyMatch(file -> file.crypt() == CryptMode.ENCRYPT)) {
      return CryptMode.ENCRYPT;
    }
    return files.stream().anyMatch(file -> file.crypt() == CryptMode.SIGN_ONLY)
        ? CryptMode.SIGN_ONLY
        : CryptMode.NONE;
  }

  /** One member of {@code unprotected}, as a copy. */
  public @Nullable JsonNode unprotected(String key) {
    JsonNode value = json.path(UNPROTECTED).get(key);
    return value == null ? null : value.deepCopy();
  }

  /** The same with other notes; null takes them away. */
  public Manifest withNotes(@Nullable String notes) {
    return withUnprotected(NOTES, notes == null ? null : TextNode.valueOf(notes));
  }

  /** The same with one member of {@code unprotected} set, or taken away by null. */
  public Manifest withUnprotected(String key, @Nullable JsonNode value) {
    ObjectNode changed = json.deepCopy();
    ObjectNode unprotected =
        changed.get(UNPROTECTED) instanceof ObjectNode present
            ? present
            : changed.putObject(UNPROTECTED);
    if (value == null) {
      unprotected.remove(key);
    } else {
      unprotected.set(key, value.deepCopy());
    }
    return reread(changed);
  }

  /** Through its text and back: what exists can be read again, and equal manifests are equal. */
  private static Manifest reread(ObjectNode json) {
    return parse(print(json));
  }

  /** Whether all is equal but {@code unprotected}, which a server may change at any time. */
  public boolean sameContent(Manifest other) {
    return content().equals(other.content());
  }

  private ObjectNode content() {
    return json.deepCopy().without(UNPROTECTED);
  }

  /** The text as PBS prints it: sorted members, two spaces of indent, UTF-8. */
  public byte[] json() {
    return print(json);
  }

  private static byte[] print(ObjectNode json) {
    return text(json, JsonText::print);
  }

  private interface Printer {
    byte[] print(JsonNode node) throws CharacterCodingException;
  }

  private static byte[] text(ObjectNode json, Printer printer) {
    try {
      return printer.print(json);
    } catch (CharacterCodingException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "manifest holds a text that is not Unicode", e);
    }
  }

  /**
   * The content of {@code index.json.blob}, compressed when that helps. What was encoded is decoded
   * and compared before it is returned.
   */
  public byte[] encodeBlob() {
    byte[] text = json();
    byte[] blob = DataBlob.encode(text, 0, text.length, true);
    Manifest again = decodeBlob(blob);
    if (!again.json.equals(json)) {
      throw new BackupException(
          BackupException.Kind.INTERNAL, "the manifest of " + snapshot + " reads differently");
    }
    return blob;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Manifest that && json.equals(that.json);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  @Override
  public String toString() {
    return "manifest of " + snapshot + ", " + files.size() + " files";
  }
}
