package dev.holdfast.node.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * How the body of an answer is compressed for a client that asks for it. Real servers know {@code
 * deflate} alone, as a zlib stream (spec/rest-api.md §1.2); Proxmox VE and Go clients ask for gzip.
 */
enum AnswerEncoding {
  NONE,
  GZIP,
  DEFLATE;

  /** A shorter one fits into one packet as it is. */
  private static final int BYTES_MIN = 1024;

  /** {@code accepted} is the {@code Accept-Encoding} header. */
  static AnswerEncoding choose(@Nullable String accepted, int bytes) {
    if (accepted == null || bytes < BYTES_MIN) {
      return NONE;
    }
    AnswerEncoding chosen = NONE;
    for (String item : accepted.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = item.strip().split("\\s*;\\s*", -1);
      boolean refused = parts.length > 1 && parts[1].matches("q=0(\\.0*)?");
      if (!refused && parts[0].equals("gzip")) {
        return GZIP;
      }
      if (!refused && parts[0].equals("deflate")) {
        chosen = DEFLATE;
      }
    }
    return chosen;
  }

  /** The value of {@code Content-Encoding}; empty when there is none. */
  String header() {
    return this == NONE ? "" : name().toLowerCase(Locale.ROOT);
  }

  /** Takes time: not on an event loop. */
  byte[] encode(byte[] plain) {
    if (this == NONE) {
      return plain;
    }
    ByteArrayOutputStream encoded = new ByteArrayOutputStream(plain.length / 4);
    try (OutputStream out =
        this == GZIP ? new GZIPOutputStream(encoded) : new DeflaterOutputStream(encoded)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return encoded.toByteArray();
  }
}
