/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c: a stream whose batches are RDDs that somebody pushed. */
#include "stream/nowhere.h"
#include "stream/options.h"

#include <string.h>
#include <wadi/source.h>

struct wadi_rdd_queue {
    wadi__on_finish on_finish;
    wadi_context *sc;
    pthread_mutex_t lock;
    WADI__VEC(wadi_rdd *) rdds; /* one reference each, oldest first; guarded by lock */
};

static void queue_finish(wadi__on_finish *self) {
    wadi_rdd_queue *queue = (wadi_rdd_queue *)self;
    for (size_t i = 0; i < queue->rdds.count; i++) wadi_rdd_unref(&queue->rdds.items[i]);
    wadi__vec_fini(&queue->rdds);
    pthread_mutex_destroy(&queue->lock);
    wadi__free(queue);
}
/* What a queue is when there is no memory for one: pushing to it fails. */
static wadi_rdd_queue no_memory_queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void fail(wadi_context *sc, wadi_status status, const char *message) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, status, "rdd_queue: %s", message);
    wadi__scope_fail(wadi__context_scope(sc), &err);
}
wadi_rdd_queue *wadi_rdd_queue_new(wadi_context *sc) {
    wadi_rdd_queue *queue = sc != NULL && !sc->is_broken ? wadi__calloc(1, sizeof *queue) : NULL;
    if (queue == NULL) {
        if (sc != NULL) fail(sc, WADI_E_NOMEM, "no memory for a queue");
        return &no_memory_queue;
    }
    queue->sc = sc;
    pthread_mutex_init(&queue->lock, NULL);
    queue->on_finish.finish = queue_finish;
    queue->on_finish.is_used = true; /* by streams, which go on until they are finished */
    pthread_mutex_lock(&sc->scope.lock);
    queue->on_finish.next = sc->on_finish;
    sc->on_finish = &queue->on_finish;
    pthread_mutex_unlock(&sc->scope.lock);
    return queue;
}
/* The queue takes the RDD over from the scope that it was made in, so that it goes with its batch. */
void wadi_rdd_queue_push(wadi_rdd_queue *queue, wadi_rdd *rdd) {
    if (queue == NULL || queue->sc == NULL || rdd == NULL) return;
    wadi_rdd_ref(rdd);
    pthread_mutex_lock(&queue->lock);
    bool pushed = wadi__vec_push(&queue->rdds, rdd);
    pthread_mutex_unlock(&queue->lock);
    if (pushed) {
        wadi__scope_release(wadi__context_scope(queue->sc), rdd);
        return;
    }
    wadi_rdd_unref(&rdd);
    fail(queue->sc, WADI_E_NOMEM, "no memory to push a dataset");
}

/* ---- The stream ---- */

typedef struct queue_state {
    wadi_rdd_queue *queue;
    bool all_at_once;
    wadi_rdd *default_rdd; /* one reference, or NULL: an empty one */
} queue_state;

/* One RDD off the queue, or all; one reference each. False: no memory, and they stay. */
static bool take(wadi_rdd_queue *queue, bool all, wadi__rdd_list *taken) {
    pthread_mutex_lock(&queue->lock);
    size_t count = all ? queue->rdds.count : queue->rdds.count > 0;
    bool has_room = wadi__vec_reserve(taken, count);
    if (has_room) {
        for (size_t i = 0; i < count; i++) taken->items[taken->count++] = queue->rdds.items[i];
        queue->rdds.count -= count;
        if (queue->rdds.count > 0) memmove(queue->rdds.items, queue->rdds.items + count, queue->rdds.count * sizeof(wadi_rdd *));
    }
    pthread_mutex_unlock(&queue->lock);
    return has_room;
}
static wadi_status queue_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err) {
    (void)time_ms;
    const queue_state *state = (const queue_state *)self->state;
    wadi__rdd_list taken = {0};
    if (!take(state->queue, state->all_at_once, &taken))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to take datasets off the queue");
    wadi_rdd *made = state->default_rdd;
    if (taken.count == 1) made = taken.items[0];
    else if (taken.count > 1) made = wadi_rdd_union(taken.items[0], taken.items + 1, taken.count - 1, &self->options);
    else if (made == NULL) made = wadi__rdd_make_empty(self->ssc->sc, self->type);
    wadi_status status = wadi__dstream_made(made, out, err);
    if (status == WADI_OK && !wadi__type_matches(made->type, self->type)) {
        char a[128], b[128];
        *out = NULL;
        status = wadi_error_context(err, WADI_E_TYPE, "the stream carries %s, a dataset of %s was pushed",
                                    wadi__type_text(self->type, a, sizeof a), wadi__type_text(made->type, b, sizeof b));
    }
    /* References taken off the queue go with the batch. */
    for (size_t i = 0; i < taken.count; i++) {
        if (wadi__scope_adopt(wadi__context_scope(self->ssc->sc), taken.items[i])) continue;
        wadi_rdd_unref(&taken.items[i]);
        *out = NULL;
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for the datasets of a batch");
    }
    wadi__vec_fini(&taken);
    return status;
}
static void queue_destroy(wadi_dstream *self) {
    queue_state *state = (queue_state *)self->state;
    if (state->default_rdd != NULL) wadi_rdd_unref(&state->default_rdd);
}
static const wadi__dstream_ops queue_ops = {
    .name = "queue_stream",
    .state_size = sizeof(queue_state),
    .compute = queue_compute,
    .destroy = queue_destroy,
    .cannot_recover = "what was pushed to a queue lives in memory alone, so a checkpoint cannot bring it back; "
                      "read from files or receivers, or do without a checkpoint directory",
};
static void take_queue(wadi_dstream *self, wadi_rdd_queue *queue, const wadi_queue_options *options) {
    queue_state *state = (queue_state *)self->state;
    const wadi_rdd *by_default = options->default_rdd;
    state->queue = queue;
    state->all_at_once = options->all_at_once;
    if (queue == NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, "the queue is NULL");
    else if (queue->sc != NULL && queue->sc != self->ssc->sc)
        wadi__dstream_mistake(self, WADI_E_INVALID, "the queue belongs to another context");
    if (by_default == NULL) return;
    state->default_rdd = wadi_rdd_ref(options->default_rdd);
    char a[128], b[128];
    if (!self->is_broken && !wadi__rdd_is_broken(by_default) && !wadi__type_matches(by_default->type, self->type))
        wadi__dstream_mistake(self, WADI_E_TYPE, "the stream carries %s, .default_rdd is a dataset of %s",
                              wadi__type_text(self->type, a, sizeof a),
                              wadi__type_text(by_default->type, b, sizeof b));
}
wadi_dstream *wadi__queue_stream(wadi_stream_context *ssc, const wadi_type *pub, wadi_rdd_queue *queue,
                                 const wadi_queue_options *given) {
    wadi_queue_options options;
    wadi_error err = WADI_ERROR_INIT;
    bool known = wadi__options_take(&options, sizeof options, given);
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi_dstream *self = wadi__dstream_new_input(wadi__some_context(ssc, &options.where, queue_ops.name), &queue_ops,
                                                 type != NULL ? type : wadi__type_int64(), &options.where,
                                                 options.name);
    if (wadi__dstream_is_spare(self)) return self;
    if (type == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    take_queue(self, queue, &options);
    return self;
}
