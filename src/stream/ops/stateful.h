/* SPDX-License-Identifier: Apache-2.0 */
/* stateful.h: what updateStateByKey and mapWithState share as operators: a state, and the step of
 * each batch.
 *
 * Batches are stepped through one after another, also when only some of them are asked for. A
 * stream that keeps a state must have a checkpoint directory. */
#ifndef WADI_STREAM_OPS_STATEFUL_H
#define WADI_STREAM_OPS_STATEFUL_H
#include "stream/dstream.h"
#include "stream/snapshots.h"
#include "stream/state.h"

typedef struct wadi__stateful_kind {
    wadi__dstream_ops ops; /* first, so that a stream's ops are its kind */
    wadi__op op;
    wadi_fn_kind fn_kind;
    const wadi__state_node_ops *node_ops;
    bool is_mapped;            /* mapWithState: outputs, time-outs */
    int64_t checkpoint_slides; /* between two checkpoints, and searches for idle keys, unless told
                                  otherwise .. */
    int64_t checkpoint_min_ms; /* .. or the least multiple of the slide that is not below this */
} wadi__stateful_kind;

typedef struct wadi__stateful { /* the operator's state */
    wadi__state *kept;
    wadi_rdd *initial;  /* one reference, until it has been used; or NULL */
    wadi__bound_fn *by; /* holds what options.partitioner points at; NULL: by hash */
    wadi__state_files *files; /* where the state is saved; NULL: nowhere */
    bool forgets_partitioner;
    bool has_started; /* last_ms is set */
    int64_t begun_ms; /* the first batch that has a state; INT64_MAX: none yet */
    int64_t last_ms;  /* the newest batch that was stepped to */
    int64_t restored_ms; /* of the snapshot that it goes on from: nothing is known of earlier batches;
                            INT64_MIN: there is none */
} wadi__stateful;
static inline wadi__stateful *wadi__stateful_of(const wadi_dstream *self) {
    return (wadi__stateful *)(uintptr_t)self->state;
}

/* Never NULL. */
wadi_dstream *wadi__stateful_new(const wadi__stateful_kind *kind, wadi_dstream *in, wadi__fn_arg f,
                                 const wadi_state_options *options);
wadi_status wadi__stateful_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out,
                                   wadi_error *err);
int64_t wadi__stateful_checkpoint_ms(const wadi_dstream *self);
wadi_status wadi__stateful_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err);
wadi_status wadi__stateful_save(wadi_dstream *self, int64_t time_ms, wadi__text *out,
                                wadi_error *err);
wadi_status wadi__stateful_restore(wadi_dstream *self, const void *bytes, size_t size,
                                   wadi_error *err);
void wadi__stateful_trim(wadi_dstream *self, int64_t time_ms);
bool wadi__stateful_facts(const wadi_dstream *self, wadi__state_facts *facts);
void wadi__stateful_destroy(wadi_dstream *self);
/* For the ops of such a kind. */
#define WADI__STATEFUL(op_name)                                                                   \
    {                                                                                             \
        .name = op_name, .state_size = sizeof(wadi__stateful), .compute = wadi__stateful_compute, \
        .checkpoint_ms = wadi__stateful_checkpoint_ms, .keeps_itself = true,                      \
        .start = wadi__stateful_start, .save = wadi__stateful_save,                               \
        .restore = wadi__stateful_restore, .trim = wadi__stateful_trim,                           \
        .state_facts = wadi__stateful_facts, .destroy = wadi__stateful_destroy                    \
    }
#endif
