package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.catalog.CatalogLine;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarStat;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** All that an archive says of an entry, but its name and content, as texts by what they are. */
final class EntryFacts {
  private EntryFacts() {}

  static Map<String, String> of(PxarEntry entry) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("type", type(entry));
    switch (entry) {
      case PxarEntry.HardLink link -> facts.put("first name", quoted(link.path()));
      case PxarEntry.RegularFile file -> facts.put("size", Long.toString(file.bytes()));
      case PxarEntry.Symlink link -> facts.put("target", quoted(link.target()));
      case PxarEntry.Device device -> facts.put("device", device.major() + ":" + device.minor());
      default -> {}
    }
    if (entry instanceof PxarEntry.Node node) {
      stat(node.stat(), facts);
      node.metadata()
          .xattrs()
          .forEach(
              xattr ->
                  facts.put(
                      "attribute " + quoted(xattr.name()), CatalogLine.escaped(xattr.value())));
    }
    return facts;
  }

  private static void stat(PxarStat stat, Map<String, String> facts) {
    facts.put("mode", String.format(Locale.ROOT, "%04o", stat.mode() & 07777));
    facts.put("owner", stat.uid() + ":" + stat.gid());
    Instant time = Instant.ofEpochSecond(stat.modifySeconds(), stat.modifyNanos());
    facts.put("modified", time.toString());
    if (stat.flags() != 0) {
      facts.put("flags", "0x" + Long.toHexString(stat.flags()));
    }
  }

  private static String type(PxarEntry entry) {
    return switch (entry) {
      case PxarEntry.Directory _ -> "directory";
      case PxarEntry.DirectoryEnd _ -> "end of a directory";
      case PxarEntry.RegularFile _ -> "file";
      case PxarEntry.Symlink _ -> "symbolic link";
      case PxarEntry.HardLink _ -> "further name of a file";
      case PxarEntry.Device _ -> "device";
      case PxarEntry.Fifo _ -> "fifo";
      case PxarEntry.Socket _ -> "socket";
    };
  }

  private static String quoted(Bytes text) {
    return "'" + CatalogLine.escaped(text) + "'";
  }
}
