package dev.holdfast.node.access;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.realm.DirectoryPasswords;
import dev.holdfast.node.access.tfa.SecondFactors;
import dev.holdfast.node.access.tfa.TfaConfig;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything about access that lives in a state directory, opened together: {@code user.cfg},
 * {@code acl.cfg}, {@code shadow.json}, {@code token.shadow}, {@code tfa.json}, {@code
 * authkey.key}, {@code csrf.key} and {@code local-secret}, the credential of whoever can read the
 * directory.
 */
public record AccessState(
    StateDirectory directory,
    AccessControl control,
    Authenticator authenticator,
    ShadowFile tokens,
    SecondFactors factors,
    StateFile<RealmConfig> realms,
    RealmSecrets realmSecrets,
    FailedLogins failedLogins,
    Secret localSecret) {
  /** Also read by administration commands that work on the same state directory. */
  public static final String LOCAL_SECRET_FILE = "local-secret";

  private static final int LOCAL_SECRET_BYTES = 32;
  private static final Logger LOG = LoggerFactory.getLogger(AccessState.class);

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
    SecondFactors factors = new SecondFactors(directory, clock);
    ShadowFile passwords = ShadowFile.passwords(directory);
    tellOfUnusable(factors.file().value());
    tellOfUnreadable("password", passwords);
    tellOfUnreadable("API token", tokens);
    StateFile<RealmConfig> realms =
        new StateFile<>(directory, "domains.cfg", RealmConfig::parse, RealmConfig::format);
    realms.load();
    RealmSecrets realmSecrets = new RealmSecrets(directory);
    Authenticator authenticator =
        new Authenticator(
            directory,
            control,
            local,
            passwords,
            tokens,
            factors,
            new DirectoryPasswords(realms, realmSecrets),
            SystemPasswords.ofThisMachine(),
            clock);
    return new AccessState(
        directory,
        control,
        authenticator,
        tokens,
        factors,
        realms,
        realmSecrets,
        new FailedLogins(clock),
        local);
  }

  /**
   * Removes a user or a token with everything that is kept of it: tokens, secrets, second factors,
   * access control entries.
   *
   * @param digest of the users that the caller has seen, null if he does not care
   */
  public void remove(AuthId id, @Nullable String digest) {
    List<AuthId> gone = new ArrayList<>(List.of(id));
    control
        .users()
        .update(
            digest,
            users -> {
              users.tokens(id).forEach(token -> gone.add(token.id()));
              return users.without(id);
            });
    for (AuthId each : gone) {
      if (each.isToken()) {
        tokens.remove(each.toString());
      } else {
        authenticator.removePassword(each);
        factors.removeAll(each);
      }
    }
    control.acl().update(acl -> acl.without(id));
  }

  private static void tellOfUnreadable(String what, ShadowFile file) {
    List<String> names = file.unreadable();
    if (!names.isEmpty()) {
      LOG.warn(
          "no login by {} until it is set anew, since this machine cannot check it: {}",
          what,
          names);
    }
  }

  private static void tellOfUnusable(TfaConfig factors) {
    factors
        .users()
        .forEach(
            (user, own) ->
                own.factors().stream()
                    .filter(factor -> factor.enabled() && !factor.kind().isUsable())
                    .forEach(
                        factor ->
                            LOG.warn(
                                "second factor '{}' of {} is of kind {}, which this node does not"
                                    + " know: he needs another one",
                                factor.description(),
                                user,
                                factor.kind().text())));
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
