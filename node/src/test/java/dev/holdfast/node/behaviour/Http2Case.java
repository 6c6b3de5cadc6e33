package dev.holdfast.node.behaviour;

import dev.holdfast.replication.testing.RawTls;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Frames that a peer must not send, or may though it looks odd, and what RFC 9113 and RFC 7541 want
 * for an answer: the cases of h2spec.
 *
 * @param sends puts them behind the connection's preface and SETTINGS
 * @param codes of the error that must follow; none when all goes on
 */
record Http2Case(String name, Consumer<RawTls> sends, Set<Http2Error> codes) {
  static final int PRIORITY = 2;
  static final int PUSH_PROMISE = 5;
  static final int CONTINUATION = 9;
  static final int PADDED = 8;

  private static final int HEAD = RawTls.END_HEADERS | RawTls.END_STREAM;
  private static final byte[] REQUEST = HeaderBlock.request().bytes();
  private static final byte[] NOTHING = new byte[0];

  @Override
  public String toString() {
    return name;
  }

  private static Http2Case fine(String name, Consumer<RawTls> frames) {
    return new Http2Case(name, frames, Set.of());
  }

  private static Http2Case wrong(String name, Http2Error code, Consumer<RawTls> frames) {
    return new Http2Case(name, frames, Set.of(code));
  }

  private static Http2Case wrong(
      String name, Http2Error code, Http2Error other, Consumer<RawTls> frames) {
    return new Http2Case(name, frames, Set.of(code, other));
  }

