package dev.holdfast.chunkstore.pxar;

import static dev.holdfast.chunkstore.pxar.PxarItemReader.corrupt;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.PxarItem.Header;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pulls one entry after the other from an archive of version 1, and checks that they come in the
 * order of the grammar ({@link PxarFormat}). Memory does not grow with the archive; depth is
 * counted and limited.
 */
public final class PxarReader {
  /** Deeper than any real tree; each level costs a restore an open directory. */
  public static final int DEPTH_MAX = 1000;

  private final PxarItemReader items;
  private final InputStream content = new Content();
  private @Nullable PxarItem pushedBack;
  private int depth;
  private boolean begun;

  /** The stream stays the caller's. */
  public PxarReader(InputStream source) {
    this.items = new PxarItemReader(source);
  }

  /**
   * The next entry, or null after the root's end. CORRUPT_DATA names the offset of what is wrong.
   */
  public @Nullable PxarEntry next() throws IOException {
    if (!begun) {
      begun = true;
      PxarItem first = required("the root directory");
      if (first instanceof PxarItem.FormatVersion version) {
        throw new BackupException(
            BackupException.Kind.UNSUPPORTED_VERSION,
            "pxar archive of version " + version.version() + "; split archives are not read yet");
      }
      return node(Bytes.EMPTY, first, first.header().position());
    }
    if (depth == 0) {
      return end();
    }
    PxarItem item = required("a file name or the end of a directory");
    return switch (item) {
      case PxarItem.Goodbye goodbye -> {
        depth--;
        yield new PxarEntry.DirectoryEnd();
      }
      case PxarItem.Filename filename -> child(filename);
      default -> throw unexpected(item, "a file name or the end of a directory");
    };
  }

  private @Nullable PxarEntry end() throws IOException {
    PxarItem more = take();
    if (more != null) {
      throw unexpected(more, "nothing after the end of the root directory");
    }
    return null;
  }

  private PxarEntry child(PxarItem.Filename filename) throws IOException {
    Bytes name = filename.name();
    Header at = filename.header();
    boolean dots =
        name.at(0) == '.' && (name.length() == 1 || (name.length() == 2 && name.at(1) == '.'));
    if (dots || name.contains((byte) '/')) {
      throw corrupt(at.position(), "file name '" + name + "' is not allowed");
    }
    PxarItem item = required("an entry or a hard link");
    if (item instanceof PxarItem.HardLink link) {
      long target = at.position() - link.distance();
      if (link.distance() <= 0 || target < 0) {
        throw corrupt(
            link.header().position(), "hard link '" + name + "' leads to offset " + target);
      }
      return new PxarEntry.HardLink(name, target, link.path());
    }
    return node(name, item, at.position());
  }

  private PxarEntry node(Bytes name, PxarItem item, long position) throws IOException {
    if (!(item instanceof PxarItem.Entry entry)) {
      throw unexpected(item, "an entry");
    }
    PxarStat stat = entry.stat();
    if (name.isEmpty() && stat.type() != FileMode.DIRECTORY) {
      throw corrupt(position, "the root of the archive is not a directory");
    }
    Metadata metadata = new Metadata();
    PxarItem body = metadata.read();
    return switch (stat.type()) {
      case FileMode.DIRECTORY -> {
        pushedBack = body;
        if (++depth > DEPTH_MAX) {
          throw corrupt(position, "directories nest deeper than " + DEPTH_MAX + " levels");
        }
        yield new PxarEntry.Directory(name, stat, metadata.done());
      }
      case FileMode.REGULAR -> {
        if (!(body instanceof PxarItem.Payload payload)) {
          throw unexpected(body, "the content of '" + name + "'");
        }
        yield new PxarEntry.RegularFile(
            name, stat, metadata.done(), position, payload.header().contentBytes());
      }
      case FileMode.SYMLINK -> {
        if (!(body instanceof PxarItem.Symlink link)) {
          throw unexpected(body, "the target of '" + name + "'");
        }
        yield new PxarEntry.Symlink(name, stat, metadata.done(), link.target());
      }
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE -> {
        if (!(body instanceof PxarItem.Device device)) {
          throw unexpected(body, "the numbers of device '" + name + "'");
        }
        yield new PxarEntry.Device(
            name, stat, metadata.done(), (int) device.major(), (int) device.minor());
      }
      case FileMode.FIFO -> {
        pushedBack = body;
        yield new PxarEntry.Fifo(name, stat, metadata.done());
      }
      default -> {
        pushedBack = body;
        yield new PxarEntry.Socket(name, stat, metadata.done());
      }
    };
  }

