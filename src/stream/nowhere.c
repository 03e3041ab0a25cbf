/* SPDX-License-Identifier: Apache-2.0 */
/* nowhere.c: mistakes without a context. */
#include "stream/nowhere.h"

enum { MISTAKES_MAX = 100 }; /* more are only counted as lost */

typedef struct orphan {
    wadi_where where;
    const char *op, *what; /* static text */
} orphan;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static orphan orphans[MISTAKES_MAX]; /* guarded by lock */
static size_t orphan_count;

static const wadi__dstream_ops nothing_ops = {.name = "nothing"};
static wadi_stream_context nowhere;
static wadi_dstream nowhere_node;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_nowhere(void) {
    nowhere_node = (wadi_dstream){.ssc = &nowhere,
                                  .ops = &nothing_ops,
                                  .type = wadi__type_int64(),
                                  .input_id = -1,
                                  .zero_ms = INT64_MIN,
                                  .slide_ms = 1000,
                                  .is_broken = true};
    nowhere = (wadi_stream_context){
        .batch_ms = 1000, .broken_node = &nowhere_node, .takes_nothing = true};
    nowhere.env = wadi__env_current();
    pthread_mutex_init(&nowhere.lock, NULL);
}
wadi_dstream *wadi__nowhere_node(const wadi_where *where, const char *op, const char *what) {
    pthread_once(&once, make_nowhere);
    pthread_mutex_lock(&lock);
    if (orphan_count < MISTAKES_MAX)
        orphans[orphan_count++] =
            (orphan){where != NULL ? *where : (wadi_where){NULL, 0}, op, what};
    pthread_mutex_unlock(&lock);
    return &nowhere_node;
}
wadi_stream_context *wadi__nowhere_context(const wadi_where *where, const char *op,
                                           const char *what) {
    return wadi__nowhere_node(where, op, what)->ssc;
}
void wadi__nowhere_tell(wadi_stream_context *ssc) {
    orphan taken[MISTAKES_MAX];
    pthread_mutex_lock(&lock);
    size_t count = orphan_count;
    for (size_t i = 0; i < count; i++) taken[i] = orphans[i];
    orphan_count = 0;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < count; i++) {
        char message[80];
        snprintf(message, sizeof message, "%s is NULL", taken[i].what);
        wadi__stream_context_mistake(ssc, &taken[i].where, taken[i].op, WADI_E_INVALID, message);
    }
}
wadi_status wadi__nowhere_start(wadi_error *err) {
    orphan first = {{NULL, 0}, "start", "the stream context"};
    pthread_mutex_lock(&lock);
    if (orphan_count > 0) first = orphans[0];
    orphan_count = 0;
    pthread_mutex_unlock(&lock);
    const char *file = first.where.file != NULL ? first.where.file : "?";
    return wadi_error_context(err, WADI_E_INVALID, "%s:%d: %s: %s is NULL", file, first.where.line,
                              first.op, first.what);
}
