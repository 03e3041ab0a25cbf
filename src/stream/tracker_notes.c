/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_notes.c: what the tracker logs, and when the logs can be shortened.
 *
 * A file of a log goes when no block that is still held was logged before its stop. In the log of
 * notes the positions and OLDEST are written first, and no file goes that was written on since:
 * so whatever older notes are left by chance, no block before its number comes back. */
#include "base/conf.h"
#include "base/log.h"
#include "stream/saved_name.h"
#include "stream/tracker_parts.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <string.h>

/* ---- Opening ---- */

/* Logs are files: another class of log is refused. */
static wadi_status check_class(const wadi__tracker *self, wadi__conf_id id, wadi_error *err) {
    const char *name = wadi__conf_string(self->ssc->sc->conf, id);
    if (name == NULL || name[0] == 0) return WADI_OK;
    return wadi_error_context(err, WADI_E_INVALID, "%s: there is no log '%s'; logs are files",
                              wadi__conf_entry_of(id)->name, name);
}
wadi_status wadi__tracker_open_log(wadi__tracker *self, const wadi__past *past, wadi_error *err) {
    const wadi_stream_context *ssc = self->ssc;
    const wadi__conf *conf = ssc->sc->conf;
    if (ssc->checkpoint_dir == NULL) return WADI_OK;
    wadi_status status = check_class(self, WADI__CONF_DRIVER_WAL_CLASS, err);
    if (status != WADI_OK) return status;
    wadi__wal_options options = {
        .dir = wadi__fs_join(ssc->checkpoint_dir, "receivedBlockMetadata"),
        .thread_name = "wadi-log-notes",
        .rolling_ms = wadi__conf_int(conf, WADI__CONF_DRIVER_WAL_ROLLING_INTERVAL) * 1000,
        .tries_max = (uint32_t)wadi__conf_int(conf, WADI__CONF_DRIVER_WAL_MAX_FAILURES),
        .closes_after_write = wadi__conf_bool(conf, WADI__CONF_DRIVER_WAL_CLOSE_FILE),
        .is_single = !wadi__conf_bool(conf, WADI__CONF_DRIVER_WAL_ALLOW_BATCHING),
        .epoch = ssc->epoch,
    };
    if (options.dir == NULL || !wadi__saved_names_make(self->ssc))
        status = wadi__fs_no_memory(err, ssc->checkpoint_dir);
    else if ((self->log = wadi__tracker_log_new(ssc->env, &options, err)) == NULL)
        status = err != NULL ? err->status : WADI_E_IO;
    if (status == WADI_OK) status = wadi__tracker_replay(self, options.dir, past, err);
    wadi__free((void *)(uintptr_t)options.dir);
    return status;
}
char *wadi__tracker_block_dir(const wadi__tracker *self, int input_id) {
    char *dir = wadi__fs_join(self->ssc->checkpoint_dir, "receivedData");
    char *own = dir != NULL
                    ? wadi__fs_join(dir, wadi__dstream_saved_name(self->inputs[input_id].stream))
                    : NULL;
    wadi__free(dir);
    return own;
}
wadi_status wadi__tracker_log_blocks(wadi__tracker *self, int input_id, wadi_error *err) {
    const wadi_stream_context *ssc = self->ssc;
    const wadi__conf *conf = ssc->sc->conf;
    if (!wadi__conf_bool(conf, WADI__CONF_RECEIVER_WAL_ENABLE)) return WADI_OK;
    if (ssc->checkpoint_dir == NULL)
        return wadi_error_context(
            err, WADI_E_STATE,
            "spark.streaming.receiver.writeAheadLog.enable needs a checkpoint directory, and "
            "none is set: wadi_checkpoint(ssc, dir)");
    wadi_status status = check_class(self, WADI__CONF_RECEIVER_WAL_CLASS, err);
    if (status != WADI_OK) return status;
    wadi__wal_options options = {
        .dir = wadi__tracker_block_dir(self, input_id),
        .thread_name = "wadi-log-blocks",
        .rolling_ms = wadi__conf_int(conf, WADI__CONF_RECEIVER_WAL_ROLLING_INTERVAL) * 1000,
        .tries_max = (uint32_t)wadi__conf_int(conf, WADI__CONF_RECEIVER_WAL_MAX_FAILURES),
        .closes_after_write = wadi__conf_bool(conf, WADI__CONF_RECEIVER_WAL_CLOSE_FILE),
        .bytes_max = (uint64_t)wadi__conf_int(conf, WADI__CONF_LOG_MAX),
        .epoch = ssc->epoch,
    };
    if (options.dir == NULL) return wadi__fs_no_memory(err, ssc->checkpoint_dir);
    self->inputs[input_id].log = wadi__wal_writer_new(ssc->env, &options, err);
    if (self->inputs[input_id].log == NULL)
        status = err != NULL ? err->status : WADI_E_IO;
    else
        atomic_store(&self->logs_blocks, true);
    wadi__free((void *)(uintptr_t)options.dir);
    return status;
}

/* ---- Notes ---- */

