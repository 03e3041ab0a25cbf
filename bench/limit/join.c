/* SPDX-License-Identifier: Apache-2.0 */
/* join.c: inner hash join of two batches of 1M (string, int64) pairs with unique keys, half of
 * which match; writes columns of keys, left and right values. p  one table of slots in place,
 * prefetched r  both sides partitioned by 6 bits of the hash first, so that each table stays in the
 * L2 cache */
#include "gen.h"
#include "scan.h"

enum { PARTITION_BITS = 6, PARTITIONS = 1 << PARTITION_BITS, PREFETCH = 32 };

typedef struct pair_row {
    uint64_t h;
    gstr k;
    int64_t v;
} pair_row;
_Static_assert(sizeof(pair_row) == 32, "two rows a line");

typedef struct side {
    gstr *keys;
    int64_t *values;
    uint64_t *hashes;
    pair_row *rows; /* partitioned */
    uint32_t offsets[PARTITIONS + 1];
} side;
typedef struct job {
    void (*join)(struct job *);
    side left, right;
    table t;
    gstr *out_keys;
    int64_t *out_left, *out_right;
    uint64_t out_count;
} job;

static void write_match(job *j, const gstr *k, int64_t left, int64_t right) {
    uint64_t n = j->out_count++;
    j->out_keys[n] = *k;
    j->out_left[n] = left;
    j->out_right[n] = right;
}
static void hash_side(side *s) {
    for (uint32_t i = 0; i < PAIRS; i++) s->hashes[i] = hash_fix(gstr_hash(&s->keys[i]));
}
static void join_p(job *j) {
    side *l = &j->left, *r = &j->right;
    hash_side(l);
    hash_side(r);
    table_clear(&j->t);
    for (uint32_t i = 0; i < PAIRS; i++) { /* the hashes have PREFETCH entries more */
        __builtin_prefetch(&j->t.slots[l->hashes[i + PREFETCH] >> j->t.shift], 1);
        table_slot(&j->t, &l->keys[i], l->hashes[i])->v = l->values[i];
    }
    j->out_count = 0;
    for (uint32_t i = 0; i < PAIRS; i++) {
        __builtin_prefetch(&j->t.slots[r->hashes[i + PREFETCH] >> j->t.shift]);
        const slot *s = table_find(&j->t, &r->keys[i], r->hashes[i]);
        if (s != NULL) write_match(j, &r->keys[i], s->v, r->values[i]);
    }
}
static void partition_side(side *s) {
    uint32_t count[PARTITIONS] = {0}, at[PARTITIONS], sum = 0;
    for (uint32_t i = 0; i < PAIRS; i++) {
        s->hashes[i] = hash_fix(gstr_hash(&s->keys[i]));
        count[s->hashes[i] >> (64 - PARTITION_BITS)]++;
    }
    for (int p = 0; p < PARTITIONS; p++) {
        s->offsets[p] = at[p] = sum;
        sum += count[p];
    }
    s->offsets[PARTITIONS] = sum;
    for (uint32_t i = 0; i < PAIRS; i++)
        s->rows[at[s->hashes[i] >> (64 - PARTITION_BITS)]++] =
            (pair_row){s->hashes[i], s->keys[i], s->values[i]};
}
static void join_r(job *j) {
    partition_side(&j->left);
    partition_side(&j->right);
    j->out_count = 0;
    for (int p = 0; p < PARTITIONS; p++) {
        table_clear(&j->t);
        for (uint32_t i = j->left.offsets[p]; i < j->left.offsets[p + 1]; i++) {
            const pair_row *row = &j->left.rows[i];
            table_slot(&j->t, &row->k, row->h << PARTITION_BITS | 1)->v = row->v;
        }
        for (uint32_t i = j->right.offsets[p]; i < j->right.offsets[p + 1]; i++) {
            const pair_row *row = &j->right.rows[i];
            const slot *s = table_find(&j->t, &row->k, row->h << PARTITION_BITS | 1);
            if (s != NULL) write_match(j, &row->k, s->v, row->v);
        }
    }
}
static void make_side(side *s, uint32_t from, uint64_t seed) {
    uint32_t *keys = gen_join_keys(from, seed);
    s->keys = big_alloc(PAIRS * sizeof *s->keys);
    s->values = big_alloc(PAIRS * sizeof *s->values);
    s->hashes = big_alloc((PAIRS + PREFETCH) * sizeof *s->hashes);
    s->rows = big_alloc(PAIRS * sizeof *s->rows);
    for (uint32_t i = 0; i < PAIRS; i++) {
        char text[32];
        gen_join_key(text, keys[i]);
        s->keys[i] = gstr_make(text, JOIN_KEY_SIZE);
        s->values[i] = keys[i];
    }
    free(keys);
}
static void run_round(void *arg) {
    job *j = arg;
    j->join(j);
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("join p|r SECONDS");
    static job j;
    bool is_radix = strcmp(argv[1], "r") == 0;
    j.join = is_radix ? join_r : join_p;
    make_side(&j.left, 0, 1);
    make_side(&j.right, JOIN_SHARED, 2);
    j.t = table_new(is_radix ? 15 : 21, 4096);
    j.out_keys = big_alloc(PAIRS * sizeof *j.out_keys);
    j.out_left = big_alloc(PAIRS * sizeof *j.out_left);
    j.out_right = big_alloc(PAIRS * sizeof *j.out_right);
    pin(0);
    measure(strtod(argv[2], NULL), 2.0 * PAIRS, 2.0 * PAIRS * (JOIN_KEY_SIZE + 8), run_round, &j);
    expect_total("matches", j.out_count, JOIN_SHARED);
    return 0;
}
