package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.catalog.CatalogEntry;
import dev.holdfast.chunkstore.catalog.CatalogLine;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.ExcludePatterns;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.SelectedEntries;
import dev.holdfast.chunkstore.pxar.Selection;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeRestore;
import dev.holdfast.chunkstore.pxar.TreeSummary;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks around in one archive: names come from the catalog, contents and what a catalog does not
 * know from the archive. Commands have the names that they have in the real client's shell.
 */
final class CatalogShell {
  private static final Map<String, String> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("ls", "[PATH] - list a directory");
    COMMANDS.put("cd", "[PATH] - change to a directory, without PATH to the root");
    COMMANDS.put("pwd", "- print the directory");
    COMMANDS.put("stat", "PATH - print what is known of a file");
    COMMANDS.put("find", "PATTERN... - list what matches below the directory");
    COMMANDS.put("select", "PATH-OR-PATTERN... - choose for restore-selected");
    COMMANDS.put("deselect", "PATH... - choose no longer");
    COMMANDS.put("list-selected", "- list what is chosen");
    COMMANDS.put("clear-selected", "- choose nothing");
    COMMANDS.put("restore-selected", "TARGET - restore what is chosen into a new directory");
    COMMANDS.put("restore", "TARGET [PATTERN...] - restore the directory, or what matches in it");
    COMMANDS.put("help", "- this list");
    COMMANDS.put("exit", "- leave");
  }

  private final Terminal terminal;
  private final ArchiveNames names;
  private final OpenSnapshot.Tree tree;
  private final TreeSet<Bytes> selected = new TreeSet<>();
  private Bytes directory = Bytes.EMPTY;

  CatalogShell(Terminal terminal, ArchiveNames names, OpenSnapshot.Tree tree) {
    this.terminal = terminal;
    this.names = names;
    this.tree = tree;
  }

  /** Until the lines end, or one says so. */
  void run(ShellLines lines) throws IOException {
    while (true) {
      String line = lines.next(tree.name() + ":/" + CatalogLine.escaped(directory) + " > ");
      if (line == null) {
        return;
      }
      try {
        List<String> words = ShellWords.split(line);
        if (!words.isEmpty() && !execute(words.getFirst(), words.subList(1, words.size()))) {
          return;
        }
      } catch (BackupException | UsageException e) {
        if (!lines.isInteractive()) {
          throw e;
        }
        terminal.message("error: " + e.getMessage());
      }
    }
  }

  /** False to leave. */
  private boolean execute(String command, List<String> arguments) throws IOException {
    switch (command) {
      case "ls" -> list(optional(arguments, "."));
      case "cd" -> directory = directory(optional(arguments, "/")).path();
      case "pwd" -> terminal.line("/" + CatalogLine.escaped(directory));
      case "stat" -> stat(one(arguments));
      case "find" -> find(some(arguments));
      case "select" -> select(some(arguments));
      case "deselect" -> some(arguments).forEach(path -> selected.remove(resolve(path)));
      case "list-selected" -> selected.forEach(path -> terminal.line(shown(path)));
      case "clear-selected" -> selected.clear();
      case "restore-selected" -> restoreSelected(one(arguments));
      case "restore" -> restore(some(arguments));
      case "help" -> COMMANDS.forEach((name, help) -> terminal.line(name + " " + help));
      case "exit", "quit" -> {
        return false;
      }
      default -> throw new UsageException("no command '" + command + "': see help", null);
    }
    return true;
  }

  private static String optional(List<String> arguments, String otherwise) {
    return arguments.isEmpty() ? otherwise : one(arguments);
  }

  private static String one(List<String> arguments) {
    if (arguments.size() != 1) {
      throw new UsageException("one argument is expected, see help", null);
    }
    return arguments.getFirst();
  }

  private static List<String> some(List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new UsageException("an argument is expected, see help", null);
    }
    return arguments;
  }

  // ---- names ----

  private Bytes resolve(String text) {
    List<Bytes> components = new ArrayList<>(text.startsWith("/") ? List.of() : split(directory));
    for (Bytes name : split(Bytes.of(text))) {
      if (name.equals(Bytes.of(".."))) {
        if (!components.isEmpty()) {
          components.removeLast();
        }
      } else if (!name.equals(Bytes.of("."))) {
        components.add(name);
      }
    }
    Bytes path = Bytes.EMPTY;
    for (Bytes name : components) {
      path = path.resolve(name);
    }
    return path;
  }

  private static List<Bytes> split(Bytes path) {
    List<Bytes> names = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= path.length(); i++) {
      if (i == path.length() || path.at(i) == '/') {
        if (i > start) {
          names.add(path.slice(start, i));
        }
        start = i + 1;
      }
    }
    return names;
  }

  private static String shown(Bytes path) {
    return "/" + CatalogLine.escaped(path);
  }

  private ArchiveNames.Name find(String text) throws IOException {
    Bytes path = resolve(text);
    ArchiveNames.Name name = names.find(path);
    if (name == null) {
      throw BackupException.notFound("'" + shown(path) + "' is not in " + tree.name());
    }
    return name;
  }

  private ArchiveNames.Name directory(String text) throws IOException {
    ArchiveNames.Name name = find(text);
    if (!name.isDirectory()) {
      throw BackupException.invalid("'" + shown(name.path()) + "' is no directory");
    }
    return name;
  }

  private void list(String text) throws IOException {
    ArchiveNames.Name name = find(text);
    if (name.isDirectory()) {
      names.list(name, this::line);
    } else {
      line(name);
    }
  }

  private void line(ArchiveNames.Name name) {
    boolean file = name.entry().kind() == CatalogEntry.Kind.FILE;
    terminal.line(
        String.format(
            Locale.ROOT,
            "%c %10s  %-19s  %s",
            name.entry().kind().letter(),
            file ? HumanText.bytes(name.entry().bytes()) : "",
            file ? HumanText.time(name.entry().modifySeconds()) : "",
            CatalogLine.escaped(name.entry().name()) + (name.isDirectory() ? "/" : "")));
  }

  private void stat(String text) throws IOException {
    PxarNode node = node(resolve(text));
    EntryFacts.of(node.entry()).forEach((what, value) -> terminal.line(what + ": " + value));
  }

  private PxarNode node(Bytes path) throws IOException {
    PxarNode node = tree.archive().find(path);
    if (node == null) {
      throw BackupException.notFound("'" + shown(path) + "' is not in " + tree.name());
    }
    return node;
  }

  // ---- patterns ----

  /** Anchored ones count from the directory. */
  private Selection patterns(List<String> patterns) {
    Selection selection;
    try {
      selection = ExcludePatterns.parse(patterns).asSelection();
    } catch (BackupException e) {
      throw new UsageException(e.text(), null);
    }
    int skipped = directory.isEmpty() ? 0 : directory.length() + 1;
    return (path, isDirectory) ->
        path.length() <= skipped
            ? Selection.Choice.AS_ABOVE
            : selection.of(path.slice(skipped, path.length()), isDirectory);
  }

  private void matches(List<String> patterns, ArchiveNames.NameSink sink) throws IOException {
    Selection wanted = patterns(patterns);
    names.walk(
        directory("."),
        name -> {
          if (wanted.of(name.path(), name.isDirectory()) == Selection.Choice.YES) {
            sink.name(name);
          }
        });
  }

  private void find(List<String> patterns) throws IOException {
    matches(patterns, name -> terminal.line(CatalogLine.of(name.entry(), name.path())));
  }

  private void select(List<String> arguments) throws IOException {
    int before = selected.size();
    for (String argument : arguments) {
      Bytes path = resolve(argument);
      if (names.find(path) != null) {
        selected.add(path);
      } else {
        matches(List.of(argument), name -> selected.add(name.path()));
      }
    }
    int added = selected.size() - before;
    terminal.line("selected " + HumanText.count(added, "path", "paths") + " more");
  }

  // ---- restore ----

  private void restoreSelected(String target) throws IOException {
    if (selected.isEmpty()) {
      throw new UsageException("nothing is selected", null);
    }
    restore(
        target,
        tree.archive().root(),
        (path, isDirectory) ->
            selected.contains(path) ? Selection.Choice.YES : Selection.Choice.AS_ABOVE);
  }

  private void restore(List<String> arguments) throws IOException {
    List<String> patterns = arguments.subList(1, arguments.size());
    restore(
        arguments.getFirst(),
        node(directory),
        patterns.isEmpty() ? Selection.ALL : patterns(patterns));
  }

  private void restore(String target, PxarNode start, Selection selection) throws IOException {
    TreeListener warnings =
        new TreeListener() {
          @Override
          public void warning(String text) {
            terminal.message("warning: " + text);
          }
        };
    TreeSummary summary =
        TreeRestore.restore(
            new SelectedEntries(tree.archive(), tree.name(), start, selection),
            Path.of(target),
            TreeRestore.Options.DEFAULT,
            warnings);
    terminal.line("restored " + HumanText.tree(summary));
  }

  // ---- completion ----

  /** Commands first, then names of the archive; but targets are names of this machine. */
  List<String> complete(List<String> words, String word) {
    if (words.isEmpty()) {
      return COMMANDS.keySet().stream().filter(name -> name.startsWith(word)).toList();
    }
    if (words.getFirst().startsWith("restore")) {
      return List.of();
    }
    String above = word.substring(0, word.lastIndexOf('/') + 1);
    try {
      ArchiveNames.@Nullable Name at = names.find(resolve(above.isEmpty() ? "." : above));
      List<String> found = new ArrayList<>();
      if (at != null && at.isDirectory()) {
        names.list(
            at,
            name -> {
              String text = name.entry().name().utf8();
              if (text != null) {
                found.add(above + text + (name.isDirectory() ? "/" : ""));
              }
            });
      }
      return found.stream().filter(name -> name.startsWith(word)).toList();
    } catch (IOException | BackupException e) {
      return List.of(); // the command itself will say it
    }
  }
}
