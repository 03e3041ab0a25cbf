/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.c: the thread of a receiver, and its open block. */
#include "stream/receiver.h"

#include "base/buffer.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/pool.h"
#include "data/value.h"
#include "exec/engine.h"
#include "stream/conn.h"
#include "stream/generator.h"
#include "stream/listener.h"
#include "stream/storing.h"
#include "stream/tracker.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES_MAX = 16 << 20 }; /* a larger open block is cut at once .. */
enum { TELL_MAX = 20, TELL_INTERVAL_MS = 60000 }; /* messages of a receiver in the log */

const char *wadi__receiver_name(const wadi_receiver *self) {
    return self->stream->name != NULL ? self->stream->name : self->ops->name;
}

/* .. and one that would be much of a small bound too. */
static size_t block_bytes_max(void) {
    size_t share = wadi__pool_limit() / 32;
    return share == 0 || share > BLOCK_BYTES_MAX ? BLOCK_BYTES_MAX : share;
}

/* ---- Life ---- */

static int64_t rate_of(const wadi_receiver *self, wadi__conf_id id) {
    const wadi__conf *conf = self->ssc->sc->conf;
    return wadi__conf_is_set(conf, id) ? wadi__conf_int(conf, id) : 0;
}
static void init_limiter(wadi_receiver *self) {
    wadi__env *env = self->ssc->env;
    wadi__rate_limiter_init(&self->limiter, rate_of(self, WADI__CONF_BACKPRESSURE_INITIAL_RATE),
                            rate_of(self, WADI__CONF_RECEIVER_MAX_RATE), env->monotonic_ns(env));
}
wadi_receiver *wadi__receiver_new(wadi_dstream *stream, const wadi__receiver_ops *ops, const char *host, int port) {
    wadi_receiver *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    self->ssc = stream->ssc;
    self->stream = stream;
    self->ops = ops;
    self->host = host;
    self->port = port;
    self->restart_delay_ms = -1;
    self->block_bytes_max = block_bytes_max();
    init_limiter(self);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}
/* Closes what the body left open. */
static void close_conns(wadi_receiver *self) {
    for (;;) {
        pthread_mutex_lock(&self->lock);
        wadi_conn *conn = self->conns.count > 0 ? self->conns.items[--self->conns.count] : NULL;
        pthread_mutex_unlock(&self->lock);
        if (conn == NULL) return;
        wadi__conn_free(conn);
    }
}
/* Waits for the restart. False: it is not to start again. */
static bool wait_to_restart(wadi_receiver *self) {
    wadi__env *env = self->ssc->env;
    pthread_mutex_lock(&self->lock);
    int64_t delay_ms = self->restart_delay_ms >= 0 ? self->restart_delay_ms : wadi__receiver_restart_delay_ms(self);
    int64_t deadline = wadi__env_deadline(env, delay_ms);
    bool in_time = true;
    self->restart_delay_ms = -1;
    self->restarts++;
    while (in_time && !atomic_load(&self->is_stopping) && !self->ends_for_good)
        in_time = wadi__event_wait(&self->changed, &self->lock, env, deadline);
    bool restarts = !atomic_load(&self->is_stopping) && !self->ends_for_good;
    pthread_mutex_unlock(&self->lock);
    return restarts;
}
static int64_t now_ms(const wadi_receiver *self) { return wadi__generator_now_ms(self->ssc->generator); }
static bool cut_locked(wadi_receiver *self, int64_t time_ms);

