package dev.holdfast.replication.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers a browser that speaks plain HTTP to the port of TLS (spec/protocols.md §1.1): it is sent
 * to {@code https} at the host that it named, without its path. One per connection, on its event
 * loop.
 */
final class PlainRedirect {
  /** Of the request's head; longer ones are no browser's. */
  private static final int HEAD_BYTES_MAX = 8 * 1024;

  private static final String END = "\r\n\r\n";

  /** Names and addresses with their port. Anything else does not go into an answer. */
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{1,261}");

  private final StringBuilder head = new StringBuilder();
  private boolean answered;

  /** Whether a connection that begins so is plain HTTP: with a letter of a method. */
  static boolean begins(byte first) {
    return first >= 'A' && first <= 'Z';
  }

  /** Takes the buffer. */
  void read(ChannelHandlerContext ctx, ByteBuf bytes) {
    try {
      if (answered) {
        return;
      }
      head.append(bytes.toString(StandardCharsets.ISO_8859_1));
      if (head.indexOf(END) >= 0) {
        answer(ctx, response(head.substring(0, head.indexOf(END))));
      } else if (head.length() > HEAD_BYTES_MAX) {
        answer(ctx, "");
      }
    } finally {
      bytes.release();
    }
  }

  private void answer(ChannelHandlerContext ctx, String response) {
    answered = true;
    ctx.writeAndFlush(Unpooled.copiedBuffer(response, StandardCharsets.ISO_8859_1))
        .addListener(ChannelFutureListener.CLOSE);
  }

  /** The whole answer to a request's head. */
  static String response(String head) {
    String host = host(head);
    if (host == null) {
      return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close" + END;
    }
    boolean reads = head.startsWith("GET ") || head.startsWith("HEAD ");
    return "HTTP/1.1 "
        + (reads ? "301 Moved Permanently" : "308 Permanent Redirect")
        + "\r\nLocation: https://"
        + host
        + "\r\nContent-Length: 0\r\nConnection: close"
        + END;
  }

  private static @Nullable String host(String head) {
    for (String line : head.split("\r\n", -1)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("host:")) {
        String host = line.substring("host:".length()).strip();
        return HOST.matcher(host).matches() ? host : null;
      }
    }
    return null;
  }
}