  /** The content of the regular file that {@link #next} gave last; what is not read is skipped. */
  public InputStream content() {
    return content;
  }

  private PxarItem required(String expected) throws IOException {
    PxarItem item = take();
    if (item == null) {
      throw corrupt(items.position(), "the archive ends, expected " + expected);
    }
    return item;
  }

  private @Nullable PxarItem take() throws IOException {
    PxarItem item = pushedBack;
    if (item != null) {
      pushedBack = null;
      return item;
    }
    return items.next();
  }

  private static BackupException unexpected(PxarItem item, String expected) {
    return corrupt(
        item.header().position(),
        "found " + item.getClass().getSimpleName() + ", expected " + expected);
  }

  /** Gathers the optional items between an entry and its body. */
  private final class Metadata {
    private final List<Xattr> xattrs = new ArrayList<>();
    private final List<PxarAcl.Named> users = new ArrayList<>();
    private final List<PxarAcl.Named> groups = new ArrayList<>();
    private final List<PxarAcl.Named> defaultUsers = new ArrayList<>();
    private final List<PxarAcl.Named> defaultGroups = new ArrayList<>();
    private @Nullable Integer groupObject;
    private PxarAcl.@Nullable Defaults defaults;
    private @Nullable Bytes capabilities;
    private @Nullable Long quotaProject;

    /**
     * More than any file system stores; a hostile archive must not fill the heap with one entry.
     */
    private static final int ITEMS_MAX = 10_000;

    /** Returns the first item that is not metadata. */
    PxarItem read() throws IOException {
      for (int count = 0; count < ITEMS_MAX; count++) {
        PxarItem item = required("the body of an entry");
        switch (item) {
          case PxarItem.ExtendedAttribute x -> xattrs.add(new Xattr(x.name(), x.value()));
          case PxarItem.AclNamed acl -> named(acl);
          case PxarItem.AclGroupObject acl -> groupObject = permissions(acl.permissions());
          case PxarItem.AclDefault acl ->
              defaults =
                  new PxarAcl.Defaults(
                      optional(acl.user()),
                      optional(acl.group()),
                      optional(acl.other()),
                      optional(acl.mask()));
          case PxarItem.Capabilities c -> capabilities = c.value();
          case PxarItem.QuotaProject q -> quotaProject = q.id();
          default -> {
            return item;
          }
        }
      }
      throw corrupt(items.position(), "an entry has more than " + ITEMS_MAX + " metadata items");
    }

    private void named(PxarItem.AclNamed acl) {
      long type = acl.header().type();
      List<PxarAcl.Named> list =
          type == PxarFormat.ACL_USER
              ? users
              : type == PxarFormat.ACL_GROUP
                  ? groups
                  : type == PxarFormat.ACL_DEFAULT_USER ? defaultUsers : defaultGroups;
      list.add(new PxarAcl.Named((int) acl.id(), permissions(acl.permissions())));
    }

    private static int permissions(long bits) {
      return (int) (bits & 7);
    }

    private static @Nullable Integer optional(long bits) {
      return bits == -1 ? null : permissions(bits);
    }

    PxarMetadata done() {
      return new PxarMetadata(
          xattrs,
          new PxarAcl(users, groups, groupObject, defaults, defaultUsers, defaultGroups),
          capabilities,
          quotaProject);
    }
  }

  private final class Content extends InputStream {
    private final byte[] one = new byte[1];

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return items.readContent(target, offset, length);
    }
  }
}
