/* SPDX-License-Identifier: Apache-2.0 */
/* nowhere.h: graph calls that got NULL in place of a stream or a stream context. No context could keep
 * such a mistake, so the process does, and the next wadi_start() tells it with the others. */
#ifndef WADI_STREAM_NOWHERE_H
#define WADI_STREAM_NOWHERE_H
#include "stream/stream_context.h"

/* Keeps the mistake "wordcount.c:22: map: the stream is NULL" and returns a node that nothing can be
 * built on: later calls on it do nothing, silently. Any thread. */
wadi_dstream *wadi__nowhere_node(const wadi_where *where, const char *op, const char *what);
/* The context of that node. */
wadi_stream_context *wadi__nowhere_context(const wadi_where *where, const char *op,
                                           const char *what);
/* Hands the mistakes kept so far over to a context. */
void wadi__nowhere_tell(wadi_stream_context *ssc);
/* What the start of no context at all, or of the stand-in, returns: the first of these mistakes. */
wadi_status wadi__nowhere_start(wadi_error *err);

/* For constructors: the stream or context that they got, or its stand-in. */
static inline wadi_dstream *wadi__some_stream(wadi_dstream *stream, const wadi_where *where,
                                              const char *op) {
    return stream != NULL ? stream : wadi__nowhere_node(where, op, "the stream");
}
static inline wadi_stream_context *wadi__some_context(wadi_stream_context *ssc,
                                                      const wadi_where *where, const char *op) {
    return ssc != NULL ? ssc : wadi__nowhere_context(where, op, "the stream context");
}
#endif
