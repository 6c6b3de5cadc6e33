package dev.holdfast.chunkstore.pxar.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * The C functions behind {@link Posix}, bound when the class is first used (some milliseconds that
 * a start need not pay). Every handle takes the segment that receives {@code errno} first: the JVM
 * itself makes calls between ours, so {@code errno} cannot be asked for later.
 */
@SuppressWarnings("restricted") // the launcher enables native access
final class PosixCalls {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup C = LINKER.defaultLookup();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();

  static final long STATE_BYTES = STATE.byteSize();
  static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno")).withInvokeExactBehavior();

  static final MethodHandle OPENAT = variadic("openat", 3, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  static final MethodHandle CLOSE = bind("close", JAVA_INT);
  static final MethodHandle READ = transfer("read", JAVA_INT, ADDRESS, JAVA_LONG);
  static final MethodHandle WRITE = transfer("write", JAVA_INT, ADDRESS, JAVA_LONG);
  // glibc calls it getdents64, musl getdents; both fill the 64-bit records of the kernel.
  static final MethodHandle GETDENTS =
      transfer(
          C.find("getdents64").isPresent() ? "getdents64" : "getdents",
          JAVA_INT,
          ADDRESS,
          JAVA_LONG);
  static final MethodHandle STATX = bind("statx", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  static final MethodHandle FSTATFS = bind("fstatfs", JAVA_INT, ADDRESS);
  static final MethodHandle READLINKAT =
      transfer("readlinkat", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle MKDIRAT = bind("mkdirat", JAVA_INT, ADDRESS, JAVA_INT);
  static final MethodHandle MKNODAT = bind("mknodat", JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
  static final MethodHandle SYMLINKAT = bind("symlinkat", ADDRESS, JAVA_INT, ADDRESS);
  static final MethodHandle LINKAT = bind("linkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
  static final MethodHandle UNLINKAT = bind("unlinkat", JAVA_INT, ADDRESS, JAVA_INT);
  static final MethodHandle FCHOWNAT =
      bind("fchownat", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
  static final MethodHandle FCHMOD = bind("fchmod", JAVA_INT, JAVA_INT);
  static final MethodHandle CHMOD = bind("chmod", ADDRESS, JAVA_INT);
  static final MethodHandle UTIMENSAT = bind("utimensat", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  static final MethodHandle FUTIMENS = bind("futimens", JAVA_INT, ADDRESS);
  static final MethodHandle FLISTXATTR = transfer("flistxattr", JAVA_INT, ADDRESS, JAVA_LONG);
  static final MethodHandle LLISTXATTR = transfer("llistxattr", ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle FGETXATTR =
      transfer("fgetxattr", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle LGETXATTR = transfer("lgetxattr", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
  static final MethodHandle FSETXATTR =
      bind("fsetxattr", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
  static final MethodHandle LSETXATTR =
      bind("lsetxattr", ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
  static final MethodHandle FREMOVEXATTR = bind("fremovexattr", JAVA_INT, ADDRESS);
  static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_LONG, ADDRESS);
  static final MethodHandle GETEUID = bind("geteuid");
  static final MethodHandle GETEGID = bind("getegid");

  private PosixCalls() {}

  private static MethodHandle bind(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(JAVA_INT, arguments), Optional.empty());
  }

  private static MethodHandle transfer(String name, MemoryLayout... arguments) {
    return link(name, FunctionDescriptor.of(JAVA_LONG, arguments), Optional.empty());
  }

  private static MethodHandle variadic(String name, int fixed, MemoryLayout... arguments) {
    return link(
        name,
        FunctionDescriptor.of(JAVA_INT, arguments),
        Optional.of(Linker.Option.firstVariadicArg(fixed)));
  }

  private static MethodHandle link(
      String name, FunctionDescriptor shape, Optional<Linker.Option> variadic) {
    MemorySegment address =
        C.find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no '" + name + "'"));
    Linker.Option errno = Linker.Option.captureCallState("errno");
    return variadic.isPresent()
        ? LINKER.downcallHandle(address, shape, errno, variadic.get())
        : LINKER.downcallHandle(address, shape, errno);
  }
}
