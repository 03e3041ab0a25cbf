/* SPDX-License-Identifier: Apache-2.0 */
/* states.c: a count for each of N keys, of which 10,000 by chance are touched in a batch: whole
 * batches of a stream program, on a clock that is turned by hand, so that nothing is waited for.
 *   update  updateStateByKey: the function is called for every key
 *   map     mapWithState: for the keys of the batch
 * Prints name=value fields: milliseconds a batch, and the resident bytes that a key has added. */
#include "bench.h"

#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"

enum { TOUCHED = 10000, INPUTS = 8, PARTITIONS = 8, BATCH_MS = 10, ROUNDS = 10 };

WADI_MAP_WITH_STATE(add_value, pair, pair, pair) {
    int64_t before = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    wadi_state_update(state, (pair){*key, before + in->value});
    (void)out;
}
WADI_UPDATE_STATE(add_values, pair, pair) {
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    return true;
}

typedef struct load {
    uint32_t keys, filled; /* filled: keys that have come once */
    wadi_rdd *inputs[INPUTS];
    size_t next;
} load;
typedef struct load_ref {
    load *load;
} load_ref;

static wadi_rdd *rdd_of(wadi_context *sc, uint32_t keys, uint32_t from, rng *r) {
    pair *rows = malloc(TOUCHED * sizeof *rows);
    if (rows == NULL) die("malloc");
    for (uint32_t i = 0; i < TOUCHED; i++) {
        char text[32];
        gen_join_key(text, r != NULL ? (uint32_t)(rng_next(r) % keys) : from + i);
        rows[i] = (pair){wadi_str_view(text, JOIN_KEY_SIZE), 1};
    }
    wadi_rdd *made = wadi_parallelize(sc, pair, rows, TOUCHED, .partitions = 1);
    free(rows);
    return made;
}
/* First each key once, then keys by chance. */
WADI_TRANSFORM(next_input, int64_t, pair, load_ref) {
    load *l = env->load;
    (void)batch_ms;
    if (l->filled == l->keys) return l->inputs[l->next++ % INPUTS];
    l->filled += TOUCHED;
    return rdd_of(wadi_rdd_context(rdd), l->keys, l->filled - TOUCHED, NULL);
}
/* What it takes to have the batch applied, no more. */
WADI_FOREACH_RDD(apply, pair) {
    size_t n;
    (void)batch_ms;
    wadi_take(rdd, pair, 1, &n);
}
static double time_batches(wadi__rig *rig, uint32_t n) {
    double begun = now_s();
    wadi__rig_batches(rig, n);
    return now_s() - begun;
}
static int measure_batches(wadi__rig *rig, const load *l, double seconds) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig->ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    time_batches(rig, 1);
    double before_mib = bench_resident_mib();
    time_batches(rig, l->keys / TOUCHED);
    double added = (bench_resident_mib() - before_mib) * 1048576 / (l->keys - TOUCHED);
    time_batches(rig, 2 * INPUTS);
    double spent = 0, batches = 0;
    do {
        spent += time_batches(rig, ROUNDS);
        batches += ROUNDS;
    } while (spent < seconds);
    printf("batches=%.0f\tbatch_ms=%.4f\tbytes_per_key=%.1f\n", batches, spent * 1e3 / batches,
           added);
    return 0;
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("states update|map KEYS SECONDS");
    static load l;
    static const int64_t trigger = 1;
    rng r = {11};
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0),
              *disk = wadi__sim_disk_new(clock, 1);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
        .batch_ms = BATCH_MS, .master = "local[1]", .clock = clock, .env = disk});
    wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    l.keys = (uint32_t)strtoul(argv[2], NULL, 10) / TOUCHED * TOUCHED;
    for (size_t i = 0; i < INPUTS; i++) l.inputs[i] = rdd_of(rig.sc, l.keys, 0, &r);
    wadi_rdd *always = wadi_parallelize(rig.sc, int64_t, &trigger, 1);
    wadi_dstream *ticks =
        wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc), .default_rdd = always);
    wadi_dstream *pairs = wadi_transform(ticks, wadi_bind(next_input, .load = &l));
    wadi_dstream *made =
        strcmp(argv[1], "map") == 0
            ? wadi_map_with_state(pairs, add_value, .partitions = PARTITIONS)
            : wadi_update_state_by_key(pairs, add_values, .partitions = PARTITIONS);
    wadi_foreach_rdd(made, apply);
    int status = measure_batches(&rig, &l, strtod(argv[3], NULL)), ended = wadi__rig_free(&rig);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
    return status != 0 ? status : ended;
}
