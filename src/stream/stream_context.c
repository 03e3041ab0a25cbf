/* SPDX-License-Identifier: Apache-2.0 */
/* stream_context.c: the graph's owner, and the mistakes made in building it. */
#include "stream/stream_context.h"

#include "base/log.h"
#include "stream/lifecycle.h"
#include "stream/listener.h"
#include "stream/replay_once.h"
#include "stream/nowhere.h"

#include <stdio.h>
#include <string.h>

/* What wadi_stream_context_new() returns when there is no memory at all: a context whose one mistake that
 * is. Its broken node is static too. */
static const wadi__dstream_ops nothing_ops = {.name = "nothing"};
static wadi_dstream no_memory_node;
static wadi_error no_memory_error = {WADI_E_NOMEM, true, "no memory for a stream context"};
static wadi_error *no_memory_mistakes[] = {&no_memory_error};
static wadi_stream_context no_memory_context;
static pthread_once_t no_memory_once = PTHREAD_ONCE_INIT;
static void make_no_memory_context(void) {
    no_memory_node = (wadi_dstream){.ssc = &no_memory_context, .ops = &nothing_ops, .type = wadi__type_int64(),
                                    .input_id = -1, .zero_ms = INT64_MIN, .slide_ms = 1000, .is_broken = true};
    no_memory_context = (wadi_stream_context){.batch_ms = 1000, .broken_node = &no_memory_node, .takes_nothing = true,
                                              .mistakes = {no_memory_mistakes, 1, 1}};
    pthread_mutex_init(&no_memory_context.lock, NULL);
}

static wadi_stream_context *no_memory(wadi_context *sc) {
    pthread_once(&no_memory_once, make_no_memory_context);
    pthread_mutex_lock(&no_memory_context.lock);
    no_memory_context.sc = sc;
    no_memory_context.env = wadi__env_current();
    no_memory_context.state = WADI_STREAM_INITIALIZED; /* whatever became of the one before */
    no_memory_context.has_failed = false;
    pthread_mutex_unlock(&no_memory_context.lock);
    return &no_memory_context;
}
wadi_stream_context *wadi__stream_context_new(wadi_context *sc, int64_t batch_interval_ms, const wadi_where *where) {
    if (sc == NULL) return wadi__nowhere_context(where, "stream_context_new", "the context");
    if (sc->is_broken) return no_memory(sc);
    wadi_stream_context *ssc = wadi__calloc(1, sizeof *ssc);
    wadi_dstream *broken = wadi__calloc(1, sizeof *broken);
    if (ssc == NULL || broken == NULL) {
        wadi__free(ssc);
        wadi__free(broken);
        return no_memory(sc);
    }
    ssc->sc = sc;
    ssc->env = wadi__env_current();
    ssc->rerun_ms = INT64_MAX;
    ssc->replayed_until_ms = ssc->replay_held_until_ms = INT64_MIN;
    ssc->batch_ms = batch_interval_ms > 0 ? batch_interval_ms : 1000;
    pthread_mutex_init(&ssc->lock, NULL);
    *broken = (wadi_dstream){.ssc = ssc, .ops = &nothing_ops, .type = wadi__type_int64(), .input_id = -1,
                             .zero_ms = INT64_MIN, .slide_ms = ssc->batch_ms, .is_broken = true};
    ssc->broken_node = broken;
    if (batch_interval_ms <= 0)
        wadi__stream_context_mistake(ssc, where, "stream_context_new", WADI_E_INVALID, "the batch interval must be 1 ms or more");
    if (sc->is_stopped)
        wadi__stream_context_mistake(ssc, where, "stream_context_new", WADI_E_STATE, wadi__context_refusal(sc));
    if (wadi__lifecycle_adopt(ssc)) return ssc;
    wadi__stream_context_free(ssc);
    return no_memory(sc);
}
void wadi__stream_context_free(wadi_stream_context *ssc) {
    if (ssc == &no_memory_context) return;
    for (size_t i = ssc->outputs.count; i > 0; i--) wadi__output_free(ssc->outputs.items[i - 1]);
    for (size_t i = ssc->nodes.count; i > 0; i--) wadi__dstream_free(ssc->nodes.items[i - 1]);
    wadi__vec_fini(&ssc->outputs);
    wadi__vec_fini(&ssc->nodes);
    for (size_t i = 0; i < ssc->mistakes.count; i++) wadi__free(ssc->mistakes.items[i]);
    wadi__vec_fini(&ssc->mistakes);
    wadi__listeners_free(ssc);
    wadi__free(ssc->broken_node);
    wadi__free(ssc->checkpoint_dir);
    pthread_mutex_destroy(&ssc->lock);
    wadi__free(ssc);
}
wadi_context *wadi_stream_context_engine(const wadi_stream_context *ssc) { return ssc->sc; }
wadi_stream_context *wadi_dstream_context(const wadi_dstream *stream) { return stream->ssc; }

