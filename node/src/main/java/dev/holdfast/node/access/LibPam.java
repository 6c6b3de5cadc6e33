package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The system's PAM, called by the Foreign Function API: whether it lets a user in with a password.
 * A call runs modules of the system, which may take as long as they like, with the rights of this
 * process. Thread-safe; for a platform thread.
 *
 * <p>Source of names and numbers: Linux-PAM, {@code pam_appl.h} and {@code _pam_types.h}.
 */
@SuppressWarnings("restricted") // native access is granted to the whole program
final class LibPam {
  static final String LIBRARY = "libpam.so.0";

  static final int SUCCESS = 0;
  private static final int BUFFER_ERROR = 5;

  /** An account without a password is nobody's here, whatever the configuration says. */
  private static final int DISALLOW_NULL_PASSWORD = 0x1;

  private static final int MESSAGE_LENGTH_MAX = 512;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final java.lang.foreign.AddressLayout ADDRESS = ValueLayout.ADDRESS;

  private final MethodHandle start;
  private final MethodHandle authenticate;
  private final MethodHandle account;
  private final MethodHandle end;
  private final MethodHandle errorText;
  private final @Nullable MethodHandle startIn;

  private LibPam(SymbolLookup library) {
    start =
        handle(
            library, "pam_start", FunctionDescriptor.of(INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    FunctionDescriptor step = FunctionDescriptor.of(INT, ADDRESS, INT);
    authenticate = handle(library, "pam_authenticate", step);
    account = handle(library, "pam_acct_mgmt", step);
    end = handle(library, "pam_end", step);
    errorText = handle(library, "pam_strerror", FunctionDescriptor.of(ADDRESS, ADDRESS, INT));
    startIn =
        library
            .find("pam_start_confdir") // since Linux-PAM 1.4
            .map(
                symbol ->
                    Linker.nativeLinker()
                        .downcallHandle(
                            symbol,
                            FunctionDescriptor.of(
                                INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS)))
            .orElse(null);
  }

  private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
  }

  /** Empty where the system has none. */
  static Optional<LibPam> find() {
    try {
      return Optional.of(new LibPam(SymbolLookup.libraryLookup(LIBRARY, Arena.global())));
    } catch (IllegalArgumentException | java.util.NoSuchElementException e) {
      return Optional.empty();
    }
  }

  /**
   * What PAM says.
   *
   * @param code {@link #SUCCESS} lets in
   * @param text in the words of the library, for the log
   */
  record Answer(int code, String text) {}

  /**
   * Asks whether the password is the user's, and whether his account may be used now.
   *
   * @param confdir where the service is configured; null = where the system has it
   */
  Answer check(String service, @Nullable Path confdir, String user, Secret password) {
    try (Arena arena = Arena.ofConfined()) {
      PamConversation conversation = new PamConversation(password);
      MemorySegment place = arena.allocate(ADDRESS);
      int code =
          begin(
              arena.allocateFrom(service),
              arena.allocateFrom(user),
              conversation.callback(arena),
              confdir == null ? null : arena.allocateFrom(confdir.toString()),
              place);
      MemorySegment handle = place.get(ADDRESS, 0);
      if (code == SUCCESS) {
        code = (int) authenticate.invokeExact(handle, DISALLOW_NULL_PASSWORD);
      }
      if (code == SUCCESS) {
        code = (int) account.invokeExact(handle, DISALLOW_NULL_PASSWORD);
      }
      String text = text((MemorySegment) errorText.invokeExact(handle, code));
      int unused = (int) end.invokeExact(handle, code);
      return new Answer(code, text + conversation.refused());
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new BackupException(Kind.INTERNAL, "PAM failed: " + e, e);
    }
  }

  private int begin(
      MemorySegment service,
      MemorySegment user,
      MemorySegment conversation,
      @Nullable MemorySegment confdir,
      MemorySegment place)
      throws Throwable {
    if (confdir == null) {
      return (int) start.invokeExact(service, user, conversation, place);
    }
    MethodHandle elsewhere = startIn;
    return elsewhere == null
        ? BUFFER_ERROR
        : (int) elsewhere.invokeExact(service, user, conversation, confdir, place);
  }

  private static String text(MemorySegment text) {
    return text.equals(MemorySegment.NULL)
        ? "unknown error"
        : text.reinterpret(MESSAGE_LENGTH_MAX).getString(0);
  }

  /** Whether a directory can be given. */
  boolean takesDirectory() {
    return startIn != null;
  }
}
