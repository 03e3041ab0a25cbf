/* SPDX-License-Identifier: Apache-2.0 */
/* states.c: a count for each of N keys, of which 10,000 by chance are touched in a batch: whole
 * batches of a stream program, on a clock that is turned by hand, so that nothing is waited for.
 *   update  updateStateByKey: the function is called for every key
 *   map     mapWithState: for the keys of the batch
 * The state is not saved, which batches would wait for on one core; saved: it is, every ten
 * batches.
 * Prints name=value fields: milliseconds a batch, and the resident bytes that a key has added. */
#include "by_hand.h"

enum { TOUCHED = 10000, INPUTS = 8, PARTITIONS = 8, BATCH_MS = 10, ROUNDS = 10 };

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
    bool is_saved = argc == 5 && strcmp(argv[4], "saved") == 0;
    if (argc != 4 && !is_saved) return usage("states update|map KEYS SECONDS [saved]");
    static load l;
    static const int64_t trigger = 1;
    rng r = {11};
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.batch_ms = BATCH_MS, .master = "local[1]", .has_disk = true});
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
    if (!is_saved) wadi_checkpoint(made, NEVER_MS);
    wadi_foreach_rdd(made, apply);
    int status = measure_batches(&rig, &l, strtod(argv[3], NULL)), ended = wadi__rig_free(&rig);
    return status != 0 ? status : ended;
}
