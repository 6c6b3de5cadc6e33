package dev.holdfast.node.access;

import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HexFormat;

/**
 * Everything about access that lives in a state directory, opened together: {@code user.cfg},
 * {@code acl.cfg}, {@code shadow.json}, {@code token.shadow}, {@code authkey.key}, {@code csrf.key}
 * and {@code local-secret}, the credential of whoever can read the directory.
 */
public record AccessState(
    StateDirectory directory,
    AccessControl control,
    Authenticator authenticator,
    ShadowFile tokens,
    FailedLogins failedLogins,
    Secret localSecret) {
  /** Also read by administration commands that work on the same state directory. */
  public static final String LOCAL_SECRET_FILE = "local-secret";

  private static final int LOCAL_SECRET_BYTES = 32;

  public static AccessState open(StateDirectory directory, InstantSource clock) {
    AccessControl control =
        new AccessControl(
            new StateFile<>(directory, "user.cfg", UserConfig::parse, UserConfig::format),
            new StateFile<>(directory, "acl.cfg", Acl::parse, Acl::format),
            clock);
    // Read once here, so that a damaged file stops the start and not the first login.
    control.users().load();
    control.acl().load();
    Secret local = localSecret(directory);
    ShadowFile tokens = ShadowFile.tokens(directory);
    Authenticator authenticator =
        new Authenticator(
            directory, control, local, ShadowFile.passwords(directory), tokens, clock);
    return new AccessState(directory, control, authenticator, tokens, new FailedLogins(), local);
  }

  private static Secret localSecret(StateDirectory directory) {
    byte[] file =
        directory
            .read(LOCAL_SECRET_FILE)
            .orElseGet(
                () -> {
                  byte[] fresh = new byte[LOCAL_SECRET_BYTES];
                  directory.random().nextBytes(fresh);
                  byte[] text =
                      (HexFormat.of().formatHex(fresh) + "\n").getBytes(StandardCharsets.US_ASCII);
                  directory.write(LOCAL_SECRET_FILE, text);
                  return text;
                });
    return new Secret(new String(file, StandardCharsets.US_ASCII).strip());
  }
}
