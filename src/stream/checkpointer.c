/* SPDX-License-Identifier: Apache-2.0 */
/* checkpointer.c: taking checkpoints. */
#include "stream/checkpointer.h"

#include "base/conf.h"
#include "base/log.h"
#include "data/value.h"
#include "exec/shared_vars.h"
#include "stream/checkpoint.h"
#include "stream/checkpoint_dir.h"
#include "stream/checkpoint_writer.h"
#include "stream/replay.h"
#include "stream/saved_name.h"
#include "stream/saved_settings.h"
#include "stream/scheduler.h"
#include "stream/state_leftovers.h"

#include <inttypes.h>
#include <string.h>

typedef struct pending_batch {
    int64_t time_ms;
    bool has_failed;
    bool has_counted; /* in the run before: its additions to accumulators are among the sums */
} pending_batch;

struct wadi__checkpointer {
    wadi_stream_context *ssc;
    wadi__file *lock;
    wadi__checkpoint_writer *writer;
    int64_t found_ms;       /* the newest checkpoint of the runs before; INT64_MIN: there is none */
    bool has_cleaned;       /* what those have left is gone; the writer's thread's */
    int64_t time_ms;        /* of the newest batch that was made */
    int64_t failed_kept_ms; /* how long a failed batch stays pending */
    int64_t merged_ms;      /* the newest batch whose additions counted in the run before */
    WADI__VEC(pending_batch) pending; /* ascending times */
    pthread_mutex_t failed_lock;
    WADI__VEC(int64_t) failed;   /* not yet marked above; guarded by failed_lock */
    wadi__setting_rows settings; /* as they are while the program runs */
};

/* ---- The writer's thread ---- */

static void written(void *arg, uint64_t ticket, const wadi_error *err) {
    const wadi__checkpointer *self = arg;
    wadi__scheduler_release(self->ssc->scheduler, ticket, err);
}
/* States that are the program's no longer may go when each checkpoint that is kept is of this run.
 */
static void clean_once(wadi__checkpointer *self, int64_t oldest_ms) {
    if (self->has_cleaned || oldest_ms <= self->found_ms) return;
    self->has_cleaned = true;
    wadi__state_leftovers_remove(self->ssc);
}
static void pruned(void *arg, int64_t oldest_ms) {
    wadi__checkpointer *self = arg;
    clean_once(self, oldest_ms);
    for (size_t i = 0; i < self->ssc->nodes.count; i++) {
        wadi_dstream *node = self->ssc->nodes.items[i];
        if (node->is_reached && node->ops->trim != NULL) node->ops->trim(node, oldest_ms);
    }
}
static const wadi__checkpoint_writer_ops writer_ops = {written, pruned};

/* ---- What streams keep, and how far back a recovery asks ---- */

static wadi_str text_str(const char *text) { return wadi_str_of(text != NULL ? text : ""); }
/* Describes a node; its bytes are those of `kept` from `start` on, and are set when all are there.
 */
