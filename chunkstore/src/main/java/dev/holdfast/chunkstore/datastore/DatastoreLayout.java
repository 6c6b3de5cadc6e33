package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.nio.file.Path;

/**
 * Where things are (spec/formats.md §1.1). The tree is the database; there is no other list.
 *
 * <pre>
 * &lt;base&gt;/.lock                                process lock
 * &lt;base&gt;/.chunks/…                            chunks of all namespaces
 * &lt;base&gt;/ns/&lt;a&gt;/ns/&lt;b&gt;/                       namespace a/b
 *   vm|ct|host/&lt;id&gt;/                          group
 *     owner, notes
 *     &lt;YYYY-MM-DDTHH:MM:SSZ&gt;/                 snapshot
 *       index.json.blob                       manifest: the snapshot is complete
 *       &lt;name&gt;.fidx | .didx | .blob
 *       .protected
 * </pre>
 *
 * Model types cannot hold a slash or a leading dot, so no path leaves the base.
 */
record DatastoreLayout(Path base) {
  /** Type, group, snapshot and namespace directories. */
  static final int DIRECTORY_MODE = 0755;

  static final String NAMESPACE_DIRECTORY = "ns";
  static final String LOCK = ".lock";
  static final String OWNER = "owner";
  static final String NOTES = "notes";
  static final String PROTECTED = ".protected";

  Path lock() {
    return base.resolve(LOCK);
  }

  Path namespace(Namespace namespace) {
    Path path = base;
    for (String component : namespace.components()) {
      path = path.resolve(NAMESPACE_DIRECTORY).resolve(component);
    }
    return path;
  }

  /** The directory that holds the child namespaces. */
  Path children(Namespace namespace) {
    return namespace(namespace).resolve(NAMESPACE_DIRECTORY);
  }

  Path type(Namespace namespace, BackupType type) {
    return namespace(namespace).resolve(type.text());
  }

  Path group(Namespace namespace, GroupId group) {
    return type(namespace, group.type()).resolve(group.id());
  }

  Path owner(Namespace namespace, GroupId group) {
    return group(namespace, group).resolve(OWNER);
  }

  Path notes(Namespace namespace, GroupId group) {
    return group(namespace, group).resolve(NOTES);
  }

  Path snapshot(Namespace namespace, SnapshotId snapshot) {
    return group(namespace, snapshot.group()).resolve(snapshot.timeText());
  }

  Path file(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return snapshot(namespace, snapshot).resolve(name.text());
  }

  Path manifest(Namespace namespace, SnapshotId snapshot) {
    return file(namespace, snapshot, ArchiveName.MANIFEST);
  }

  Path protectedMark(Namespace namespace, SnapshotId snapshot) {
    return snapshot(namespace, snapshot).resolve(PROTECTED);
  }

  /** The store-relative form that error texts print: a client need not learn our paths. */
  String text(Path path) {
    return base.relativize(path).toString();
  }
}
