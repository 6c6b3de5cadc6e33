package dev.holdfast.node.access.realm;

import com.unboundid.asn1.ASN1OctetString;
import com.unboundid.ldap.sdk.Filter;
import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.RootDSE;
import com.unboundid.ldap.sdk.SearchRequest;
import com.unboundid.ldap.sdk.SearchResult;
import com.unboundid.ldap.sdk.SearchResultEntry;
import com.unboundid.ldap.sdk.SearchScope;
import com.unboundid.ldap.sdk.controls.SimplePagedResultsControl;
import com.unboundid.ldap.sdk.extensions.StartTLSExtendedRequest;
import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import com.unboundid.util.ssl.JVMDefaultTrustManager;
import com.unboundid.util.ssl.PEMFileTrustManager;
import com.unboundid.util.ssl.SSLUtil;
import com.unboundid.util.ssl.TrustAllTrustManager;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to the servers of a {@link DirectoryRealm}. Each call connects, waits, and closes: never
 * on an event loop. Any thread.
 */
final class Directory {
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final long ANSWER_TIMEOUT_MS = 10_000;
  private static final int PAGE_ENTRIES = 500;

  /** More is no directory of people, or no end of pages. */
  private static final int ENTRIES_MAX = 100_000;

  private final DirectoryRealm realm;
  private final @Nullable Secret bindPassword;

  /**
   * @param bindPassword of {@link DirectoryRealm#bindDn()}
   */
  Directory(DirectoryRealm realm, @Nullable Secret bindPassword) {
    this.realm = realm;
    this.bindPassword = bindPassword;
  }

  /**
   * Binds as the user. Throws UNAUTHENTICATED when he is not known or the password is not his,
   * PEER_UNREACHABLE, PEER_UNTRUSTED.
   */
  void checkPassword(String user, Secret password) {
    // A bind without a password succeeds and says nothing (RFC 4513 §5.1.2).
    if (password.reveal().isEmpty()) {
      throw refused("empty password");
    }
    String dn = dnOf(user);
    try (LDAPConnection connection = connect()) {
      var unused = connection.bind(dn, password.reveal());
    } catch (LDAPException e) {
      throw e.getResultCode().equals(ResultCode.INVALID_CREDENTIALS)
          ? refused("invalid credentials")
          : refused("the directory refused the login: " + e.getResultCode());
    }
  }

  private String dnOf(String user) {
    try (LDAPConnection connection = searching()) {
      SearchRequest search =
          new SearchRequest(base(connection), SearchScope.SUB, realm.of(user), "1.1");
      search.setSizeLimit(2);
      List<SearchResultEntry> found = connection.search(search).getSearchEntries();
      if (found.size() != 1) {
        throw refused("the directory has " + found.size() + " entries of this user");
      }
      return found.getFirst().getDN();
    } catch (LDAPException e) {
      throw e.getResultCode().equals(ResultCode.SIZE_LIMIT_EXCEEDED)
          ? refused("the directory has several entries of this user")
          : failed(e);
    }
  }

  /** All users, with the attributes that the realm maps. */
  List<SearchResultEntry> users() {
    List<String> wanted = new ArrayList<>(realm.attributes().values());
    wanted.add(realm.userAttribute());
    try (LDAPConnection connection = searching()) {
      return search(connection, realm.all(), wanted.toArray(String[]::new));
    } catch (LDAPException e) {
      throw failed(e);
    }
  }

  /** In pages, which servers ask for beyond a thousand entries. */
  private List<SearchResultEntry> search(
      LDAPConnection connection, Filter filter, String[] attributes) throws LDAPException {
    List<SearchResultEntry> entries = new ArrayList<>();
    String base = base(connection);
    ASN1OctetString cookie = null;
    do {
      SearchRequest request = new SearchRequest(base, SearchScope.SUB, filter, attributes);
      request.setControls(new SimplePagedResultsControl(PAGE_ENTRIES, cookie));
      SearchResult result = connection.search(request);
      entries.addAll(result.getSearchEntries());
      if (entries.size() > ENTRIES_MAX) {
        throw BackupException.invalid(
            "the directory has more than " + ENTRIES_MAX + " users; narrow base-dn or filter");
      }
      SimplePagedResultsControl page = SimplePagedResultsControl.get(result);
      cookie = page == null || !page.moreResultsToReturn() ? null : page.getCookie();
    } while (cookie != null);
    return entries;
  }

