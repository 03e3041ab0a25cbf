/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: which batches a recovery asks each stream for, and making them. */
#include "stream/replay.h"

#include "stream/checkpoint.h"

#include <inttypes.h>

void wadi__replay_ask(wadi_dstream *node, int64_t time_ms) {
    if (time_ms < node->replay_ms) node->replay_ms = time_ms;
}
void wadi__replay_ask_parents(const wadi_dstream *node) {
    int64_t from_ms = node->replay_ms, after_ms = node->saved_ms + node->slide_ms;
    if (wadi__dstream_is_state(node) && after_ms < from_ms) from_ms = after_ms;
    if (node->window_ms != 0) from_ms -= node->window_ms + node->slide_ms;
    for (uint32_t i = 0; i < node->parent_count; i++) wadi__replay_ask(node->parents[i], from_ms);
}

/* ---- Making them ---- */

/* What goes on from batch to batch. */
static bool keeps(const wadi_dstream *node) { return node->is_reached && node->ops->keeps_itself; }
static int64_t from_of(const wadi_dstream *node) {
    int64_t after_ms = node->saved_ms + node->slide_ms;
    return wadi__dstream_is_state(node) && after_ms < node->replay_ms ? after_ms : node->replay_ms;
}
/* Children come before their parents, so that each knows what it will be asked for. */
static void ask_all(wadi_stream_context *ssc, int64_t first_ms) {
    for (size_t i = 0; i < ssc->nodes.count; i++) ssc->nodes.items[i]->replay_ms = INT64_MAX;
    for (size_t i = 0; i < ssc->outputs.count; i++)
        wadi__replay_ask(ssc->outputs.items[i]->stream, first_ms);
    for (size_t i = ssc->nodes.count; i > 0; i--)
        if (ssc->nodes.items[i - 1]->is_reached) wadi__replay_ask_parents(ssc->nodes.items[i - 1]);
}
/* By then every stream has had a batch, and so has gone through what was replayed. */
static int64_t held_until(const wadi_stream_context *ssc, int64_t first_ms) {
    int64_t longest_ms = ssc->batch_ms;
    for (size_t i = 0; i < ssc->nodes.count; i++)
        if (ssc->nodes.items[i]->is_reached && ssc->nodes.items[i]->slide_ms > longest_ms)
            longest_ms = ssc->nodes.items[i]->slide_ms;
    return first_ms + longest_ms - ssc->batch_ms;
}
static int64_t earliest(const wadi_stream_context *ssc) {
    int64_t earliest_ms = INT64_MAX;
    for (size_t i = 0; i < ssc->nodes.count; i++)
        if (keeps(ssc->nodes.items[i]) && from_of(ssc->nodes.items[i]) < earliest_ms)
            earliest_ms = from_of(ssc->nodes.items[i]);
    return earliest_ms > ssc->zero_ms ? earliest_ms : ssc->zero_ms + ssc->batch_ms;
}
static wadi_status replay_batch(wadi_stream_context *ssc, int64_t time_ms, wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < ssc->nodes.count && status == WADI_OK; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        wadi_rdd *made = NULL;
        if (keeps(node) && time_ms >= from_of(node) && wadi__dstream_is_valid_time(node, time_ms))
            status = wadi__dstream_rdd_at(node, time_ms, &made, err);
    }
    return status;
}
wadi_status wadi__replay(wadi_stream_context *ssc, int64_t first_ms, wadi_error *err) {
    ask_all(ssc, first_ms);
    ssc->replayed_until_ms = first_ms;
    ssc->replay_held_until_ms = held_until(ssc, first_ms);
    wadi_status status = WADI_OK;
    for (int64_t at = earliest(ssc); at < first_ms && status == WADI_OK; at += ssc->batch_ms) {
        status = replay_batch(ssc, at, err);
        if (status != WADI_OK)
            wadi_error_context(err, status, "while batch %" PRId64 " ms was replayed", at);
    }
    return status;
}
