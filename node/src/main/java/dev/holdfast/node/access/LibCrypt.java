package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The system's crypt(3), which knows the hashes that Debian makes: yescrypt ({@code $y$}), bcrypt
 * and others. Called by the Foreign Function API; where there is none, such hashes are not read.
 * Thread-safe; a call costs tens of milliseconds and, with yescrypt, 16 MiB.
 */
@SuppressWarnings("restricted") // native access is granted to the whole program
final class LibCrypt {
  /** Sonames of libxcrypt and, with a symbol less, of glibc before it. */
  private static final List<String> LIBRARIES = List.of("libcrypt.so.1", "libcrypt.so.2");

  /** {@code struct crypt_data}. Source: libxcrypt, crypt.h. */
  private static final int DATA_BYTES = 32_768;

  /** Room for any hash; {@code CRYPT_OUTPUT_SIZE} is 384. */
  private static final int HASH_BYTES_MAX = 384;

  /** crypt_rn(phrase, setting, data, size): thread-safe, and null for what it does not know. */
  private static final @Nullable MethodHandle CRYPT = find();

  private LibCrypt() {}

  private static @Nullable MethodHandle find() {
    for (String library : LIBRARIES) {
      try {
        Optional<MemorySegment> symbol =
            SymbolLookup.libraryLookup(library, Arena.global()).find("crypt_rn");
        if (symbol.isPresent()) {
          return Linker.nativeLinker()
              .downcallHandle(
                  symbol.get(),
                  FunctionDescriptor.of(
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_INT));
        }
      } catch (IllegalArgumentException e) {
        // not on this system; perhaps the other one is
      }
    }
    return null;
  }

  static boolean isThere() {
    return CRYPT != null;
  }

  /** The hash of a phrase with the method and salt of {@code setting}; empty when unknown. */
  static Optional<String> hash(String phrase, String setting) {
    MethodHandle crypt = CRYPT;
    if (crypt == null) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found =
          (MemorySegment)
              crypt.invokeExact(
                  arena.allocateFrom(phrase),
                  arena.allocateFrom(setting),
                  arena.allocate(DATA_BYTES, Long.BYTES),
                  DATA_BYTES);
      return found.equals(MemorySegment.NULL)
          ? Optional.empty()
          : Optional.of(found.reinterpret(HASH_BYTES_MAX).getString(0));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new BackupException(Kind.INTERNAL, "crypt(3) failed: " + e, e);
    }
  }
}
