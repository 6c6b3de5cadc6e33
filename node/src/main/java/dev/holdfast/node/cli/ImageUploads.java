package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.ChunkWindow;
import dev.holdfast.replication.peer.ChunkingOutputStream;
import dev.holdfast.replication.peer.UploadMeans;
import dev.holdfast.replication.peer.UploadStats;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The images of one backup, the disks of a machine, read side by side: each has a thread that reads
 * and cuts, and they share the workers and the window, so that memory does not grow with their
 * number. The first failure ends them all.
 */
final class ImageUploads {
  /** More readers than this make disks seek, and one of them fills a line already. */
  static final int AT_A_TIME = 4;

  private static final int READ_BYTES = 1 << 20;

  private final Terminal terminal;
  private final BackupSession session;
  private final UploadMeans means;
  private final ChunkWindow window = ChunkWindow.ofBytes(ChunkWindow.BYTES_DEFAULT);

  ImageUploads(Terminal terminal, BackupSession session, UploadMeans means) {
    this.terminal = terminal;
    this.session = session;
    this.means = means;
  }

  /** One that is stored. */
  record Uploaded(ManifestFile file, UploadStats stats) {}

  /** An image that is open, and as long as it is now. */
  private record Image(BackupSource source, FileChannel channel, long bytes)
      implements AutoCloseable {
    static Image open(BackupSource source) throws IOException {
      FileChannel channel = FileChannel.open(source.path(), StandardOpenOption.READ);
      long bytes = channel.size();
      if (bytes == 0) {
        channel.close();
        throw BackupException.invalid("image '" + source.path() + "' is empty");
      }
      return new Image(source, channel, bytes);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** In the order of the sources. Waits; the calling thread may be interrupted. */
  List<Uploaded> run(List<BackupSource> sources) throws IOException {
    List<Image> images = new ArrayList<>();
    try {
      for (BackupSource source : sources) {
        images.add(Image.open(source));
      }
      return run(images, progress(images));
    } finally {
      for (Image image : images) {
        image.close();
      }
    }
  }

  private Progress progress(List<Image> images) {
    String what = images.size() == 1 ? images.getFirst().source.name() : images.size() + " images";
    return new Progress(terminal, what, images.stream().mapToLong(Image::bytes).sum());
  }

  private List<Uploaded> run(List<Image> images, Progress progress) throws IOException {
    ExecutorService readers =
        Executors.newFixedThreadPool(
            Math.min(images.size(), AT_A_TIME),
            Thread.ofPlatform().daemon().name("image-", 0).factory());
    try {
      CompletionService<Uploaded> running = new ExecutorCompletionService<>(readers);
      List<Future<Uploaded>> results = new ArrayList<>();
      for (Image image : images) {
        results.add(running.submit(() -> upload(image, progress)));
      }
      for (int i = 0; i < images.size(); i++) {
        var unused = await(running.take());
      }
      progress.clear();
      List<Uploaded> uploaded = new ArrayList<>();
      for (int i = 0; i < images.size(); i++) {
        uploaded.add(await(results.get(i)));
        terminal.line(images.get(i).source.name() + ": " + HumanText.bytes(images.get(i).bytes));
      }
      return uploaded;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while images were sent", e);
    } finally {
      var unused = readers.shutdownNow();
      progress.clear();
    }
  }

  private static Uploaded await(Future<Uploaded> image) throws IOException, InterruptedException {
    try {
      return image.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException known -> throw known;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** On a reader. */
  private Uploaded upload(Image image, Progress progress) throws IOException {
    ArchiveName name = image.source.archive();
    ArchiveUpload upload = ArchiveUpload.fixed(session, name, image.bytes, means, window);
    try (OutputStream chunks = ChunkingOutputStream.fixed(upload)) {
      copy(image, chunks, progress);
    }
    return new Uploaded(upload.finish(), upload.stats());
  }

  private static void copy(Image image, OutputStream to, Progress progress) throws IOException {
    byte[] buffer = new byte[READ_BYTES];
    InputStream from = Channels.newInputStream(image.channel);
    long done = 0;
    while (done < image.bytes) {
      int got = from.read(buffer, 0, (int) Math.min(buffer.length, image.bytes - done));
      if (got < 0) {
        throw BackupException.invalid(
            "image '"
                + image.source.path()
                + "' shrank from "
                + image.bytes
                + " to "
                + done
                + " bytes");
      }
      to.write(buffer, 0, got);
      done += got;
      progress.more(got);
    }
  }
}
