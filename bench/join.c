/* SPDX-License-Identifier: Apache-2.0 */
/* join.c: inner join of two batches of 1M pairs with unique keys, half of which match, then a body
 * that reads every result. The limit is join r, which only writes them. */
#include "bench.h"

WADI_RECORD(both, (wadi_str, key), (int64_t, left), (int64_t, right));
WADI_JOIN(match, pair, pair, both) { *out = (both){left->key, left->value, right->value}; }
WADI_MAP_PARTITION(count_equal, both, int64_t) {
    int64_t n = 0;
    while ((in = wadi_next(it))) n += in->left == in->right;
    wadi_emit(out, n);
}

typedef struct job {
    wadi_rdd *left, *right;
} job;

static wadi_rdd *make_side(wadi_context *sc, uint32_t from, uint64_t seed) {
    uint32_t *keys = gen_join_keys(from, seed);
    pair *rows = malloc(PAIRS * sizeof *rows);
    if (rows == NULL) die("malloc");
    for (size_t i = 0; i < PAIRS; i++) {
        char text[32];
        gen_join_key(text, keys[i]);
        rows[i] = (pair){wadi_str_view(text, JOIN_KEY_SIZE), keys[i]};
    }
    wadi_rdd *side = wadi_parallelize(sc, pair, rows, PAIRS);
    free(rows);
    free(keys);
    return side;
}
static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    (void)i;
    size_t n;
    wadi_rdd *joined = wadi_join(j->left, j->right, match);
    const int64_t *counts = wadi_collect(wadi_map_partitions(joined, count_equal), int64_t, &n);
    int64_t all = 0;
    for (size_t p = 0; p < n; p++) all += counts[p];
    expect_total("matches", (uint64_t)all, JOIN_SHARED);
    return (bench_done){2.0 * PAIRS, 2.0 * PAIRS * (JOIN_KEY_SIZE + 8)};
}
int main(int argc, char **argv) {
    if (argc != 2) return usage("join SECONDS");
    wadi_context *sc = bench_context("1");
    job j = {make_side(sc, 0, 1), make_side(sc, JOIN_SHARED, 2)};
    return bench_run(sc, strtod(argv[1], NULL), run_tick, &j);
}