static wadi_str name_of(const wadi__tracker *self, int input_id) {
    return wadi_str_of(wadi__dstream_saved_name(self->inputs[input_id].stream));
}
static void tell(wadi__tracker *self, wadi__note *note) {
    wadi__tracker_log_add(self->log, note, wadi__tracker_now_ms(self));
}
static void describe_block(const wadi__tracker *self, int input_id, const wadi__received *received,
                           wadi_tracker_event *event) {
    event->stream = name_of(self, input_id);
    event->time_ms = received->log_ms;
    event->id_ms = received->id_ms;
    event->rows = (int64_t)received->row_count;
}
void wadi__tracker_tell_block(wadi__tracker *self, int input_id, wadi__received *received) {
    if (self->log == NULL) return;
    wadi__note *note = wadi__note_new(WADI__TRACKED_BLOCK);
    if (note == NULL) return; /* the block lives as long as the process, with or without it */
    describe_block(self, input_id, received, &note->event);
    note->is_patient = true; /* nobody waits for it, and the caller has a lock */
    received->number = wadi__tracker_log_add(self->log, note, received->log_ms);
}
void wadi__tracker_tell_cleanup(wadi__tracker *self, int input_id, int64_t gone_ms) {
    wadi__note *note = self->log != NULL ? wadi__note_new(WADI__TRACKED_CLEANUP) : NULL;
    if (note == NULL) return; /* a later one says it too */
    note->event.stream = name_of(self, input_id);
    note->event.time_ms = gone_ms;
    tell(self, note);
}

/* ---- Allocations ---- */

bool wadi__tracker_allocation_note(wadi__tracker *self, size_t count, wadi__note **p_note) {
    if (self->log == NULL) return true;
    wadi__note *note = wadi__note_new(WADI__TRACKED_ALLOCATION);
    if (note != NULL && (note->own = wadi__malloc(count * sizeof(int64_t))) != NULL) {
        *p_note = note;
        return true;
    }
    wadi__note_free(note);
    return false;
}
static void allocation_told(wadi__note *note, wadi_status status, const wadi_error *err) {
    wadi__tracker *self = note->arg;
    if (status != WADI_OK) {
        wadi__tracker_lose(self, note->event.time_ms, err->message);
        return;
    }
    pthread_mutex_lock(&self->lock);
    if (note->event.time_ms > self->durable_ms) self->durable_ms = note->event.time_ms;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->durable, self->ssc->env);
}
void wadi__tracker_tell_allocation(wadi__tracker *self, wadi__note *note) {
    note->done = allocation_told;
    note->arg = self;
    tell(self, note);
}

/* ---- Blocks that are logged ---- */

wadi__wal_writer *wadi__tracker_block_log(wadi__tracker *self, int input_id) {
    return self->inputs[input_id].log;
}
void wadi__tracker_expect(wadi__tracker *self, int input_id, wadi__received *received) {
    pthread_mutex_lock(&self->lock);
    received->input_id = input_id;
    received->log_ms = wadi__tracker_now_ms(self);
    wadi__tracked_put_last(&self->inputs[input_id].expected, received);
    pthread_mutex_unlock(&self->lock);
}
/* holds lock */
static void unexpect(wadi__tracked_list *list, wadi__received *received) {
    wadi__received **at = &list->first, *before = NULL;
    for (; *at != NULL && *at != received; at = &(*at)->next) before = *at;
    if (*at == NULL) return;
    *at = received->next;
    if (list->last == received) list->last = before;
}
void wadi__tracker_give_up(wadi__tracker *self, wadi__received *received) {
    pthread_mutex_lock(&self->lock);
    unexpect(&self->inputs[received->input_id].expected, received);
    pthread_mutex_unlock(&self->lock);
}
/* holds lock */
static void take_position(wadi__tracked_input *in, wadi__received *received) {
    if (received->position == NULL) return;
    wadi__free(in->position);
    in->position = received->position;
    in->position_size = received->metadata_size;
    in->position_number = received->number;
    received->position = NULL;
}
/* log's thread */
static void block_told(wadi__note *note, wadi_status status, const wadi_error *err) {
    wadi__received *received = note->arg;
    wadi__tracker *self = received->tracker;
    wadi__tracked_input *in = &self->inputs[received->input_id];
    void (*told)(void *, wadi_status, const wadi_error *) = received->told;
    void *told_arg = received->told_arg;
    pthread_mutex_lock(&self->lock);
    unexpect(&in->expected, received);
    if (status == WADI_OK) {
        received->number = note->event.number;
        take_position(in, received);
        wadi__tracked_put_last(&in->unallocated, received);
    }
    pthread_mutex_unlock(&self->lock);
    told(told_arg, status, err);
}
void wadi__tracker_note(wadi__tracker *self, wadi__received *received, wadi__note *note,
                        void (*told)(void *arg, wadi_status status, const wadi_error *err),
                        void *arg) {
    wadi_tracker_event *event = &note->event;
    received->tracker = self;
    received->told = told;
    received->told_arg = arg;
    describe_block(self, received->input_id, received, event);
    event->file = wadi_str_of(received->place.file);
    event->offset = (int64_t)received->place.offset;
    event->size_bytes = (int64_t)received->place.size_bytes;
    event->has_metadata = received->metadata != NULL;
    event->metadata = wadi_str_view(received->metadata, received->metadata_size);
    note->done = block_told;
    note->arg = received;
    tell(self, note);
}

