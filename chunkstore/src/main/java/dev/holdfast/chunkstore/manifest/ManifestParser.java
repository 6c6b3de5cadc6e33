package dev.holdfast.chunkstore.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a manifest as strictly as PBS does and says so in its words, since these texts end up
 * behind {@code unable to update manifest blob -} on clients (spec/protocols.md §4.5, POST finish).
 * Members that are present are judged first, in the order of their names, then what is missing.
 */
final class ManifestParser {
  /** A file takes about 180 bytes: room for more archives than any client makes. */
  static final int JSON_BYTES_MAX = 4 << 20;

  /** In the order in which PBS names them. */
  private static final BackupType[] TYPES = {BackupType.VM, BackupType.CT, BackupType.HOST};

  private ManifestParser() {}

  static Manifest parse(byte[] json) {
    if (json.length > JSON_BYTES_MAX) {
      throw BackupException.corrupt(
          "unable to parse backup manifest json - found "
              + json.length
              + " bytes, expected at most "
              + JSON_BYTES_MAX);
    }
    JsonNode root;
    try {
      root = JsonText.parse(json);
    } catch (JsonProcessingException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA,
          "unable to parse backup manifest json - " + reason(e),
          e);
    } catch (CharacterCodingException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA,
          "unable to parse backup manifest json - found bytes that are not UTF-8",
          e);
    }
    if (!(root instanceof ObjectNode object)) {
      throw wrongType(root, "struct BackupManifest");
    }
    try {
      return manifest(object);
    } catch (BackupException e) {
      // Whatever a name or a digest objects to, here it is a manifest that cannot be used.
      throw e.kind() == BackupException.Kind.CORRUPT_DATA
          ? e
          : new BackupException(BackupException.Kind.CORRUPT_DATA, e.text(), e);
    }
  }

  private static Manifest manifest(ObjectNode object) {
    String id = text(object, "backup-id", "a string");
    Long time = integer(object, "backup-time", "i64");
    BackupType type = variant(object, "backup-type", TYPES);
    List<ManifestFile> files = files(object.get("files"));
    text(object, "signature", "a string");
    JsonNode unprotected = object.path("unprotected");
    if (!unprotected.isMissingNode() && !unprotected.isNull() && !unprotected.isObject()) {
      throw wrongType(unprotected, "a map");
    }
    BackupType typeFound = require(type, "backup-type");
    String idFound = require(id, "backup-id");
    long timeFound = require(time, "backup-time");
    List<ManifestFile> filesFound = require(files, "files");
    return new Manifest(object, new GroupId(typeFound, idFound).at(timeFound), filesFound);
  }

  private static @Nullable List<ManifestFile> files(@Nullable JsonNode array) {
    if (array == null) {
      return null;
    }
    if (!array.isArray()) {
      throw wrongType(array, "a sequence");
    }
    List<ManifestFile> files = new ArrayList<>();
    for (JsonNode element : array) {
      if (!(element instanceof ObjectNode object)) {
        throw wrongType(element, "struct FileInfo");
      }
      files.add(file(object));
    }
    return files;
  }

  private static ManifestFile file(ObjectNode object) {
    CryptMode crypt = variant(object, "crypt-mode", CryptMode.values());
    String csumText = text(object, "csum", "a string");
    Digest csum = csumText == null ? null : digest(csumText);
    String name = text(object, "filename", "a string");
    Long size = integer(object, "size", "u64");
    String nameFound = require(name, "filename");
    long sizeFound = require(size, "size");
    return new ManifestFile(
        new ArchiveName(nameFound),
        crypt == null ? CryptMode.NONE : crypt,
        sizeFound,
        require(csum, "csum"));
  }

  private static Digest digest(String hex) {
    if (hex.length() % 2 != 0) {
      throw BackupException.corrupt("Odd number of digits");
    }
    if (hex.length() != Digest.HEX_LENGTH) {
      throw BackupException.corrupt("Invalid string length");
    }
    for (int i = 0; i < hex.length(); i++) {
      if (!HexFormat.isHexDigit(hex.charAt(i))) {
        throw BackupException.corrupt("Invalid character '" + hex.charAt(i) + "' at position " + i);
      }
    }
    return Digest.parse(hex.toLowerCase(Locale.ROOT));
  }

  private static @Nullable String text(ObjectNode object, String name, String expected) {
    JsonNode node = object.get(name);
    if (node == null || (node.isNull() && name.equals("signature"))) {
      return null;
    }
    if (!node.isTextual()) {
      throw wrongType(node, expected);
    }
    return node.textValue();
  }

  private static @Nullable Long integer(ObjectNode object, String name, String expected) {
    JsonNode node = object.get(name);
    if (node == null) {
      return null;
    }
    if (!node.isIntegralNumber()) {
      throw wrongType(node, expected);
    }
    if (!node.canConvertToLong() || (expected.startsWith("u") && node.longValue() < 0)) {
      throw BackupException.corrupt(
          "invalid value: integer `" + node.asText() + "`, expected " + expected);
    }
    return node.longValue();
  }

  /** A text that must be the name of one of the constants. */
  private static <E extends Enum<E>> @Nullable E variant(
      ObjectNode object, String name, E[] constants) {
    String text = text(object, name, "a variant");
    if (text == null) {
      return null;
    }
    for (E constant : constants) {
      if (constant.toString().equals(text)) {
        return constant;
      }
    }
    throw BackupException.corrupt(
        "unknown variant `"
            + text
            + "`, expected one of "
            + Arrays.stream(constants).map(c -> "`" + c + "`").collect(Collectors.joining(", ")));
  }

  private static <T> T require(@Nullable T value, String name) {
    if (value == null) {
      throw BackupException.corrupt("missing field `" + name + "`");
    }
    return value;
  }

  private static BackupException wrongType(JsonNode found, String expected) {
    String what =
        switch (found.getNodeType()) {
          case STRING -> "string \"" + found.textValue() + "\"";
          case NUMBER ->
              (found.isIntegralNumber() ? "integer `" : "floating point `") + found.asText() + "`";
          case BOOLEAN -> "boolean `" + found.asText() + "`";
          case ARRAY -> "sequence";
          case OBJECT, POJO -> "map";
          case NULL -> "null";
          case MISSING -> "nothing";
          case BINARY -> "bytes";
        };
    return BackupException.corrupt("invalid type: " + what + ", expected " + expected);
  }

  // Jackson adds where a bracket was opened, with a text on its own configuration.
  private static String reason(JsonProcessingException e) {
    String reason = e.getOriginalMessage().replaceFirst(" \\(start marker at .*", "");
    return e.getLocation() == null
        ? reason
        : reason
            + " at line "
            + e.getLocation().getLineNr()
            + " column "
            + e.getLocation().getColumnNr();
  }
}
