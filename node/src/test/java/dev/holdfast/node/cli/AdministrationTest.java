package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.binary.Base32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: who administers a node from a terminal finds each thing by its command. */
final class AdministrationTest {
  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void datastoreIsMadeTakenOutOfUseBroughtBackAndDestroyed() {
    Path path = shared.resolve("cellar");
    node.admin("datastore create cellar " + path);
    node.admin("datastore update cellar --maintenance-mode offline --comment spare");
    assertThat(node.admin("datastore list")).contains("cellar", "offline");
    assertThat(node.admin("datastore show cellar")).contains("maintenance-mode", "spare");
    assertThat(node.admin("datastore operations cellar --output json"))
        .contains("\"read\" : 0", "\"write\" : 0");
    node.admin("datastore update cellar --delete maintenance-mode");
    assertThat(node.admin("datastore remove cellar --destroy-data"))
        .contains("removed datastore cellar");
    assertThat(path).doesNotExist();
    assertThat(node.admin("datastore list")).doesNotContain("cellar");
  }

  @Test
  void metricServerIsShownChangedAndRemovedByItsName() {
    node.admin("metrics server create graphs --host 127.0.0.1:9");
    node.admin("metrics server update graphs --mtu 600 --enable false");
    assertThat(node.admin("metrics server list")).contains("graphs", "influxdb-udp", "127.0.0.1:9");
    assertThat(node.admin("metrics server show graphs")).contains("mtu", "600");
    node.admin("metrics server remove graphs");
    assertThat(node.admin("metrics server list")).doesNotContain("graphs");
  }

  @Test
  void recoveryKeysAreShownOnceListedAndTakenAway() {
    node.admin("user create r@pbs");
    String keys = node.admin("user tfa recovery r@pbs");
    assertThat(keys.lines()).hasSize(10).allMatch(key -> key.matches("([0-9a-f]{4}-?){4}"));
    assertThat(node.admin("user tfa list r@pbs"))
        .contains("r@pbs", "recovery")
        .doesNotContain(keys);
    assertThat(node.admin("user tfa list r@pbs --output json")).contains("\"type\" : \"recovery\"");
    assertThat(node.admin("user tfa delete r@pbs recovery")).isEmpty();
    assertThat(node.admin("user tfa list r@pbs")).doesNotContain("recovery");
    assertThat(node.admin("user tfa unlock r@pbs")).contains("r@pbs was not locked");
  }

  /** A phone: it reads the secret as soon as it is shown, and types the code. */
  private static final class Phone extends InputStream {
    private final CommandLineOutput shown;
    private InputStream typed = InputStream.nullInputStream();
    private boolean asked;

    Phone(CommandLineOutput shown) {
      this.shown = shown;
    }

    @Override
    public int read() throws IOException {
      return typed().read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      return typed().read(buffer, offset, length);
    }

    private InputStream typed() {
      if (!asked) {
        asked = true;
        typed = new ByteArrayInputStream(code().getBytes(StandardCharsets.UTF_8));
      }
      return typed;
    }