static wadi_status describe(wadi__checkpoint *to, wadi_dstream *node, wadi__text *names,
                            wadi_error *err) {
    char records[128];
    size_t at = names->size;
    const char *text = wadi__type_text(node->type, records, sizeof records);
    wadi__text_add(names, text, strlen(text));
    checkpoint_stream row = {
        .name = text_str(wadi__dstream_saved_name(node)),
        .op = text_str(node->ops->name),
        .function = text_str(node->fn != NULL ? node->fn->name : NULL),
        .records = {.len = (uint32_t)(names->size - at)}, /* placed below */
        .slide_ms = node->slide_ms,
        .window_ms = node->window_ms,
        .replay_ms = node->replay_ms,
        .saved_ms = node->saved_ms,
        .is_state = wadi__dstream_is_state(node),
    };
    if (!names->failed && wadi__vec_push(&to->streams, row)) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
}
static wadi_status save_node(wadi_dstream *node, int64_t time_ms, wadi__checkpoint *to,
                             wadi__text *kept, wadi__text *names, wadi_error *err) {
    size_t before = kept->size;
    wadi_status status = WADI_OK;
    if (node->ops->save != NULL) status = node->ops->save(node, time_ms, kept, err);
    if (status == WADI_OK && kept->failed)
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
    if (status == WADI_OK && kept->size - before > UINT32_MAX)
        status = wadi_error_context(err, WADI_E_STATE, "it keeps %zu bytes; 4 GiB are the most",
                                    kept->size - before);
    if (status == WADI_OK && (kept->size > before || wadi__dstream_is_state(node)))
        status = describe(to, node, names, err);
    if (status == WADI_OK && to->streams.count > 0 &&
        (kept->size > before || wadi__dstream_is_state(node)))
        to->streams.items[to->streams.count - 1].kept.len = (uint32_t)(kept->size - before);
    if (status == WADI_OK)
        wadi__replay_ask_parents(node);
    else
        wadi_error_context(err, status, "while %s (%s) was saved", wadi__dstream_saved_name(node),
                           node->ops->name);
    return status;
}
/* The next `len` bytes of a text, of which *at have been taken. */
static wadi_str next_piece(const wadi__text *text, size_t *at, uint32_t len) {
    if (len == 0) return wadi_str_of(""); /* the text may be empty, too */
    *at += len;
    return wadi_str_view(text->bytes + *at - len, len);
}
/* The rows' strings lie one behind the other in both texts, which do not move any more. */
static void place_strings(wadi__checkpoint *to, const wadi__text *kept, const wadi__text *names) {
    size_t kept_at = 0, names_at = 0;
    for (size_t i = 0; i < to->streams.count; i++) {
        checkpoint_stream *row = &to->streams.items[i];
        row->kept = next_piece(kept, &kept_at, row->kept.len);
        row->records = next_piece(names, &names_at, row->records.len);
    }
}
/* Children come before their parents, so that each knows what it will be asked for. */
static wadi_status save_nodes(wadi_stream_context *ssc, int64_t time_ms, wadi__checkpoint *to,
                              wadi__text *kept, wadi__text *names, wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < ssc->nodes.count; i++) ssc->nodes.items[i]->replay_ms = INT64_MAX;
    for (size_t i = 0; i < ssc->outputs.count; i++)
        wadi__replay_ask(ssc->outputs.items[i]->stream, ssc->rerun_ms - ssc->remember_ms);
    for (size_t i = ssc->nodes.count; i > 0 && status == WADI_OK; i--)
        if (ssc->nodes.items[i - 1]->is_reached)
            status = save_node(ssc->nodes.items[i - 1], time_ms, to, kept, names, err);
    /* Not all know what they will be asked for: until the next one everything stays. */
    for (size_t i = 0; i < ssc->nodes.count && status != WADI_OK; i++)
        ssc->nodes.items[i]->replay_ms = INT64_MIN + 1;
    return status;
}

/* ---- Taking one ---- */

