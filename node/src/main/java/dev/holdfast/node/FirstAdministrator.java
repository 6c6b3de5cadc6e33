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

  /** The same until all else is done, so that a first start that was interrupted is done again. */
  private static final String BEGUN_FILE = PASSWORD_FILE + ".new";

  private static final AuthId ADMIN = AuthId.parse("admin@pbs");

  /** 144 bits: 24 characters of base64. */
  private static final int PASSWORD_BYTES = 18;

  private FirstAdministrator() {}

  /** True when this was the first start. */
  static boolean ensure(AccessState access) {
    StateDirectory directory = access.directory();
    boolean begun = directory.read(BEGUN_FILE).isPresent();
    boolean done =
        directory.read(PASSWORD_FILE).isPresent() || access.control().users().value().exists(ADMIN);
    if (done && !begun) {
      return false;
    }
    byte[] random = new byte[PASSWORD_BYTES];
    directory.random().nextBytes(random);
    String password = Base64.getUrlEncoder().encodeToString(random);
    directory.write(BEGUN_FILE, (password + "\n").getBytes(StandardCharsets.US_ASCII));
    access.authenticator().setPassword(ADMIN, new Secret(password));
    access
        .control()
        .acl()
        .update(acl -> acl.with(new Acl.Entry("/", ADMIN.toString(), Role.ADMIN, true)));
    access.control().users().update(users -> users.with(UserConfig.Entry.of(ADMIN)));
    directory.rename(BEGUN_FILE, PASSWORD_FILE);
    return true;
  }
}
