/* SPDX-License-Identifier: Apache-2.0 */
/* slice.c: a stream's RDDs of past times, and of times to come. */
#include "base/log.h"
#include "stream/generator.h"
#include "stream/lifecycle.h"
#include "stream/stream_context.h"

typedef struct slice_request {
    wadi_dstream *stream;
    int64_t from_ms, to_ms;
    wadi__rdd_list rdds;
    wadi_status status;
    wadi_error err;
} slice_request;

typedef struct slice_rows { /* what the caller gets; goes with its scope */
    wadi__counted counted;
    size_t count;
    wadi_rdd *rdds[];
} slice_rows;

static void rows_destroy(wadi__counted *counted) {
    slice_rows *rows = (slice_rows *)counted;
    for (size_t i = 0; i < rows->count; i++) wadi_rdd_unref(&rows->rdds[i]);
    wadi__free(rows);
}
/* Whether its RDDs are views of what a window or state is at their time, and so can be read in order only. */
static bool shows_state(const wadi_dstream *stream) {
    bool shows = stream->ops->keeps_itself;
    for (uint32_t i = 0; i < stream->parent_count && !shows; i++) shows = shows_state(stream->parents[i]);
    return shows;
}
/* The caller may read them in any order, and more than once. */
static void store_all(slice_request *request) {
    for (size_t i = 0; i < request->rdds.count; i++) {
        int unset = WADI_STORAGE_DEFAULT;
        atomic_compare_exchange_strong(&request->rdds.items[i]->level, &unset, WADI_MEMORY_ONLY);
    }
}
/* Generator thread. What it makes on the way goes at once; the streams keep their own. */
static void run(void *arg) {
    slice_request *request = arg;
    wadi__scope scope;
    wadi__scope_init(&scope, request->to_ms);
    wadi__scope *before = wadi__scope_enter(&scope);
    request->status = wadi__dstream_slice(request->stream, request->from_ms, request->to_ms,
                                          &request->rdds, &request->err);
    for (size_t i = 0; i < request->rdds.count; i++) wadi_rdd_ref(request->rdds.items[i]);
    if (shows_state(request->stream)) store_all(request);
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
}
wadi_rdd *const *wadi_slice(wadi_dstream *stream, int64_t from_ms, int64_t to_ms, size_t *n) {
    *n = 0;
    if (stream == NULL || stream->ssc->sc == NULL) {
        wadi__log_error("stream", "slice: the stream is NULL");
        return NULL;
    }
    wadi_stream_context *ssc = stream->ssc;
    wadi__scope *scope = wadi__context_scope(ssc->sc);
    slice_request request = {
        .stream = stream, .from_ms = from_ms, .to_ms = to_ms, .err = WADI_ERROR_INIT};
    if (wadi__lifecycle_enter(ssc)) {
        wadi__generator_call(ssc->generator, run, &request);
        wadi__lifecycle_leave(ssc);
    } else {
        const char *why = wadi_stream_context_state(ssc) == WADI_STREAM_INITIALIZED
                              ? "has not been initialized" : "has been stopped";
        request.status = wadi_error_context(&request.err, WADI_E_STATE, "slice: the stream of %s %s",
                                            stream->ops->name, why);
    }
    size_t count = request.rdds.count;
    slice_rows *rows = request.status == WADI_OK
                           ? wadi__calloc(1, sizeof *rows + count * sizeof rows->rdds[0])
                           : NULL;
    if (rows != NULL) {
        wadi__counted_init(&rows->counted, rows_destroy);
        rows->count = count;
        for (size_t i = 0; i < count; i++) rows->rdds[i] = request.rdds.items[i];
    } else {
        for (size_t i = 0; i < count; i++) wadi_rdd_unref(&request.rdds.items[i]);
        if (request.status == WADI_OK)
            request.status =
                wadi_error_context(&request.err, WADI_E_NOMEM, "no memory for a slice");
    }
    wadi__vec_fini(&request.rdds);
    if (rows != NULL && !wadi__scope_hold(scope, &rows->counted)) {
        wadi__counted_unref(&rows->counted);
        request.status = wadi_error_context(&request.err, WADI_E_NOMEM, "no memory for a slice");
    }
    if (request.status != WADI_OK) {
        wadi__scope_fail(scope, &request.err);
        return NULL;
    }
    *n = count;
    return rows->rdds;
}
