package dev.holdfast.node.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Passes connections on to a node, and notes when the first data of a backup came by. */
final class WatchedPort implements AutoCloseable {
  /** More than a client says before it uploads: handshakes, the log-in, a request for a session. */
  private static final int CONVERSATION_BYTES_MAX = 32 << 10;

  private static final int BUFFER_BYTES = 64 << 10;
  private static final long NEVER = 0;

  private final ServerSocket server;
  private final String host;
  private final int port;
  private final AtomicLong firstData = new AtomicLong(NEVER);

  WatchedPort(String host, int port) throws IOException {
    this.host = host;
    this.port = port;
    server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int number() {
    return server.getLocalPort();
  }

  /** As {@link System#nanoTime} told it. */
  long firstDataNanoTime() throws IOException {
    long time = firstData.get();
    if (time == NEVER) {
      throw new IOException("no data was sent");
    }
    return time;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        Socket node = new Socket(host, port);
        Thread.ofVirtual().start(() -> copy(client, node, true));
        Thread.ofVirtual().start(() -> copy(node, client, false));
      }
    } catch (IOException e) {
      // Closed: nobody comes any more.
    }
  }

  private void copy(Socket from, Socket to, boolean watched) {
    byte[] buffer = new byte[BUFFER_BYTES];
    long bytes = 0;
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        bytes += count;
        if (watched && bytes > CONVERSATION_BYTES_MAX) {
          firstData.compareAndSet(NEVER, System.nanoTime());
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // Either end may hang up; the programs at both ends say what went wrong.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
