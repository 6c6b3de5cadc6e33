package dev.holdfast.replication.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/**
 * At stake: members of different versions, and strangers on loopback, send texts; what is
 * understood is exact, what is not is nothing.
 */
class MeshValuesTest {
  private static final DatastoreName MAIN = new DatastoreName("main");

  @Property(tries = 50)
  void eventCrossesUnchanged(
      @ForAll @AlphaChars @StringLength(min = 1, max = 20) String id,
      @ForAll @LongRange(min = 1, max = SnapshotId.TIME_MAX) long time) {
    MeshEvent event =
        new MeshEvent.SnapshotFinished(
            "lyon", MAIN, Namespace.parse("a/b"), GroupId.parse("vm/" + id).at(time), time * 1000);
    MeshJson.Envelope envelope = new MeshJson.Envelope("0123", event);
    assertThat(MeshJson.decodeEvent(MeshJson.encode(envelope))).contains(envelope);
  }

  @Test
  void statusCrossesUnchanged() {
    SiteStatus status =
        new SiteStatus("lyon", MAIN, Namespace.ROOT, GroupId.parse("ct/100"), 1, 2, 3, 4);
    assertThat(MeshJson.decodeStatus(MeshJson.encode(status))).contains(status);
    assertThat(status.key()).isEqualTo("lyon:main::ct/100");
  }

  @Test
  void whatIsNotUnderstoodIsNothing() {
    assertThat(
            List.of(
                "",
                "{",
                "[]",
                "null",
                "{\"kind\":\"from-the-future\",\"site\":\"lyon\"}",
                "{\"kind\":\"snapshot-finished\",\"site\":\"lyon\",\"store\":\"../x\"}",
                "x".repeat(MeshJson.TEXT_CHARS_MAX + 1)))
        .allSatisfy(
            text -> {
              assertThat(MeshJson.decodeEvent(text)).isEmpty();
              assertThat(MeshJson.decodeStatus(text)).isEmpty();
            });
  }

  @Property(tries = 200)
  void everySiteHasAnAddress(@ForAll String secret, @ForAll String site) {
    VirtualAddress address = VirtualAddress.of(new Secret(secret), site);
    assertThat(VirtualAddress.of(new Secret(secret), site)).isEqualTo(address);
    assertThat(VirtualAddress.parse(address.toString())).isEqualTo(address);
  }

  @Test
  void addressesDifferBySiteAndSecret() {
    VirtualAddress lyon = VirtualAddress.of(new Secret("s"), "lyon");
    assertThat(lyon.toString()).startsWith("127.77.");
    assertThat(VirtualAddress.of(new Secret("s"), "paris")).isNotEqualTo(lyon);
    assertThat(VirtualAddress.of(new Secret("t"), "lyon")).isNotEqualTo(lyon);
  }

  @Test
  void addressOutsideTheNetworkIsRefused() {
    for (String text :
        List.of("127.0.0.1", "127.77.0.0", "127.77.255.255", "127.77.256.1", "127.77.1", "x")) {
      assertThatExceptionOfType(BackupException.class)
          .isThrownBy(() -> VirtualAddress.parse(text))
          .withMessageContaining("expected 127.77.");
    }
  }

  @Test
  void hostIsTheSameAsItselfAndUnknownIsNobody() {
    HostIdentity here = HostIdentity.current();
    assertThat(here.sameHost(HostIdentity.current())).isTrue();
    assertThat(here.text()).matches("[0-9a-f]{64}");
    assertThat(here.sameHost(new HostIdentity("0".repeat(64)))).isFalse();
    assertThat(HostIdentity.UNKNOWN.sameHost(HostIdentity.UNKNOWN)).isFalse();
  }

  @Test
  void helloCrossesUnchangedWithAndWithoutAMember() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    for (VirtualAddress address :
        java.util.Arrays.asList(new VirtualAddress(1, 2), (VirtualAddress) null)) {
      MeshHello hello =
          new MeshHello("lyon", address, new HostIdentity("h"), "1.0", List.of("journal"));
      assertThat(MeshHello.parse(mapper.readTree(hello.toJson().toString()))).isEqualTo(hello);
    }
  }

  @Test
  void helloOfNonsenseIsRefused() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    for (String text :
        List.of(
            "{}",
            "{\"site\":\"../x\"}",
            "{\"site\":\"a\",\"address\":\"10.0.0.1\"}",
            "{\"site\":\"a\",\"version\":\"" + "v".repeat(300) + "\"}")) {
      assertThatExceptionOfType(BackupException.class)
          .isThrownBy(() -> MeshHello.parse(mapper.readTree(text)));
    }
  }
}
