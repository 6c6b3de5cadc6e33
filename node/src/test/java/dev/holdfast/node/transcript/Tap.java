package dev.holdfast.node.transcript;

import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.RawTlsServer;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Stands between a client and a node, opens what is encrypted, passes every byte on and writes down
 * what passed: as the recorded transcripts came about. A request is written down before the node
 * gets it, an answer before the client gets it, so that the order is one in which it can have
 * happened.
 */
public final class Tap implements AutoCloseable {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int PADDED_OR_PRIORITY = 0x8 | 0x20;
  private static final int CONTINUATION = 9;
  private static final int PUSH_PROMISE = 5;

  private final RawTlsServer front;
  private final int nodePort;
  private final List<Passed> passed = new ArrayList<>();
  private int connections;
  private int open;

  /** Connects each client to the node that listens on this port of the loopback interface. */
  public Tap(int nodePort) throws Exception {
    this.nodePort = nodePort;
    front = new RawTlsServer(this::serve);
  }

  public int port() {
    return front.port();
  }

  public Fingerprint fingerprint() {
    return front.fingerprint();
  }

  /** What passed since the last time, after all connections have ended. */
  public synchronized List<Passed> take() throws InterruptedException {
    while (open > 0) {
      wait();
    }
    List<Passed> all = List.copyOf(passed);
    passed.clear();
    connections = 0;
    return all;
  }

  private synchronized int begin() {
    open++;
    return connections++;
  }

  private synchronized void note(Passed one) {
    passed.add(one);
  }

  private synchronized void end(int connection) {
    passed.add(new Passed.Ended(connection));
    open--;
    notifyAll();
  }

  @Override
  public void close() throws IOException {
    front.close();
  }

  private void serve(RawTls client) throws IOException {
    int connection = begin();
    try (RawTls node = RawTls.connect(nodePort)) {
      boolean upgraded = false;
      while (!upgraded) {
        upgraded = exchange(connection, client, node);
      }
      node.text(client.readText(PREFACE.length()));
      Thread answers =
          Thread.ofVirtual().start(() -> new Frames(connection, node, client, false).pass());
      new Frames(connection, client, node, true).pass();
      node.socket().close();
      answers.join();
    } catch (EOFException e) {
      // The client went away between two requests.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end(connection);
    }
  }

  /** One request of HTTP/1.1; returns whether it switched the protocol. */
  private boolean exchange(int connection, RawTls client, RawTls node) throws IOException {
    String head = client.readHead();
    String body = client.readText(length(head));
    note(
        Recording.asked(
            connection,
            Passed.NO_STREAM,
            head.substring(0, head.indexOf('\r')),
            headers(head),
            Passed.Body.of(body.getBytes(StandardCharsets.ISO_8859_1))));
    node.text(head).text(body).send();
    String answer = node.readHead();
    String answerBody = node.readText(length(answer));
    int status = Integer.parseInt(answer.split(" ", 3)[1]);
    note(
        new Passed.Answered(
            connection,
            Passed.NO_STREAM,
            status,
            Passed.Body.of(answerBody.getBytes(StandardCharsets.ISO_8859_1))));
    client.text(answer).text(answerBody).send();
    return status == 101;
  }

  private static int length(String head) {
    Map<String, String> headers = headers(head);
    if (headers.containsKey("transfer-encoding")) {
      throw new AssertionError("a body in pieces: " + head);
    }
    return Integer.parseInt(headers.getOrDefault("content-length", "0"));
  }

  private static Map<String, String> headers(String head) {
    Map<String, String> headers = new HashMap<>();
    head.lines()
        .skip(1)
        .filter(line -> !line.isEmpty())
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              headers.put(
                  line.substring(0, colon).toLowerCase(Locale.ROOT),
                  line.substring(colon + 1).strip());
            });
    return headers;
  }

  /** One direction of a connection after the switch. */
  private final class Frames {
    private final int connection;
    private final RawTls from;
    private final RawTls to;
    private final boolean requests;
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
    private final Map<Integer, Map<String, String>> heads = new HashMap<>();
    private final Map<Integer, ByteArrayOutputStream> bodies = new HashMap<>();

    Frames(int connection, RawTls from, RawTls to, boolean requests) {
      this.connection = connection;
      this.from = from;
      this.to = to;
      this.requests = requests;
    }

    void pass() {
      try {
        while (true) {
          RawTls.Frame frame = from.readFrame();
          hear(frame);
          to.frame(frame.type(), frame.flags(), frame.stream(), frame.payload()).send();
        }
      } catch (IOException e) {
        // One of the two went away: so does the other.
      }
    }

    private void hear(RawTls.Frame frame) {
      int stream = frame.stream();
      switch (frame.type()) {
        case RawTls.HEADERS -> heads.put(stream, fields(frame));
        case RawTls.DATA ->
            bodies
                .computeIfAbsent(stream, unused -> new ByteArrayOutputStream())
                .writeBytes(frame.payload());
        case CONTINUATION, PUSH_PROMISE ->
            throw new AssertionError("nobody sends frames of type " + frame.type());
        default -> {
          return;
        }
      }
      if ((frame.flags() & RawTls.END_STREAM) != 0) {
        whole(stream);
      }
    }

    private Map<String, String> fields(RawTls.Frame frame) {
      if ((frame.flags() & PADDED_OR_PRIORITY) != 0) {
        throw new AssertionError("a padded head");
      }
      Map<String, String> fields = new HashMap<>();
      try {
        decoder
            .decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()))
            .forEach(field -> fields.put(field.getKey().toString(), field.getValue().toString()));
      } catch (Http2Exception e) {
        throw new AssertionError(e);
      }
      return fields;
    }

    private void whole(int stream) {
      Map<String, String> head = heads.getOrDefault(stream, Map.of());
      ByteArrayOutputStream collected = bodies.remove(stream);
      Passed.Body body = Passed.Body.of(collected == null ? new byte[0] : collected.toByteArray());
      if (requests) {
        String line = head.get(":method") + " " + head.get(":path");
        note(Recording.asked(connection, stream, line, head, body));
      } else {
        int status = Integer.parseInt(head.getOrDefault(":status", "0"));
        note(new Passed.Answered(connection, stream, status, body));
      }
    }
  }
}