/* ---- The graph ---- */

bool wadi__stream_context_add(wadi_stream_context *ssc, wadi_dstream *node) {
    return wadi__vec_push(&ssc->nodes, node);
}
wadi_dstream *wadi__stream_context_broken_node(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                               const wadi_where *where) {
    wadi__stream_context_mistake(ssc, where, ops->name, WADI_E_NOMEM, "no memory for a stream");
    return ssc->broken_node;
}

void wadi__stream_context_mistake(wadi_stream_context *ssc, const wadi_where *where, const char *op,
                                  wadi_status status, const char *message) {
    wadi_error err = WADI_ERROR_INIT;
    if (where != NULL && where->file != NULL)
        wadi_error_context(&err, status, "%s:%d: %s: %s", where->file, where->line, op, message);
    else
        wadi_error_context(&err, status, "%s: %s", op, message);
    wadi__stream_context_mistake_err(ssc, &err);
}
void wadi__stream_context_mistake_err(wadi_stream_context *ssc, const wadi_error *err) {
    if (ssc->takes_nothing) return;
    wadi_error *copy = wadi__malloc(sizeof *copy);
    if (copy != NULL) *copy = *err;
    pthread_mutex_lock(&ssc->lock);
    bool kept = copy != NULL && wadi__vec_push(&ssc->mistakes, copy);
    ssc->lost_a_mistake |= !kept; /* it is counted, if not kept */
    bool is_late = ssc->state != WADI_STREAM_INITIALIZED;
    pthread_mutex_unlock(&ssc->lock);
    if (!kept) wadi__free(copy);
    if (is_late) wadi__log_error("stream", "%s", err->message); /* no start will tell */
}
bool wadi__stream_context_check_open(wadi_stream_context *ssc, const wadi_where *where, const char *op) {
    if (ssc->takes_nothing) return false;
    if (ssc->sc->is_forked) {
        wadi__log_error("stream", "%s: %s", op, wadi__context_refusal(ssc->sc));
        return false;
    }
    wadi_stream_state state = wadi_stream_context_state(ssc);
    if (state == WADI_STREAM_INITIALIZED) return true;
    char message[160];
    snprintf(message, sizeof message,
             "Adding new inputs, transformations, and output operations after %s a context is not supported",
             state == WADI_STREAM_ACTIVE ? "starting" : "stopping");
    wadi__stream_context_mistake(ssc, where, op, WADI_E_STATE, message);
    return false;
}
const wadi_error *wadi_mistake(const wadi_stream_context *ssc, size_t i) {
    return i < ssc->mistakes.count ? ssc->mistakes.items[i] : NULL;
}
void wadi__remember(wadi_stream_context *ssc, int64_t duration_ms, const wadi_where *where) {
    ssc = wadi__some_context(ssc, where, "remember");
    if (!wadi__stream_context_check_open(ssc, where, "remember")) return;
    if (ssc->remember_ms != 0)
        wadi__stream_context_mistake(ssc, where, "remember", WADI_E_STATE, "the remember duration is already set");
    else if (duration_ms <= 0)
        wadi__stream_context_mistake(ssc, where, "remember", WADI_E_INVALID, "the remember duration must be positive");
    else
        ssc->remember_ms = duration_ms;
}
void wadi__stream_context_checkpoint(wadi_stream_context *ssc, const char *dir, const wadi_where *where) {
    ssc = wadi__some_context(ssc, where, "checkpoint");
    dir = wadi__replay_once_dir(dir);
    if (!wadi__stream_context_check_open(ssc, where, "checkpoint")) return;
    wadi__free(ssc->checkpoint_dir);
    ssc->checkpoint_dir = dir != NULL ? wadi__strdup(dir) : NULL;
    char *copy = dir != NULL ? wadi__strdup(dir) : NULL; /* RDDs are saved there too */
    pthread_mutex_lock(&ssc->sc->scope.lock);
    wadi__free(ssc->sc->checkpoint_dir);
    ssc->sc->checkpoint_dir = copy;
    pthread_mutex_unlock(&ssc->sc->scope.lock);
    if (dir != NULL && (ssc->checkpoint_dir == NULL || copy == NULL))
        wadi__stream_context_mistake(ssc, where, "checkpoint", WADI_E_NOMEM, "no memory for the name of a directory");
}

/* ---- The same for callers who do not say where they are ---- */

wadi_stream_context *(wadi_stream_context_new)(wadi_context *sc, int64_t batch_interval_ms) {
    return wadi__stream_context_new(sc, batch_interval_ms, NULL);
}
void (wadi_remember)(wadi_stream_context *ssc, int64_t duration_ms) { wadi__remember(ssc, duration_ms, NULL); }
void (wadi_stream_context_checkpoint)(wadi_stream_context *ssc, const char *dir) {
    wadi__stream_context_checkpoint(ssc, dir, NULL);
}
