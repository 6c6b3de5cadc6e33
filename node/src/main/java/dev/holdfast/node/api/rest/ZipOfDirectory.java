package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.PxarStat;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A directory of an archive as a zip file: directories and files below it. Links and devices have
 * no place in one and are left out; a hard link is the file that it is a name of.
 */
final class ZipOfDirectory {
  private ZipOfDirectory() {}

  /** Blocks; the stream stays open. */
  static void write(PxarAccessor archive, PxarNode top, OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
    int strip = top.path().isEmpty() ? 0 : top.path().length() + 1;
    Deque<PxarNode> open = new ArrayDeque<>();
    open.push(top);
    while (!open.isEmpty()) {
      archive.list(
          open.pop(),
          node -> {
            String name = node.path().slice(strip, node.path().length()).toString();
            if (node.isDirectory()) {
              zip.putNextEntry(entry(name + "/", node));
              zip.closeEntry();
              open.push(node);
            } else {
              file(archive, archive.first(node), name, zip);
            }
          });
    }
    zip.finish();
    zip.flush();
  }

  private static void file(PxarAccessor archive, PxarNode node, String name, ZipOutputStream zip)
      throws IOException {
    if (!(node.entry() instanceof PxarEntry.RegularFile)) {
      return;
    }
    zip.putNextEntry(entry(name, node));
    try (InputStream content = archive.content(node).stream(0)) {
      content.transferTo(zip);
    }
    zip.closeEntry();
  }

  private static ZipEntry entry(String name, PxarNode node) {
    ZipEntry entry = new ZipEntry(name);
    if (node.entry() instanceof PxarEntry.Node known) {
      PxarStat stat = known.stat();
      entry.setLastModifiedTime(FileTime.from(stat.modifySeconds(), TimeUnit.SECONDS));
    }
    return entry;
  }
}
