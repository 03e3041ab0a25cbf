/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: sortByKey of 1M pairs, collected. The limit is qsort(3), sort q. */
#include "bench.h"

typedef struct job {
    wadi_rdd *pairs;
    double bytes;
} job;

static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    size_t n;
    const pair *rows = wadi_collect(wadi_sort_by_key(j->pairs), pair, &n);
    uint64_t wrong = 0;
    for (size_t k = 1; i == 0 && k < n; k++)
        wrong += wadi_str_compare(rows[k - 1].key, rows[k].key) > 0;
    expect_total("pairs", n, PAIRS);
    expect_total("pairs out of order", wrong, 0);
    return (bench_done){PAIRS, j->bytes};
}
int main(int argc, char **argv) {
    if (argc != 2) return usage("sort SECONDS");
    wadi_context *sc = bench_context("1");
    vocab v = vocab_new(VOCABULARY);
    bench_pairs input = bench_make_pairs(&v);
    job j = {wadi_parallelize(sc, pair, input.rows, PAIRS), input.bytes};
    return bench_run(sc, strtod(argv[1], NULL), run_tick, &j);
}
