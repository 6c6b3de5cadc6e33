package dev.holdfast.node;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.FileOutputStream;
import java.io.FileWriter;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/**
 * At stake: the process uses the mesh through its interface, never the cluster library itself; and
 * what it writes goes through the interface whose operations a test can fail or cut short.
 */
class DependencyRulesTest {
  /** Of the static methods of {@link Files}. */
  private static final String WRITING =
      "write|writeString|newOutputStream|newBufferedWriter|newByteChannel|copy|move|createFile";

  private final JavaClasses node =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.holdfast.node");

  @Test
  void hazelcastIsUnknownHere() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.hazelcast..")
        .because("Hazelcast is behind one interface in replication")
        .allowEmptyShould(true)
        .check(node);
  }

  @Test
  void nothingButCommandsWritesFilesByItself() {
    noClasses()
        .that()
        .resideOutsideOfPackages("..node.cli..", "..node.bench..")
        .should()
        .callMethodWhere(target(owner(type(Files.class))).and(target(nameMatching(WRITING))))
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(FileOutputStream.class, FileWriter.class, RandomAccessFile.class)
        .because("state goes through StateDirectory, which replaces a file whole and durably")
        .check(node);
  }
}
