/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: each record with the same chance, without replacement. Which ones depends only on the
 * seed, the partition and the record's number there, so a task that is tried again chooses the
 * same. */
#include "rdd/ops/ops.h"

#include <math.h>

typedef struct sample_state {
    double fraction;
    uint64_t seed;
} sample_state;

typedef struct sample_op {
    wadi__sink sink;
    wadi__sink *next;
    uint64_t random, chosen_below; /* of 2^53 */
    uint32_t *selected;
} sample_op;

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}
static void sample_push(wadi__sink *sink, const wadi__slice *in) {
    sample_op *op = (sample_op *)sink;
    uint32_t count = 0;
    for (uint32_t i = 0; i < in->count; i++) {
        op->selected[count] = in->selected != NULL ? in->selected[i] : i;
        count += next_random(&op->random) >> 11 < op->chosen_below;
    }
    wadi__slice slice = *in;
    slice.count = count;
    if (count < in->count) slice.selected = op->selected;
    if (count > 0) wadi__push(op->next, &slice);
}
static wadi__cursor *sample_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    const sample_state *state = (const sample_state *)rdd->state;
    sample_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->sink = (wadi__sink){.push = sample_push, .wants_hashes = sink->wants_hashes};
    op->next = sink;
    op->random = state->seed;
    op->random = next_random(&op->random) ^ partition;
    op->chosen_below = (uint64_t)ldexp(state->fraction, 53);
    op->selected = wadi__task_room(task, (WADI__CHUNK_ROWS + 1) * sizeof *op->selected);
    if (op->selected == NULL) return NULL;
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
const wadi__rdd_ops wadi__rdd_sample_ops = {
    .name = "sample", .state_size = sizeof(sample_state), .open = sample_open};

wadi_rdd *(wadi_sample)(wadi_rdd *in, double fraction, uint64_t seed,
                        const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_SAMPLE, in, &options->where);
    if (!(fraction >= 0 && fraction <= 1))
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "the fraction is %g; it must lie between 0 and 1",
                            fraction);
    if (!wadi__rdd_is_broken(rdd)) {
        rdd->partitioner = in->partitioner;
        *(sample_state *)rdd->state = (sample_state){fraction, seed};
    }
    return wadi__rdd_done(rdd, options);
}
