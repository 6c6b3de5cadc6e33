package dev.holdfast.meshconfig;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** At stake: configuration is plain data that a validator, an editor or a test can use alone. */
class DependencyRulesTest {
  @Test
  void knowsOnlyValueTypesOfTheStore() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.holdfast.replication..",
            "dev.holdfast.node..",
            "io.vertx..",
            "io.netty..",
            "com.hazelcast..")
        .because("dependencies point one way")
        .allowEmptyShould(true)
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.holdfast.meshconfig"));
  }
}
