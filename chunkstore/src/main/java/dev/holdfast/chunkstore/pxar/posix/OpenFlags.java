package dev.holdfast.chunkstore.pxar.posix;

/**
 * Flags of {@code open(2)} on Linux. Two of them differ between processors.
 *
 * <p>Source: Linux include/uapi/asm-generic/fcntl.h, and arch/{arm64,powerpc}/include/uapi/asm.
 */
public final class OpenFlags {
  private static final boolean SWAPPED =
      switch (System.getProperty("os.arch", "")) {
        case "aarch64", "arm", "ppc64", "ppc64le" -> true;
        default -> false;
      };

  public static final int READ_ONLY = 0;
  public static final int WRITE_ONLY = 1;
  public static final int CREATE = 0100;
  public static final int EXCLUSIVE = 0200;

  /** A terminal opened by mistake does not become ours. */
  public static final int NO_TERMINAL = 0400;

  /** A fifo without a writer must not hang us. */
  public static final int NON_BLOCKING = 04000;

  public static final int DIRECTORY = SWAPPED ? 040000 : 0200000;
  public static final int NO_FOLLOW = SWAPPED ? 0100000 : 0400000;

  /** Reading leaves the access time alone; allowed to the owner and to root only. */
  public static final int NO_ACCESS_TIME = 01000000;

  public static final int CLOSE_ON_EXEC = 02000000;

  /** A handle on the name itself, which opens nothing. */
  public static final int PATH_ONLY = 010000000;

  private OpenFlags() {}
}
