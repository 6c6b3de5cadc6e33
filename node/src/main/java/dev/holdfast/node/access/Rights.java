package dev.holdfast.node.access;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What somebody may do on one path.
 *
 * @param all every privilege there
 * @param propagated those of them that hold below too
 */
public record Rights(Set<Privilege> all, Set<Privilege> propagated) {
  public static final Rights NONE = new Rights(Set.of(), Set.of());
  public static final Rights EVERYTHING =
      new Rights(EnumSet.allOf(Privilege.class), EnumSet.allOf(Privilege.class));

  public Rights {
    all = frozen(all);
    propagated = frozen(propagated);
  }

  public boolean any(Set<Privilege> wanted) {
    return !Collections.disjoint(all, wanted);
  }

  Rights and(Rights other) {
    Set<Privilege> both = copy(all);
    both.retainAll(other.all);
    Set<Privilege> bothPropagated = copy(propagated);
    bothPropagated.retainAll(other.propagated);
    return new Rights(both, bothPropagated);
  }

  private static Set<Privilege> copy(Set<Privilege> set) {
    Set<Privilege> copy = EnumSet.noneOf(Privilege.class);
    copy.addAll(set);
    return copy;
  }

  private static Set<Privilege> frozen(Set<Privilege> set) {
    return Collections.unmodifiableSet(copy(set));
  }
}
