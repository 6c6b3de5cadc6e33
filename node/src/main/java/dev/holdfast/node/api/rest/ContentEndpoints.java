package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.catalog.CatalogEntry;
import dev.holdfast.chunkstore.catalog.CatalogReader;
import dev.holdfast.chunkstore.catalog.CatalogWriter;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.rest.GroupAccess.Need;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is in the archives of a snapshot (spec/rest-api.md §6.4, spec/protocols.md §7.6). */
final class ContentEndpoints {

  private static final Shape ENTRY =
      Shape.object(
          Field.text("filepath").meaning("base64 of the whole path"),
          Field.of("type", Shape.oneOf("d", "f", "l", "h", "b", "c", "p", "s", "v"))
              .meaning(
                  "directory, file, link, hard link, block and character device, pipe, socket, archive"),
          Field.text("text").meaning("the name"),
          Field.flag("leaf").meaning("false: it may be listed itself"),
          Field.integer("size").orNone().meaning("bytes"),
          Field.integer("mtime").orNone().meaning("seconds since 1970"));

  private static final String STORE = "/admin/datastore/{store}";
  private static final Need READ =
      new Need(Set.of(Privilege.DATASTORE_READ), Set.of(Privilege.DATASTORE_BACKUP));
  private static final Param FILE_NAME = Param.archiveName("file-name");
  private static final Param FILE_PATH = Param.anyText("filepath");
  private static final Param ARCHIVE = Param.archiveName("archive-name").orNone();
  private static final Param TAR = Param.bool("tar");
  private static final String ZIP = "application/zip";
  private static final String TAR_ZSTD = "application/zstd";

  private final GroupAccess access;
  private final DatastoreRegistry stores;

