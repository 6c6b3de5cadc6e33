package dev.holdfast.chunkstore.pxar;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * POSIX access and default lists as an archive holds them: only what the mode does not say.
 * Permissions are rwx as 4, 2, 1.
 *
 * @param groupObject what the owning group may do; set when there is a mask, which the mode then
 *     shows in its place
 * @param defaults for directories: what their new files inherit
 */
public record PxarAcl(
    List<Named> users,
    List<Named> groups,
    @Nullable Integer groupObject,
    @Nullable Defaults defaults,
    List<Named> defaultUsers,
    List<Named> defaultGroups) {
  public static final PxarAcl NONE =
      new PxarAcl(List.of(), List.of(), null, null, List.of(), List.of());

  public PxarAcl {
    users = List.copyOf(users);
    groups = List.copyOf(groups);
    defaultUsers = List.copyOf(defaultUsers);
    defaultGroups = List.copyOf(defaultGroups);
  }

  public record Named(int id, int permissions) {}

  /** The unnamed entries of a default list; null means unset. */
  public record Defaults(
      @Nullable Integer user,
      @Nullable Integer group,
      @Nullable Integer other,
      @Nullable Integer mask) {}

  boolean hasAccess() {
    return !users.isEmpty() || !groups.isEmpty() || groupObject != null;
  }

  boolean hasDefault() {
    return defaults != null || !defaultUsers.isEmpty() || !defaultGroups.isEmpty();
  }
}
