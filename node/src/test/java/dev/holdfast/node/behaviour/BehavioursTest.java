package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** At stake: the table of observable behaviours is a promise, so each of its lines has a test. */
final class BehavioursTest {
  private static final int COUNT = 50;

  @Test
  void everyBehaviourOfTheTableHasATest() {
    SortedSet<Integer> shown = new TreeSet<>();
    for (JavaClass tests : new ClassFileImporter().importPackages("dev.holdfast.node")) {
      for (JavaMethod method : tests.getMethods()) {
        if (method.isAnnotatedWith(Behaviour.class) && method.isAnnotatedWith(Test.class)) {
          for (int number : method.getAnnotationOfType(Behaviour.class).value()) {
            shown.add(number);
          }
        }
      }
    }
    assertThat(shown).containsExactlyElementsOf(IntStream.rangeClosed(1, COUNT).boxed().toList());
  }
}
