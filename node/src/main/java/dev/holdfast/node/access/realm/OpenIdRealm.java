package dev.holdfast.node.access.realm;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An OpenID Connect provider and who we are to it; a section of {@code domains.cfg}
 * (spec/formats.md §10.7).
 *
 * @param clientKey null for a public client
 * @param audiences who else an ID token may be for
 * @param usernameClaim whose value becomes the user's name
 * @param autocreate whether whoever the provider knows becomes a user here, who may do nothing yet
 */
public record OpenIdRealm(
    String name,
    URI issuer,
    String clientId,
    @Nullable Secret clientKey,
    List<String> scopes,
    List<String> acrValues,
    List<String> audiences,
    @Nullable String prompt,
    String usernameClaim,
    boolean autocreate) {
  public static final String TYPE = "openid";

  private static final String SCOPES_DEFAULT = "email profile";

  public OpenIdRealm {
    scopes = List.copyOf(scopes);
    acrValues = List.copyOf(acrValues);
    audiences = List.copyOf(audiences);
  }

  /** Throws INVALID_INPUT for an issuer that cannot be trusted to be who he says. */
  public static OpenIdRealm of(Section section) {
    String key = section.value("client-key");
    String autocreate = section.value("autocreate");
    return new OpenIdRealm(
        section.id(),
        issuer(text(section, "issuer-url", "")),
        text(section, "client-id", ""),
        key == null ? null : new Secret(key),
        words(text(section, "scopes", SCOPES_DEFAULT)),
        words(text(section, "acr-values", "")),
        words(text(section, "audiences", "")),
        section.value("prompt"),
        claim(text(section, "username-claim", "subject")),
        autocreate != null && SectionValues.bool(autocreate));
  }

  private static String text(Section section, String key, String otherwise) {
    String value = section.value(key);
    return value == null ? otherwise : value;
  }

  private static List<String> words(String text) {
    return Stream.of(text.split("[\\s,;]+", -1)).filter(word -> !word.isEmpty()).toList();
  }

  /** Real servers have short names for the usual ones. */
  private static String claim(String name) {
    return switch (name) {
      case "subject" -> "sub";
      case "username" -> "preferred_username";
      default -> name;
    };
  }

  private static URI issuer(String text) {
    URI issuer;
    try {
      issuer = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "issuer-url '" + text + "' is no address", e);
    }
    String host = String.valueOf(issuer.getHost()).toLowerCase(Locale.ROOT);
    boolean here = List.of("localhost", "127.0.0.1", "[::1]").contains(host);
    if (!"https".equals(issuer.getScheme()) && !("http".equals(issuer.getScheme()) && here)) {
      throw BackupException.invalid("issuer-url '" + text + "': expected https://HOST…")
          .advise("Over plain HTTP anybody between could be the provider.");
    }
    return issuer;
  }
}
