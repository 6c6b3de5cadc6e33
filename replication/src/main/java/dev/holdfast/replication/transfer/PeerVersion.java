package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.peer.RemoteNode;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a peer says it is (spec/protocols.md §7.1): {@code "version":"4.2","release":"3"}. */
record PeerVersion(int major, int minor, int release) implements Comparable<PeerVersion> {
  private static final Pattern NUMBERS = Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})");
  private static final Pattern RELEASE = Pattern.compile("[0-9]{1,4}");
  private static final Comparator<PeerVersion> ORDER =
      Comparator.comparingInt(PeerVersion::major)
          .thenComparingInt(PeerVersion::minor)
          .thenComparingInt(PeerVersion::release);

  /**
   * Asks the peer.
   *
   * @throws BackupException UNSUPPORTED_VERSION for an answer that is none
   */
  static PeerVersion of(RemoteNode peer) {
    JsonNode answer = peer.get("/version");
    Matcher numbers = NUMBERS.matcher(answer.path("version").asText());
    Matcher release = RELEASE.matcher(answer.path("release").asText());
    if (!numbers.matches() || !release.matches()) {
      throw new BackupException(
          Kind.UNSUPPORTED_VERSION,
          peer + " says it is version " + answer + ", expected MAJOR.MINOR and a release number");
    }
    return new PeerVersion(
        Integer.parseInt(numbers.group(1)),
        Integer.parseInt(numbers.group(2)),
        Integer.parseInt(release.group()));
  }

  boolean isAtLeast(PeerVersion other) {
    return compareTo(other) >= 0;
  }

  @Override
  public int compareTo(PeerVersion other) {
    return ORDER.compare(this, other);
  }
}
