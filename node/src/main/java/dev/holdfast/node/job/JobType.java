package dev.holdfast.node.job;

/**
 * The kinds of jobs. Of those that are due at one time, the kind that stands first starts first.
 */
public enum JobType {
  GARBAGE_COLLECTION("garbage_collection"),
  PRUNE("prunejob"),
  SYNC("syncjob"),
  VERIFICATION("verificationjob"),
  LOG_ROTATION("logrotate");

  private final String text;

  JobType(String text) {
    this.text = text;
  }

  /** As in the names of state files, and the type of its tasks (spec/engine.md §9.6, §10.1). */
  public String text() {
    return text;
  }
}
