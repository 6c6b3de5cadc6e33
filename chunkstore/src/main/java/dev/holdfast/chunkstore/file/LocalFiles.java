package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file system of this machine. Plain {@link FileChannel}s: Vert.x's AsyncFile costs two to six
 * times the CPU.
 */
public final class LocalFiles implements FileOps {
  private static final boolean POSIX = !System.getProperty("os.name", "").startsWith("Windows");

  @Override
  public @Nullable Stat stat(Path path) throws IOException {
    try {
      BasicFileAttributes a =
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Stat.Kind kind =
          a.isRegularFile()
              ? Stat.Kind.REGULAR
              : a.isDirectory() ? Stat.Kind.DIRECTORY : Stat.Kind.OTHER;
      return new Stat(
          kind, a.size(), a.lastAccessTime().toInstant(), a.lastModifiedTime().toInstant());
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public long inode(Path path) throws IOException {
    try {
      return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS) instanceof Long number
          ? number
          : 0;
    } catch (NoSuchFileException | UnsupportedOperationException e) {
      return 0;
    }
  }

  @Override
  public void createDirectory(Path directory, int mode) throws IOException {
    Files.createDirectory(directory, attributes(mode));
    setMode(directory, mode);
  }

  @Override
  @SuppressWarnings("StreamResourceLeak") // the caller closes
  public DirectoryStream<Path> list(Path directory) throws IOException {
    return Files.newDirectoryStream(directory);
  }

  @Override
  public SeekableByteChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public WritableFile create(Path file, int mode) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            attributes(mode));
    try {
      setMode(file, mode);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(file);
      throw e;
    }
    return new ChannelFile(channel);
  }

  @Override
  public WritableFile append(Path file, int mode) throws IOException {
    while (true) {
      try {
        FileChannel channel =
            FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        channel.position(channel.size());
        return new ChannelFile(channel);
      } catch (NoSuchFileException e) {
        try {
          return create(file, mode);
        } catch (FileAlreadyExistsException other) {
          // made by somebody else in between: look again
        }
      }
    }
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.delete(path);
  }

  @Override
  public void touch(Path file, Instant accessTime) throws IOException {
    Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(null, FileTime.from(accessTime), null);
  }

  @Override
  public void syncFile(Path file) throws IOException {
    // For writing: some platforms refuse to force a channel that only reads.
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    if (POSIX) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  @Override
  public void syncFileSystem(Path path) throws IOException {
    SyncFileSystem.sync(path);
  }

  @Override
  public DirectoryWalker walker() {
    return LinuxWalker.AVAILABLE ? new LinuxWalker() : new PathWalker(this);
  }

  @Override
  public Space space(Path path) throws IOException {
    FileStore store = Files.getFileStore(path);
    long total = store.getTotalSpace();
    return new Space(total, total - store.getUnallocatedSpace(), store.getUsableSpace());
  }

  // The umask takes bits away at creation; the mode is set again so that it is exact.
  private static FileAttribute<?>[] attributes(int mode) {
    return POSIX
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions(mode))}
        : new FileAttribute<?>[0];
  }

  private static void setMode(Path path, int mode) throws IOException {
    if (POSIX) {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setPermissions(permissions(mode));
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] fromOwnerRead = PosixFilePermission.values();
    for (int bit = 0; bit < fromOwnerRead.length; bit++) {
      if ((mode & (0400 >> bit)) != 0) {
        set.add(fromOwnerRead[bit]);
      }
    }
    return set;
  }

  private record ChannelFile(FileChannel channel) implements WritableFile {
    @Override
    public void force() throws IOException {
      channel.force(true);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      return channel.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return channel.write(source);
    }

    @Override
    public long position() throws IOException {
      return channel.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
      channel.position(position);
      return this;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
      channel.truncate(size);
      return this;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
