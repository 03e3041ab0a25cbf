/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_stream.c: receiverStream, socketStream, and what all receiver streams share. */
#include "source/receiver_stream.h"

#include "base/conf.h"
#include "base/log.h"
#include "exec/engine.h"
#include "stream/conn.h"
#include "stream/log_reader.h"
#include "stream/nowhere.h"
#include "stream/options.h"
#include "stream/tracker.h"

#include <string.h>

typedef struct taken_checkpoint { /* of which some may be kept: a recovery takes an older one if it must */
    int64_t time_ms, replay_ms;
} taken_checkpoint;
typedef struct receiver_state {
    const wadi__receiver_ops *receiver_ops;
    char *host;
    int port;
    wadi_receiver *receiver; /* while the program runs, and until it is freed */
    WADI__VEC(taken_checkpoint) taken; /* oldest first; the first one's batches are the oldest that may be wanted */
    _Atomic int64_t trimmed_ms;        /* no older checkpoint is kept */
} receiver_state;

/* ---- Blocks that an earlier run received: read from the log by each task that wants them ---- */

typedef struct log_loader {
    wadi__block_loader loader; /* must be first */
    wadi__env *env;
    char *dir;
    const wadi__type *type;
    wadi__wal_place places[];
} log_loader;

static wadi_status load_block(const wadi__block_loader *loader, uint32_t partition, wadi__block **block, wadi_error *err) {
    const log_loader *self = (const log_loader *)loader;
    wadi__buffer *frame = NULL;
    wadi_status status = wadi__wal_read(self->env, self->dir, &self->places[partition], &frame, err);
    if (status == WADI_OK)
        status = wadi__frame_read(self->type, frame->bytes, (size_t)self->places[partition].size_bytes, &frame->counted, block, NULL, err);
    wadi__buffer_unref(frame);
    if (status == WADI_OK) return status;
    return wadi_error_context(err, status, "while a received block was read from its log in %s", self->dir);
}
static void loader_destroy(wadi__counted *counted) {
    log_loader *self = (log_loader *)counted;
    wadi__free(self->dir);
    wadi__free(self);
}
/* NULL: no memory. */
static wadi__block_loader *loader_new(const wadi_dstream *stream, const wadi__received_list *received) {
    log_loader *self = wadi__calloc(1, sizeof *self + received->count * sizeof self->places[0]);
    if (self == NULL) return NULL;
    wadi__counted_init(&self->loader.counted, loader_destroy);
    self->loader.load = load_block;
    self->env = stream->ssc->env;
    self->type = stream->type;
    self->dir = wadi__tracker_block_dir(stream->ssc->tracker, stream->input_id);
    for (size_t i = 0; i < received->count; i++) self->places[i] = received->items[i]->place;
    if (self->dir != NULL) return &self->loader;
    loader_destroy(&self->loader.counted);
    return NULL;
}
static bool is_in_log(const wadi__received_list *received) {
    for (size_t i = 0; i < received->count; i++)
        if (received->items[i]->block == NULL) return true;
    return false;
}
/* False: no memory. */
static bool set_loader(const wadi_dstream *stream, const wadi__received_list *received, wadi_rdd *rdd) {
    if (!is_in_log(received)) return true;
    wadi__block_loader *loader = loader_new(stream, received);
    if (loader == NULL) return false;
    wadi__rdd_set_loader(rdd, loader);
    wadi__counted_unref(&loader->counted);
    return true;
}

/* ---- Batches ---- */

static bool has_metadata(const wadi__received_list *received) {
    for (size_t i = 0; i < received->count; i++)
        if (received->items[i]->metadata != NULL) return true;
    return false;
}
static int64_t record_count(const wadi__received_list *received) {
    uint64_t count = 0;
    for (size_t i = 0; i < received->count; i++) count += received->items[i]->row_count;
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
        const wadi__received *block = received->items[i];
        blocks[i] = block->block;
        if (metadata != NULL) metadata[i] = (wadi__metadata){block->metadata, block->metadata_size};
    }
    wadi_rdd *made = NULL;
    if (has_memory) made = wadi__rdd_of_blocks(self->ssc->sc, self->type, blocks, (uint32_t)count, &self->where);
    if (metadata != NULL && made != NULL) has_memory = wadi__rdd_set_metadata(made, metadata);
    if (has_memory) has_memory = set_loader(self, received, made);
    wadi__free(blocks);
    wadi__free(metadata);
    if (!has_memory) return wadi_error_context(err, WADI_E_NOMEM, "no memory for %zu blocks", count);
    wadi__input_info_report(&self->ssc->input_info, time_ms, self->input_id, record_count(received), NULL);
    return wadi__dstream_made(made, out, err);
}
/* A program that goes on does not know what the checkpoints before it want: all, until they are gone. False: no
 * memory. */
