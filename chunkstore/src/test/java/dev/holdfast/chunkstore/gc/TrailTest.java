package dev.holdfast.chunkstore.gc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.model.Digest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * At stake: a reference that is wrongly believed to be in the set is a chunk that goes though it is
 * needed. Whatever is added in whatever order, the set is what it would be without a trail.
 */
class TrailTest {
  private static final int REFERENCES_MAX = 1 << 13;

  @Property(tries = 100)
  void putsIntoTheSetWhatWouldBeThereWithoutIt(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 12_000) int references) {
    Random random = new Random(seed);
    DigestSet set = new DigestSet(random.nextLong());
    Set<Digest> expected = new HashSet<>();
    try (Trail trail = new Trail(set, REFERENCES_MAX)) {
      List<Digest> snapshot = new ArrayList<>();
      for (int i = 0; i < references; i++) {
        snapshot.add(digest(random));
      }
      for (int i = 0; i < 6; i++) {
        snapshot.forEach(digest -> trail.add(digest.w0(), digest.w1()));
        expected.addAll(snapshot);
        change(snapshot, random);
      }
    }
    assertThat(expected).allMatch(set::contains);
    assertThat(set.count()).isEqualTo(expected.size());
  }

  /** As archives change: some chunks are replaced, some come, some go, some are moved. */
  private static void change(List<Digest> snapshot, Random random) {
    for (int i = random.nextInt(20); i > 0; i--) {
      int at = random.nextInt(snapshot.size() + 1);
      int end = at + random.nextInt(Math.min(30, snapshot.size() - at) + 1);
      List<Digest> part = snapshot.subList(at, end);
      switch (random.nextInt(4)) {
        case 0 -> part.replaceAll(old -> digest(random));
        case 1 -> part.add(digest(random));
        case 2 -> part.clear();
        default -> {
          List<Digest> copy = List.copyOf(part);
          part.clear();
          snapshot.addAll(random.nextInt(snapshot.size() + 1), copy);
        }
      }
    }
  }

  /** One in some is of a few that share bits with others, down to nothing but zeros. */
  private static Digest digest(Random random) {
    if (random.nextInt(10) > 0) {
      return new Digest(random.nextLong(), random.nextLong(), 0, 0);
    }
    return new Digest(random.nextInt(2), (long) random.nextInt(4) << 49, 0, 0);
  }

  @Test
  void takesNoEmptyPlaceForADigestOfZeros() {
    DigestSet set = new DigestSet(1);
    try (Trail trail = new Trail(set)) {
      trail.add(0, 0);
    }
    assertThat(set.contains(new Digest(0, 0, 0, 0))).isTrue();
  }
}