/* Lets what was cut be looked at. */
static void go(wadi_receiver *self) {
    if (self->storing != NULL) wadi__storing_go(self->storing);
}
/* Waits until a block may be cut. */
static void wait_place(wadi_receiver *self, const atomic_bool *is_over) {
    if (self->storing != NULL) wadi__storing_wait_place(self->storing, is_over);
}
/* Stores the last block. */
static void close_store(wadi_receiver *self) {
    static const atomic_bool never = false;
    wait_place(self, &never);
    pthread_mutex_lock(&self->lock);
    bool is_cut = cut_locked(self, now_ms(self));
    atomic_store(&self->is_closed, true);
    uint64_t lost = is_cut ? 0 : self->open->row_count;
    pthread_mutex_unlock(&self->lock);
    if (!is_cut) wadi_receiver_report(self, "no memory for its last block; %" PRIu64 " records are lost", lost);
    wadi__storing_close(self->storing);
}
static void tell(wadi_receiver *self, wadi__event_kind kind) {
    pthread_mutex_lock(&self->lock);
    wadi__tell_receiver(kind, self);
    pthread_mutex_unlock(&self->lock);
    wadi__listeners_wake(self->ssc);
}
static void *receiver_main(void *arg) {
    wadi_receiver *self = arg;
    tell(self, WADI__EVENT_RECEIVER_STARTED);
    do {
        self->ops->run(self);
        close_conns(self);
    } while (wait_to_restart(self));
    close_store(self);
    tell(self, WADI__EVENT_RECEIVER_STOPPED);
    wadi__backend *backend = self->ssc->sc->engine->backend;
    backend->ops->return_slot(backend);
    pthread_mutex_lock(&self->lock);
    self->has_ended = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
    return NULL;
}
/* Begins where the last run ended, and logs blocks if they are to be. */
static wadi_status open_store(wadi_receiver *self, wadi_error *err) {
    size_t size = 0;
    const void *position = wadi__tracker_position(self->ssc->tracker, self->stream->input_id, &size);
    wadi_status status = wadi__tracker_log_blocks(self->ssc->tracker, self->stream->input_id, err);
    if (status != WADI_OK) return wadi_error_context(err, status, "of %s at %s:%d", wadi__receiver_name(self),
                                                     self->stream->where.file != NULL ? self->stream->where.file : "?",
                                                     self->stream->where.line);
    if (position != NULL && (self->last_metadata = wadi__memdup(position, size)) == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a receiver");
    self->last_metadata_size = size;
    if (wadi__tracker_block_log(self->ssc->tracker, self->stream->input_id) == NULL) return WADI_OK;
    self->storing = wadi__storing_new(self, err);
    return self->storing != NULL ? WADI_OK : WADI_E_NOMEM;
}
static void end_store(wadi_receiver *self) {
    wadi__tracker_remove_receiver(self->ssc->tracker, self);
    wadi__storing_close(self->storing);
}
wadi_status wadi__receiver_start(wadi_receiver *self, wadi_error *err) {
    wadi__backend *backend = self->ssc->sc->engine->backend;
    wadi_status status = open_store(self, err);
    if (status == WADI_OK && !wadi__tracker_add_receiver(self->ssc->tracker, self))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a receiver");
    if (status != WADI_OK) {
        end_store(self);
        return status;
    }
    backend->ops->reserve_slot(backend);
    char name[32];
    snprintf(name, sizeof name, "wadi-recv-%d", self->stream->input_id);
    int rc = self->ssc->env->thread_start(self->ssc->env, name, receiver_main, self, &self->thread);
    if (rc == 0) return WADI_OK;
    backend->ops->return_slot(backend);
    end_store(self);
    return wadi_error_context(err, rc == -ENOMEM ? WADI_E_NOMEM : WADI_E_IO, "no thread for receiver %s: %s", wadi__receiver_name(self), strerror(-rc));
}
void wadi__receiver_ask_to_stop(wadi_receiver *self) {
    pthread_mutex_lock(&self->lock);
    bool is_first = !atomic_exchange(&self->is_stopping, true);
    void (*on_stop)(void *) = self->on_stop;
    void *on_stop_arg = self->on_stop_arg;
    for (size_t i = 0; i < self->conns.count; i++) wadi__conn_shutdown(self->conns.items[i]);
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
    wadi__tracker_wake(self->ssc->tracker);
    if (is_first && on_stop != NULL) on_stop(on_stop_arg);
}
bool wadi__receiver_join(wadi_receiver *self, int64_t deadline_ns) {
    wadi__env *env = self->ssc->env;
    if (self->thread == NULL) return true;
    bool in_time = true;
    pthread_mutex_lock(&self->lock);
    while (in_time && !self->has_ended) in_time = wadi__event_wait(&self->changed, &self->lock, env, deadline_ns);
    bool has_ended = self->has_ended;
    pthread_mutex_unlock(&self->lock);
    if (!has_ended) {
        wadi__log_error("stream", "the body of receiver %s (stream %d) did not return; the process goes on without it",
                        wadi__receiver_name(self), self->stream->input_id);
        return false;
    }
    env->thread_join(env, self->thread);
    self->thread = NULL;
    wadi__tracker_remove_receiver(self->ssc->tracker, self);
    return true;
}
void wadi__receiver_free(wadi_receiver *self) {
    if (self == NULL || self->thread != NULL) return; /* a body that did not return still uses it */
    close_conns(self);
    wadi__vec_fini(&self->conns);
    wadi__block_unref(self->open);
    wadi__storing_free(self->storing);
    wadi__free(self->last_metadata);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}

/* ---- What it stores ---- */

static bool is_closed(const wadi_receiver *self) { return atomic_load_explicit(&self->is_closed, memory_order_relaxed); }

static int64_t block_id_ms(const wadi_receiver *self, int64_t time_ms) {
    return time_ms - wadi__generator_block_ms(self->ssc);
}
/* Hands the open block over. False: no memory for its entry, or too many wait to be logged, and it stays open and
 * grows. holds lock; then comes go() */
static bool cut_locked(wadi_receiver *self, int64_t time_ms) {
    wadi__block *block = self->open;
    wadi__tracker *tracker = self->ssc->tracker;
    if (block == NULL || block->row_count == 0) return true;
    int64_t id_ms = block_id_ms(self, time_ms);
    if (self->storing == NULL) {
        wadi__received *received = wadi__received_new(tracker, id_ms, block, NULL, 0);
        if (received == NULL) return false;
        wadi__tracker_add(tracker, self->stream->input_id, received);
    } else if (!wadi__storing_put(self->storing, block, id_ms)) {
        return false;
    }
    self->open = NULL;
    self->open_bytes = 0;
    return true;
}
void wadi__receiver_cut(wadi_receiver *self, int64_t time_ms) {
    pthread_mutex_lock(&self->lock);
    cut_locked(self, time_ms);
    pthread_mutex_unlock(&self->lock);
    go(self);
}
void wadi__receiver_set_rate(wadi_receiver *self, int64_t rate) {
    wadi__env *env = self->ssc->env;
    pthread_mutex_lock(&self->lock);
    wadi__rate_limiter_set_rate(&self->limiter, rate, env->monotonic_ns(env));
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, env);
}
/* A block to write to. holds lock. NULL: no memory, or it has ended */
static wadi__block *open_block(wadi_receiver *self) {
    if (self->open != NULL || is_closed(self)) return is_closed(self) ? NULL : self->open;
    wadi__keep *keep = wadi__keep_new();
    if (keep != NULL) self->open = wadi__block_new(self->stream->type, keep);
    wadi__keep_unref(keep);
    return self->open;
}
/* Copies what the last `count` records of the block point at into its keep. holds lock */
static bool own_last(wadi__block *block, size_t count) {
    const wadi__type *type = block->type;
    bool owned = true;
    for (size_t c = block->chunks.count; c > 0 && count > 0; c--) {
        wadi__chunk *chunk = block->chunks.items[c - 1];
        size_t here = chunk->count < count ? chunk->count : count;
        for (size_t i = chunk->count - here; owned && i < chunk->count; i++)
            owned = wadi__value_own(type, chunk->rows + i * type->pub.size, &block->keep->arena);
        count -= here;
    }
    return owned;
}
/* How many of the records may be added now; waits until that is one. holds lock, and lets go of it meanwhile */
static size_t admit(wadi_receiver *self, size_t count) {
    wadi__env *env = self->ssc->env;
    while (self->limiter.rate != 0 && !atomic_load(&self->is_stopping)) {
        int64_t now_ns = env->monotonic_ns(env), wait_ns;
        size_t some = wadi__rate_limiter_take(&self->limiter, count, now_ns, &wait_ns);
        if (some > 0) return some;
        wadi__event_wait(&self->changed, &self->lock, env, now_ns + wait_ns);
    }
    return count; /* when it stops nothing is held up, so that nothing is lost */
}
/* Whether the open block is to be cut before its time. holds lock */
static bool is_large(const wadi_receiver *self) {
    return self->open != NULL && self->open_bytes + self->open->keep->arena.size_bytes > self->block_bytes_max;
}
/* holds lock. False: no memory, or it has ended, and nothing was added */
static bool add_locked(wadi_receiver *self, const void *rows, size_t count, wadi__counted *holder) {
    wadi__block *block = open_block(self);
    uint64_t before = block != NULL ? block->row_count : 0;
    size_t held = block != NULL ? block->keep->held.count : 0;
    bool added = block != NULL && (holder == NULL || wadi__keep_add(block->keep, holder)) &&
                 wadi__block_append(block, rows, count) &&
                 (holder != NULL || !block->type->has_outside || own_last(block, count));
    if (added) {
        self->stored_records += count;
        self->open_bytes += count * block->type->pub.size;
        if (holder != NULL && block->keep->held.count > held && wadi__counted_is_buffer(holder))
            self->open_bytes += ((wadi__buffer *)holder)->piece_bytes;
    } else if (block != NULL) {
        wadi__block_truncate(block, before);
    }
    return added;
}
/* Adds as many as the rate limit lets through at once. 0: no memory, or it has ended. */
static size_t add_some(wadi_receiver *self, const void *rows, size_t count, wadi__counted *holder) {
    if (is_closed(self)) return 0;
    if (!wadi__tracker_has_room(self->ssc->tracker)) wadi__tracker_wait_room(self->ssc->tracker, &self->is_stopping);
    pthread_mutex_lock(&self->lock);
    size_t some = admit(self, count);
    bool added = add_locked(self, rows, some, holder);
    if (!added) wadi__rate_limiter_give_back(&self->limiter, some);
    bool cuts = added && is_large(self), is_cut = !cuts || cut_locked(self, now_ms(self));
    pthread_mutex_unlock(&self->lock);
    if (cuts) go(self);
    if (!is_cut) wait_place(self, &self->is_stopping); /* the next record cuts it */
    return added ? some : 0;
}
bool wadi__receiver_add(wadi_receiver *self, const void *rows, size_t count, wadi__counted *holder) {
    size_t size = self->stream->type->pub.size;
    for (size_t done = 0; done < count;) {
        size_t some = add_some(self, (const char *)rows + done * size, count - done, holder);
        if (some == 0 && (done == 0 || is_closed(self))) return false;
        if (some == 0) wadi__receiver_wait_turn(self); /* the rest belongs to what is there */
        done += some;
    }
    return true;
}
void wadi__receiver_wait_turn(wadi_receiver *self) {
    wadi__receiver_cut(self, now_ms(self)); /* what it holds itself can go with the next batch */
    wadi__tracker_wait_turn(self->ssc->tracker, &self->is_stopping);
}
/* Keeps the metadata for who asks for it next; takes `kept` over. holds lock */
static void count_stored(wadi_receiver *self, uint64_t records, void *kept, size_t size) {
    self->stored_records += records;
    if (kept == NULL) return;
    wadi__free(self->last_metadata);
    self->last_metadata = kept;
    self->last_metadata_size = size;
}
static wadi_status refuse(const wadi_receiver *self, wadi_error *err) {
    if (is_closed(self)) return wadi_error_context(err, WADI_E_STATE, "it came after the receiver's end");
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for it");
}
/* Stores it at once. holds lock */
static bool hand_over(wadi_receiver *self, wadi__block *block, const void *metadata, size_t metadata_size) {
    int64_t time_ms = now_ms(self);
    if (is_closed(self) || !cut_locked(self, time_ms)) return false; /* so that order stays */
    wadi__received *received =
        wadi__received_new(self->ssc->tracker, block_id_ms(self, time_ms), block, metadata, metadata_size);
    if (received != NULL) wadi__tracker_add(self->ssc->tracker, self->stream->input_id, received);
    return received != NULL;
}
/* Puts it behind what was cut before. NULL: too many of these wait, or no memory. holds lock */
static wadi__store_request *begin_logged(wadi_receiver *self, wadi__block *block, const void *metadata,
                                         size_t metadata_size) {
    int64_t time_ms = now_ms(self);
    if (is_closed(self) || !cut_locked(self, time_ms)) return NULL;
    return wadi__storing_begin(self->storing, block, block_id_ms(self, time_ms), metadata, metadata_size);
}
static wadi_status store_logged(wadi_receiver *self, wadi__block *block, const void *metadata, size_t metadata_size,
                                wadi_error *err) {
    wait_place(self, &self->is_stopping);
    pthread_mutex_lock(&self->lock);
    wadi__store_request *request = begin_logged(self, block, metadata, metadata_size);
    if (request != NULL) wadi__block_ref(block); /* the caller's own, until it is stored */
    pthread_mutex_unlock(&self->lock);
    if (request == NULL) return refuse(self, err);
    go(self);
    wadi_status status = wadi__storing_await(self->storing, request, err);
    if (status == WADI_OK) wadi__block_unref(block);
    return status;
}
wadi_status wadi__receiver_add_block(wadi_receiver *self, wadi__block *block, const void *metadata,
                                     size_t metadata_size, wadi_error *err) {
    if (is_closed(self)) return refuse(self, err);
    if (!wadi__tracker_has_room(self->ssc->tracker)) wadi__tracker_wait_room(self->ssc->tracker, &self->is_stopping);
    void *kept = metadata != NULL ? wadi__memdup(metadata, metadata_size) : NULL;
    if (metadata != NULL && kept == NULL) return refuse(self, err);
    uint64_t records = block->row_count;
    wadi_status status = self->storing != NULL ? store_logged(self, block, metadata, metadata_size, err) : WADI_OK;
    pthread_mutex_lock(&self->lock);
    if (self->storing == NULL && !hand_over(self, block, metadata, metadata_size)) status = WADI_E_NOMEM;
    if (status == WADI_OK) count_stored(self, records, kept, metadata_size);
    pthread_mutex_unlock(&self->lock);
    if (status == WADI_OK) return status;
    wadi__free(kept);
    return self->storing != NULL ? status : refuse(self, err);
}

