package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that knows what a loss of power leaves: of a file the content that was synced,
 * of a directory the names that were there when it was synced. What was not synced is lost, or,
 * when luck is asked, some of it is there, in any order: file systems promise neither. A directory
 * that was moved to another one is in one of both, though, and is in the new one for good when
 * either was synced; and what got another name in its directory has one of both: that much every
 * journal of a file system does.
 */
public final class MemoryDisk implements FileOps {
  private static final Space SPACE = new Space(1L << 40, 1L << 30, 1L << 39);

  private final InstantSource clock;
  private final Node root;
  private final Map<String, Long> readBytes = new TreeMap<>();
  private final List<Moved> moved = new ArrayList<>();

  /**
   * A directory that was renamed into another one, in the order of the renames; not durable yet.
   */
  private record Moved(Node from, String name, Node to, String newName, Node directory) {
    void makeDurable() {
      from.namesDurable = new TreeMap<>(from.namesDurable);
      from.namesDurable.remove(name);
      to.namesDurable = new TreeMap<>(to.namesDurable);
      to.namesDurable.put(newName, directory);
    }

    boolean leaves(Node node, String other) {
      return from == node && name.equals(other);
    }

    boolean enters(Node node, String other) {
      return to == node && newName.equals(other);
    }
  }

  /** A file or a directory, under whatever names. */
  private static final class Node {
    final boolean directory;
    final int mode;
    Map<String, Node> names = new TreeMap<>();
    Map<String, Node> namesDurable = Map.of();

    /** Old names to new ones, since the last sync. */
    final Map<String, String> renamed = new TreeMap<>();

    byte[] content = new byte[0];
    byte[] contentDurable = new byte[0];
    Instant accessTime;
    Instant modifyTime;

    Node(boolean directory, int mode, Instant now) {
      this.directory = directory;
      this.mode = mode;
      this.accessTime = now;
      this.modifyTime = now;
    }

    boolean isRenamed(String name) {
      return renamed.containsKey(name) || renamed.containsValue(name);
    }

    void sync() {
      namesDurable = new TreeMap<>(names);
      renamed.clear();
      contentDurable = content;
    }
  }

  public MemoryDisk(InstantSource clock) {
    this(clock, new Node(true, 0755, clock.instant()));
  }

  private MemoryDisk(InstantSource clock, Node root) {
    this.clock = clock;
    this.root = root;
  }

  /**
   * The disk as it is found after the power was lost now.
   *
   * @param luck decides what of the rest survived; null for nothing
   */
  public synchronized MemoryDisk afterPowerLoss(@Nullable RandomGenerator luck) {
    if (luck != null) {
      makeDurable(luck.nextInt(moved.size() + 1));
    }
    return new MemoryDisk(clock, survivor(root, luck));
  }

  private void makeDurable(int count) {
    List<Moved> first = moved.subList(0, count);
    first.forEach(Moved::makeDurable);
    first.clear();
  }

  private Node survivor(Node node, @Nullable RandomGenerator luck) {
    Node left = new Node(node.directory, node.mode, node.modifyTime);
    left.accessTime = node.accessTime;
    left.content = luck != null && luck.nextBoolean() ? node.content : node.contentDurable;
    Map<String, Node> names = new TreeMap<>(node.namesDurable);
    if (luck != null) {
      for (String name : node.namesDurable.keySet()) {
        if (!node.names.containsKey(name)
            && !node.isRenamed(name)
            && moved.stream().noneMatch(m -> m.leaves(node, name))
            && luck.nextBoolean()) {
          names.remove(name);
        }
      }
      node.names.forEach(
          (name, child) -> {
            if (!node.isRenamed(name)
                && moved.stream().noneMatch(m -> m.enters(node, name))
                && luck.nextBoolean()) {
              names.put(name, child);
            }
          });
      node.renamed.forEach(
          (old, name) -> {
            if (luck.nextBoolean()) {
              names.remove(old);
              Node child = node.names.get(name);
              if (child == null) {
                names.remove(name); // removed or renamed once more
              } else {
                names.put(name, child);
              }
            }
          });
    }
    names.forEach((name, child) -> left.names.put(name, survivor(child, luck)));
    left.sync();
    return left;
  }

  private static List<String> elements(Path path) {
    List<String> names = new ArrayList<>();
    path.toAbsolutePath().normalize().forEach(name -> names.add(name.toString()));
    return names;
  }

