package dev.holdfast.chunkstore.usage;

import java.util.List;

/**
 * What a datastore holds for whom.
 *
 * @param namespaces the root first, each before those below it
 * @param chunkBytes of all chunks on disk, also of those that nobody needs any more
 * @param unreadableIndexes left out of the numbers
 */
public record Usage(List<NamespaceUsage> namespaces, long chunkBytes, long unreadableIndexes) {
  public Usage {
    namespaces = List.copyOf(namespaces);
  }
}