static void mark_failed(wadi__checkpointer *self) {
    pthread_mutex_lock(&self->failed_lock);
    for (size_t f = 0; f < self->failed.count; f++)
        for (size_t i = 0; i < self->pending.count; i++)
            if (self->pending.items[i].time_ms == self->failed.items[f])
                self->pending.items[i].has_failed = true;
    self->failed.count = 0;
    pthread_mutex_unlock(&self->failed_lock);
}
static wadi_status gather(wadi__checkpointer *self, wadi__checkpoint *to, wadi_error *err) {
    wadi_stream_context *ssc = self->ssc;
    int64_t merged_ms = to->head.merged_ms;
    to->head = (checkpoint_head){.merged_ms = merged_ms,
                                 .epoch = ssc->epoch,
                                 .time_ms = self->time_ms,
                                 .zero_ms = ssc->zero_ms,
                                 .batch_ms = ssc->batch_ms,
                                 .rerun_ms = ssc->rerun_ms,
                                 .parallelism = ssc->sc->default_parallelism,
                                 .hash_seed = {wadi__hash_seed[0], wadi__hash_seed[1]},
                                 .application = text_str(ssc->sc->app_name)};
    bool has_room = wadi__vec_reserve(&to->pending, self->pending.count) &&
                    wadi__vec_reserve(&to->settings, self->settings.count);
    if (!has_room) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
    for (size_t i = 0; i < self->pending.count; i++)
        to->pending.items[to->pending.count++] = (checkpoint_pending){
            self->pending.items[i].time_ms,
            self->pending.items[i].has_failed && !self->pending.items[i].has_counted};
    for (size_t i = 0; i < self->settings.count; i++)
        to->settings.items[to->settings.count++] = self->settings.items[i];
    return WADI_OK;
}
/* Of all accumulators, as bytes in `to->kept`. */
typedef struct saved_accumulators {
    wadi__checkpoint *to;
    wadi__text *kept;
} saved_accumulators;
static wadi_status save_accumulator(void *arg, const char *name, const wadi__type *type,
                                    const void *value, wadi_error *err) {
    const saved_accumulators *self = arg;
    size_t before = self->kept->size;
    wadi_status status = wadi__accumulator_save(self->kept, type, value, err);
    if (status != WADI_OK) return status;
    checkpoint_accumulator row = {.name = wadi_str_of(name),
                                  .value = {.len = (uint32_t)(self->kept->size - before)}};
    if (!self->kept->failed && wadi__vec_push(&self->to->accumulators, row)) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
}
/* What failed before its additions were dropped is known once they are. */
static wadi_status save_accumulators(wadi__checkpointer *self, wadi__checkpoint *to,
                                     wadi__text *kept, wadi_error *err) {
    saved_accumulators all = {to, kept};
    int64_t merged_ms = 0;
    wadi_status status =
        wadi__accumulators_each(self->ssc->sc, save_accumulator, &all, &merged_ms, err);
    to->head.merged_ms = merged_ms > self->merged_ms ? merged_ms : self->merged_ms;
    mark_failed(self);
    size_t at = 0;
    for (size_t i = 0; i < to->accumulators.count && status == WADI_OK; i++) {
        wadi_str *value = &to->accumulators.items[i].value;
        *value = next_piece(kept, &at, value->len);
    }
    return status;
}
static wadi_status take(wadi__checkpointer *self, wadi__text *bytes, wadi_error *err) {
    wadi_stream_context *ssc = self->ssc;
    wadi__checkpoint checkpoint = {0};
    wadi__text kept = {0}, names = {0}, sums = {0};
    bool is_older = self->pending.count > 0 && self->pending.items[0].time_ms < self->time_ms;
    ssc->rerun_ms = is_older ? self->pending.items[0].time_ms : self->time_ms;
    wadi_status status = save_accumulators(self, &checkpoint, &sums, err);
    if (status == WADI_OK) status = gather(self, &checkpoint, err);
    if (status == WADI_OK) status = save_nodes(ssc, self->time_ms, &checkpoint, &kept, &names, err);
    if (status == WADI_OK) place_strings(&checkpoint, &kept, &names);
    if (status == WADI_OK) status = wadi__checkpoint_write(&checkpoint, bytes, err);
    if (status == WADI_OK && bytes->failed)
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
    wadi__checkpoint_fini(&checkpoint);
    wadi__text_fini(&kept);
    wadi__text_fini(&names);
    wadi__text_fini(&sums);
    return status;
}
static wadi_status take_and_put(wadi__checkpointer *self, uint64_t *ticket, wadi_error *err) {
    wadi__text bytes = {0};
    wadi_status status = take(self, &bytes, err);
    if (status == WADI_OK)
        *ticket = wadi__checkpoint_writer_put(self->writer, self->time_ms, &bytes);
    wadi__text_fini(&bytes);
    return status == WADI_OK
               ? status
               : wadi_error_context(err, status, "taking checkpoint %" PRId64 " ms", self->time_ms);
}
static bool add_pending(wadi__checkpointer *self, pending_batch batch) {
    size_t at = self->pending.count;
    while (at > 0 && self->pending.items[at - 1].time_ms > batch.time_ms) at--;
    if (at > 0 && self->pending.items[at - 1].time_ms == batch.time_ms)
        return true; /* known from before */
    if (!wadi__vec_push(&self->pending, (pending_batch){0})) return false;
    for (size_t i = self->pending.count - 1; i > at; i--)
        self->pending.items[i] = self->pending.items[i - 1];
    self->pending.items[at] = batch;
    return true;
}
wadi_status wadi__checkpointer_made(wadi__checkpointer *self, int64_t time_ms, uint64_t *ticket,
                                    wadi_error *err) {
    if (!add_pending(self, (pending_batch){.time_ms = time_ms}))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a pending batch");
    if (time_ms > self->time_ms) self->time_ms = time_ms;
    return take_and_put(self, ticket, err);
}
void wadi__checkpointer_completed(wadi__checkpointer *self, int64_t time_ms, bool has_failed) {
    size_t kept = 0;
    for (size_t i = 0; i < self->pending.count; i++) {
        pending_batch batch = self->pending.items[i];
        if (batch.time_ms == time_ms && !has_failed) continue;
        batch.has_failed |= batch.time_ms == time_ms;
        bool is_old = batch.has_failed && batch.time_ms < time_ms - self->failed_kept_ms;
        if (is_old)
            wadi__log_error("stream",
                            "batch %" PRId64
                            " ms failed, and is given up: a restart will not run it again",
                            batch.time_ms);
        else
            self->pending.items[kept++] = batch;
    }
    self->pending.count = kept;
}
void wadi__checkpointer_failed(wadi__checkpointer *self, int64_t time_ms) {
    pthread_mutex_lock(&self->failed_lock);
    if (!wadi__vec_push(&self->failed, time_ms))
        wadi__log_warn("stream", "no memory to note that batch %" PRId64 " ms has failed", time_ms);
    pthread_mutex_unlock(&self->failed_lock);
}
wadi_status wadi__checkpointer_take(wadi__checkpointer *self, wadi_error *err) {
    uint64_t ticket;
    return take_and_put(self, &ticket, err);
}

