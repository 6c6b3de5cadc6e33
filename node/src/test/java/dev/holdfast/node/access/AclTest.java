package dev.holdfast.node.access;

import static dev.holdfast.node.access.Privilege.DATASTORE_AUDIT;
import static dev.holdfast.node.access.Privilege.DATASTORE_BACKUP;
import static dev.holdfast.node.access.Privilege.SYS_AUDIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: nobody gets a right that no entry gives. The cases of spec/rest-api.md §4.2. */
class AclTest {
  private static final Acl ACL =
      Acl.parse(
          """
          acl:1:/:u@pbs:Audit
          acl:1:/datastore/a:u@pbs:DatastoreBackup
          acl:0:/datastore/b:u@pbs:DatastoreAdmin
          acl:1:/datastore/a/x:u@pbs:NoAccess
          acl:1:/:u@pbs!t:Admin
          acl:1:/datastore/c:u@pbs!t:DatastoreReader
          """);

  private static Set<Privilege> of(String id, String path) {
    return AccessControl.rights(ACL, AuthId.parse(id), path).all();
  }

  @Test
  void entriesAboveHoldBelow() {
    assertThat(of("u@pbs", "/datastore")).containsExactly(SYS_AUDIT, DATASTORE_AUDIT);
  }

  @Test
  void deeperEntryReplacesWhatCameFromAbove() {
    assertThat(of("u@pbs", "/datastore/a")).containsExactly(DATASTORE_BACKUP);
    assertThat(of("u@pbs", "/datastore/a/y/z")).containsExactly(DATASTORE_BACKUP);
  }

  @Test
  void noAccessTakesEverything() {
    assertThat(of("u@pbs", "/datastore/a/x/q")).isEmpty();
  }

  @Test
  void entryWithoutPropagationCountsOnItsPathAlone() {
    assertThat(of("u@pbs", "/datastore/b")).isEqualTo(Role.DATASTORE_ADMIN.privileges());
    assertThat(of("u@pbs", "/datastore/b/ns1")).containsExactly(SYS_AUDIT, DATASTORE_AUDIT);
  }

  @Test
  void tokenHasAtMostWhatItsUserHas() {
    assertThat(of("u@pbs!t", "/datastore/a")).containsExactly(DATASTORE_BACKUP);
    assertThat(of("u@pbs!t", "/datastore/c")).containsExactly(DATASTORE_AUDIT);
    assertThat(of("u@pbs!t2", "/datastore/a")).isEmpty();
  }

  @Test
  void superuserHasEverythingAndHisTokenOnlyItsEntries() {
    assertThat(of("root@pam", "/datastore/a/x")).containsExactly(Privilege.values());
    assertThat(of("root@pam!t", "/datastore/a")).isEmpty();
  }

  @Test
  void propagatedPrivilegesAreToldApart() {
    Rights rights = AccessControl.rights(ACL, AuthId.parse("u@pbs"), "/datastore/b");
    assertThat(rights.propagated()).isEmpty();
    assertThat(rights.all()).isNotEmpty();
  }

  @Test
  void noAccessExcludesOtherRolesOfTheSameNode() {
    Acl acl = Acl.parse("acl:1:/datastore/a:u@pbs:DatastoreAdmin,NoAccess\n");
    assertThat(acl.format()).isEqualTo("acl:1:/datastore/a:u@pbs:NoAccess\n");
    Acl again = acl.with(new Acl.Entry("/datastore/a", "u@pbs", Role.AUDIT, true));
    assertThat(again.format()).isEqualTo("acl:1:/datastore/a:u@pbs:Audit\n");
  }

  @Test
  void pathsAreReadWithAnySlashes() {
    Acl acl = Acl.parse("acl:1://datastore//a/:u@pbs:Audit\n");
    assertThat(acl.paths()).containsExactly("/datastore/a");
  }

  @Test
  void writtenInTreeOrderWithIdsOfOneRoleListTogether() {
    Acl acl =
        Acl.parse(
            """
            acl:1:/datastore/b:z@pbs:Audit
            acl:1:/datastore:u@pbs!t:DatastoreAdmin
            acl:1:/datastore:u@pbs:DatastoreAdmin
            acl:0:/datastore/b:a@pbs:Audit
            """);
    assertThat(acl.format())
        .isEqualTo(
            """
            acl:1:/datastore:u@pbs,u@pbs!t:DatastoreAdmin
            acl:0:/datastore/b:a@pbs:Audit
            acl:1:/datastore/b:z@pbs:Audit
            """);
    assertThat(Acl.parse(acl.format()).entries()).isEqualTo(acl.entries());
  }

  @Test
  void removingAUserRemovesHisTokensToo() {
    assertThat(ACL.without(AuthId.parse("u@pbs")).entries()).isEmpty();
    assertThat(ACL.without(AuthId.parse("u@pbs!t")).entries())
        .hasSize(4)
        .noneMatch(entry -> entry.id().contains("!"));
  }

  @ParameterizedTest
  @CsvSource({
    "'acl:1:/:u@pbs'",
    "'acl:2:/:u@pbs:Audit'",
    "'acl:1:/:u@pbs:Emperor'",
    "'acl:1:/:nobody:Audit'",
    "'# comment'"
  })
  void damagedLineIsRefused(String line) {
    assertThatThrownBy(() -> Acl.parse(line + "\n")).isInstanceOf(BackupException.class);
  }
}
