/* SPDX-License-Identifier: Apache-2.0 */
/* dstream_ops.h: how an operator makes one batch. The framework keeps the graph, the RDDs already made,
 * persistence and clean-up, and asks an operator at most once for a time. */
#ifndef WADI_STREAM_DSTREAM_OPS_H
#define WADI_STREAM_DSTREAM_OPS_H
#include "data/print.h"
#include "stream/state_facts.h"

typedef struct wadi__dstream_ops {
    const char *name;  /* Spark's; stable: shown in messages and pages, and part of default names */
    size_t state_size; /* bytes of operator state, zeroed at first; 0: none */

    /* Makes the RDD of the batch ending at `time_ms`; *out is NULL on entry and may stay NULL (no RDD, which
     * is not an empty one). The RDD belongs to the batch's scope; the framework takes a reference of
     * its own. Job generator thread, inside the batch's scope; blocks only for jobs that a user's
     * transform runs. */
    wadi_status (*compute)(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err);

    /* How long the parents' RDDs must be remembered when those of this stream are for `remember_ms`.
     * NULL: as long. */
    int64_t (*parent_remember_ms)(const wadi_dstream *self, int64_t remember_ms);

    /* The interval of checkpoints of a stream that must be checkpointed, unless the program sets one. NULL:
     * it need not be. */
    int64_t (*checkpoint_ms)(const wadi_dstream *self);
    /* Its RDDs read what the operator keeps: a checkpoint needs no stored ones. */
    bool keeps_itself;

    /* Inputs: start and stop with the program. `zero_ms` is the time of the batch before the first. NULL:
     * nothing to do. Failure ends the start. Thread of wadi_start() or wadi_stop(). */
    wadi_status (*start)(wadi_dstream *self, int64_t zero_ms, wadi_error *err);
    void (*ask_to_stop)(wadi_dstream *self); /* of all inputs first, then: */
    void (*stop)(wadi_dstream *self);        /* waits until it has */
    /* Inputs: takes no more records a second from now on. NULL: it cannot. Job generator thread. */
    void (*set_rate)(wadi_dstream *self, int64_t rate);

    /* Drops what is kept for batches up to `time_ms`; of inputs that are saved, none that a recovery asks for.
     * NULL: nothing. Job generator thread. */
    void (*forget)(wadi_dstream *self, int64_t time_ms);

    /* What a checkpoint keeps of the stream, appended as frames; nothing appended: nothing. Inputs: what
     * each batch from self->replay_ms on consists of, and where they go on. States and inverse windows: the newest
     * snapshot that is durable and older than ssc->rerun_ms, whose time goes to self->saved_ms. NULL:
     * its RDDs are computed anew from its parents'. Job generator thread, between batches;
     * `time_ms` is that of the checkpoint. */
    wadi_status (*save)(wadi_dstream *self, int64_t time_ms, wadi__text *out, wadi_error *err);
    /* Takes that back, before `start`; zero_ms is set, and is that of the first run. Checksums were checked,
     * types were not. Inputs are asked anew for each batch from there on, and must give what they gave;
     * for an earlier one, which a window that is new or longer may ask for, an empty RDD. */
    wadi_status (*restore)(wadi_dstream *self, const void *bytes, size_t size, wadi_error *err);
    /* No checkpoint older than that of `time_ms` is kept: what only older ones named may go. NULL: nothing.
     * The checkpoint writer's thread. */
    void (*trim)(wadi_dstream *self, int64_t time_ms);
    /* Inputs: whether the batches of an earlier run are lost, so that a state should go on from its newest
     * snapshot, whatever else asks for older batches. NULL: they are not. */
    bool (*loses_batches)(const wadi_dstream *self);
    /* Why a program with such a stream cannot go on from a checkpoint. NULL: it can. */
    const char *cannot_recover;

    /* States: how large it is; false: it keeps none. Any thread, while the program runs. NULL: it never does. */
    bool (*state_facts)(const wadi_dstream *self, wadi__state_facts *facts);

    /* Releases what the state holds. Runs once, also when set-up stopped half way, so each field must be
     * safe to release while zero. NULL: nothing to release. */
    void (*destroy)(wadi_dstream *self);
} wadi__dstream_ops;
#endif
