package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A key file for a safe: its text in a frame, to be typed, and as a QR code, to be scanned
 * (spec/formats.md §3.2). What comes back from paper is read as a key file again.
 */
final class PaperKey {
  private static final String BEGIN = "-----BEGIN PROXMOX BACKUP KEY-----";
  private static final String END = "-----END PROXMOX BACKUP KEY-----";

  private final String framed;
  private final QrCode code;
  private final @Nullable String subject;

  PaperKey(KeyFile file, @Nullable String subject) {
    this.framed = BEGIN + "\n" + KeyFileJson.pretty(file) + "\n" + END;
    this.code = QrCode.of(framed);
    this.subject = subject;
  }

  String text() {
    return (subject == null ? "" : "Subject: " + subject + "\n\n")
        + framed
        + "\n\n"
        + code.blocks();
  }

  String html() {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Backup key</title>
        <style>
        pre { font-size: 12pt; white-space: pre-wrap; line-break: anywhere; }
        svg { width: 12cm; height: 12cm; }
        div { break-inside: avoid; }
        </style>
        </head>
        <body>
        %s<div>
        <pre>
        %s
        </pre>
        %s
        </div>
        </body>
        </html>
        """
        .formatted(
            subject == null ? "" : "<p>Subject: " + escaped(subject) + "</p>\n",
            escaped(framed),
            code.svg());
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** What is inside the frame, or all of it when there is none. */
  static byte[] unframed(byte[] file) {
    String text = new String(file, StandardCharsets.UTF_8);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END, Math.max(0, begin));
    return begin < 0 || end < 0
        ? file
        : text.substring(begin + BEGIN.length(), end).getBytes(StandardCharsets.UTF_8);
  }
}
