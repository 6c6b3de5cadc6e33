package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A namespace of a datastore, {@code a/b/c}; the root is the empty text. Depth 0 … 7
 * (spec/formats.md §1.2).
 */
public record Namespace(List<String> components) implements Comparable<Namespace> {
  public static final int DEPTH_MAX = 7;
  public static final int LENGTH_MAX = 256;
  public static final Namespace ROOT = new Namespace(List.of());

  public Namespace {
    components = List.copyOf(components);
    components.forEach(c -> SafeId.require(c, "namespace component"));
    if (components.size() > DEPTH_MAX) {
      throw BackupException.invalid(
          "namespace too deep, " + components.size() + " > max " + DEPTH_MAX);
    }
    int length = String.join("/", components).length();
    if (length > LENGTH_MAX) {
      throw BackupException.invalid(
          "namespace of " + length + " characters, expected at most " + LENGTH_MAX);
    }
  }

  public static Namespace parse(String text) {
    return text.isEmpty() ? ROOT : new Namespace(List.of(text.split("/", -1)));
  }

  public boolean isRoot() {
    return components.isEmpty();
  }

  public int depth() {
    return components.size();
  }

  /** Null for the root. */
  public @Nullable Namespace parent() {
    return isRoot() ? null : new Namespace(components.subList(0, depth() - 1));
  }

  public Namespace child(String component) {
    List<String> longer = new ArrayList<>(components);
    longer.add(component);
    return new Namespace(longer);
  }

  /** True for itself and everything below. */
  public boolean contains(Namespace other) {
    return other.depth() >= depth() && other.components.subList(0, depth()).equals(components);
  }

  /** Replaces the prefix {@code from}, which must contain this, by {@code to}. */
  public Namespace rebase(Namespace from, Namespace to) {
    if (!from.contains(this)) {
      throw BackupException.invalid("namespace '" + this + "' is not below '" + from + "'");
    }
    List<String> moved = new ArrayList<>(to.components);
    moved.addAll(components.subList(from.depth(), depth()));
    return new Namespace(moved);
  }

  /**
   * As task ids and texts have it in paths: {@code ns/a/ns/b/} before what is in it, or nothing.
   */
  public String pathPrefix() {
    StringBuilder path = new StringBuilder();
    components.forEach(component -> path.append("ns/").append(component).append('/'));
    return path.toString();
  }

  @Override
  public int compareTo(Namespace other) {
    for (int i = 0; i < Math.min(depth(), other.depth()); i++) {
      int order = components.get(i).compareTo(other.components.get(i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(depth(), other.depth());
  }

  @Override
  public String toString() {
    return String.join("/", components);
  }
}