/* ---- Shortening the logs ---- */

typedef struct oldest {     /* what somebody may still ask for begins with */
    int64_t log_ms, number; /* INT64_MAX: there is nothing */
} oldest;

static void look_at(oldest *found, const wadi__received *received) {
    if (received == NULL) return;
    if (received->log_ms < found->log_ms) found->log_ms = received->log_ms;
    if (received->number > 0 && received->number < found->number) found->number = received->number;
}
/* Blocks of an input, in each list, are in the order in which they were logged. holds lock */
static oldest oldest_of(const wadi__tracked_input *in) {
    oldest found = {INT64_MAX, INT64_MAX};
    look_at(&found, in->unallocated.first);
    look_at(&found, in->expected.first);
    for (size_t i = 0; i < in->allocated.count; i++) {
        if (in->allocated.items[i]->blocks.count == 0) continue;
        look_at(&found, in->allocated.items[i]->blocks.items[0]);
        break;
    }
    return found;
}
/* log's thread: what is left is noted, so what is older may go. */
static void oldest_told(wadi__note *note, wadi_status status, const wadi_error *err) {
    wadi__tracker *self = note->arg;
    (void)err; /* then another time */
    pthread_mutex_lock(&self->lock);
    self->is_cleaning = false;
    int64_t clean_ms = self->clean_ms;
    pthread_mutex_unlock(&self->lock);
    if (status == WADI_OK) wadi__wal_clean(wadi__tracker_log_writer(self->log), clean_ms, false);
}
/* The last metadata of an input. NULL: there is none, or no memory. */
static wadi__note *position_note(wadi__tracker *self, int input_id) {
    wadi__tracked_input *in = &self->inputs[input_id];
    wadi__note *note = wadi__note_new(WADI__TRACKED_POSITION);
    if (note == NULL) return NULL;
    pthread_mutex_lock(&self->lock);
    size_t size = in->position_size;
    note->event.number = in->position_number; /* later blocks may be noted already */
    note->own = in->position != NULL ? wadi__memdup(in->position, size) : NULL;
    pthread_mutex_unlock(&self->lock);
    note->event.stream = name_of(self, input_id);
    note->event.has_metadata = true;
    note->event.metadata = wadi_str_view(note->own, size);
    return note;
}
/* False: no memory, and nothing may be removed. */
static bool tell_positions(wadi__tracker *self) {
    for (int i = 0; i < self->input_count; i++) {
        if (self->inputs[i].position == NULL) continue;
        wadi__note *note = position_note(self, i);
        if (note == NULL || note->own == NULL) {
            wadi__note_free(note);
            return false;
        }
        tell(self, note);
    }
    return true;
}
/* Notes what is left, and then removes what is older. */
static void clean_notes(wadi__tracker *self, const oldest *left, int64_t last_ms) {
    wadi__note *note = wadi__note_new(WADI__TRACKED_OLDEST);
    if (note != NULL && tell_positions(self)) {
        note->event.number = left->number;
        note->event.time_ms = last_ms;
        note->done = oldest_told;
        note->arg = self;
        tell(self, note);
        return;
    }
    wadi__note_free(note);
    pthread_mutex_lock(&self->lock);
    self->is_cleaning = false;
    pthread_mutex_unlock(&self->lock);
}
void wadi__tracker_clean_logs(wadi__tracker *self) {
    if (self->log == NULL) return;
    oldest left = {INT64_MAX,
                   wadi__tracker_log_settled(self->log)}; /* first: later ones are in the lists */
    for (int i = 0; i < self->input_count; i++) {
        wadi__wal_writer *log = self->inputs[i].log;
        pthread_mutex_lock(&self->lock);
        oldest of_input = oldest_of(&self->inputs[i]);
        pthread_mutex_unlock(&self->lock);
        if (of_input.log_ms < left.log_ms) left.log_ms = of_input.log_ms;
        if (of_input.number < left.number) left.number = of_input.number;
        if (log != NULL && wadi__wal_can_clean(log, of_input.log_ms))
            wadi__wal_clean(log, of_input.log_ms, false);
    }
    int64_t now_ms = wadi__tracker_now_ms(self);
    if (left.log_ms > now_ms) left.log_ms = now_ms; /* the file that has the positions stays */
    if (!wadi__wal_can_clean(wadi__tracker_log_writer(self->log), left.log_ms)) return;
    pthread_mutex_lock(&self->lock);
    bool begins = !self->is_cleaning;
    int64_t last_ms = self->last_ms;
    self->is_cleaning = true;
    if (begins) self->clean_ms = left.log_ms;
    pthread_mutex_unlock(&self->lock);
    if (begins) clean_notes(self, &left, last_ms);
}