/* ---- Life ---- */

wadi_status wadi__checkpointer_open(wadi_stream_context *ssc, wadi__checkpointer **checkpointer,
                                    wadi_error *err) {
    wadi__checkpointer *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for checkpoints");
    self->ssc = ssc;
    pthread_mutex_init(&self->failed_lock, NULL);
    wadi_status status =
        wadi__checkpoint_dir_lock(ssc->env, ssc->checkpoint_dir, &self->lock, &ssc->epoch, err);
    if (status == WADI_OK)
        *checkpointer = self;
    else
        wadi__checkpointer_free(self);
    return status;
}
/* The newest time of all that is there, also of runs that this one does not go on from. */
static wadi_status newest_time(const wadi_stream_context *ssc, int64_t *time_ms, wadi_error *err) {
    wadi__checkpoint_list list = {0};
    wadi_status status = wadi__checkpoint_dir_list(ssc->env, ssc->checkpoint_dir, &list, err);
    if (status == WADI_OK && list.count > 0) *time_ms = list.items[list.count - 1].time_ms;
    wadi__checkpoint_list_fini(&list);
    return status;
}
static bool take_first(wadi__checkpointer *self, const wadi__checkpoint *first) {
    int64_t time_ms = first->head.time_ms;
    bool has_room = true;
    self->time_ms = time_ms;
    self->merged_ms = first->head.merged_ms;
    for (size_t i = 0; i < first->pending.count; i++) {
        pending_batch batch = {first->pending.items[i].time_ms, first->pending.items[i].has_failed,
                               false};
        batch.has_counted = !batch.has_failed && batch.time_ms <= self->merged_ms;
        has_room = has_room && add_pending(self, batch);
    }
    pending_batch last = {time_ms, false, time_ms <= self->merged_ms}; /* it is run again */
    return has_room && add_pending(self, last);
}
/* Ten batches at least, and as long as states count on their parents' batches. */
static int64_t failed_kept_ms(const wadi_stream_context *ssc) {
    int64_t kept_ms = 10 * ssc->batch_ms;
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->is_reached && 2 * node->checkpoint_ms > kept_ms)
            kept_ms = 2 * node->checkpoint_ms;
    }
    return kept_ms;
}
wadi_status wadi__checkpointer_start(wadi__checkpointer *self, const wadi__checkpoint *first,
                                     wadi_error *err) {
    wadi_stream_context *ssc = self->ssc;
    self->found_ms = INT64_MIN;
    wadi_status status = newest_time(ssc, &self->found_ms, err);
    if (status != WADI_OK) return status;
    self->time_ms = ssc->zero_ms;
    self->failed_kept_ms = failed_kept_ms(ssc);
    bool has_room = wadi__saved_names_make(ssc) &&
                    wadi__saved_settings(ssc->sc->conf, &self->settings) &&
                    (first == NULL || take_first(self, first));
    if (has_room)
        self->writer = wadi__checkpoint_writer_new(ssc->env, ssc->checkpoint_dir, self->found_ms,
                                                   &writer_ops, self);
    if (self->writer != NULL) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory or threads for checkpoints");
}
void wadi__checkpointer_stop(wadi__checkpointer *self) {
    if (self == NULL) return;
    wadi__checkpoint_writer_free(self->writer);
    self->writer = NULL;
}
void wadi__checkpointer_free(wadi__checkpointer *self) {
    if (self == NULL) return;
    wadi__checkpointer_stop(self);
    wadi__fs_close(&self->lock, NULL);
    wadi__vec_fini(&self->pending);
    wadi__vec_fini(&self->settings);
    wadi__vec_fini(&self->failed);
    pthread_mutex_destroy(&self->failed_lock);
    wadi__free(self);
}
