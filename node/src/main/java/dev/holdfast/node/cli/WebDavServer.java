package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.authenticator.BasicAuthenticator;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;
import org.apache.tomcat.util.modeler.Registry;
import org.jspecify.annotations.Nullable;

/**
 * Shows an archive to programs of this machine by WebDAV, read-only. Every user of the machine can
 * reach its port, so nothing is answered without the password, which is not in the address:
 * addresses are in the arguments of programs and in the table of mounts, which everybody can read.
 *
 * <p>The server is Tomcat's embedded one; its threads read the archive.
 */
final class WebDavServer implements AutoCloseable {
  static final String USER = "holdfast";

  private static final String ROLE = "reader";
  private static final String EVERYTHING = "/*";

  /** Reads under way: each may hold a chunk or two. */
  private static final int THREADS_MAX = 8;

  /** Beyond it, a program waits for one of its own connections. */
  private static final int CONNECTIONS_MAX = 64;

  private final Path work;
  private final Tomcat tomcat = new Tomcat();
  private final Connector connector = new Connector();
  private final String name;

  /** Held, because the level of a logger goes with the logger. */
  private final List<Logger> silenced = new ArrayList<>();

  private WebDavServer(Path work, String name) {
    this.work = work;
    this.name = name;
  }

  /**
   * Listens at once, until it is closed.
   *
   * @param address of this machine alone; port 0 = any
   * @param name of the archive, under which it is shown
   * @param problems takes a line for each that a reader meets; from any thread
   * @throws BackupException INVALID_INPUT for an address that others can reach
   */
  static WebDavServer start(
      HostAndPort address,
      Secret password,
      String name,
      ArchiveTree tree,
      Consumer<String> problems)
      throws IOException {
    InetAddress host = loopback(address);
    WebDavServer server = new WebDavServer(Files.createTempDirectory("holdfast-webdav"), name);
    boolean started = false;
    try {
      server.configure(host, address.port(), password, new WebDavArchive(name, tree), problems);
      server.tomcat.start();
      if (!server.connector.getState().isAvailable()) {
        throw new BackupException(Kind.LOCKED, "cannot listen on " + address)
            .advise("Choose another port with --listen, or none for a free one.");
      }
      started = true;
      return server;
    } catch (LifecycleException e) {
      throw new BackupException(Kind.INTERNAL, "the WebDAV server does not start", e);
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  private static InetAddress loopback(HostAndPort address) throws IOException {
    InetAddress host = InetAddress.getByName(address.host());
    if (!host.isLoopbackAddress()) {
      throw BackupException.invalid(
              "'" + address.host() + "' is not a loopback address, and WebDAV is not encrypted")
          .advise("Listen on 127.0.0.1, and reach it from elsewhere with `ssh -L`.");
    }
    return host;
  }

  private void configure(
      InetAddress host,
      int port,
      Secret password,
      WebDavArchive archive,
      Consumer<String> problems) {
    silence("org.apache");
    Registry.disableRegistry(); // nobody manages it
    tomcat.setBaseDir(work.toString());
    connector.setProperty("address", host.getHostAddress());
    connector.setPort(port);
    connector.setProperty("maxThreads", Integer.toString(THREADS_MAX));
    connector.setProperty("maxConnections", Integer.toString(CONNECTIONS_MAX));
    connector.setEncodedReverseSolidusHandling(WebDavNames.BACKSLASHES);
    connector.setThrowOnFailure(true);
    tomcat.setConnector(connector);
    tomcat.getHost().getPipeline().addValve(plainErrors());
    Context context = tomcat.addContext("", work.toString());
    silence(context.getLogName()); // has a level of its own
    context.setResources(new WebDavRoot(archive));
    var servlet = Tomcat.addServlet(context, "webdav", new WebDavServlet(problems));
    servlet.addInitParameter("listings", "true");
    servlet.addInitParameter("readonly", "true");
    servlet.addInitParameter("allowSpecialPaths", "true");
    servlet.addInitParameter("showServerInfo", "false");
    context.addServletMapping(EVERYTHING, "webdav");
    askPassword(context, password);
  }

  /** What matters is said by us. */
  private void silence(String log) {
    Logger logger = Logger.getLogger(log);
    logger.setLevel(Level.OFF);
    silenced.add(logger);
  }

  private static ErrorReportValve plainErrors() {
    ErrorReportValve valve = new ErrorReportValve();
    valve.setShowReport(false);
    valve.setShowServerInfo(false);
    return valve;
  }

  private void askPassword(Context context, Secret password) {
    SecurityCollection everything = new SecurityCollection();
    everything.addPattern(EVERYTHING); // by any method, as it names none
    SecurityConstraint constraint = new SecurityConstraint();
    constraint.addCollection(everything);
    constraint.addAuthRole(ROLE);
    context.addSecurityRole(ROLE);
    context.addConstraint(constraint);
    context.setLoginConfig(new LoginConfig("BASIC", "holdfast", null, null));
    context.getPipeline().addValve(new BasicAuthenticator());
    tomcat.addUser(USER, password.reveal());
    tomcat.addRole(USER, ROLE);
  }

  /** Where the archive is. */
  URI uri() {
    String host = String.valueOf(connector.getProperty("address")).replaceFirst("^/", "");
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return URI.create("http://" + shown + ":" + connector.getLocalPort() + "/" + name + "/");
  }

  /** Ends what is under way. */
  @Override
  public void close() throws IOException {
    try {
      tomcat.stop();
      tomcat.destroy();
    } catch (LifecycleException e) {
      throw new IOException("the WebDAV server does not end", e);
    } finally {
      remove(work);
    }
  }

  private static void remove(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failure)
              throws IOException {
            Files.delete(each);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
