package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The maintenance modes of the datastores that mesh.yaml declares. What they are stands there; that
 * a disk is taken out for an hour does not, and must outlast a start.
 *
 * <p>File {@code declared-maintenance} of the state directory: {@link StoreLines} with the mode as
 * in {@code datastore.cfg}.
 */
final class DeclaredMaintenance {
  private final StateFile<SortedMap<String, String>> file;

  DeclaredMaintenance(StateDirectory directory) {
    this.file =
        new StateFile<>(
            directory, "declared-maintenance", DeclaredMaintenance::parse, StoreLines::format);
  }

  private static SortedMap<String, String> parse(String text) {
    SortedMap<String, String> modes = StoreLines.parse(text);
    modes.values().forEach(MaintenanceMode::parse);
    return modes;
  }

  /** As mesh.yaml has it, with the mode that it is in. */
  DatastoreConfig of(DatastoreConfig declared) {
    String mode = file.value().get(declared.name().text());
    return mode == null ? declared : declared.withMaintenance(mode);
  }

  /**
   * @param expected as in {@link StateFile#update}
   * @param mode null for none
   */
  void set(@Nullable String expected, DatastoreName name, @Nullable String mode) {
    var unused =
        file.update(
            expected,
            old -> {
              SortedMap<String, String> changed = new TreeMap<>(old);
              if (mode == null) {
                changed.remove(name.text());
              } else {
                changed.put(name.text(), mode);
              }
              return changed;
            });
  }

  /** SHA-256 of the file, in hex. */
  String digest() {
    return file.load().digest().hex();
  }
}
