/* SPDX-License-Identifier: Apache-2.0 */
/* wc.c: the word count as one hand-fused pass: vector scan for delimiters, hash, probe, add.
 *   d2  probes at once
 *   d3  keeps 32 words pending, whose slots are being fetched
 * Each batch has a fresh table, sized from the last batch's distinct words, and its counts are
 * written out as records. Two threads count a half each, then merge a half of the hash range each.
 */
#include "gen.h"
#include "scan.h"

enum { PENDING = 32, BATCHES_MAX = 4096, LOG2_SLOTS_MAX = 18, LOG2_SLOTS_MIN = 8 };

static void count_d2(table *t, const char *p, size_t n) {
    size_t start = 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t m = mask_2(p + i, ' ', '\n');
        if (UNLIKELY(i + 64 > n)) m &= ~0ull >> (64 - (n - i));
        while (m != 0) {
            size_t stop = i + (size_t)__builtin_ctzll(m);
            m &= m - 1;
            if (LIKELY(stop > start)) {
                gstr g = gstr_make(p + start, (uint32_t)(stop - start));
                table_slot(t, &g, hash_fix(gstr_hash(&g)))->v++;
            }
            start = stop + 1;
        }
    }
}
static void count_d3(table *t, const char *p, size_t n) {
    gstr words[PENDING];
    uint64_t hashes[PENDING], k = 0;
    size_t start = 0;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t m = mask_2(p + i, ' ', '\n');
        if (UNLIKELY(i + 64 > n)) m &= ~0ull >> (64 - (n - i));
        while (m != 0) {
            size_t stop = i + (size_t)__builtin_ctzll(m);
            m &= m - 1;
            if (LIKELY(stop > start)) {
                uint64_t j = k % PENDING;
                if (k >= PENDING) table_slot(t, &words[j], hashes[j])->v++;
                gstr g = gstr_make(p + start, (uint32_t)(stop - start));
                words[j] = g;
                uint64_t h = hashes[j] = hash_fix(gstr_hash(&g));
                __builtin_prefetch(&t->slots[h >> t->shift], 1);
                k++;
            }
            start = stop + 1;
        }
    }
    for (uint64_t j = k > PENDING ? k - PENDING : 0; j < k; j++)
        table_slot(t, &words[j % PENDING], hashes[j % PENDING])->v++;
}

typedef struct word_count {
    gstr word;
    int64_t count;
} word_count;
typedef struct part { /* of one thread */
    table counted, merged;
    word_count *result;
    uint64_t result_count;
} __attribute__((aligned(128))) part;
typedef struct job {
    void (*count)(table *, const char *, size_t);
    int threads;
    const char *at[BATCHES_MAX + 1]; /* the batches' bounds */
    size_t batches;
    const char *begin, *half, *end; /* of the batch at hand */
    uint64_t words;                 /* counted by the last round, from the results */
    pthread_barrier_t barrier;
    part parts[THREADS_MAX];
} job;

/* A cleared table with room for as many keys as the last batch had. */
static void table_fresh(table *t, uint64_t last) {
    int log2_slots = LOG2_SLOTS_MIN;
    while (log2_slots < LOG2_SLOTS_MAX && (1ull << log2_slots) * 5 < last * 8) log2_slots++;
    t->mask = (1ull << log2_slots) - 1;
    t->shift = 64 - log2_slots;
    table_clear(t);
}
static uint64_t write_result(const table *t, word_count *to) {
    uint64_t n = 0;
    for (uint64_t i = 0; i <= t->mask; i++) {
        to[n] = (word_count){t->slots[i].k, t->slots[i].v};
        n += t->slots[i].h != 0;
    }
    return n;
}
/* Adds what hashes into a half of the range. Probing may have carried it past the half's end. */
static void merge_half(table *to, const table *from, uint64_t half) {
    uint64_t slots = from->mask + 1, begin = half * slots / 2, end = begin + slots / 2;
    for (uint64_t i = begin; i < end || from->slots[i & from->mask].h != 0; i++) {
        const slot *s = &from->slots[i & from->mask];
        if (s->h != 0 && s->h >> 63 == half) table_slot(to, &s->k, s->h)->v += s->v;
    }
}
static void run_part(void *arg, int i) {
    job *j = arg;
    part *own = &j->parts[i];
    const char *begin = i == 0 ? j->begin : j->half, *end = i + 1 == j->threads ? j->end : j->half;
    table_fresh(&own->counted, own->counted.n);
    j->count(&own->counted, begin, (size_t)(end - begin));
    if (j->threads == 1) {
        own->result_count = write_result(&own->counted, own->result);
        return;
    }
    table_fresh(&own->merged, own->merged.n);
    pthread_barrier_wait(&j->barrier);
    for (int k = 0; k < j->threads; k++)
        merge_half(&own->merged, &j->parts[k].counted, (uint64_t)i);
    own->result_count = write_result(&own->merged, own->result);
    pthread_barrier_wait(&j->barrier); /* the other one may still read this table */
}
static void run_round(void *arg) {
    job *j = arg;
    j->words = 0;
    for (size_t b = 0; b < j->batches; b++) {
        j->begin = j->at[b];
        j->end = j->at[b + 1];
        j->half = (const char *)memrchr(j->begin, '\n', (size_t)(j->end - j->begin) / 2) + 1;
        run_threads(j->threads, run_part, j);
        if (b > 0) continue;
        for (int i = 0; i < j->threads; i++)
            for (uint64_t k = 0; k < j->parts[i].result_count; k++)
                j->words += (uint64_t)j->parts[i].result[k].count;
    }
}
int main(int argc, char **argv) {
    if (argc != 5) return usage("wc d2|d3 BATCH_BYTES THREADS SECONDS");
    static job j;
    j.count = strcmp(argv[1], "d2") == 0 ? count_d2 : count_d3;
    j.threads = atoi(argv[3]);
    size_t batch_size = strtoull(argv[2], NULL, 10);
    vocab v = vocab_new(VOCABULARY);
    corpus c = corpus_new(&v, 42, batch_size > (16u << 20) ? batch_size * 4 : 64u << 20);
    j.batches = corpus_cut(&c, batch_size, j.at, BATCHES_MAX);
    for (int i = 0; i < j.threads; i++) {
        part *own = &j.parts[i];
        own->counted = table_new(LOG2_SLOTS_MAX, 64u << 20);
        own->merged = table_new(LOG2_SLOTS_MAX, 64u << 20);
        own->counted.n = own->merged.n =
            1ull << LOG2_SLOTS_MAX; /* before the first batch: room for all */
        own->result = big_alloc(sizeof(word_count) << LOG2_SLOTS_MAX);
    }
    pthread_barrier_init(&j.barrier, NULL, (unsigned)j.threads);
    pin(0);
    run_round(&j);
    expect_total("words of the first batch", j.words, words_in(j.at[0], j.at[1]));
    measure(strtod(argv[4], NULL), (double)c.words, (double)c.size, run_round, &j);
    return 0;
}
