package dev.holdfast.chunkstore.fuzz;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What scripts/fuzz runs: Jazzer calls the two methods by their names. {@link #main} writes the
 * seeds.
 */
public final class FuzzDriver {
  private static Decoder decoder = Decoder.BLOB;

  private FuzzDriver() {}

  /**
   * @param arguments the decoder's name
   */
  public static void fuzzerInitialize(String[] arguments) {
    decoder = named(arguments[0]);
  }

  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    decodeHostile(decoder, data);
  }

  /** What is wrong with the data must be told as such; anything else is a finding. */
  static void decodeHostile(Decoder decoder, byte[] data) throws IOException {
    try {
      decoder.decode(data);
    } catch (BackupException e) {
      switch (e.kind()) {
        case INVALID_INPUT, CORRUPT_DATA, UNSUPPORTED_VERSION, NOT_FOUND -> {
          // refused, as it should be
        }
        default -> throw e;
      }
    }
  }

  /** {@code main}: lists the decoders; {@code main NAME DIRECTORY}: writes its seeds there. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      for (Decoder each : Decoder.values()) {
        System.out.println(each.name().toLowerCase(Locale.ROOT));
      }
      return;
    }
    Path directory = Files.createDirectories(Path.of(arguments[1]));
    List<byte[]> seeds = named(arguments[0]).seeds();
    for (int i = 0; i < seeds.size(); i++) {
      Files.write(directory.resolve("seed-" + i), seeds.get(i));
    }
  }

  private static Decoder named(String name) {
    return Decoder.valueOf(name.toUpperCase(Locale.ROOT));
  }
}
