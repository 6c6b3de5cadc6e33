package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The configured jobs of one kind: those of {@code mesh.yaml}, which are not changed here, and
 * those of a section file. What comes, goes or is scheduled anew is so in its job state, too. Any
 * thread; blocks on files.
 */
public final class JobConfigs<C extends JobConfig> {
  private final JobType type;
  private final StateFile<SectionConfig> file;
  private final Function<Section, C> read;
  private final List<C> declared;
  private final JobStates states;

  /**
   * Reads the file, so that a damaged one stops the start of the node and not the first run.
   *
   * @param parse refuses what {@code read} could not read
   * @param declared those of mesh.yaml
   */
  public JobConfigs(
      JobType type,
      StateDirectory directory,
      String fileName,
      Function<String, SectionConfig> parse,
      Function<Section, C> read,
      List<C> declared,
      JobStates states) {
    this.type = type;
    this.file = new StateFile<>(directory, fileName, parse, SectionConfig::format);
    this.read = read;
    this.declared = List.copyOf(declared);
    this.states = states;
    var unused = file.load();
  }

  /** Of the file, in hex. */
  public String digest() {
    return file.load().digest().hex();
  }

  public List<C> ofFile() {
    return file.value().sections().stream().map(read).toList();
  }

  public List<C> all() {
    List<C> all = new ArrayList<>(declared);
    all.addAll(ofFile());
    return List.copyOf(all);
  }

  public Optional<C> find(String id) {
    return all().stream().filter(job -> job.id().equals(id)).findFirst();
  }

  public boolean isDeclared(String id) {
    return declared.stream().anyMatch(job -> job.id().equals(id));
  }

  /**
   * Adds a job.
   *
   * @throws BackupException ALREADY_EXISTS
   */
  public void create(C job) {
    update(
        null,
        job.id(),
        known -> {
          if (known.isPresent() || isDeclared(job.id())) {
            throw new BackupException(
                Kind.ALREADY_EXISTS, "job '" + job.id() + "' already exists.");
          }
          return Optional.of(job);
        });
  }

  /**
   * Changes a job of the file, or removes it when the answer is empty.
   *
   * @param digest as in {@link StateFile#update(String, UnaryOperator)}
   * @param change throws when there is none of that id and one is needed
   * @return what there is now
   */
  public Optional<C> update(
      @Nullable String digest, String id, Function<Optional<C>, Optional<C>> change) {
    Optional<C> before = Optional.ofNullable(file.value().section(id)).map(read);
    SectionConfig written =
        file.update(
            digest,
            old ->
                change
                    .apply(Optional.ofNullable(old.section(id)).map(read))
                    .map(job -> old.with(job.section()))
                    .orElseGet(() -> old.without(id)));
    Optional<C> after = Optional.ofNullable(written.section(id)).map(read);
    JobId job = new JobId(type, id);
    if (after.isEmpty()) {
      states.removed(job);
    } else if (before.isEmpty()) {
      states.created(job);
    } else if (!before.get().schedule().equals(after.get().schedule())) {
      states.rescheduled(job);
    }
    return after;
  }
}
