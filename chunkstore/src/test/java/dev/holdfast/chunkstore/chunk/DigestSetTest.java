package dev.holdfast.chunkstore.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.work.Workers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * At stake: what is added is in it, whoever adds at the same time; a collection removes what is
 * not.
 */
class DigestSetTest {
  private static final int PREFIXES = 3;

  private static List<Digest> digests(Random random, int count) {
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long word = random.nextInt(20) == 0 ? 2L * random.nextInt(3) : random.nextLong();
      long prefix = random.nextInt(PREFIXES);
      digests.add(new Digest(prefix << 48 | word >>> 16, word << 48, 0, 0));
    }
    return digests;
  }

  @Property(tries = 50)
  void hasWhatManyThreadsAddedAndNothingElse(@ForAll long seed) {
    Random random = new Random(seed);
    List<Digest> added = digests(random, 1 + random.nextInt(20_000));
    added.addAll(added.subList(0, added.size() / 2));
    Collections.shuffle(added, random);
    DigestSet set = new DigestSet(random.nextLong());
    AtomicLong news = new AtomicLong();

    new Workers(4, Thread.ofPlatform().factory())
        .forEach(
            added.iterator(),
            digest -> {
              if (set.add(digest)) {
                news.incrementAndGet();
              }
              assertThat(set.contains(digest)).isTrue();
            });

    Set<Digest> distinct = new HashSet<>(added);
    assertThat(set.count()).isEqualTo(news.get()).isEqualTo(distinct.size());
    assertThat(distinct).allMatch(set::contains);
    assertThat(digests(random, 1000)).allMatch(d -> set.contains(d) == distinct.contains(d));
  }

  @Test
  void tellsWhichOfAPrefixWereNotFound() {
    Random random = new Random(1);
    DigestSet set = new DigestSet(1);
    List<Digest> digests = new ArrayList<>(new HashSet<>(digests(random, 300)));
    digests.forEach(set::add);
    List<DigestSet.Found> found = IntStream.range(0, PREFIXES).mapToObj(set::of).toList();

    for (Digest digest : digests.subList(7, digests.size())) {
      assertThat(found.get((int) (digest.w0() >>> 48)).find(digest)).isTrue();
      assertThat(found.get((int) (digest.w0() >>> 48)).find(digest)).isTrue();
    }

    assertThat(found.stream().mapToInt(DigestSet.Found::missingCount).sum()).isEqualTo(7);
    assertThat(digests.subList(0, 7))
        .noneMatch(digest -> found.get((int) (digest.w0() >>> 48)).isFound(digest));
    assertThat(set.of(PREFIXES).missingCount()).isZero();
    assertThat(set.of(PREFIXES).find(digests.getFirst())).isFalse();
  }
}
