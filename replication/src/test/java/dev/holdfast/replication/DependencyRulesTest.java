package dev.holdfast.replication;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** At stake: the cluster informs and never decides, so its library stays behind one interface. */
class DependencyRulesTest {
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.holdfast.replication");

  @Test
  void knowsNothingOfTheNode() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.holdfast.node..")
        .because("dependencies point one way")
        .allowEmptyShould(true)
        .check(classes);
  }

  @Test
  void hazelcastIsReachedOnlyFromMesh() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.holdfast.replication.mesh..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .because("losing the cluster must never cost a backup, a restore or a scheduled sync")
        .allowEmptyShould(true)
        .check(classes);
  }
}
