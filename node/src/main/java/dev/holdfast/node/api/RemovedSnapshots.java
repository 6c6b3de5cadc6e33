package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.StateDirectory;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The snapshots that somebody forgot or pruned here, so that a pull does not bring them back while
 * their source still has them. Removing a whole group or namespace wants nothing remembered: the
 * next pull brings all of it.
 *
 * <p>One file for each namespace with such snapshots, in {@code removed/} of the state directory:
 *
 * <pre>
 * name   STORE [ ":" component ]*
 * line   TYPE "/" ID " " seconds since the epoch
 * </pre>
 *
 * Any thread; blocks on files. Losing a file costs a transfer and no backup.
 */
public final class RemovedSnapshots {
  private static final String DIRECTORY = "removed";

  /** The newest of a group; what is older than these is older than any source keeps. */
  static final int TIMES_MAX = 10_000;

  private final StateDirectory directory;

  /** By the name of the file. */
  private final Map<String, Map<GroupId, NavigableSet<Long>>> namespaces = new HashMap<>();

  RemovedSnapshots(StateDirectory directory) {
    this.directory = directory;
  }

  /** After they were removed. */
  public synchronized void add(
      DatastoreName store, Namespace namespace, GroupId group, Collection<Long> times) {
    if (times.isEmpty()) {
      return;
    }
    String name = name(store, namespace);
    NavigableSet<Long> known = groups(name).computeIfAbsent(group, absent -> new TreeSet<>());
    known.addAll(times);
    while (known.size() > TIMES_MAX) {
      known.pollFirst();
    }
    write(name);
  }

  /** A copy. */
  public synchronized NavigableSet<Long> times(
      DatastoreName store, Namespace namespace, GroupId group) {
    return new TreeSet<>(
        groups(name(store, namespace)).getOrDefault(group, Collections.emptyNavigableSet()));
  }

  /** The group was removed, or is made anew. */
  public synchronized void clear(DatastoreName store, Namespace namespace, GroupId group) {
    String name = name(store, namespace);
    if (groups(name).remove(group) != null) {
      write(name);
    }
  }

  /** The namespace itself was removed; those below it are gone by themselves. */
  public synchronized void clear(DatastoreName store, Namespace namespace) {
    String name = name(store, namespace);
    if (!groups(name).isEmpty()) {
      groups(name).clear();
      write(name);
    }
  }

  /** The datastore was destroyed. */
  public synchronized void clear(DatastoreName store) {
    for (String file : directory.names(DIRECTORY)) {
      if (file.equals(store.text()) || file.startsWith(store + ":")) {
        String name = DIRECTORY + "/" + file;
        namespaces.remove(name);
        directory.delete(name);
      }
    }
  }

  // No component can hold a colon.
  private static String name(DatastoreName store, Namespace namespace) {
    StringBuilder name = new StringBuilder(DIRECTORY).append('/').append(store);
    namespace.components().forEach(component -> name.append(':').append(component));
    return name.toString();
  }

  private Map<GroupId, NavigableSet<Long>> groups(String name) {
    return namespaces.computeIfAbsent(name, this::read);
  }

  private Map<GroupId, NavigableSet<Long>> read(String name) {
    Map<GroupId, NavigableSet<Long>> groups = new TreeMap<>();
    String text = new String(directory.read(name).orElse(new byte[0]), StandardCharsets.UTF_8);
    text.lines().forEach(line -> readLine(name, line, groups));
    return groups;
  }

  private static void readLine(String name, String line, Map<GroupId, NavigableSet<Long>> groups) {
    int blank = line.indexOf(' ');
    try {
      GroupId group = GroupId.parse(line.substring(0, Math.max(0, blank)));
      long time = Long.parseLong(line.substring(blank + 1));
      groups.computeIfAbsent(group, absent -> new TreeSet<>()).add(time);
    } catch (NumberFormatException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA,
          "state file '" + name + "' has the line '" + line + "', expected 'TYPE/ID SECONDS'",
          e);
    }
  }

  private void write(String name) {
    StringBuilder text = new StringBuilder();
    groups(name)
        .forEach(
            (group, times) ->
                times.forEach(time -> text.append(group).append(' ').append(time).append('\n')));
    directory.directory(DIRECTORY);
    directory.write(name, text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
