package dev.holdfast.node.adopt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Authenticator.Credentials;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.UserConfig.Entry;
import dev.holdfast.node.adopt.ImportItem.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who could log in at the old server can here, and may do the same; and nothing that is
 * here already is lost. The configuration is a recorded one.
 */
class ConfigImportTest {
  @TempDir Path directory = Path.of("");
  private Path source = Path.of("");

  @SuppressWarnings("NullAway.Init") // before each test
  private StateDirectory state;

  @BeforeEach
  void recorded() throws IOException {
    source = Files.createDirectory(directory.resolve("etc"));
    state = StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom());
    JsonNode old = Vectors.json("pbs-3.2.4/auth-and-keys.json");
    for (Map.Entry<String, JsonNode> file : old.path("config_files").properties()) {
      write(file.getKey(), file.getValue().asText());
    }
    write("shadow.json", old.path("password_hashes").path("shadow.json").toString());
    write("token.shadow", old.path("token_hashes").path("token.shadow").toString());
    write("csrf.key", old.path("csrf_key_file").asText());
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(source.resolve(name), text);
  }

  private ConfigImport plan() {
    return ConfigImport.plan(source, state);
  }

  private static Map<String, Outcome> outcomes(ConfigImport plan) {
    Map<String, Outcome> outcomes = new TreeMap<>();
    plan.items().forEach(item -> outcomes.put(item.file() + " " + item.id(), item.outcome()));
    return outcomes;
  }

  private AccessState access() {
    return AccessState.open(state, InstantSource.system());
  }

  @Test
  void usersAndTokensOfARealServerLogInAndMayDoTheSame() {
    plan().apply();
    AccessState access = access();
    AuthId user = AuthId.parse("backup@pbs");
    assertThat(access.authenticator().login(user, new Secret("pbs-test-pw")).isHalf()).isFalse();
    assertThatThrownBy(() -> access.authenticator().login(user, new Secret("pbs-test-px")))
        .hasMessage("invalid credentials");
    Credentials token =
        new Credentials(
            "GET", null, "PBSAPIToken=root@pam!adm:12bd4e48-7ae4-46ba-bbd0-43011f3159b1", null);
    assertThat(access.authenticator().authenticate(token)).isEqualTo(AuthId.ROOT.withToken("adm"));
    assertThat(access.control().any(user, "/datastore/x", Set.of(Privilege.DATASTORE_BACKUP)))
        .isTrue();
    assertThat(state.read("remote.cfg")).isPresent();
    assertThat(state.read("sync.cfg")).isPresent();
  }

  @Test
  void planNamesEachThingAndWritesNothing() {
    ConfigImport plan = plan();
    assertThat(outcomes(plan))
        .containsEntry("user.cfg backup@pbs!t1", Outcome.NEW)
        .containsEntry("acl.cfg / root@pam!adm Admin", Outcome.NEW)
        .containsEntry("remote.cfg site-a", Outcome.NEW)
        .containsEntry("sync.cfg sync-1", Outcome.NEW)
        .containsEntry("datastore.cfg plain", Outcome.LEFT_OUT)
        .containsEntry("csrf.key csrf.key", Outcome.LEFT_OUT);
    assertThat(plan.items())
        .allSatisfy(item -> assertThat(item.toString()).doesNotContain("$y$"))
        .anyMatch(
            item ->
                item.reason().endsWith("datastore adopt --name plain /mnt/datastore/site1/plain"));
    assertThat(state.read("user.cfg")).isEmpty();
  }

  @Test
  void secondImportFindsEverythingThere() {
    plan().apply();
    byte[] users = state.read("user.cfg").orElseThrow();
    ConfigImport again = plan();
    assertThat(outcomes(again).values()).isSubsetOf(Outcome.SAME, Outcome.LEFT_OUT);
    again.apply();
    assertThat(state.read("user.cfg").orElseThrow()).isEqualTo(users);
  }

  @Test
  void whatIsHereStaysAsItIs() {
    AccessState access = access();
    AuthId user = AuthId.parse("backup@pbs");
    access.control().users().update(users -> users.with(Entry.of(user).with("comment", "ours")));
    access.authenticator().setPassword(user, new Secret("our own password"));
    ConfigImport plan = plan();
    assertThat(outcomes(plan))
        .containsEntry("user.cfg backup@pbs", Outcome.KEPT)
        .containsEntry("shadow.json backup", Outcome.KEPT)
        .containsEntry("user.cfg viewer@pbs", Outcome.NEW);
    plan.apply();
    AccessState after = access();
    assertThat(after.authenticator().login(user, new Secret("our own password")).user())
        .isEqualTo(user);
    assertThat(after.control().users().value().format())
        .contains("comment ours")
        .contains("viewer@pbs");
  }

  @Test
  void entryThatCannotBeUsedDoesNotKeepTheOthersOut() throws IOException {
    write("user.cfg", "user: a@pbs\n\tshoe 43\n\nuser: b@pbs\n");
    write("acl.cfg", "acl:1:/:b@pbs:Wizard\nacl:1:/:b@pbs:Audit\n");
    ConfigImport plan = plan();
    assertThat(outcomes(plan))
        .containsEntry("user.cfg a@pbs", Outcome.LEFT_OUT)
        .containsEntry("user.cfg b@pbs", Outcome.NEW)
        .containsEntry("acl.cfg / b@pbs Audit", Outcome.NEW);
    assertThat(plan.items())
        .filteredOn(item -> item.outcome() == Outcome.LEFT_OUT)
        .extracting(ImportItem::reason)
        .anyMatch(reason -> reason.contains("shoe"))
        .anyMatch(reason -> reason.contains("Wizard"));
  }

  @Test
  void configurationOf42ComesWithItsRealmsAndSaysWhichJobsWillNotRun() throws IOException {
    JsonNode files = Vectors.json("pbs-4.2/server-files.json");
    for (String name : List.of("sync.cfg", "remote.cfg", "domains.cfg", "user.cfg", "acl.cfg")) {
      write(name, files.path("d/" + name).path("text").asText());
    }
    ConfigImport plan = plan();
    assertThat(outcomes(plan))
        .containsEntry("domains.cfg pam", Outcome.NEW)
        .containsEntry("sync.cfg push-new", Outcome.NEW)
        .containsEntry("remote.cfg old324", Outcome.NEW);
    plan.apply();
    assertThat(access().realms().value().realms()).hasSize(2);
  }

  @Test
  void directoryWithoutConfigurationIsRefused() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    assertThatThrownBy(() -> ConfigImport.plan(empty, state))
        .hasMessageContaining("neither 'user.cfg' nor 'datastore.cfg'");
  }
}
