package dev.holdfast.chunkstore.manifest;

import java.util.Locale;

/** How the content of an archive is protected (spec/formats.md §3.4). */
public enum CryptMode {
  /** Plain, and the manifest is not signed. */
  NONE,
  /** Chunks and blobs are encrypted, the manifest is signed. */
  ENCRYPT,
  /** Plain, and the manifest is signed. */
  SIGN_ONLY;

  /** The name in manifests and on the wire: {@code none}, {@code encrypt}, {@code sign-only}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return text();
  }
}
