package dev.holdfast.chunkstore.simulation;

import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A disk on which every operation is a step of the simulation. */
final class SteppedFiles implements FileOps {
  private final FileOps disk;
  private final Turns turns;
  private final Listener listener;

  /** Told in the same step. */
  interface Listener {
    /** A name was removed. */
    void gone(Path path);

    /** A name was given to what had another one. */
    void renamed(Path from, Path to);
  }

  SteppedFiles(FileOps disk, Turns turns, Listener listener) {
    this.disk = disk;
    this.turns = turns;
    this.listener = listener;
  }

  @Override
  public @Nullable Stat stat(Path path) throws IOException {
    turns.step();
    return disk.stat(path);
  }

  @Override
  public void createDirectory(Path directory, int mode) throws IOException {
    turns.step();
    disk.createDirectory(directory, mode);
  }

  @Override
  public DirectoryStream<Path> list(Path directory) throws IOException {
    turns.step();
    return disk.list(directory);
  }

  @Override
  public SeekableByteChannel open(Path file) throws IOException {
    turns.step();
    return disk.open(file);
  }

  @Override
  public WritableFile create(Path file, int mode) throws IOException {
    turns.step();
    return disk.create(file, mode);
  }

  @Override
  public WritableFile append(Path file, int mode) throws IOException {
    turns.step();
    return disk.append(file, mode);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    turns.step();
    disk.rename(from, to);
    listener.renamed(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    turns.step();
    disk.delete(path);
    listener.gone(path);
  }

  @Override
  public void touch(Path file, Instant accessTime) throws IOException {
    turns.step();
    disk.touch(file, accessTime);
  }

  @Override
  public void syncFile(Path file) throws IOException {
    turns.step();
    disk.syncFile(file);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    turns.step();
    disk.syncDirectory(directory);
  }

  @Override
  public void syncFileSystem(Path path) throws IOException {
    turns.step();
    disk.syncFileSystem(path);
  }

  @Override
  public Space space(Path path) throws IOException {
    return disk.space(path);
  }
}
