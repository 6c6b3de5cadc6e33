package dev.holdfast.node.testing;

import dev.holdfast.node.cli.Main;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * The program under test as a command, made to start often: classes are shared between JVMs (class
 * data sharing), which halves the start. That works from jars only, so directories of the class
 * path are packed; the first process that ends in order writes the archive.
 */
public final class NodeProgram {
  private final Path directory;
  private final String classPath;

  private NodeProgram(Path directory, String classPath) {
    this.directory = directory;
    this.classPath = classPath;
  }

  /**
   * @param directory for jars and the archive
   */
  public static NodeProgram prepare(Path directory) throws IOException {
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        path = pack(path, directory.resolve("classes-" + jars.size() + ".jar"));
      }
      jars.add(path.toString());
    }
    return new NodeProgram(directory, String.join(":", jars));
  }

  private static Path pack(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> tree = Files.walk(classes)) {
      for (Path member : tree.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(member).toString()));
        Files.copy(member, out);
        out.closeEntry();
      }
    }
    return jar;
  }

  /** Runs one of the program's commands. */
  public List<String> command(List<String> arguments) {
    return command(Main.class, arguments);
  }

  /** The same of another program on the class path. */
  public List<String> command(Class<?> program, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+AutoCreateSharedArchive");
    command.add("-XX:SharedArchiveFile=" + directory.resolve("classes.jsa"));
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-XX:+UseSerialGC");
    command.add("-Xmx256m");
    command.add("-Xlog:disable");
    command.add("-Dlogback.configurationFile=logback.xml"); // the product's, not that of a test
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(List.of("-cp", classPath, program.getName()));
    command.addAll(arguments);
    return command;
  }
}
