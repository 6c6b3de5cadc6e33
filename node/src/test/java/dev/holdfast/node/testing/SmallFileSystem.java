package dev.holdfast.node.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A file system in memory that is soon full. Needs root on Linux; gone when closed. */
public final class SmallFileSystem implements AutoCloseable {
  private static final long COMMAND_SECONDS_MAX = 10;

  private final Path path;
  private boolean readOnly;

  private SmallFileSystem(Path path) {
    this.path = path;
  }

  /** Why it cannot be used here; empty when it can. */
  public static String obstacle() {
    try {
      if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        return "mounting needs root";
      }
      Path probe = Files.createTempDirectory("holdfast-mount");
      mount(probe, 1 << 20).close();
      Files.delete(probe);
      return "";
    } catch (IOException | UnsupportedOperationException e) {
      return "a tmpfs cannot be mounted here: " + e.getMessage();
    }
  }

  /**
   * @param path a directory that exists
   */
  public static SmallFileSystem mount(Path path, int bytes) throws IOException {
    run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + bytes, "tmpfs", path.toString());
    return new SmallFileSystem(path);
  }

  /**
   * As a kernel does after an error of the disk: from now on nothing can be written. By a second
   * mount on top, since the first one cannot change while files of it are open.
   */
  public void makeReadOnly() throws IOException {
    run("mount", "--bind", path.toString(), path.toString());
    readOnly = true;
    run("mount", "-o", "remount,ro,bind", path.toString());
  }

  public void makeWritable() throws IOException {
    run("umount", path.toString());
    readOnly = false;
  }

  public Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    if (readOnly) {
      makeWritable();
    }
    run("umount", path.toString());
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " does not end");
      }
      if (process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
