package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** {@code syncfs(2)}, which the JDK does not offer. Linux only; elsewhere it does nothing. */
final class SyncFileSystem {
  private static final int OPEN_READ_ONLY = 0;
  private static final boolean LINUX = System.getProperty("os.name", "").equals("Linux");

  private SyncFileSystem() {}

  static void sync(Path path) throws IOException {
    if (!LINUX) {
      return; // each file of a snapshot is forced on its own there (sync-level file)
    }
    try (Arena arena = Arena.ofConfined()) {
      int fd = (int) Calls.OPEN.invokeExact(arena.allocateFrom(path.toString()), OPEN_READ_ONLY);
      if (fd < 0) {
        throw new IOException("cannot open '" + path + "' to sync its file system");
      }
      int failed = (int) Calls.SYNCFS.invokeExact(fd);
      int closed = (int) Calls.CLOSE.invokeExact(fd);
      if (failed != 0 || closed != 0) {
        throw new IOException("syncfs failed on '" + path + "'");
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("a C call throws nothing", e);
    }
  }

  // Bound on first use: linking costs some milliseconds that a start need not pay.
  private static final class Calls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN =
        bind(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle SYNCFS =
        bind("syncfs", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
        bind("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    @SuppressWarnings("restricted") // the launcher enables native access
    private static MethodHandle bind(String name, FunctionDescriptor shape) {
      MemorySegment address = LINKER.defaultLookup().find(name).orElseThrow();
      return LINKER.downcallHandle(address, shape);
    }
  }
}
