package dev.holdfast.meshconfig;

/** What a sync may be told to do differently; each is off unless it is given. */
public enum SyncOption {
  /** Only snapshots whose last verification at the source found them whole. */
  VERIFIED_ONLY("verified-only"),

  /** Only snapshots of which every file is encrypted. */
  ENCRYPTED_ONLY("encrypted-only"),

  /** A copy that was found damaged here is fetched again; for pulls only. */
  RESYNC_CORRUPT("resync-corrupt");

  private final String key;

  SyncOption(String key) {
    this.key = key;
  }

  /** As in {@code mesh.yaml}, {@code sync.cfg} and the API. */
  public String key() {
    return key;
  }
}
