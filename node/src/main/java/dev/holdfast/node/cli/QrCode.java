package dev.holdfast.node.cli;

import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;
import com.google.zxing.qrcode.encoder.ByteMatrix;
import com.google.zxing.qrcode.encoder.Encoder;
import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A text as a QR code, to be scanned from paper: error correction M, a quiet zone of four. */
final class QrCode {
  private static final int QUIET = 4;

  private final ByteMatrix modules;

  private QrCode(ByteMatrix modules) {
    this.modules = modules;
  }

  /** Throws INVALID_INPUT for more than the largest code holds, some 2300 bytes. */
  static QrCode of(String text) {
    try {
      return new QrCode(
          Encoder.encode(
                  text,
                  ErrorCorrectionLevel.M,
                  Map.of(EncodeHintType.CHARACTER_SET, StandardCharsets.UTF_8.name()))
              .getMatrix());
    } catch (WriterException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          text.length() + " characters are too many for a QR code",
          e);
    }
  }

  /** Modules in a row, without the quiet zone. */
  int width() {
    return modules.getWidth();
  }

  /** Whether a module is black; those around the code are not. */
  boolean black(int column, int row) {
    int width = modules.getWidth();
    return column >= 0
        && row >= 0
        && column < width
        && row < width
        && modules.get(column, row) == 1;
  }

  /** For an HTML page; as large as what is around it says. */
  String svg() {
    int size = width() + 2 * QUIET;
    StringBuilder path = new StringBuilder();
    for (int row = 0; row < width(); row++) {
      for (int column = 0; column < width(); column++) {
        if (black(column, row)) {
          path.append('M')
              .append(column + QUIET)
              .append(' ')
              .append(row + QUIET)
              .append("h1v1h-1z");
        }
      }
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "
        + size
        + ' '
        + size
        + "\" shape-rendering=\"crispEdges\"><path d=\""
        + path
        + "\"/></svg>";
  }

  /** For print in a font whose characters touch: two modules in each character. */
  String blocks() {
    StringBuilder text = new StringBuilder();
    for (int row = -QUIET; row < width() + QUIET; row += 2) {
      for (int column = -QUIET; column < width() + QUIET; column++) {
        boolean above = black(column, row);
        boolean below = black(column, row + 1);
        text.append(above ? (below ? '█' : '▀') : (below ? '▄' : ' '));
      }
      text.append('\n');
    }
    return text.toString();
  }
}
