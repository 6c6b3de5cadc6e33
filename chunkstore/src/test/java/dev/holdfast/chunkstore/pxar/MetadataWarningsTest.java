package dev.holdfast.chunkstore.pxar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what cannot be restored is said, once each, and nothing else is lost for it. */
class MetadataWarningsTest {
  /** Of a FAT file system, and of a btrfs subvolume. */
  private static final long HIDDEN = 0x2000;

  private static final long SUBVOLUME = 0x4000000;

  @Test
  void whatThePlatformCannotRestoreIsOneWarningEach(@TempDir Path temp) throws IOException {
    assumeThat(System.getProperty("os.name")).isEqualTo("Linux");
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    PxarWriter writer = new PxarWriter(archive);
    writer.startRoot(stat(FileMode.DIRECTORY | 0755, 0), PxarMetadata.NONE);
    PxarMetadata odd =
        new PxarMetadata(
            List.of(new Xattr(Bytes.of("nosuch.space"), Bytes.of("x"))), PxarAcl.NONE, null, null);
    file(writer, "attribute", 0, odd);
    file(writer, "hidden", HIDDEN, PxarMetadata.NONE);
    file(writer, "sub1", SUBVOLUME, PxarMetadata.NONE);
    file(writer, "sub2", SUBVOLUME, PxarMetadata.NONE);
    writer.endDirectory();
    writer.finish();
    List<String> warnings = new ArrayList<>();
    Path target = temp.resolve("target");
    TreeRestore.restore(
        new ByteArrayInputStream(archive.toByteArray()),
        target,
        false,
        new TreeListener() {
          @Override
          public void warning(String text) {
            warnings.add(text);
          }
        });
    assertThat(target.toFile().list())
        .containsExactlyInAnyOrder("attribute", "hidden", "sub1", "sub2");
    assertThat(warnings)
        .filteredOn(text -> !text.startsWith("owners"))
        .hasSize(3)
        .anyMatch(text -> text.startsWith("attribute: extended attribute 'nosuch.space'"))
        .anyMatch(text -> text.startsWith("hidden: FAT attributes not restored"))
        .anyMatch(text -> text.startsWith("flags of btrfs subvolumes"));
  }

  private static void file(PxarWriter writer, String name, long flags, PxarMetadata metadata)
      throws IOException {
    PxarWriter.Written unused =
        writer.file(
            Bytes.of(name),
            stat(FileMode.REGULAR | 0644, flags),
            metadata,
            0,
            InputStream.nullInputStream());
  }

  private static PxarStat stat(int mode, long flags) {
    return new PxarStat(mode, flags, 0, 0, 1_700_000_000, 0);
  }
}
