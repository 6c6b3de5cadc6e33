package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: one wrong digit in a type, and no other program reads what we write. */
class PxarFormatTest {
  @ParameterizedTest
  @CsvSource({
    "FORMAT_VERSION, __PROXMOX_FORMAT_VERSION__",
    "PRELUDE, __PROXMOX_FORMAT_PRELUDE__",
    "ENTRY, __PROXMOX_FORMAT_ENTRY_V2__",
    "ENTRY_V1, __PROXMOX_FORMAT_ENTRY__",
    "FILENAME, __PROXMOX_FORMAT_FILENAME__",
    "SYMLINK, __PROXMOX_FORMAT_SYMLINK__",
    "HARDLINK, __PROXMOX_FORMAT_HARDLINK__",
    "DEVICE, __PROXMOX_FORMAT_DEVICE__",
    "XATTR, __PROXMOX_FORMAT_XATTR__",
    "ACL_USER, __PROXMOX_FORMAT_ACL_USER__",
    "ACL_GROUP, __PROXMOX_FORMAT_ACL_GROUP__",
    "ACL_GROUP_OBJ, __PROXMOX_FORMAT_ACL_GROUP_OBJ__",
    "ACL_DEFAULT, __PROXMOX_FORMAT_ACL_DEFAULT__",
    "ACL_DEFAULT_USER, __PROXMOX_FORMAT_ACL_DEFAULT_USER__",
    "ACL_DEFAULT_GROUP, __PROXMOX_FORMAT_ACL_DEFAULT_GROUP__",
    "FCAPS, __PROXMOX_FORMAT_FCAPS__",
    "QUOTA_PROJID, __PROXMOX_FORMAT_QUOTA_PROJID__",
    "PAYLOAD, __PROXMOX_FORMAT_PXAR_PAYLOAD__",
    "PAYLOAD_REF, __PROXMOX_FORMAT_PXAR_PAYLOAD_REF__",
    "GOODBYE, __PROXMOX_FORMAT_GOODBYE__",
    "GOODBYE_TAIL_MARKER, __PROXMOX_FORMAT_PXAR_GOODBYE_TAIL_MARKER__",
    "PAYLOAD_START_MARKER, __PROXMOX_FORMAT_PXAR_PAYLOAD_START_MARKER__",
    "PAYLOAD_TAIL_MARKER, __PROXMOX_FORMAT_PXAR_PAYLOAD_TAIL_MARKER__"
  })
  void everyTypeIsTheHashOfItsName(String constant, String name)
      throws ReflectiveOperationException {
    assertThat(PxarFormat.class.getField(constant).getLong(null))
        .isEqualTo(SipHash24.hash(Bytes.of(name)));
  }
}
