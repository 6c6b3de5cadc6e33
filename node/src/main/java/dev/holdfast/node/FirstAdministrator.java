package dev.holdfast.node;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.Acl;
import dev.holdfast.node.access.Role;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.UserConfig;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * At the first start, {@code admin@pbs} with a random password in {@code admin-password}, so that
 * nobody finds an open node and nobody has to invent a password. Later starts change nothing: an
 * administrator who was removed stays removed.
 */
final class FirstAdministrator {
  static final String PASSWORD_FILE = "admin-password";
  private static final AuthId ADMIN = AuthId.parse("admin@pbs");

  /** 144 bits: 24 characters of base64. */
  private static final int PASSWORD_BYTES = 18;

  private FirstAdministrator() {}

  /** True when this was the first start. */
  static boolean ensure(AccessState access) {
    StateDirectory directory = access.directory();
    if (directory.read(PASSWORD_FILE).isPresent()
        || access.control().users().value().exists(ADMIN)) {
      return false;
    }
    byte[] random = new byte[PASSWORD_BYTES];
    directory.random().nextBytes(random);
    String password = Base64.getUrlEncoder().encodeToString(random);
    access.authenticator().setPassword(ADMIN, new Secret(password));
    access
        .control()
        .acl()
        .update(acl -> acl.with(new Acl.Entry("/", ADMIN.toString(), Role.ADMIN, true)));
    access.control().users().update(users -> users.with(UserConfig.Entry.of(ADMIN)));
    // Last: without this file the next start does all of it again.
    directory.write(PASSWORD_FILE, (password + "\n").getBytes(StandardCharsets.US_ASCII));
    return true;
  }
}