static bool keep_all(wadi_dstream *self) {
    receiver_state *state = (receiver_state *)self->state;
    return !self->ssc->is_recovered || wadi__vec_push(&state->taken, (taken_checkpoint){INT64_MIN, INT64_MIN + 1});
}
static wadi_status receiver_start(wadi_dstream *self, int64_t zero_ms, wadi_error *err) {
    receiver_state *state = (receiver_state *)self->state;
    (void)zero_ms;
    atomic_store(&state->trimmed_ms, INT64_MIN);
    if (self->ssc->only_ms != 0) /* nothing new is received */
        return keep_all(self) ? WADI_OK : wadi_error_context(err, WADI_E_NOMEM, "no memory for a receiver");
    if (keep_all(self)) state->receiver = wadi__receiver_new(self, state->receiver_ops, state->host, state->port);
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
static void receiver_set_rate(wadi_dstream *self, int64_t rate) {
    receiver_state *state = (receiver_state *)self->state;
    if (state->receiver != NULL) wadi__receiver_set_rate(state->receiver, rate);
}
/* The log keeps what a recovery may ask for, from any checkpoint that is left; memory does not. */
static wadi_status receiver_save(wadi_dstream *self, int64_t time_ms, wadi__text *out, wadi_error *err) {
    receiver_state *state = (receiver_state *)self->state;
    (void)out;
    if (wadi__vec_push(&state->taken, (taken_checkpoint){time_ms, self->replay_ms})) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
}
static void receiver_trim(wadi_dstream *self, int64_t time_ms) {
    atomic_store(&((receiver_state *)self->state)->trimmed_ms, time_ms);
}
static void receiver_forget(wadi_dstream *self, int64_t time_ms) {
    receiver_state *state = (receiver_state *)self->state;
    int64_t trimmed_ms = atomic_load(&state->trimmed_ms);
    size_t old = 0; /* of several with the oldest time that is kept, any may be the one */
    while (old + 1 < state->taken.count && state->taken.items[old].time_ms < trimmed_ms &&
           state->taken.items[old + 1].time_ms <= trimmed_ms)
        old++;
    state->taken.count -= old;
    if (old > 0) memmove(state->taken.items, state->taken.items + old, state->taken.count * sizeof(taken_checkpoint));
    int64_t gone_ms = state->taken.count > 0 ? state->taken.items[0].replay_ms - 1 : time_ms;
    wadi__tracker_forget(self->ssc->tracker, self->input_id, time_ms, gone_ms < time_ms ? gone_ms : time_ms);
}
static void receiver_destroy(wadi_dstream *self) {
    receiver_state *state = (receiver_state *)self->state;
    wadi__receiver_free(state->receiver);
    wadi__vec_fini(&state->taken);
    wadi__free(state->host);
}
/* Kinds differ in name alone: each has a copy of this table with its own. */
static bool receiver_loses_batches(const wadi_dstream *self) {
    return !wadi__conf_bool(self->ssc->sc->conf, WADI__CONF_RECEIVER_WAL_ENABLE);
}
#define RECEIVER_OPS(op_name)                                                                      \
    {.name = op_name,                                                                              \
     .state_size = sizeof(receiver_state),                                                         \
     .compute = receiver_compute,                                                                  \
     .start = receiver_start,                                                                      \
     .ask_to_stop = receiver_ask_to_stop,                                                          \
     .stop = receiver_stop,                                                                        \
     .set_rate = receiver_set_rate,                                                                \
     .save = receiver_save,                                                                        \
     .loses_batches = receiver_loses_batches,                                                      \
     .trim = receiver_trim,                                                                        \
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
