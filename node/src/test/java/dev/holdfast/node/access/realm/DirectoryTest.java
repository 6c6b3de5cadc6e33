package dev.holdfast.node.access.realm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.OperationType;
import com.unboundid.ldif.LDIFException;
import com.unboundid.util.ssl.SSLUtil;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Acl;
import dev.holdfast.node.access.Role;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: whoever binds at the directory is in, nobody else, whatever his name looks like; and a
 * sync takes away only what it was told to. Against a directory in memory.
 */
class DirectoryTest {
  private static final String PASSWORD = "pa55 of alice";

  @TempDir Path directory = Path.of("");

  @SuppressWarnings("NullAway.Init") // before each test
  private InMemoryDirectoryServer server;

  private AccessState access;

  @BeforeEach
  void start() throws LDAPException, LDIFException, IOException, GeneralSecurityException {
    TlsIdentity identity =
        TlsIdentity.generate("localhost", List.of(), Instant.now(), new SecureRandom());
    Files.write(directory.resolve("ca.pem"), identity.certificatePem());
    SSLUtil tls = new SSLUtil(keys(identity).getKeyManagers(), null);
    InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig("dc=example,dc=org");
    config.setSchema(null);
    config.addAdditionalBindCredentials("cn=search", "s3arch");
    config.setAuthenticationRequiredOperationTypes(OperationType.SEARCH);
    InetAddress here = InetAddress.getLoopbackAddress();
    config.setListenerConfigs(
        InMemoryListenerConfig.createLDAPConfig("plain", here, 0, tls.createSSLSocketFactory()),
        InMemoryListenerConfig.createLDAPSConfig(
            "tls", here, 0, tls.createSSLServerSocketFactory(), null));
    server = new InMemoryDirectoryServer(config);
    server.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
    add("alice", "a@example.org");
    add("bob", "b@example.org");
    server.add(
        "dn: cn=printer,dc=example,dc=org", "objectClass: device", "uid: printer", "cn: printer");
    server.startListening();
    access =
        AccessState.open(
            StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom()),
            InstantSource.system());
  }

  private static KeyManagerFactory keys(TlsIdentity identity)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "x", identity.privateKey(), new char[0], new Certificate[] {identity.certificate()});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys;
  }

  private void add(String name, String mail) throws LDAPException, LDIFException {
    server.add(
        "dn: uid=" + name + ",dc=example,dc=org",
        "objectClass: inetOrgPerson",
        "uid: " + name,
        "mail: " + mail,
        "userPassword: pa55 of " + name);
  }

  @AfterEach
  void stop() {
    server.shutDown(true);
  }

  private DirectoryRealm realm(String... more) {
    Map<String, String> values = new TreeMap<>();
    values.put("server1", "127.0.0.1");
    values.put("port", Integer.toString(server.getListenPort("plain")));
    values.put("base-dn", "dc=example,dc=org");
    values.put("user-attr", "uid");
    values.put("bind-dn", "cn=search");
    values.put("sync-attributes", "email=mail");
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i], more[i + 1]);
    }
    return DirectoryRealm.of(Section.of("ldap", "corp", values));
  }

  private static void login(DirectoryRealm realm, String user, String password) {
    new Directory(realm, new Secret("s3arch")).checkPassword(user, new Secret(password));
  }

  private static void assertRefused(DirectoryRealm realm, String user, String password) {
    assertThatThrownBy(() -> login(realm, user, password))
        .isInstanceOf(BackupException.class)
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void userBindsWithHisPasswordAndNoOther() {
    login(realm(), "alice", PASSWORD);
    assertRefused(realm(), "alice", "pa55 of bob");
    assertRefused(realm(), "alice", "");
    assertRefused(realm(), "nobody", PASSWORD);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"*", "a*", "alice)(uid=*", "*)(objectClass=*", "alice\\2a", "uid=alice", "(|"})
  void nameIsNeverPartOfTheFilter(String name) {
    assertRefused(realm(), name, PASSWORD);
  }

  @Test
  void filterSaysWhoIsAUserAtAll() {
    assertRefused(realm("filter", "mail=b@example.org"), "alice", PASSWORD);
    login(realm("filter", "(mail=a@example.org)"), "alice", PASSWORD);
    assertThatThrownBy(() -> realm("filter", "(mail")).hasMessageContaining("no LDAP filter");
  }

  @Test
  void secondServerIsAskedWhenTheFirstIsNotThere() {
    login(realm("server1", "127.0.0.2", "server2", "127.0.0.1"), "alice", PASSWORD);
  }

  @Test
  void connectionIsProtectedAndTheCertificateChecked() {
    String ca = directory.resolve("ca.pem").toString();
    String tls = Integer.toString(server.getListenPort("tls"));
    for (String[] mode :
        List.of(
            new String[] {"mode", "ldap+starttls"}, new String[] {"mode", "ldaps", "port", tls})) {
      List<String> trusted = new ArrayList<>(List.of(mode));
      trusted.addAll(List.of("server1", "localhost", "verify", "true", "capath", ca));
      login(realm(trusted.toArray(String[]::new)), "alice", PASSWORD);
      login(realm(mode), "alice", PASSWORD); // not looked at
      List<String> unknown = new ArrayList<>(List.of(mode));
      unknown.addAll(List.of("server1", "localhost", "verify", "true"));
      assertThatThrownBy(() -> login(realm(unknown.toArray(String[]::new)), "alice", PASSWORD))
          .hasMessageContaining("cannot connect");
    }
  }

  @Test
  void wrongBindPasswordIsTheOperatorsMistake() {
    assertThatThrownBy(
            () ->
                new Directory(realm(), new Secret("wrong"))
                    .checkPassword("alice", new Secret(PASSWORD)))
        .hasMessageContaining("cannot bind as 'cn=search'");
  }

  // ---- sync ----

  private List<String> sync(String options, boolean dryRun) {
    access.realmSecrets().set("corp", new Secret("s3arch"));
    List<String> log = new ArrayList<>();
    new DirectorySync(access, realm(), SyncOptions.parse(options), log::add).run(dryRun);
    return log;
  }

  private Entry user(String name) {
    Entry user = access.control().users().value().find(AuthId.parse(name));
    if (user == null) {
      throw new AssertionError(name + " does not exist");
    }
    return user;
  }

  @Test
  void usersComeWithTheirAddressesAndStayWhenTheyVanish() throws LDAPException, LDIFException {
    assertThat(sync("", true)).contains("creating user alice@corp", "dry run: nothing was changed");
    assertThat(access.control().users().value().users()).isEmpty();
    assertThat(sync("", false)).contains("creating user alice@corp", "creating user bob@corp");
    assertThat(user("alice@corp").properties()).containsEntry("email", "a@example.org");
    assertThat(access.control().users().value().users()).hasSize(2); // a printer is no user
    server.modify(
        "dn: uid=alice,dc=example,dc=org",
        "changetype: modify",
        "replace: mail",
        "mail: new@example.org");
    server.delete("uid=bob,dc=example,dc=org");
    assertThat(sync("", false))
        .contains("updating user alice@corp", "keeping vanished user bob@corp");
    assertThat(user("alice@corp").properties()).containsEntry("email", "new@example.org");
    assertThat(user("bob@corp").enabled()).isTrue();
  }

  @Test
  void vanishedUserTakesHisRightsAlongWhereThatIsWanted() throws LDAPException, LDIFException {
    var unused = sync("enable-new=false", false);
    assertThat(user("bob@corp").enabled()).isFalse();
    AuthId bob = AuthId.parse("bob@corp");
    access.control().users().update(users -> users.with(Entry.of(AuthId.parse("eve@pbs"))));
    access
        .control()
        .acl()
        .update(
            acl ->
                acl.with(new Acl.Entry("/", bob.toString(), Role.AUDIT, true))
                    .with(new Acl.Entry("/", "eve@pbs", Role.AUDIT, true)));
    server.delete("uid=bob,dc=example,dc=org");
    assertThat(sync("remove-vanished=\"acl;entry\"", false)).contains("removing user bob@corp");
    assertThat(access.control().users().value().exists(bob)).isFalse();
    assertThat(access.control().acl().value().format()).contains("eve@pbs").doesNotContain("bob");
    assertThat(access.control().users().value().exists(AuthId.parse("eve@pbs"))).isTrue();
  }

  @Test
  void unreachableDirectoryChangesNothing() {
    var unused = sync("", false);
    server.shutDown(true);
    assertThatThrownBy(() -> sync("remove-vanished=\"entry\"", false))
        .isInstanceOf(BackupException.class);
    assertThatCode(() -> user("alice@corp")).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "enable-new=maybe", "remove-vanished=all", "enable-new=1,x"})
  void unknownSyncOptionIsRefused(String text) {
    assertThatThrownBy(() -> SyncOptions.parse(text)).isInstanceOf(BackupException.class);
  }
}
