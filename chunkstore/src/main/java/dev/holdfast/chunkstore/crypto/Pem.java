package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

/** The frame of key files of RSA keys: a type and bytes. */
final class Pem {
  /** An RSA key of 16,384 bits takes some 13 KB. */
  private static final int BYTES_MAX = 64 << 10;

  private final String type;
  private final byte[] content;

  /** Takes over the array. */
  Pem(String type, byte[] content) {
    this.type = type;
    this.content = content;
  }

  /** The first frame of the text. */
  static Pem parse(byte[] text, String expected) {
    if (text.length > BYTES_MAX) {
      throw BackupException.invalid(
          expected + ": " + text.length + " bytes, expected at most " + BYTES_MAX);
    }
    try (PemReader reader =
        new PemReader(new StringReader(new String(text, StandardCharsets.US_ASCII)))) {
      PemObject found = reader.readPemObject();
      if (found == null) {
        throw BackupException.invalid("found no PEM frame, expected " + expected);
      }
      if (!found.getHeaders().isEmpty()) {
        throw new BackupException(
            Kind.UNSUPPORTED_VERSION,
            "PEM frame '" + found.getType() + "' with headers, expected " + expected);
      }
      return new Pem(found.getType(), found.getContent());
    } catch (IOException | RuntimeException e) {
      throw e instanceof BackupException known
          ? known
          : new BackupException(Kind.INVALID_INPUT, "bad PEM frame, expected " + expected, e);
    }
  }

  String type() {
    return type;
  }

  /** Not a copy. */
  byte[] content() {
    return content;
  }

  /** The text, with a line end. */
  String print() {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(type, content));
    } catch (IOException e) {
      throw new AssertionError("memory does not fail", e);
    }
    return text.toString();
  }
}
