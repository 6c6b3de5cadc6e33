package dev.holdfast.node.behaviour;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** A header block (RFC 7541) written literally, so that a test can write wrong ones too. */
final class HeaderBlock {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** A request that a reader session answers, {@code GET /}. */
  static HeaderBlock request() {
    return new HeaderBlock()
        .field(":method", "GET")
        .field(":scheme", "https")
        .field(":authority", "here")
        .field(":path", "/");
  }

  /** Without indexing and without Huffman's code; both shorter than 127 bytes. */
  HeaderBlock field(String name, String value) {
    bytes.write(0);
    text(name);
    text(value);
    return this;
  }

  private void text(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    bytes.write(ascii.length);
    bytes.writeBytes(ascii);
  }

  HeaderBlock raw(String hex) {
    bytes.writeBytes(HexFormat.of().parseHex(hex));
    return this;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
