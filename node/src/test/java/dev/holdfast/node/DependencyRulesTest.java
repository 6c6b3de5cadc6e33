package dev.holdfast.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** At stake: the process uses the mesh through its interface, never the cluster library itself. */
class DependencyRulesTest {
  @Test
  void hazelcastIsUnknownHere() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .because("Hazelcast is behind one interface in replication")
        .allowEmptyShould(true)
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.holdfast.node"));
  }
}
