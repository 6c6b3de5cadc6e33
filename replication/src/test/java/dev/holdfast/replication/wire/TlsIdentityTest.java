package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Fingerprint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: peers pin this certificate; a new one on a restart would stop every sync. */
class TlsIdentityTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private static TlsIdentity identity() {
    return TlsIdentity.generate("lyon.example.net", List.of("backup"), NOW, new SecureRandom());
  }

  @Test
  void theCertificateIsWhatClientsOfTheFieldExpect() throws Exception {
    var certificate = identity().certificate();
    certificate.verify(certificate.getPublicKey());
    certificate.checkValidity(java.util.Date.from(NOW));
    assertThat(certificate.getSubjectX500Principal().getName()).contains("CN=lyon.example.net");
    assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
    assertThat(certificate.getBasicConstraints()).as("CA:FALSE").isEqualTo(-1);
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    Set<String> names =
        certificate.getSubjectAlternativeNames().stream()
            .map(name -> name.get(1).toString())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(names)
        .containsExactlyInAnyOrder(
            "localhost", "lyon.example.net", "backup", "127.0.0.1", "0:0:0:0:0:0:0:1");
  }

  @Test
  void theFingerprintIsTheDigestOfTheLeafsDer() throws Exception {
    TlsIdentity identity = identity();
    assertThat(identity.fingerprint())
        .isEqualTo(new Fingerprint(Digest.sha256(identity.certificate().getEncoded())));
  }

  @Test
  void filesComeBackAsTheSameIdentity(@TempDir Path directory) throws Exception {
    TlsIdentity identity = identity();
    Path key = Files.write(directory.resolve("key"), identity.keyPem());
    Path certificate = Files.write(directory.resolve("certificate"), identity.certificatePem());
    assertThat(TlsIdentity.load(key, certificate).fingerprint()).isEqualTo(identity.fingerprint());
  }

  @Test
  void aFileThatIsNoneIsNamed(@TempDir Path directory) throws Exception {
    TlsIdentity identity = identity();
    Path key = Files.write(directory.resolve("key"), identity.keyPem());
    Path certificate = Files.write(directory.resolve("certificate"), identity.certificatePem());
    Path other = Files.write(directory.resolve("other"), "x".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> TlsIdentity.load(other, certificate))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining(other + ": found no PEM private key");
    assertThatThrownBy(() -> TlsIdentity.load(key, other))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining(other + ": found no PEM certificate");
    assertThatThrownBy(() -> TlsIdentity.load(key, directory.resolve("absent")))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("absent");
  }
}
