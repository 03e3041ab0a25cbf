/* SPDX-License-Identifier: Apache-2.0 */
/* spill.c: batches of 16-byte pairs, by JOB: reduce (reduceByKey), join, sort (sortByKey) or group
 * (groupByKey), with so many bytes of records a batch and so much memory. Every key is there twice;
 * of a join, once on each side. The numbers of what comes out are checked.
 *
 * Prints name=value fields: seconds and records of the batches that count, and the most resident
 * memory. */
#include "bench.h"

WADI_RECORD(numbered, (int64_t, key), (int64_t, value));
WADI_RECORD(shape, (int64_t, keys));
WADI_RECORD(tally, (int64_t, count), (int64_t, sum));

/* Numbers in no order; each key comes from two of them. */
WADI_MAP(make, int64_t, numbered, shape) {
    uint64_t key = (uint64_t)(*in % env->keys) * 0x9E3779B97F4A7C15ull;
    out->key = (int64_t)(key ^ key >> 29);
    out->value = *in & 1023;
}
WADI_GROUP(add_group, numbered, numbered) {
    numbered sum = {in[0].key, 0};
    for (size_t i = 0; i < n; i++) sum.value += in[i].value;
    wadi_emit(out, sum);
}
WADI_JOIN(add_sides, numbered, numbered, numbered) {
    *out = (numbered){left->key, left->value + right->value};
}
WADI_MAP(tally_of, numbered, tally) { *out = (tally){1, in->value}; }
WADI_REDUCE(add_tallies, tally) {
    acc->count += in->count;
    acc->sum += in->sum;
}
/* Counts a key that is below the one before it as a thousand. */
WADI_MAP_PARTITION(tally_in_order, numbered, tally) {
    tally all = {0, 0};
    int64_t before = INT64_MIN;
    while ((in = wadi_next(it)) != NULL) {
        all.count += in->key >= before ? 1 : 1000;
        all.sum += in->value;
        before = in->key;
    }
    wadi_emit(out, all);
}

typedef struct job {
    wadi_context *sc;
    const char *name;
    int64_t records;
} job;

static wadi_rdd *numbers(const job *j, int64_t from, int64_t until, int64_t keys) {
    return wadi_map(wadi_range(j->sc, from, until), wadi_bind(make, .keys = keys));
}
static int64_t values_sum(int64_t n) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) sum += i & 1023;
    return sum;
}
static bench_done run_batch(void *arg, uint64_t i) {
    (void)i;
    const job *j = arg;
    const int64_t keys = j->records / 2;
    wadi_rdd *out = NULL;
    if (strcmp(j->name, "join") == 0) {
        out = wadi_join(numbers(j, 0, keys, keys), numbers(j, keys, 2 * keys, keys), add_sides);
    } else {
        wadi_rdd *in = numbers(j, 0, 2 * keys, keys);
        if (strcmp(j->name, "reduce") == 0) out = wadi_reduce_by_key(in, wadi_add);
        if (strcmp(j->name, "group") == 0) out = wadi_group_by_key(in, add_group);
        if (strcmp(j->name, "sort") == 0) out = wadi_sort_by_key(in);
    }
    if (out == NULL) die("there is no such job");
    bool is_sort = strcmp(j->name, "sort") == 0;
    wadi_rdd *tallies =
        is_sort ? wadi_map_partitions(out, tally_in_order) : wadi_map(out, tally_of);
    const tally *all = wadi_first(wadi_reduce(tallies, add_tallies), tally);
    static int64_t sum;
    if (sum == 0) sum = values_sum(2 * keys);
    wadi_error err;
    if (wadi_rdd_failed(tallies, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    expect_total("records", (uint64_t)all->count, (uint64_t)(is_sort ? 2 * keys : keys));
    expect_total("sum", (uint64_t)all->sum, (uint64_t)sum);
    return (bench_done){(double)(2 * keys), 32.0 * (double)keys};
}
static double resident_max_mib(void) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "VmHWM: %ld", &kib);
    if (file == NULL || kib == 0) die("/proc/self/status");
    fclose(file);
    return (double)kib / 1024;
}
int main(int argc, char **argv) {
    if (argc != 6) return usage("spill JOB BYTES MEMORY CORES SECONDS");
    char setting[100];
    snprintf(setting, sizeof setting, "wadi.memory.max_bytes=%s", argv[3]);
    setenv("WADI_CONF", setting, 1);
    job j = {bench_context(argv[4]), argv[1],
             strtoll(argv[2], NULL, 10) / (int64_t)sizeof(numbered)};
    bench_done total;
    double spent;
    int status = bench_measure(j.sc, strtod(argv[5], NULL), run_batch, &j, &total, &spent);
    if (status == 0)
        printf("seconds=%.6f\trecords=%.0f\trss_max_mib=%.1f\n", spent, total.records,
               resident_max_mib());
    return status;
}