  ContentEndpoints(GroupAccess access, DatastoreRegistry stores) {
    this.access = access;
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        STORE + "/download-decoded",
        new Endpoint(
            Doc.bytes("Downloads the content of a file of a snapshot.", "the content"),
            snapshotAnd(FILE_NAME),
            READ.rule(),
            this::decoded));
    router.add(
        "GET",
        STORE + "/catalog",
        new Endpoint(
            Doc.list("Lists a directory of the archives of a snapshot.", ENTRY, "its entries"),
            snapshotAnd(FILE_PATH, ARCHIVE),
            READ.rule(),
            this::list));
    router.add(
        "GET",
        STORE + "/pxar-file-download",
        new Endpoint(
            Doc.bytes(
                    "Downloads a file out of an archive, or a directory as zip or tar.",
                    "the file, or an archive of the directory")
                .orRaw(ZIP)
                .orRaw(TAR_ZSTD),
            snapshotAnd(FILE_PATH, ARCHIVE, TAR),
            READ.rule(),
            this::download));
  }

  private static ParamSchema snapshotAnd(Param... more) {
    Param[] all = new Param[5 + more.length];
    all[0] = Param.STORE;
    all[1] = Param.NS;
    all[2] = Param.BACKUP_TIME;
    all[3] = Param.BACKUP_ID;
    all[4] = Param.BACKUP_TYPE;
    System.arraycopy(more, 0, all, 5, more.length);
    return ParamSchema.of(all);
  }

  private StoredContent open(ApiCall call) {
    GroupAccess.Scope scope = access.scope(call, READ);
    Datastore store = stores.reading(call.params().store(), call.leases());
    scope.check(store, call.params().namespace(), call.params().snapshot().group());
    return StoredContent.open(store, call.params().namespace(), call.params().snapshot());
  }

  // ---- whole files ----

  private ApiResult decoded(ApiCall call) {
    ArchiveName name = new ArchiveName(call.params().text(FILE_NAME.name()));
    StoredContent content = open(call);
    try {
      return bytes(
          content, name.isIndex() ? content.source(name) : ByteSource.of(content.blob(name)));
    } catch (RuntimeException e) {
      content.close();
      throw e;
    }
  }

  /** Holds the snapshot until the last byte is out. */
  private static ApiResult bytes(StoredContent content, ByteSource source) {
    return new ApiResult.Download(
        ApiResult.BINARY_TYPE, source.bytes(), () -> closing(source.stream(0), content));
  }

  private static InputStream closing(InputStream stream, StoredContent content) {
    return new FilterInputStream(stream) {
      @Override
      public void close() throws IOException {
        try (content) {
          super.close();
        }
      }
    };
  }

  // ---- listing ----

  private ApiResult list(ApiCall call) throws IOException {
    Bytes path = path(call);
    try (StoredContent content = open(call)) {
      return call.params()
          .optionalText(ARCHIVE.name())
          .map(ArchiveName::new)
          .map(name -> Listing.ofArchive(content, name, path))
          .orElseGet(() -> Listing.ofCatalog(content, path))
          .result();
    }
  }

  /** {@code root} and {@code /} mean the top, anything else is base64 of a path. */
  private static Bytes path(ApiCall call) {
    String text = call.params().text(FILE_PATH.name());
    if (text.equals("root") || text.equals("/")) {
      return Bytes.EMPTY;
    }
    try {
      return withoutSlash(Bytes.of(Base64.getDecoder().decode(text)));
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.INVALID_INPUT, "filepath '" + text + "' is not base64", e);
    }
  }

  private static Bytes withoutSlash(Bytes path) {
    int start = 0;
    while (start < path.length() && path.at(start) == '/') {
      start++;
    }
    return path.slice(start, path.length());
  }

  /** The entries of one directory, as they are found. */
  private record Listing(ArrayNode entries, String parent) {
    /**
     * Of the catalog: its first level is the archives, with a slash in front that the others have
     * not.
     */
    static Listing ofCatalog(StoredContent content, Bytes path) {
      Listing listing = new Listing(Json.array(), path.isEmpty() ? "/" : latin(path) + "/");
      try {
        CatalogReader catalog = CatalogReader.open(content.source(CatalogWriter.NAME));
        CatalogEntry at = catalog.root();
        for (String component : latin(path).split("/", -1)) {
          CatalogEntry next =
              component.isEmpty()
                  ? at
                  : at.isDirectory() ? catalog.child(at, bytes(component)) : null;
          if (next == null) {
            throw BackupException.invalid("path \"/" + path + "\" not found in catalog");
          }
          at = next;
        }
        catalog.list(at, listing::add);
        return listing;
      } catch (IOException e) {
        throw failure(e);
      }
    }

    /** Of the archive itself: paths within it, with a slash in front. */
    static Listing ofArchive(StoredContent content, ArchiveName name, Bytes path) {
      Listing listing = new Listing(Json.array(), path.isEmpty() ? "/" : "/" + latin(path) + "/");
      try {
        PxarAccessor archive = content.archive(name);
        PxarNode directory = archive.find(path);
        if (directory == null || !directory.isDirectory()) {
          throw BackupException.invalid("path \"/" + path + "\" not found in archive");
        }
        archive.list(directory, node -> listing.add(CatalogEntry.of(node.entry())));
        return listing;
      } catch (IOException e) {
        throw failure(e);
      }
    }

    private void add(@Nullable CatalogEntry entry) {
      if (entry == null) {
        return; // the end of a directory
      }
      byte[] path = (parent + latin(entry.name())).getBytes(StandardCharsets.ISO_8859_1);
      ObjectNode json =
          entries
              .addObject()
              .put("filepath", Base64.getEncoder().encodeToString(path))
              .put("type", String.valueOf(entry.kind().letter()))
              .put("text", new String(entry.name().toArray(), StandardCharsets.UTF_8))
              .put("leaf", !entry.isDirectory());
      if (entry.kind() == CatalogEntry.Kind.FILE) {
        json.put("size", entry.bytes()).put("mtime", entry.modifySeconds());
      }
    }

    /** One character for each byte, whatever encoding a name has. */
    private static String latin(Bytes bytes) {
      return new String(bytes.toArray(), StandardCharsets.ISO_8859_1);
    }

    private static Bytes bytes(String latin) {
      return Bytes.of(latin.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static BackupException failure(IOException e) {
      return new BackupException(Kind.INTERNAL, "cannot read the archive: " + e, e);
    }

    ApiResult result() {
      return ApiResult.of(entries);
    }
  }

  // ---- single files ----

  private ApiResult download(ApiCall call) throws IOException {
    Bytes path = path(call);
    String archive = call.params().text(ARCHIVE.name(), "");
    if (archive.isEmpty()) {
      int slash = 0;
      while (slash < path.length() && path.at(slash) != '/') {
        slash++;
      }
      archive = path.slice(0, slash).toString();
      path = withoutSlash(path.slice(slash, path.length()));
    }
    StoredContent content = open(call);
    try {
      boolean tar = call.params().bool(TAR.name(), false);
      return node(content, content.archive(new ArchiveName(archive)), path, tar);
    } catch (IOException | RuntimeException e) {
      content.close();
      throw e;
    }
  }

  private static ApiResult node(
      StoredContent content, PxarAccessor archive, Bytes path, boolean tar) throws IOException {
    PxarNode found = archive.find(path);
    if (found == null) {
      throw BackupException.invalid("path \"/" + path + "\" not found in archive");
    }
    if (found.isDirectory()) {
      return new ApiResult.Stream(
          tar ? TAR_ZSTD : ZIP,
          out -> {
            try (content) {
              if (tar) {
                TarOfDirectory.write(archive, found, out);
              } else {
                ZipOfDirectory.write(archive, found, out);
              }
            }
          });
    }
    return bytes(content, archive.content(archive.first(found)));
  }
}
