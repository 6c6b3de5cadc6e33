package dev.holdfast.node.access.tfa;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One second factor of a user.
 *
 * @param id made up when it was added
 * @param created seconds since the epoch
 * @param enabled a disabled one is as good as none
 * @param entry what the kind keeps, as in the file; secret, and never changed in place
 */
public record Factor(
    FactorKind kind, String id, String description, long created, boolean enabled, JsonNode entry) {
  public Factor withDescription(String text) {
    return new Factor(kind, id, text, created, enabled, entry);
  }

  public Factor withEnabled(boolean wanted) {
    return new Factor(kind, id, description, created, wanted, entry);
  }

  Factor withEntry(JsonNode changed) {
    return new Factor(kind, id, description, created, enabled, changed);
  }

  @Override
  public String toString() {
    return "Factor[" + kind + " " + id + "]"; // the rest is secret
  }
}