  private @Nullable Node find(Path path) {
    Node node = root;
    for (String name : elements(path)) {
      node = node.names.get(name);
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  private Node get(Path path) throws NoSuchFileException {
    Node node = find(path);
    if (node == null) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  private Node parent(Path path) throws IOException {
    Path parent = path.toAbsolutePath().normalize().getParent();
    Node node = parent == null ? null : find(parent);
    if (node == null || !node.directory) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  /** With all parents, durable: where a test begins. */
  public synchronized void makeDirectories(Path path) {
    Node node = root;
    for (String name : elements(path)) {
      node = node.names.computeIfAbsent(name, n -> new Node(true, 0755, clock.instant()));
    }
    syncBelow(root);
  }

  /** The mode of each file that there is in a directory and below. */
  public synchronized Map<Path, Integer> fileModes(Path directory) {
    Map<Path, Integer> modes = new TreeMap<>();
    Node node = find(directory);
    if (node != null) {
      node.names.forEach(
          (name, child) -> {
            Path path = directory.resolve(name);
            if (child.directory) {
              modes.putAll(fileModes(path));
            } else {
              modes.put(path, child.mode);
            }
          });
    }
    return modes;
  }

  /** How much was read of files whose names end so; empty for names without a dot. */
  public synchronized long readBytes(String extension) {
    return readBytes.getOrDefault(extension, 0L);
  }

  @Override
  public synchronized @Nullable Stat stat(Path path) {
    Node node = find(path);
    return node == null
        ? null
        : new Stat(
            node.directory ? Stat.Kind.DIRECTORY : Stat.Kind.REGULAR,
            node.content.length,
            node.accessTime,
            node.modifyTime);
  }

  @Override
  public synchronized void createDirectory(Path directory, int mode) throws IOException {
    Node made = new Node(true, mode, clock.instant());
    if (parent(directory).names.putIfAbsent(name(directory), made) != null) {
      throw new FileAlreadyExistsException(directory.toString());
    }
  }

  @Override
  public synchronized DirectoryStream<Path> list(Path directory) throws IOException {
    Node node = get(directory);
    if (!node.directory) {
      throw new NotDirectoryException(directory.toString());
    }
    List<Path> entries = node.names.keySet().stream().map(directory::resolve).toList();
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return entries.iterator();
      }

      @Override
      public void close() {
        // a copy
      }
    };
  }

  @Override
  public synchronized SeekableByteChannel open(Path file) throws IOException {
    return new Channel(get(file), name(file), false);
  }

  @Override
  public synchronized WritableFile create(Path file, int mode) throws IOException {
    Node made = new Node(false, mode, clock.instant());
    if (parent(file).names.putIfAbsent(name(file), made) != null) {
      throw new FileAlreadyExistsException(file.toString());
    }
    return new Channel(made, name(file), true);
  }

  @Override
  public synchronized WritableFile append(Path file, int mode) throws IOException {
    Node node = find(file);
    if (node == null) {
      return create(file, mode);
    }
    Channel channel = new Channel(node, name(file), true);
    channel.position = node.content.length;
    return channel;
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    Node renamed = get(from);
    Node target = find(to);
    if (target != null && !target.names.isEmpty()) {
      throw new DirectoryNotEmptyException(to.toString());
    }
    Node left = parent(from);
    Node entered = parent(to);
    entered.names.put(name(to), renamed);
    left.names.remove(name(from));
    if (left == entered) {
      left.renamed.put(name(from), name(to));
    } else if (renamed.directory) {
      moved.add(new Moved(left, name(from), entered, name(to), renamed));
    }
  }

  @Override
  public synchronized void delete(Path path) throws IOException {
    if (!get(path).names.isEmpty()) {
      throw new DirectoryNotEmptyException(path.toString());
    }
    parent(path).names.remove(name(path));
  }

  @Override
  public synchronized void touch(Path file, Instant accessTime) throws IOException {
    get(file).accessTime = accessTime;
  }

  @Override
  public synchronized void syncFile(Path file) throws IOException {
    get(file).sync();
  }

  @Override
  public synchronized void syncDirectory(Path directory) throws IOException {
    Node synced = get(directory);
    for (int i = moved.size(); i > 0; i--) {
      Moved last = moved.get(i - 1);
      if (last.from() == synced || last.to() == synced) {
        makeDurable(i);
        break;
      }
    }
    synced.sync();
  }

  @Override
  public synchronized void syncFileSystem(Path path) {
    moved.clear();
    syncBelow(root);
  }

  private static void syncBelow(Node node) {
    node.sync();
    node.names.values().forEach(MemoryDisk::syncBelow);
  }

  @Override
  public Space space(Path path) {
    return SPACE;
  }

  /** Content is replaced, never changed, so that what was synced stays as it was. */
  private final class Channel implements WritableFile {
    private final Node node;
    private final String name;
    private final boolean writable;
    private int position;
    private boolean open = true;

    Channel(Node node, String name, boolean writable) {
      this.node = node;
      this.name = name;
      this.writable = writable;
    }

    private String extension() {
      int dot = name.lastIndexOf('.');
      return dot < 0 ? "" : name.substring(dot);
    }

    @Override
    public int read(ByteBuffer target) {
      synchronized (MemoryDisk.this) {
        int length = Math.min(target.remaining(), node.content.length - position);
        if (length <= 0) {
          return target.hasRemaining() ? -1 : 0;
        }
        target.put(node.content, position, length);
        position += length;
        readBytes.merge(extension(), (long) length, Long::sum);
        return length;
      }
    }

    @Override
    public int write(ByteBuffer source) {
      synchronized (MemoryDisk.this) {
        if (!writable) {
          throw new NonWritableChannelException();
        }
        int length = source.remaining();
        int size = Math.max(node.content.length, position + length);
        byte[] changed = Arrays.copyOf(node.content, size);
        source.get(changed, position, length);
        node.content = changed;
        node.modifyTime = clock.instant();
        position += length;
        return length;
      }
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public SeekableByteChannel position(long wanted) {
      position = (int) wanted;
      return this;
    }

    @Override
    public long size() {
      synchronized (MemoryDisk.this) {
        return node.content.length;
      }
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      synchronized (MemoryDisk.this) {
        node.content = Arrays.copyOf(node.content, (int) size);
        return this;
      }
    }

    @Override
    public void force() {
      synchronized (MemoryDisk.this) {
        node.contentDurable = node.content;
      }
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public void close() {
      open = false;
    }
  }
}
