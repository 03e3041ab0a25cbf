/* SPDX-License-Identifier: Apache-2.0 */
/* word_count.c: the guide's word count over batches of text in memory, the counts collected. The
 * limit is wc d3. Small batches are run several to one tick of the stream's clock, which has
 * milliseconds only. */
#include "words.h"

enum { BATCHES_MAX = 4096, TICK_BYTES = 1 << 20 };

typedef struct job {
    wadi_rdd *texts[BATCHES_MAX];
    uint64_t words[BATCHES_MAX], sizes[BATCHES_MAX];
    size_t batches, per_tick;
} job;

static void count_batch(const job *j, size_t b) {
    wadi_rdd *counts = count_words(wadi_flat_map(j->texts[b], split_words));
    expect_total("words of a batch", collect_total(counts), j->words[b]);
}
static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    bench_done done = {0, 0};
    for (size_t k = 0; k < j->per_tick; k++) {
        size_t b = (i * j->per_tick + k) % j->batches;
        count_batch(j, b);
        done.records += (double)j->words[b];
        done.bytes += (double)j->sizes[b];
    }
    return done;
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("word_count BATCH_BYTES CORES SECONDS");
    static job j;
    static const char *at[BATCHES_MAX + 1];
    size_t batch_size = strtoull(argv[1], NULL, 10);
    wadi_context *sc = bench_context(argv[2]);
    vocab v = vocab_new(VOCABULARY);
    corpus c = corpus_new(&v, 42, batch_size > (16u << 20) ? batch_size * 4 : 64u << 20);
    j.batches = corpus_cut(&c, batch_size, at, BATCHES_MAX);
    j.per_tick = batch_size < TICK_BYTES ? TICK_BYTES / batch_size : 1;
    for (size_t b = 0; b < j.batches; b++) {
        j.sizes[b] = (uint64_t)(at[b + 1] - at[b]);
        j.words[b] = words_in(at[b], at[b + 1]);
        j.texts[b] = wadi_text(sc, at[b], j.sizes[b]);
    }
    return bench_run(sc, strtod(argv[3], NULL), run_tick, &j);
}
