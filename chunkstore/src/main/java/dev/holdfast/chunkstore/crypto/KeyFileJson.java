package dev.holdfast.chunkstore.crypto;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.SecretBytes;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The text of a {@link KeyFile}; members are written in this order and read in any:
 *
 * <pre>
 *   { "kdf": null | { "Scrypt": { "n": int, "r": int, "p": int, "salt": base64 } }
 *                 | { "PBKDF2": { "iter": int, "salt": base64 } },
 *     "created": time, "modified": time, "data": base64,
 *     [ "fingerprint": text, ] [ "hint": text ] }
 *   time  RFC 3339, seconds, with a numeric offset: 2026-11-22T04:01:30+00:00
 * </pre>
 *
 * Source: spec/formats.md §3.2 (proxmox-backup, pbs-key-config/src/lib.rs). Errors never quote what
 * a file holds: it is a secret.
 */
public final class KeyFileJson {
  /** Some 400 bytes are usual. */
  public static final int BYTES_MAX = 64 << 10;

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);

  private KeyFileJson() {}

  /** Throws CORRUPT_DATA, or UNSUPPORTED_VERSION for a way of wrapping that is not known. */
  public static KeyFile parse(byte[] text) {
    if (text.length > BYTES_MAX) {
      throw BackupException.corrupt(
          "key file has " + text.length + " bytes, expected at most " + BYTES_MAX);
    }
    try {
      if (!(MAPPER.readTree(text) instanceof ObjectNode json)) {
        throw BackupException.corrupt("key file is no JSON object");
      }
      String fingerprint = text(json, "fingerprint");
      return new KeyFile(
          kdf(json.path("kdf")),
          time(json, "created"),
          time(json, "modified"),
          new SecretBytes(base64(json, "data")),
          fingerprint == null ? null : KeyFingerprint.parse(fingerprint),
          text(json, "hint"));
    } catch (JsonProcessingException e) {
      e.clearLocation();
      throw BackupException.corrupt("key file is no JSON");
    } catch (IOException e) {
      throw BackupException.corrupt("key file is no text in UTF-8");
    } catch (BackupException e) {
      throw e.kind() == Kind.INVALID_INPUT
          ? new BackupException(Kind.CORRUPT_DATA, "key file: " + e.text(), e)
          : e;
    }
  }

  private static Kdf kdf(JsonNode node) {
    if (node.isNull() || node.isMissingNode()) {
      return new Kdf.None();
    }
    if (node instanceof ObjectNode object && object.size() == 1) {
      Map.Entry<String, JsonNode> only = object.properties().iterator().next();
      JsonNode parameters = only.getValue();
      switch (only.getKey()) {
        case "Scrypt" -> {
          return new Kdf.Scrypt(
              number(parameters, "n"),
              number(parameters, "r"),
              number(parameters, "p"),
              new Salt(base64(parameters, "salt")));
        }
        case "PBKDF2" -> {
          return new Kdf.Pbkdf2(number(parameters, "iter"), new Salt(base64(parameters, "salt")));
        }
        default -> {}
      }
    }
    throw new BackupException(
        Kind.UNSUPPORTED_VERSION, "key file wraps its key neither with Scrypt nor with PBKDF2");
  }

  private static int number(JsonNode object, String name) {
    JsonNode node = object.path(name);
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw BackupException.corrupt("key file: '" + name + "' is missing or no number");
    }
    return node.intValue();
  }

  private static @Nullable String text(JsonNode object, String name) {
    JsonNode node = object.path(name);
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (!node.isTextual()) {
      throw BackupException.corrupt("key file: '" + name + "' is no text");
    }
    return node.textValue();
  }

  private static String required(JsonNode object, String name) {
    String text = text(object, name);
    if (text == null) {
      throw BackupException.corrupt("key file: '" + name + "' is missing");
    }
    return text;
  }

  private static OffsetDateTime time(JsonNode object, String name) {
    try {
      return OffsetDateTime.parse(required(object, name));
    } catch (DateTimeException e) {
      throw new BackupException(Kind.CORRUPT_DATA, "key file: '" + name + "' is no time", e);
    }
  }

  private static byte[] base64(JsonNode object, String name) {
    try {
      return Base64.getDecoder().decode(required(object, name));
    } catch (IllegalArgumentException e) {
      throw BackupException.corrupt("key file: '" + name + "' is not base64");
    }
  }

  /** One line without a line end: the content of the file. */
  public static byte[] print(KeyFile file) {
    try {
      return MAPPER.writeValueAsBytes(tree(file));
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of texts and numbers can be written", e);
    }
  }

  /** The same for people, two spaces of indent: what a paper key shows. */
  public static String pretty(KeyFile file) {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter()
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withSeparators(
                Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER));
    try {
      return MAPPER.writer(printer).writeValueAsString(tree(file));
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of texts and numbers can be written", e);
    }
  }

  /** As a tree, for an answer of which it is a part. */
  public static ObjectNode tree(KeyFile file) {
    Base64.Encoder base64 = Base64.getEncoder();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    switch (file.kdf()) {
      case Kdf.None none -> json.putNull("kdf");
      case Kdf.Scrypt scrypt ->
          json.putObject("kdf")
              .putObject("Scrypt")
              .put("n", scrypt.n())
              .put("r", scrypt.r())
              .put("p", scrypt.p())
              .put("salt", base64.encodeToString(scrypt.salt().bytes()));
      case Kdf.Pbkdf2 pbkdf2 ->
          json.putObject("kdf")
              .putObject("PBKDF2")
              .put("iter", pbkdf2.iterations())
              .put("salt", base64.encodeToString(pbkdf2.salt().bytes()));
    }
    json.put("created", TIME.format(file.created()));
    json.put("modified", TIME.format(file.modified()));
    json.put("data", base64.encodeToString(file.data().reveal()));
    KeyFingerprint fingerprint = file.fingerprint();
    if (fingerprint != null) {
      json.put("fingerprint", fingerprint.toString());
    }
    if (file.hint() != null) {
      json.put("hint", file.hint());
    }
    return json;
  }
}