    private String code() {
      Matcher secret = Pattern.compile("secret=([A-Z2-7]+)").matcher(shown.text());
      assertThat(secret.find()).isTrue();
      try {
        return new TimeBasedOneTimePasswordGenerator()
                .generateOneTimePasswordString(
                    new SecretKeySpec(new Base32().decode(secret.group(1)), "HmacSHA1"),
                    Instant.now())
            + "\n";
      } catch (InvalidKeyException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void codesOfAnAppAreAddedByTheFirstCodeThatItShows() {
    node.admin("user create t@pbs");
    CommandLineOutput shown = new CommandLineOutput();
    int code =
        shown.run(
            Map.of(),
            new Phone(shown),
            "user",
            "tfa",
            "totp",
            "t@pbs",
            "--description",
            "phone",
            "--state",
            node.state());
    assertThat(code).as(shown.text()).isZero();
    assertThat(node.admin("user tfa list t@pbs")).contains("totp", "phone");
  }

  @Test
  void whatAnAdministratorSetsUpIsListed() {
    node.admin("user create l@pbs");
    node.admin("user token l@pbs one");
    assertThat(node.admin("user list-tokens l@pbs")).contains("l@pbs!one", "never");
    assertThat(node.admin("realm list")).contains("pam", "pbs", "yes");
    assertThat(node.admin("realm list --output json")).contains("\"realm\" : \"pbs\"");
    assertThat(node.admin("acl roles")).contains("DatastoreReader", "Datastore.Read");
  }

  @Test
  void datastoreOfAnotherServerIsLookedAtAndTakenOver() throws IOException {
    Path store = TestStores.bare(shared.resolve("adopted"));
    String adopt = "datastore adopt " + store;
    assertThat(node.admin(adopt + " --dry-run")).contains("snapshots: 0");
    assertThat(node.admin("datastore list")).doesNotContain("adopted");
    assertThat(node.admin(adopt)).contains("took over datastore adopted");
    assertThat(node.admin("datastore list")).contains("adopted");
    CommandLineRun none =
        CommandLineRun.of("datastore", "adopt", shared.toString(), "--state", node.state());
    assertThat(none.code()).isNotZero();
    assertThat(none.err()).contains("no datastore");
  }

  @Test
  void certificateIsNotChangedUnderARunningNode() {
    CommandLineRun renew = CommandLineRun.of("cert", "renew", "--state", node.state());
    assertThat(renew.code()).isNotZero();
    assertThat(renew.err()).contains("in use by another node");
  }

  @Test
  void certificateIsRenewedRotatedAndReplacedByTheOperators() throws IOException {
    Path state = Files.createDirectory(shared.resolve("other-state"));
    String at = " --state " + state;
    String first = fingerprint(must("cert info" + at));
    String renewed = must("cert renew --host node.example.org" + at);
    assertThat(renewed).contains("old fingerprint: " + first);
    String key = Files.readString(state.resolve("proxy.key"));
    must("cert rotate" + at);
    assertThat(Files.readString(state.resolve("proxy.key"))).isNotEqualTo(key);
    Path own = shared.resolve("own.pem");
    Path ownKey = shared.resolve("own.key");
    TlsIdentity identity =
        TlsIdentity.generate("own.example.org", List.of(), Instant.now(), new SecureRandom());
    Files.write(ownKey, identity.keyPem());
    Files.write(own, identity.certificatePem());
    must("cert install " + own + " " + ownKey + at);
    assertThat(fingerprint(must("cert info" + at))).isEqualTo(identity.fingerprint().toString());
    CommandLineRun foreign =
        CommandLineRun.of(
            ("cert install " + state.resolve("proxy.pem") + " " + foreignKey() + at).split(" "));
    assertThat(foreign.err()).contains("not that of the certificate");
  }

  private static Path foreignKey() throws IOException {
    TlsIdentity foreign = TlsIdentity.generate("x", List.of(), Instant.now(), new SecureRandom());
    return Files.write(shared.resolve("foreign.key"), foreign.keyPem());
  }

  private static String must(String line) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }

  private static String fingerprint(String info) {
    Matcher found = Pattern.compile("fingerprint: +(\\S+)").matcher(info);
    assertThat(found.find()).isTrue();
    return found.group(1);
  }

  @Test
  void configurationOfAnotherServerIsListedThenBrought() throws IOException {
    Path etc = Files.createDirectory(shared.resolve("etc"));
    Files.writeString(etc.resolve("user.cfg"), "user: old@pbs\n\tcomment from there\n");
    Files.writeString(etc.resolve("prune.cfg"), "prune: daily\n\tschedule daily\n\tstore a\n");
    Path state = shared.resolve("imported");
    String line = "import-config " + etc + " --state " + state;
    assertThat(must(line + " --dry-run")).contains("old@pbs", "new", "prune.cfg", "left out");
    assertThat(state.resolve("user.cfg")).doesNotExist();
    must(line);
    assertThat(Files.readString(state.resolve("user.cfg"))).contains("from there");
  }

  @Test
  void userIsChangedAndRemovedWithHisTokens() throws IOException {
    node.admin("user create u@pbs");
    node.admin("user token u@pbs one");
    node.admin("acl update / Audit --auth-id u@pbs");
    assertThat(node.admin("user permissions u@pbs --path /datastore")).contains("Sys.Audit *");
    node.admin("user update u@pbs --enable false --email u@example.org");
    assertThat(node.admin("user list --output json")).contains("u@example.org");
    Path password = Files.writeString(shared.resolve("new-password"), "another password");
    assertThat(node.admin("user passwd u@pbs --password-file " + password)).contains("u@pbs");
    assertThat(node.admin("user delete-token u@pbs one")).contains("u@pbs!one");
    assertThat(node.admin("user remove u@pbs")).contains("removed user u@pbs");
    assertThat(node.admin("user list")).doesNotContain("u@pbs");
    assertThat(node.admin("acl list")).doesNotContain("u@pbs");
  }

  @Test
  void realmIsMadeShownAndRemoved() throws IOException {
    Path secret = Files.writeString(shared.resolve("bind-password"), "s3arch");
    node.admin(
        "realm create ldap corp server1=ldap.example.org port=10389 base-dn=dc=example,dc=org"
            + " user-attr=uid verify=true --secret-file "
            + secret);
    assertThat(node.admin("realm show ldap corp"))
        .contains("10389", "\"verify\" : true")
        .doesNotContain("s3arch");
    assertThat(node.admin("realm list")).contains("corp");
    node.admin("realm delete ldap corp");
    assertThat(node.admin("realm list")).doesNotContain("corp");
  }
}
