/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: a count for each of N keys in dense columns with an index, 10,000 of them touched in a
 * batch. a2  a function called for every key, in place: touched rows are found by hash, then one
 * walk b3  touched keys alone: hashed, partitioned in 8, then found and changed, the old value
 * logged */
#include "gen.h"

enum { TOUCHED = 10000, BATCHES = 8, PARTITIONS = 8, SLACK = 64, AHEAD_INDEX = 48, AHEAD_ROW = 24 };

typedef struct updated {
    int64_t value;
    int keep;
} updated;
typedef updated update_fn(const int64_t *values, uint32_t n, int64_t old, bool exists);
static NOINLINE updated add_values(const int64_t *values, uint32_t n, int64_t old, bool exists) {
    (void)exists;
    for (uint32_t i = 0; i < n; i++) old += values[i];
    return (updated){old, 1};
}
static update_fn *volatile update = add_values;

typedef struct job {
    void (*batch)(struct job *, uint32_t b);
    uint32_t n, next;
    uint64_t *index, mask; /* half of a hash, and a row + 1 */
    int shift;
    gstr *keys;
    uint64_t *hashes;
    int64_t *values;
    gstr touched[BATCHES][TOUCHED + SLACK];
    int64_t added[BATCHES][TOUCHED + SLACK];
    uint64_t touched_hashes[TOUCHED + SLACK];
    uint32_t rows[TOUCHED + SLACK];
    uint64_t *is_touched; /* bits by row */
    uint32_t *value_at;   /* by row */
    int64_t old[TOUCHED + SLACK];
    gstr part_keys[PARTITIONS][TOUCHED + SLACK];
    uint64_t part_hashes[PARTITIONS][TOUCHED + SLACK];
    int64_t part_values[PARTITIONS][TOUCHED + SLACK];
    uint32_t part_count[PARTITIONS];
    uint64_t batches;
} job;

INLINE uint64_t tag_of(uint64_t h) { return h << 24 & 0xFFFFFFFF00000000ull; }
INLINE uint32_t find(const job *j, const gstr *key, uint64_t h) {
    for (uint64_t i = h >> j->shift;; i = (i + 1) & j->mask) {
        uint64_t entry = j->index[i];
        if (entry == 0) die("a key is missing");
        if ((entry & 0xFFFFFFFF00000000ull) == tag_of(h) &&
            gstr_eq(&j->keys[(uint32_t)entry - 1], key))
            return (uint32_t)entry - 1;
    }
}
static void hash_batch(job *j, uint32_t b) {
    for (uint32_t i = 0; i < TOUCHED; i++) j->touched_hashes[i] = gstr_hash(&j->touched[b][i]) | 1;
}
static void batch_a2(job *j, uint32_t b) {
    hash_batch(j, b);
    for (uint32_t i = 0; i < TOUCHED; i++) {
        __builtin_prefetch(&j->index[j->touched_hashes[i + 32] >> j->shift]);
        uint32_t row = j->rows[i] = find(j, &j->touched[b][i], j->touched_hashes[i]);
        j->is_touched[row / 64] |= 1ull << (row & 63);
        j->value_at[row] = i;
    }
    for (uint32_t i = 0; i < j->n; i++) {
        uint32_t n = (uint32_t)(j->is_touched[i / 64] >> (i & 63)) & 1;
        updated u = update(n != 0 ? &j->added[b][j->value_at[i]] : NULL, n, j->values[i], true);
        j->values[i] = u.value;
        if (UNLIKELY(u.keep == 0)) j->hashes[i] = 0;
    }
    for (uint32_t i = 0; i < TOUCHED; i++) j->is_touched[j->rows[i] / 64] = 0;
}
static void partition(job *j, uint32_t b) {
    memset(j->part_count, 0, sizeof j->part_count);
    for (uint32_t i = 0; i < TOUCHED; i++) {
        uint32_t p = (uint32_t)(j->touched_hashes[i] >> 8 & (PARTITIONS - 1)),
                 n = j->part_count[p]++;
        j->part_keys[p][n] = j->touched[b][i];
        j->part_hashes[p][n] = j->touched_hashes[i];
        j->part_values[p][n] = j->added[b][i];
    }
}
static void change(job *j, uint32_t p) {
    const uint64_t *hashes = j->part_hashes[p];
    for (uint32_t i = 0, n = j->part_count[p]; i < n; i++) {
        if (i + AHEAD_INDEX < n) __builtin_prefetch(&j->index[hashes[i + AHEAD_INDEX] >> j->shift]);
        if (i + AHEAD_ROW < n) {
            uint32_t row = (uint32_t)j->index[hashes[i + AHEAD_ROW] >> j->shift];
            row -= row > 0;
            __builtin_prefetch(&j->keys[row]);
            __builtin_prefetch(&j->values[row], 1);
        }
        uint32_t row = find(j, &j->part_keys[p][i], hashes[i]);
        j->old[i] = j->values[row];
        j->rows[i] = row;
        j->values[row] = update(&j->part_values[p][i], 1, j->values[row], true).value;
    }
}
static void batch_b3(job *j, uint32_t b) {
    hash_batch(j, b);
    partition(j, b);
    for (uint32_t p = 0; p < PARTITIONS; p++) change(j, p);
}
static void run_round(void *arg) {
    job *j = arg;
    j->batch(j, j->next);
    j->next = (j->next + 1) % BATCHES;
    j->batches++;
}
static void make_state(job *j, uint32_t n) {
    int bits = 1;
    while (1ull << bits < 2ull * n) bits++;
    j->n = n;
    j->mask = (1ull << bits) - 1;
    j->shift = 64 - bits;
    j->index = big_alloc(sizeof(uint64_t) << bits);
    j->keys = big_alloc(n * sizeof *j->keys);
    j->hashes = big_alloc(n * sizeof *j->hashes);
    j->values = big_alloc(n * sizeof *j->values);
    j->is_touched = big_alloc(n / 8 + 4096);
    j->value_at = big_alloc(n * sizeof *j->value_at);
    for (uint32_t i = 0; i < n; i++) {
        char text[32];
        gen_join_key(text, i);
        j->keys[i] = gstr_make(text, JOIN_KEY_SIZE);
        uint64_t h = j->hashes[i] = gstr_hash(&j->keys[i]) | 1, at = h >> j->shift;
        while (j->index[at] != 0) at = (at + 1) & j->mask;
        j->index[at] = tag_of(h) | (i + 1);
    }
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("state a2|b3 KEYS SECONDS");
    static job j;
    rng r = {11};
    bool is_b3 = strcmp(argv[1], "b3") == 0;
    pin(0);
    make_state(&j, (uint32_t)strtoul(argv[2], NULL, 10));
    j.batch = is_b3 ? batch_b3 : batch_a2;
    for (uint32_t b = 0; b < BATCHES; b++)
        for (uint32_t i = 0; i < TOUCHED; i++) {
            j.touched[b][i] = j.keys[rng_next(&r) % j.n];
            j.added[b][i] = 1;
        }
    measure(strtod(argv[3], NULL), 1, 0, run_round, &j); /* records: batches */
    uint64_t total = 0;
    for (uint32_t i = 0; i < j.n; i++) total += (uint64_t)j.values[i];
    if (is_b3)
        expect_total("sum of all states", total,
                     j.batches * TOUCHED); /* a2: one of equal keys counts */
    return 0;
}