  private String base(LDAPConnection connection) throws LDAPException {
    if (!realm.baseDn().isEmpty()) {
      return realm.baseDn();
    }
    RootDSE root = connection.getRootDSE();
    String base = root == null ? null : root.getAttributeValue("defaultNamingContext");
    if (base == null) {
      throw BackupException.invalid("the directory does not name its base; set base-dn");
    }
    return base;
  }

  // ---- connections ----

  /** As who may search. */
  private LDAPConnection searching() throws LDAPException {
    LDAPConnection connection = connect();
    String dn = realm.bindDn();
    if (dn == null) {
      return connection;
    }
    try {
      var unused = connection.bind(dn, bindPassword == null ? "" : bindPassword.reveal());
      return connection;
    } catch (LDAPException e) {
      connection.close();
      throw new BackupException(
              Kind.PEER_UNREACHABLE,
              "realm '" + realm.name() + "': cannot bind as '" + dn + "': " + e.getResultCode(),
              e)
          .advise("Look at bind-dn and its password.");
    }
  }

  /** To the first server that answers. */
  private LDAPConnection connect() {
    BackupException last = null;
    for (String server : realm.servers()) {
      try {
        return connect(server);
      } catch (LDAPException | GeneralSecurityException | IOException e) {
        BackupException failure =
            new BackupException(
                Kind.PEER_UNREACHABLE,
                "realm '"
                    + realm.name()
                    + "': cannot connect to '"
                    + server
                    + "' port "
                    + realm.port()
                    + ": "
                    + e.getMessage(),
                e);
        if (last != null) {
          failure.addSuppressed(last);
        }
        last = failure;
      }
    }
    throw last == null
        ? BackupException.invalid("realm '" + realm.name() + "' has no server")
        : last;
  }

  private LDAPConnection connect(String server)
      throws LDAPException, GeneralSecurityException, IOException {
    LDAPConnectionOptions options = new LDAPConnectionOptions();
    options.setConnectTimeoutMillis(CONNECT_TIMEOUT_MS);
    options.setResponseTimeoutMillis(ANSWER_TIMEOUT_MS);
    options.setFollowReferrals(false); // to wherever a directory says
    if (realm.verify()) {
      options.setSSLSocketVerifier(new HostNameSSLSocketVerifier(true));
    }
    return switch (realm.mode()) {
      case PLAIN -> new LDAPConnection(options, server, realm.port());
      case TLS -> new LDAPConnection(tls().getSocketFactory(), options, server, realm.port());
      case START_TLS -> {
        LDAPConnection connection = new LDAPConnection(options, server, realm.port());
        try {
          var result = connection.processExtendedOperation(new StartTLSExtendedRequest(tls()));
          if (!result.getResultCode().equals(ResultCode.SUCCESS)) {
            throw new LDAPException(result);
          }
          yield connection;
        } catch (LDAPException | GeneralSecurityException | IOException e) {
          connection.close();
          throw e;
        }
      }
    };
  }

  private SSLContext tls() throws GeneralSecurityException, IOException {
    return new SSLUtil(trust()).createSSLContext();
  }

  private X509TrustManager trust() throws GeneralSecurityException, IOException {
    if (!realm.verify()) {
      return new TrustAllTrustManager(); // the operator said so
    }
    Path path = realm.caPath();
    if (path == null) {
      return JVMDefaultTrustManager.getInstance();
    }
    if (!Files.isDirectory(path)) {
      return new PEMFileTrustManager(path.toFile());
    }
    try (Stream<Path> files = Files.list(path)) {
      List<File> certificates =
          files
              .filter(file -> file.toString().endsWith(".pem") || file.toString().endsWith(".crt"))
              .map(Path::toFile)
              .toList();
      return new PEMFileTrustManager(certificates);
    }
  }

  private BackupException failed(LDAPException e) {
    return new BackupException(
        Kind.PEER_UNREACHABLE,
        "realm '" + realm.name() + "': the directory answered " + e.getResultCode(),
        e);
  }

  private static BackupException refused(String reason) {
    return new BackupException(Kind.UNAUTHENTICATED, reason);
  }
}
