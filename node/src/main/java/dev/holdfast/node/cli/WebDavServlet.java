package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.catalina.servlets.WebdavServlet;

/**
 * The reading half of WebDAV. The other half is refused before anything is looked at, and locks are
 * not offered, by which file managers know that nothing can be changed.
 */
final class WebDavServlet extends WebdavServlet {
  private static final long serialVersionUID = 1L;

  private static final Set<String> METHODS = Set.of("OPTIONS", "GET", "HEAD", "PROPFIND");
  private static final String ALLOW = "OPTIONS, GET, HEAD, PROPFIND";
  private static final Set<String> DEPTHS = Set.of("0", "1");

  private final transient Consumer<String> problems;

  WebDavServlet(Consumer<String> problems) {
    this.problems = problems;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    // Saved pages must not run in the name of the server, where they could read all the rest.
    response.setHeader("Content-Security-Policy", "sandbox");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Cache-Control", "private, no-store");
    if (!METHODS.contains(request.getMethod())) {
      response.setHeader("Allow", ALLOW);
      response.sendError(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "a snapshot is read-only");
      return;
    }
    try {
      super.service(request, response);
    } catch (BackupException | UncheckedIOException e) {
      problems.accept("'" + request.getPathInfo() + "' cannot be read: " + e.getMessage());
      if (response.isCommitted()) {
        throw new IOException("cannot be read to its end", e); // which ends the connection
      }
      response.reset();
      response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR, "cannot be read");
    }
  }

  /** Whole trees in one answer are refused, as RFC 4918 §9.1 allows: it would be the archive's. */
  @Override
  protected void doPropfind(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    String depth = request.getHeader("Depth");
    if (depth == null || !DEPTHS.contains(depth)) {
      response.sendError(HttpServletResponse.SC_FORBIDDEN, "only a depth of 0 or 1 is answered");
      return;
    }
    super.doPropfind(request, response);
  }

  @Override
  protected String rewriteUrl(String path) {
    return super.rewriteUrl(WebDavNames.inArchive(path));
  }

  @Override
  protected void doOptions(HttpServletRequest request, HttpServletResponse response) {
    response.setHeader("DAV", "1");
    response.setHeader("Allow", ALLOW);
    response.setHeader("MS-Author-Via", "DAV"); // Windows asks for it
  }
}
