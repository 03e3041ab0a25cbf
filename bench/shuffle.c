/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.c: 1M pairs into partitions by the hash of their key, then a body that reads every
 * record. The limit is shuffle v, which only partitions. */
#include "bench.h"

WADI_RECORD(total, (int64_t, count), (int64_t, sum));
WADI_PARTITIONER(by_key, pair) { /* by the hash of the limit: of a string in place its two words */
    gstr key;
    memcpy(&key, &in->key, sizeof key);
    uint64_t h = gstr_hash(&key);
    return (uint32_t)((h >> 32) * partition_count >> 32);
}
WADI_MAP_PARTITION(read_all, pair, total) {
    total t = {0, 0};
    while ((in = wadi_next(it))) {
        t.count++;
        t.sum += in->value;
    }
    wadi_emit(out, t);
}

typedef struct job {
    wadi_rdd *pairs;
    bench_pairs input;
    uint32_t partitions;
    uint64_t sum;
} job;

static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    (void)i;
    wadi_rdd *parts = wadi_partition_by(j->pairs, by_key, .partitions = j->partitions);
    size_t n;
    const total *totals = wadi_collect(wadi_map_partitions(parts, read_all), total, &n);
    total all = {0, 0};
    for (size_t p = 0; p < n; p++) {
        all.count += totals[p].count;
        all.sum += totals[p].sum;
    }
    expect_total("pairs", (uint64_t)all.count, PAIRS);
    expect_total("sum of values", (uint64_t)all.sum, j->sum);
    return (bench_done){PAIRS, j->input.bytes};
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("shuffle PARTITIONS SECONDS");
    static job j;
    wadi_context *sc = bench_context("1");
    vocab v = vocab_new(VOCABULARY);
    j.input = bench_make_pairs(&v);
    j.partitions = (uint32_t)strtoul(argv[1], NULL, 10);
    for (size_t i = 0; i < PAIRS; i++) j.sum += (uint64_t)j.input.rows[i].value;
    j.pairs = wadi_parallelize(sc, pair, j.input.rows, PAIRS);
    return bench_run(sc, strtod(argv[2], NULL), run_tick, &j);
}
