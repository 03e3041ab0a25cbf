/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.c: hash-partitions 1M (string, int64) pairs.
 *   v  16-byte strings and int64, two columns, scattered into each partition's own; long strings
 * stay where they are i  row numbers only, the data stays */
#include "gen.h"
#include "scan.h"

enum { PARTITIONS_MAX = 64 };

typedef struct job {
    void (*partition)(struct job *);
    uint32_t partitions;
    gstr *keys;
    int64_t *values;
    uint64_t *hashes;
    uint8_t *partition_of;
    gstr *out_keys[PARTITIONS_MAX];
    int64_t *out_values[PARTITIONS_MAX];
    uint32_t *out_rows[PARTITIONS_MAX];
    uint32_t out_count[PARTITIONS_MAX];
} job;

static void find_partitions(job *j) {
    for (uint32_t i = 0; i < PAIRS; i++) j->hashes[i] = gstr_hash(&j->keys[i]);
    for (uint32_t i = 0; i < PAIRS; i++)
        j->partition_of[i] = (uint8_t)((j->hashes[i] >> 32) * j->partitions >> 32);
}
static void partition_v(job *j) {
    find_partitions(j);
    memset(j->out_count, 0, sizeof j->out_count);
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t p = j->partition_of[i], n = j->out_count[p]++;
        j->out_keys[p][n] = j->keys[i];
        j->out_values[p][n] = j->values[i];
    }
}
static void partition_i(job *j) {
    find_partitions(j);
    memset(j->out_count, 0, sizeof j->out_count);
    for (uint32_t i = 0; i < PAIRS; i++) {
        uint32_t p = j->partition_of[i];
        j->out_rows[p][j->out_count[p]++] = i;
    }
}
/* Returns the bytes of the pairs: those of the key and 8. */
static double make_pairs(job *j, const vocab *v) {
    rng r = {5};
    size_t key_bytes = 0;
    j->keys = big_alloc(PAIRS * sizeof *j->keys);
    j->values = big_alloc(PAIRS * sizeof *j->values);
    j->hashes = big_alloc(PAIRS * sizeof *j->hashes);
    j->partition_of = big_alloc(PAIRS);
    for (uint32_t i = 0; i < PAIRS; i++) {
        const vocab_word *w = gen_pair(v, &r, &j->values[i]);
        j->keys[i] = gstr_make(w->text, w->len);
        key_bytes += w->len;
    }
    return (double)key_bytes + 8.0 * PAIRS;
}
/* The partitions' memory is staggered within a page, so that the streams written do not share cache
 * sets. */
static void make_room(job *j) {
    enum { SLACK = 1 << 20, STAGGER = 2112 };
    for (size_t p = 0; p < j->partitions; p++) {
        size_t x = p * STAGGER;
        j->out_keys[p] = (gstr *)(void *)((char *)big_alloc(PAIRS * sizeof(gstr) + SLACK) + x);
        j->out_values[p] =
            (int64_t *)(void *)((char *)big_alloc(PAIRS * sizeof(int64_t) + SLACK) + x + 1024);
        j->out_rows[p] =
            (uint32_t *)(void *)((char *)big_alloc(PAIRS * sizeof(uint32_t) + SLACK) + x);
    }
}
static void run_round(void *arg) {
    job *j = arg;
    j->partition(j);
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("shuffle v|i PARTITIONS SECONDS");
    static job j;
    j.partition = strcmp(argv[1], "i") == 0 ? partition_i : partition_v;
    j.partitions = (uint32_t)strtoul(argv[2], NULL, 10);
    if (j.partitions == 0 || j.partitions > PARTITIONS_MAX) return usage("1 to 64 partitions");
    vocab v = vocab_new(VOCABULARY);
    double bytes = make_pairs(&j, &v);
    make_room(&j);
    pin(0);
    measure(strtod(argv[3], NULL), PAIRS, bytes, run_round, &j);
    uint64_t total = 0;
    for (uint32_t p = 0; p < j.partitions; p++) total += j.out_count[p];
    expect_total("pairs", total, PAIRS);
    return 0;
}