  /** A request that is answered with an error of its stream, or of the connection. */
  private static Http2Case malformed(String name, HeaderBlock block) {
    return wrong(
        name, Http2Error.PROTOCOL_ERROR, tls -> tls.frame(RawTls.HEADERS, HEAD, 1, block.bytes()));
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  private static byte[] setting(int number, int value) {
    return ByteBuffer.allocate(6).putShort((short) number).putInt(value).array();
  }

  private static RawTls open(RawTls tls, int stream) {
    return tls.frame(RawTls.HEADERS, RawTls.END_HEADERS, stream, post());
  }

  /** A request that waits for its body. */
  private static byte[] post() {
    return new HeaderBlock()
        .field(":method", "POST")
        .field(":scheme", "https")
        .field(":authority", "here")
        .field(":path", "/nothing")
        .bytes();
  }

  static List<Http2Case> frames() {
    return List.of(
        fine(
            "4.1 a frame of an unknown type is ignored", tls -> tls.frame(0x16, 0, 0, new byte[8])),
        fine(
            "4.1 unknown flags are ignored",
            tls -> tls.frame(RawTls.PING, 0x16 & ~1, 0, new byte[8])),
        fine(
            "4.1 the reserved bit is ignored",
            tls -> tls.frame(RawTls.PING, 0, 0x80000000, new byte[8])),
        wrong(
            "4.2 a DATA frame larger than announced",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> open(tls, 1).frame(RawTls.DATA, 0, 1, new byte[(64 << 10) + 1])),
        wrong(
            "4.2 a HEADERS frame larger than announced",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> tls.frame(RawTls.HEADERS, HEAD, 1, new byte[(64 << 10) + 1])),
        wrong(
            "4.3 a head of another stream within a head",
            Http2Error.PROTOCOL_ERROR,
            tls ->
                tls.frame(RawTls.HEADERS, RawTls.END_STREAM, 1, REQUEST)
                    .frame(RawTls.HEADERS, HEAD, 3, REQUEST)),
        wrong(
            "6.1 DATA on the connection",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.DATA, 0, 0, new byte[1])),
        wrong(
            "6.1 DATA with more padding than there is",
            Http2Error.PROTOCOL_ERROR,
            tls -> open(tls, 1).frame(RawTls.DATA, PADDED, 1, new byte[] {9, 1, 1})),
        wrong(
            "6.2 HEADERS on the connection",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.HEADERS, HEAD, 0, REQUEST)),
        wrong(
            "6.2 HEADERS with more padding than there is",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.HEADERS, HEAD | PADDED, 1, new byte[] {9, 1, 1})),
        wrong(
            "6.3 PRIORITY on the connection",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(PRIORITY, 0, 0, new byte[5])),
        wrong(
            "6.3 PRIORITY of another length",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> open(tls, 1).frame(PRIORITY, 0, 1, new byte[4])),
        wrong(
            "6.4 RST_STREAM on the connection",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.RST_STREAM, 0, 0, ints(8))),
        wrong(
            "6.4 RST_STREAM of another length",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> open(tls, 1).frame(RawTls.RST_STREAM, 0, 1, new byte[3])),
        wrong(
            "6.6 PUSH_PROMISE of a client",
            Http2Error.PROTOCOL_ERROR,
            tls -> open(tls, 1).frame(PUSH_PROMISE, RawTls.END_HEADERS, 1, ints(2))),
        wrong(
            "6.7 PING on a stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.PING, 0, 1, new byte[8])),
        wrong(
            "6.7 PING of another length",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> tls.frame(RawTls.PING, 0, 0, new byte[6])),
        wrong(
            "6.8 GOAWAY on a stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.GOAWAY, 0, 1, new byte[8])));
  }

  static List<Http2Case> settings() {
    return List.of(
        wrong(
            "6.5 an acknowledgement with content",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, RawTls.ACK, 0, new byte[1])),
        wrong(
            "6.5 SETTINGS on a stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 1, setting(3, 100))),
        wrong(
            "6.5 SETTINGS of a length that six does not divide",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, new byte[3])),
        wrong(
            "6.5.2 ENABLE_PUSH that is no boolean",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, setting(2, 2))),
        wrong(
            "6.5.2 INITIAL_WINDOW_SIZE of 2^31",
            Http2Error.FLOW_CONTROL_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, setting(4, 0x80000000))),
        wrong(
            "6.5.2 MAX_FRAME_SIZE below its first value",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, setting(5, 16383))),
        wrong(
            "6.5.2 MAX_FRAME_SIZE of 2^24",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, setting(5, 1 << 24))),
        fine(
            "6.5.2 an unknown setting is ignored",
            tls -> tls.frame(RawTls.SETTINGS, 0, 0, setting(0xff, 1))));
  }

  static List<Http2Case> streams() {
    return List.of(
        wrong(
            "5.1 DATA on an idle stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.DATA, RawTls.END_STREAM, 1, new byte[4])),
        wrong(
            "5.1 RST_STREAM on an idle stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.RST_STREAM, 0, 1, ints(8))),
        wrong(
            "5.1 WINDOW_UPDATE on an idle stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.WINDOW_UPDATE, 0, 1, ints(100))),
        wrong(
            "5.1 CONTINUATION on an idle stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(CONTINUATION, RawTls.END_HEADERS, 1, REQUEST)),
        wrong(
            "5.1 DATA behind the end of a stream",
            Http2Error.STREAM_CLOSED,
            tls ->
                tls.frame(RawTls.HEADERS, HEAD, 1, REQUEST).frame(RawTls.DATA, 1, 1, new byte[4])),
        wrong(
            "5.1 HEADERS behind the end of a stream",
            Http2Error.STREAM_CLOSED,
            Http2Error.PROTOCOL_ERROR,
            tls ->
                tls.frame(RawTls.HEADERS, HEAD, 1, REQUEST)
                    .frame(RawTls.HEADERS, HEAD, 1, REQUEST)),
        wrong(
            "5.1.1 a stream of an even number",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.HEADERS, HEAD, 2, REQUEST)),
        wrong(
            "5.1.1 a stream of a lower number than the last",
            Http2Error.PROTOCOL_ERROR,
            Http2Error.STREAM_CLOSED,
            tls ->
                tls.frame(RawTls.HEADERS, HEAD, 5, REQUEST)
                    .frame(RawTls.HEADERS, HEAD, 3, REQUEST)),
        wrong(
            "5.1.2 more streams than announced",
            Http2Error.REFUSED_STREAM,
            Http2Error.PROTOCOL_ERROR,
            tls -> {
              for (int stream = 1; stream < 2 * 202; stream += 2) {
                open(tls, stream);
              }
            }),
        wrong(
            "8.1 a second head that does not end the stream",
            Http2Error.PROTOCOL_ERROR,
            tls -> open(tls, 1).frame(RawTls.HEADERS, RawTls.END_HEADERS, 1, REQUEST)));
  }

  static List<Http2Case> windows() {
    return List.of(
        wrong(
            "6.9 a window that grows by nothing",
            Http2Error.PROTOCOL_ERROR,
            tls -> tls.frame(RawTls.WINDOW_UPDATE, 0, 0, ints(0))),
        wrong(
            "6.9 a stream's window that grows by nothing",
            Http2Error.PROTOCOL_ERROR,
            tls -> open(tls, 1).frame(RawTls.WINDOW_UPDATE, 0, 1, ints(0))),
        wrong(
            "6.9 WINDOW_UPDATE of another length",
            Http2Error.FRAME_SIZE_ERROR,
            tls -> tls.frame(RawTls.WINDOW_UPDATE, 0, 0, new byte[3])),
        wrong(
            "6.9.1 a window beyond 2^31 - 1",
            Http2Error.FLOW_CONTROL_ERROR,
            tls ->
                tls.frame(RawTls.WINDOW_UPDATE, 0, 0, ints(Integer.MAX_VALUE))
                    .frame(RawTls.WINDOW_UPDATE, 0, 0, ints(Integer.MAX_VALUE))),
        wrong(
            "6.9.1 a stream's window beyond 2^31 - 1",
            Http2Error.FLOW_CONTROL_ERROR,
            tls ->
                open(tls, 1)
                    .frame(RawTls.WINDOW_UPDATE, 0, 1, ints(Integer.MAX_VALUE))
                    .frame(RawTls.WINDOW_UPDATE, 0, 1, ints(Integer.MAX_VALUE))),
        wrong(
            "6.10 CONTINUATION behind a whole head",
            Http2Error.PROTOCOL_ERROR,
            tls -> open(tls, 1).frame(CONTINUATION, RawTls.END_HEADERS, 1, REQUEST)),
        wrong(
            "6.10 CONTINUATION on the connection",
            Http2Error.PROTOCOL_ERROR,
            tls ->
                tls.frame(RawTls.HEADERS, RawTls.END_STREAM, 1, REQUEST)
                    .frame(CONTINUATION, RawTls.END_HEADERS, 0, NOTHING)),
        wrong(
            "6.10 DATA within a head",
            Http2Error.PROTOCOL_ERROR,
            tls ->
                tls.frame(RawTls.HEADERS, 0, 1, REQUEST)
                    .frame(RawTls.DATA, RawTls.END_STREAM, 1, new byte[4])),
        fine(
            "6.10 a head in several frames",
            tls ->
                tls.frame(RawTls.HEADERS, RawTls.END_STREAM, 1, REQUEST)
                    .frame(CONTINUATION, 0, 1, new HeaderBlock().field("a", "b").bytes())
                    .frame(CONTINUATION, RawTls.END_HEADERS, 1, NOTHING)));
  }

  static List<Http2Case> heads() {
    HeaderBlock valid = HeaderBlock.request();
    return List.of(
        malformed("8.2 a name in upper case", valid.field("X-Test", "a")),
        malformed("8.3 an unknown pseudo-header", HeaderBlock.request().field(":test", "a")),
        malformed("8.3 a response's pseudo-header", HeaderBlock.request().field(":status", "200")),
        malformed(
            "8.3 a pseudo-header behind others",
            new HeaderBlock()
                .field(":method", "GET")
                .field(":scheme", "https")
                .field("a", "b")
                .field(":path", "/")),
        malformed(
            "8.2.2 a header of one connection", HeaderBlock.request().field("connection", "x")),
        malformed("8.2.2 TE with more than trailers", HeaderBlock.request().field("te", "gzip")),
        malformed(
            "8.3.1 an empty path",
            new HeaderBlock()
                .field(":method", "GET")
                .field(":scheme", "https")
                .field(":authority", "here")
                .field(":path", "")),
        malformed(
            "8.3.1 no method", new HeaderBlock().field(":scheme", "https").field(":path", "/")),
        malformed("8.3.1 no scheme", new HeaderBlock().field(":method", "GET").field(":path", "/")),
        malformed(
            "8.3.1 no path", new HeaderBlock().field(":method", "GET").field(":scheme", "https")),
        malformed("8.3.1 two methods", HeaderBlock.request().field(":method", "GET")),
        malformed("8.3.1 two paths", HeaderBlock.request().field(":path", "/")),
        wrong(
            "8.1.1 less content than its length says",
            Http2Error.PROTOCOL_ERROR,
            tls ->
                tls.frame(
                        RawTls.HEADERS,
                        RawTls.END_HEADERS,
                        1,
                        HeaderBlock.request().field("content-length", "9").bytes())
                    .frame(RawTls.DATA, RawTls.END_STREAM, 1, new byte[4])),
        compression("4.3 a block that is none", "ffffffffff"),
        compression("HPACK 2.3.3 an index that there is not", "fe"),
        compression("HPACK 4.2 a table that grows beyond what is allowed", "3fe1ff7f"),
        compression("HPACK 5.2 a text padded by more than seven bits", "0001618163ffffff"),
        compression("HPACK 6.1 the index 0", "80"));
  }

  private static Http2Case compression(String name, String hex) {
    return wrong(
        name,
        Http2Error.COMPRESSION_ERROR,
        tls -> tls.frame(RawTls.HEADERS, HEAD, 1, new HeaderBlock().raw(hex).bytes()));
  }
}