/* ---- What bodies may ask and say ---- */

/* A peer decides how many messages there are, so not all of them may go to the log: none that was
 * among the last few, and so many in an interval. holds lock */
static bool is_to_be_told(wadi_receiver *self, const char *message, uint32_t *untold) {
    uint64_t hash = wadi__hash_bytes(message, strlen(message));
    size_t places = sizeof self->told / sizeof self->told[0];
    for (size_t i = 0; i < places; i++)
        if (self->told[i] == hash) return false;
    int64_t now_ns = self->ssc->env->monotonic_ns(self->ssc->env);
    if (self->told_count == 0 || now_ns - self->told_since_ns >= TELL_INTERVAL_MS * INT64_C(1000000)) {
        self->told_since_ns = now_ns;
        self->told_count = 0;
    }
    if (self->told_count == TELL_MAX) {
        self->untold_count++;
        return false;
    }
    self->told_count++;
    self->told[self->told_next++ % places] = hash;
    *untold = self->untold_count;
    self->untold_count = 0;
    return true;
}
static void note_error(wadi_receiver *self, const char *what, const char *fmt, va_list args) {
    char message[256];
    uint32_t untold = 0;
    vsnprintf(message, sizeof message, fmt, args);
    pthread_mutex_lock(&self->lock);
    bool is_told = is_to_be_told(self, message, &untold);
    snprintf(self->last_error, sizeof self->last_error, "%s", message);
    self->last_error_ms = self->ssc->env->wall_ms(self->ssc->env);
    wadi__tell_receiver(WADI__EVENT_RECEIVER_ERROR, self);
    pthread_mutex_unlock(&self->lock);
    wadi__listeners_wake(self->ssc);
    if (untold > 0)
        wadi__log_warn("source", "receiver %s (stream %d): %u messages like the last ones are left out", wadi__receiver_name(self),
                       self->stream->input_id, untold);
    wadi__log(is_told ? WADI__LOG_WARN : WADI__LOG_INFO, "source", "receiver %s (stream %d) %s: %s", wadi__receiver_name(self),
              self->stream->input_id, what, message);
}
static void note_restart(wadi_receiver *self, int64_t delay_ms, const char *fmt, va_list args) {
    char what[48];
    snprintf(what, sizeof what, "restarts in %" PRId64 " ms", delay_ms);
    note_error(self, what, fmt, args);
}
int64_t wadi__receiver_restart_delay_ms(const wadi_receiver *self) {
    return wadi__conf_int(self->ssc->sc->conf, WADI__CONF_RECEIVER_RESTART_DELAY);
}
bool wadi_receiver_stopped(const wadi_receiver *receiver) {
    return atomic_load_explicit(&receiver->is_stopping, memory_order_relaxed);
}
int wadi_receiver_stream_id(const wadi_receiver *receiver) { return receiver->stream->input_id; }
void wadi_receiver_report(wadi_receiver *self, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    note_error(self, "reports", fmt, args);
    va_end(args);
}
static void set_restart(wadi_receiver *self, int64_t delay_ms) {
    pthread_mutex_lock(&self->lock);
    self->restart_delay_ms = delay_ms;
    pthread_mutex_unlock(&self->lock);
}
void wadi_receiver_restart(wadi_receiver *self, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (!wadi_receiver_stopped(self)) note_restart(self, wadi__receiver_restart_delay_ms(self), fmt, args);
    va_end(args);
    set_restart(self, -1);
}
void wadi_receiver_restart_after(wadi_receiver *self, int64_t delay_ms, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (!wadi_receiver_stopped(self)) note_restart(self, delay_ms > 0 ? delay_ms : 0, fmt, args);
    va_end(args);
    set_restart(self, delay_ms > 0 ? delay_ms : 0);
}
void wadi_receiver_stop(wadi_receiver *self, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    note_error(self, "stops", fmt, args);
    va_end(args);
    pthread_mutex_lock(&self->lock);
    self->ends_for_good = true;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->ssc->env);
}
void wadi_receiver_on_stop(wadi_receiver *self, void (*f)(void *arg), void *arg) {
    pthread_mutex_lock(&self->lock);
    self->on_stop = f;
    self->on_stop_arg = arg;
    bool is_late = atomic_load(&self->is_stopping);
    pthread_mutex_unlock(&self->lock);
    if (is_late && f != NULL) f(arg);
}
const void *wadi_receiver_last_metadata(const wadi_receiver *self, size_t *size) {
    if (size != NULL) *size = self->last_metadata_size;
    return self->last_metadata;
}
void wadi__store(wadi_receiver *self, const void *record, size_t size) {
    (void)size;
    while (!wadi__receiver_add(self, record, 1, NULL) && !wadi_receiver_stopped(self) && !is_closed(self)) {
        wadi_receiver_report(self, "no memory for a record; waiting for batches to release some");
        wadi__receiver_wait_turn(self);
    }
}
bool wadi__store_block_with(wadi_receiver *self, const void *records, size_t n, size_t size,
                            const void *metadata, size_t metadata_size) {
    (void)size;
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = keep != NULL ? wadi__block_new(self->stream->type, keep) : NULL;
    wadi__keep_unref(keep);
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = WADI_E_NOMEM;
    if (block != NULL && wadi__block_append(block, records, n) && wadi__block_own(block))
        status = wadi__receiver_add_block(self, block, metadata, metadata_size, &err);
    else
        wadi_error_context(&err, status, "no memory for it");
    if (status == WADI_OK) return true;
    wadi__block_unref(block);
    wadi_receiver_report(self, "a block of %zu records is not stored: %s", n, err.message);
    return false;
}
bool wadi__store_block(wadi_receiver *self, const void *records, size_t n, size_t size) {
    return wadi__store_block_with(self, records, n, size, NULL, 0);
}
