package dev.holdfast.chunkstore;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/**
 * At stake: the store must stay ordinary Java that a simulation, a fuzzer or a one-shot command can
 * call.
 */
class DependencyRulesTest {
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.holdfast.chunkstore");

  @Test
  void knowsNoOtherModuleAndNoServerLibrary() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.holdfast.meshconfig..",
            "dev.holdfast.replication..",
            "dev.holdfast.node..",
            "io.vertx..",
            "io.netty..",
            "com.hazelcast..")
        .because("dependencies point one way, and the bytes on disk need no server")
        .check(classes);
  }

  @Test
  void hasNoClockAndNoRandomnessOfItsOwn() {
    noClasses()
        .should()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(java.util.UUID.class, "randomUUID")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callConstructor(java.util.Random.class)
        .because("time and randomness come in as parameters, so that a test can replay them")
        .check(classes);
  }
}
