package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.PxarAcl.Named;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers the metadata items of one entry, in the order that the grammar gives them. */
final class MetadataItems {
  /**
   * All attributes and lists of one entry. The kernel's lists end far below; without a limit an
   * archive could make its reader keep any amount.
   */
  static final int BYTES_MAX = 16 * 1024 * 1024;

  private static final int PERMISSIONS = 7;
  private static final long UNSET = -1;

  private enum Step {
    XATTR,
    USER,
    GROUP,
    GROUP_OBJECT,
    DEFAULT,
    DEFAULT_USER,
    DEFAULT_GROUP,
    CAPABILITIES,
    QUOTA
  }

  private final PxarItemReader items;
  private final List<Xattr> xattrs = new ArrayList<>();
  private final List<Named> users = new ArrayList<>();
  private final List<Named> groups = new ArrayList<>();
  private final List<Named> defaultUsers = new ArrayList<>();
  private final List<Named> defaultGroups = new ArrayList<>();
  private @Nullable Integer groupObject;
  private PxarAcl.@Nullable Defaults defaults;
  private @Nullable Bytes capabilities;
  private @Nullable Long quotaProject;
  private Step step = Step.XATTR;
  private long bytes;

  /**
   * @param items where they come from, for errors
   */
  MetadataItems(PxarItemReader items) {
    this.items = items;
  }

  /** Takes the item in, or returns false when it is no metadata item. */
  boolean add(PxarItem item) {
    switch (item) {
      case PxarItem.ExtendedAttribute attribute -> {
        advance(Step.XATTR, true, item);
        xattrs.add(new Xattr(attribute.name(), attribute.value()));
      }
      case PxarItem.AclNamed named -> addNamed(named);
      case PxarItem.AclGroupObject object -> {
        advance(Step.GROUP_OBJECT, groupObject == null, item);
        groupObject = (int) object.permissions() & PERMISSIONS;
      }
      case PxarItem.AclDefault unnamed -> {
        advance(Step.DEFAULT, defaults == null, item);
        defaults =
            new PxarAcl.Defaults(
                permissions(unnamed.user()),
                permissions(unnamed.group()),
                permissions(unnamed.other()),
                permissions(unnamed.mask()));
      }
      case PxarItem.Capabilities found -> {
        advance(Step.CAPABILITIES, capabilities == null, item);
        capabilities = found.value();
      }
      case PxarItem.QuotaProject project -> {
        advance(Step.QUOTA, quotaProject == null, item);
        quotaProject = project.id();
      }
      case PxarItem.FormatVersion _,
          PxarItem.Prelude _,
          PxarItem.Entry _,
          PxarItem.Filename _,
          PxarItem.Symlink _,
          PxarItem.HardLink _,
          PxarItem.Device _,
          PxarItem.Payload _,
          PxarItem.PayloadReference _,
          PxarItem.Goodbye _ -> {
        return false;
      }
    }
    return true;
  }

  PxarMetadata metadata() {
    if (bytes == 0) {
      return PxarMetadata.NONE;
    }
    return new PxarMetadata(
        xattrs,
        new PxarAcl(users, groups, groupObject, defaults, defaultUsers, defaultGroups),
        capabilities,
        quotaProject);
  }

  private void addNamed(PxarItem.AclNamed item) {
    long type = item.header().type();
    Step itsStep;
    List<Named> list;
    if (type == PxarFormat.ACL_USER) {
      itsStep = Step.USER;
      list = users;
    } else if (type == PxarFormat.ACL_GROUP) {
      itsStep = Step.GROUP;
      list = groups;
    } else if (type == PxarFormat.ACL_DEFAULT_USER) {
      itsStep = Step.DEFAULT_USER;
      list = defaultUsers;
    } else {
      itsStep = Step.DEFAULT_GROUP;
      list = defaultGroups;
    }
    advance(itsStep, true, item);
    if (Long.compareUnsigned(item.id(), 0xffffffffL) > 0) {
      throw corrupt(
          item, "access list names id " + Long.toUnsignedString(item.id()) + ", above 2^32-1");
    }
    list.add(new Named((int) item.id(), (int) item.permissions() & PERMISSIONS));
  }

  private static @Nullable Integer permissions(long value) {
    return value == UNSET ? null : (Integer) ((int) value & PERMISSIONS);
  }

  private void advance(Step next, boolean first, PxarItem item) {
    if (next.compareTo(step) < 0 || !first) {
      throw corrupt(item, next + " item after " + step + ", out of its order");
    }
    step = next;
    bytes += item.header().bytes();
    if (bytes > BYTES_MAX) {
      throw corrupt(item, "metadata of one entry is above " + BYTES_MAX + " bytes");
    }
  }

  private BackupException corrupt(PxarItem item, String what) {
    return items.corrupt(item.header().position(), what);
  }
}
