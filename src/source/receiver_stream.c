/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_stream.c: receiverStream, socketStream, and what all receiver streams share. */
#include "source/receiver_stream.h"

#include "base/log.h"
#include "exec/engine.h"
#include "stream/conn.h"
#include "stream/nowhere.h"
#include "stream/options.h"
#include "stream/tracker.h"

#include <string.h>

typedef struct receiver_state {
    const wadi__receiver_ops *receiver_ops;
    char *host;
    int port;
    wadi_receiver *receiver; /* while the program runs, and until it is freed */
} receiver_state;

static bool has_metadata(const wadi__received_list *received) {
    for (size_t i = 0; i < received->count; i++)
        if (received->items[i].metadata != NULL) return true;
    return false;
}
static int64_t record_count(const wadi__received_list *received) {
    uint64_t count = 0;
    for (size_t i = 0; i < received->count; i++) count += received->items[i].block->row_count;
    return (int64_t)count;
}
/* One partition for each block, in the order in which they were stored. */
static wadi_status receiver_compute(wadi_dstream *self, int64_t time_ms, wadi_rdd **out, wadi_error *err) {
    static const wadi__received_list none = {0};
    const wadi__received_list *received = wadi__tracker_blocks(self->ssc->tracker, self->input_id, time_ms);
    if (received == NULL) received = &none;
    size_t count = received->count;
    wadi__block **blocks = wadi__malloc(count * sizeof *blocks);
    wadi__metadata *metadata = has_metadata(received) ? wadi__malloc(count * sizeof *metadata) : NULL;
    bool has_memory = blocks != NULL && (metadata != NULL || !has_metadata(received));
    for (size_t i = 0; has_memory && i < count; i++) {
        const wadi__received *block = &received->items[i];
        blocks[i] = block->block;
        if (metadata != NULL) metadata[i] = (wadi__metadata){block->metadata, block->metadata_size};
    }
    wadi_rdd *made = NULL;
    if (has_memory) made = wadi__rdd_of_blocks(self->ssc->sc, self->type, blocks, (uint32_t)count, &self->where);
    if (metadata != NULL && made != NULL) has_memory = wadi__rdd_set_metadata(made, metadata);
    wadi__free(blocks);
    wadi__free(metadata);
    if (!has_memory) return wadi_error_context(err, WADI_E_NOMEM, "no memory for %zu blocks", count);
    wadi__input_info_report(&self->ssc->input_info, time_ms, self->input_id, record_count(received), NULL);
    return wadi__dstream_made(made, out, err);
}
static wadi_status receiver_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err) {
    receiver_state *state = (receiver_state *)self->state;
    (void)zero_ms;
    state->receiver = wadi__receiver_new(self, state->receiver_ops, state->host, state->port);
    if (state->receiver == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a receiver");
    return wadi__receiver_start(state->receiver, err);
}
static void receiver_ask_to_stop(wadi_dstream *self) {
    receiver_state *state = (receiver_state *)self->state;
    if (state->receiver != NULL) wadi__receiver_ask_to_stop(state->receiver);
}
static void receiver_stop(wadi_dstream *self) {
    receiver_state *state = (receiver_state *)self->state;
    if (state->receiver != NULL && !wadi__receiver_join(state->receiver, self->ssc->inputs_deadline_ns))
        atomic_store(&self->ssc->is_left, true);
}
static void receiver_forget(wadi_dstream *self, int64_t time_ms) {
    wadi__tracker_forget(self->ssc->tracker, self->input_id, time_ms);
}
static void receiver_destroy(wadi_dstream *self) {
    receiver_state *state = (receiver_state *)self->state;
    wadi__receiver_free(state->receiver);
    wadi__free(state->host);
}
/* Kinds differ in name alone: each has a copy of this table with its own. */
#define RECEIVER_OPS(op_name)                                                                      \
    {.name = op_name,                                                                              \
     .state_size = sizeof(receiver_state),                                                         \
     .compute = receiver_compute,                                                                  \
     .start = receiver_start,                                                                      \
     .ask_to_stop = receiver_ask_to_stop,                                                          \
     .stop = receiver_stop,                                                                        \
     .forget = receiver_forget,                                                                    \
     .destroy = receiver_destroy}
static const wadi__dstream_ops all_ops[] = {
    RECEIVER_OPS("socket_text_stream"),
    RECEIVER_OPS("socket_stream"),
    RECEIVER_OPS("raw_socket_stream"),
    RECEIVER_OPS("receiver_stream"),
};
static const wadi__dstream_ops *ops_of(const char *op_name) {
    size_t i = 0;
    while (i + 1 < sizeof all_ops / sizeof all_ops[0] && strcmp(all_ops[i].name, op_name) != 0) i++;
    return &all_ops[i];
}
static void warn_of_one_slot(const wadi_dstream *self) {
    const wadi_context *sc = self->ssc->sc;
    wadi__backend *backend = sc->engine != NULL ? sc->engine->backend : NULL;
    if (backend != NULL && backend->ops->slot_count(backend) == 1)
        wadi__log_warn("stream", "%s:%d: with the master %s the receiver takes the only slot, and nothing is processed; use local[n] with n > 1",
                       self->where.file, self->where.line, sc->master);
}
static void take_peer(wadi_dstream *self, const char *host, int port) {
    receiver_state *state = (receiver_state *)self->state;
    state->port = port;
    if (host == NULL || host[0] == 0)
        wadi__dstream_mistake(self, WADI_E_INVALID, "no host is given");
    else if ((state->host = wadi__strdup(host)) == NULL)
        wadi__dstream_mistake(self, WADI_E_NOMEM, "no memory for a host");
    if (port < 1 || port > 65535) wadi__dstream_mistake(self, WADI_E_INVALID, "port %d is none from 1 to 65535", port);
}
wadi_dstream *wadi__receiver_stream_new(wadi_stream_context *ssc, const wadi__receiver_ops *receiver,
                                        const wadi__type *type, const wadi__peer *peer,
                                        const wadi_source_options *given) {
    wadi_source_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    ssc = wadi__some_context(ssc, &options.where, receiver->name);
    wadi_dstream *self = wadi__dstream_new_input(ssc, ops_of(receiver->name), type, &options.where, options.name);
    if (wadi__dstream_is_spare(self)) return self;
    ((receiver_state *)self->state)->receiver_ops = receiver;
    if (!known) wadi__dstream_mistake(self, WADI_E_INVALID, WADI__OPTION_UNKNOWN);
    if (peer != NULL) take_peer(self, peer->host, peer->port);
    warn_of_one_slot(self);
    return self;
}

/* ---- Users' receivers ---- */

static void run_user(wadi_receiver *receiver, wadi_conn *conn) {
    const wadi__bound_fn *fn = receiver->stream->fn;
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(fn->name, &entry)) {
        wadi_receiver_stop(receiver, "function '%s' is not there any more", fn->name);
        return;
    }
    wadi_call call = {.fn = entry.fn, .env = fn->env, .receiver = receiver, .conn = conn, .context = receiver->ssc->sc};
    entry.fn->run(&call);
}
static void run_receiver(wadi_receiver *receiver) { run_user(receiver, NULL); }
static void run_on_connection(wadi_receiver *receiver) {
    wadi_conn *conn = wadi__conn_open(receiver, receiver->host, receiver->port);
    if (conn != NULL) run_user(receiver, conn);
}
static wadi_dstream *new_user(wadi_stream_context *ssc, const wadi__receiver_ops *receiver, wadi_receiver_fn f,
                              const wadi__peer *peer, const wadi_source_options *options) {
    wadi_dstream *self = wadi__receiver_stream_new(ssc, receiver, wadi__type_int64(), peer, options);
    if (wadi__dstream_bind(self, WADI__FN_ARG(f), WADI_FN_RECEIVER, NULL, NULL)) self->type = self->fn->out;
    return self;
}
wadi_dstream *(wadi_receiver_stream)(wadi_stream_context *ssc, wadi_receiver_fn f, const wadi_source_options *options) {
    static const wadi__receiver_ops ops = {"receiver_stream", run_receiver};
    return new_user(ssc, &ops, f, NULL, options);
}
wadi_dstream *(wadi_socket_stream)(wadi_stream_context *ssc, const char *host, int port, wadi_receiver_fn f,
                                   const wadi_source_options *options) {
    static const wadi__receiver_ops ops = {"socket_stream", run_on_connection};
    return new_user(ssc, &ops, f, &(wadi__peer){host, port}, options);
}
