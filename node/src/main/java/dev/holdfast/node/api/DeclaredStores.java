package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.access.StateDirectory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the datastores that mesh.yaml declares were once made or found. One that is not there any
 * more is most likely a disk that is not mounted, and must not begin anew in the empty directory
 * below the mount point.
 *
 * <p>File {@code declared-datastores} of the state directory: {@link StoreLines} with the path.
 */
final class DeclaredStores {
  private static final String FILE = "declared-datastores";

  private final StateDirectory directory;

  DeclaredStores(StateDirectory directory) {
    this.directory = directory;
  }

  /** Throws NOT_FOUND when there was a datastore of that name at that path. */
  void requireNeverSeen(DatastoreName name, Path path) {
    if (path.toString().equals(read().get(name.text()))) {
      throw new BackupException(
              Kind.NOT_FOUND,
              "datastore '" + name + "' was in '" + path + "', and is not there now")
          .advise(
              "Mount its disk and start the node again. If it is to begin anew, remove its line from"
                  + " '"
                  + directory.path().resolve(FILE)
                  + "'.");
    }
  }

  /** It is there. */
  void seen(DatastoreName name, Path path) {
    Map<String, String> known = read();
    if (path.toString().equals(known.put(name.text(), path.toString()))) {
      return;
    }
    directory.write(FILE, StoreLines.format(known).getBytes(StandardCharsets.UTF_8));
  }

  private Map<String, String> read() {
    byte[] content = directory.read(FILE).orElse(new byte[0]);
    return new TreeMap<>(StoreLines.parse(new String(content, StandardCharsets.UTF_8)));
  }
}
