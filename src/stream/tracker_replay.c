/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_replay.c: received blocks as an earlier run left them, from the log of notes. */
#include "base/conf.h"
#include "base/log.h"
#include "stream/saved_name.h"
#include "stream/tracker_parts.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <string.h>

#define NO_BATCH INT64_MIN

typedef struct replayed {     /* a block */
    wadi__received *received; /* NULL: it went to an input */
    int input_id;             /* -1: the program does not have it any more */
    int64_t batch_ms;
} replayed;

typedef struct replay {
    wadi__tracker *tracker;
    WADI__VEC(replayed) blocks;     /* ascending numbers */
    int64_t *gone_ms;               /* of each input */
    int64_t last_ms, oldest;        /* batch; number */
    uint64_t lost_count, lost_rows; /* blocks that were in memory only */
    uint64_t strange_count;         /* of inputs that are not there */
    char strange[WADI__SAVED_NAME_MAX + 1];
} replay;

/* ---- Events ---- */

/* -1: there is no such input. */
static int input_of(const replay *self, const wadi_str *name) {
    const wadi__tracker *tracker = self->tracker;
    for (int i = 0; i < tracker->input_count; i++) {
        const char *other = tracker->inputs[i].stream != NULL
                                ? wadi__dstream_saved_name(tracker->inputs[i].stream)
                                : NULL;
        if (other != NULL && strlen(other) == name->len &&
            memcmp(other, wadi_str_data(name), name->len) == 0)
            return i;
    }
    return -1;
}
/* What stood beside block `number`, unless a later one is known. False: no memory. */
static bool set_position(wadi__tracked_input *in, const wadi_str *metadata, int64_t number) {
    if (number < in->position_number) return true;
    char *copy = wadi__memdup(wadi_str_data(metadata), metadata->len);
    if (copy == NULL) return false;
    wadi__free(in->position);
    in->position = copy;
    in->position_size = metadata->len;
    in->position_number = number;
    return true;
}
static wadi__received *received_of(const wadi_tracker_event *event) {
    wadi__received *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    *made = (wadi__received){.number = event->number,
                             .id_ms = event->id_ms,
                             .log_ms = event->time_ms,
                             .row_count = (uint64_t)event->rows,
                             .is_allocated = true};
    made->place.offset = (uint64_t)event->offset;
    made->place.size_bytes = (uint64_t)event->size_bytes;
    if (event->file.len < sizeof made->place.file)
        memcpy(made->place.file, wadi_str_data(&event->file), event->file.len);
    made->metadata_size = event->metadata.len;
    if (!event->has_metadata || (made->metadata = wadi__memdup(wadi_str_data(&event->metadata),
                                                               event->metadata.len)) != NULL)
        return made;
    wadi__free(made);
    return NULL;
}
/* False: no memory. */
static bool take_block(replay *self, const wadi_tracker_event *event) {
    size_t count = self->blocks.count;
    if (count > 0 && event->number <= self->blocks.items[count - 1].received->number)
        return true; /* a second try */
    int input_id = input_of(self, &event->stream);
    wadi__received *received = received_of(event);
    if (received == NULL ||
        !wadi__vec_push(&self->blocks, (replayed){received, input_id, NO_BATCH})) {
        wadi__received_free(self->tracker, received);
        return false;
    }
    if (input_id < 0)
        snprintf(self->strange, sizeof self->strange, "%.*s", (int)event->stream.len,
                 wadi_str_data(&event->stream));
    bool has_position = input_id >= 0 && event->has_metadata && event->file.len > 0;
    return !has_position || set_position(&self->tracker->inputs[input_id], &event->metadata, event->number);
}
static replayed *find(const replay *self, int64_t number) {
    size_t from = 0, to = self->blocks.count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (self->blocks.items[middle].received->number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from < self->blocks.count && self->blocks.items[from].received->number == number
               ? &self->blocks.items[from]
               : NULL;
}
static void take_allocation(replay *self, const wadi_tracker_event *event) {
    if (event->time_ms > self->last_ms) self->last_ms = event->time_ms;
    for (size_t i = 0; i < event->blocks.count; i++) {
        replayed *block = find(self, event->blocks.items[i]);
        if (block != NULL) block->batch_ms = event->time_ms;
    }
}
static wadi_status take_event(const wadi_tracker_event *event, void *arg, wadi_error *err) {
    replay *self = arg;
    bool has_memory = true;
    int input_id = -1;
    switch ((wadi__tracked)event->kind) {
    case WADI__TRACKED_BLOCK: has_memory = take_block(self, event); break;
    case WADI__TRACKED_ALLOCATION: take_allocation(self, event); break;
    case WADI__TRACKED_CLEANUP:
        input_id = input_of(self, &event->stream);
        if (input_id >= 0 && event->time_ms > self->gone_ms[input_id])
            self->gone_ms[input_id] = event->time_ms;
        break;
    case WADI__TRACKED_POSITION:
        input_id = input_of(self, &event->stream);
        if (input_id >= 0)
            has_memory = set_position(&self->tracker->inputs[input_id], &event->metadata, event->number);
        break;
    case WADI__TRACKED_OLDEST:
        if (event->number > self->oldest) self->oldest = event->number;
        if (event->time_ms > self->last_ms) self->last_ms = event->time_ms;
        break;
    default:
        return wadi_error_context(err, WADI_E_CORRUPT, "an event of kind %" PRId32, event->kind);
    }
    return has_memory ? WADI_OK
                      : wadi_error_context(err, WADI_E_NOMEM, "no memory for received blocks");
}

/* ---- What is left ---- */

/* The allocation of a batch, made if it is not there. NULL: no memory. */
static wadi__allocation *allocation_of(wadi__tracked_input *in, int64_t time_ms) {
    size_t i = in->allocated.count;
    while (i > 0 && in->allocated.items[i - 1]->time_ms > time_ms) i--;
    if (i > 0 && in->allocated.items[i - 1]->time_ms == time_ms) return in->allocated.items[i - 1];
    wadi__allocation *made = wadi__calloc(1, sizeof *made);
    if (made == NULL || !wadi__vec_push(&in->allocated, made)) {
        wadi__free(made);
        return NULL;
    }
    memmove(&in->allocated.items[i + 1], &in->allocated.items[i],
            (in->allocated.count - 1 - i) * sizeof made);
    in->allocated.items[i] = made;
    made->time_ms = time_ms;
    made->is_dropped = true; /* they are in the log only */
    return made;
}
/* Whether the outputs of a batch have all ended. */
static bool is_done(const wadi__past *past, int64_t batch_ms) {
    for (size_t i = 0; i < past->undone_count; i++)
        if (past->undone[i] == batch_ms) return false;
    return batch_ms <= past->done_ms;
}
/* Whether a block is still needed. */
static bool is_wanted(replay *self, const replayed *block, const wadi__past *past) {
    const wadi__received *received = block->received;
    if (received->number < self->oldest) return false;
    if (block->batch_ms != NO_BATCH && !past->goes_on && is_done(past, block->batch_ms)) return false;
    if (block->input_id >= 0 && block->batch_ms != NO_BATCH &&
        block->batch_ms <= self->gone_ms[block->input_id])
        return false;
    if (block->input_id < 0) {
        self->strange_count += block->batch_ms == NO_BATCH;
        return false;
    }
    if (received->place.file[0] != 0) return true;
    self->lost_count++;
    self->lost_rows += received->row_count;
    return false;
}
/* Gives the block to its input. False: no memory. */
static bool hand_over(replay *self, replayed *block, const wadi__past *past) {
    wadi__tracked_input *in = &self->tracker->inputs[block->input_id];
    if (block->batch_ms == NO_BATCH || !past->goes_on) {
        block->received->is_allocated = false;
        wadi__tracked_put_last(&in->unallocated, block->received);
    } else {
        wadi__allocation *allocation = allocation_of(in, block->batch_ms);
        if (allocation == NULL || !wadi__vec_push(&allocation->blocks, block->received))
            return false;
    }
    block->received = NULL;
    return true;
}
static bool hand_over_all(replay *self, const wadi__past *past) {
    bool has_memory = true;
    for (size_t i = 0; i < self->blocks.count && has_memory; i++)
        if (is_wanted(self, &self->blocks.items[i], past))
            has_memory = hand_over(self, &self->blocks.items[i], past);
    return has_memory;
}
static void tell_losses(const replay *self) {
    if (self->lost_count > 0)
        wadi__log_warn("stream",
                       "%" PRIu64 " blocks (%" PRIu64
                       " records) that were received before the restart were in memory only; "
                       "batches from before it are without them. "
                       "spark.streaming.receiver.writeAheadLog.enable keeps received "
                       "blocks",
                       self->lost_count, self->lost_rows);
    if (self->strange_count > 0)
        wadi__log_warn(
            "stream",
            "%" PRIu64 " received blocks of inputs that the program does not have any more, such "
                       "as '%s', wait for "
            "a batch; they are passed by. An input keeps its blocks as long as it has its .name",
            self->strange_count, self->strange);
}
static wadi_status replay_all(replay *self, const char *dir, const wadi__past *past, wadi_error *err) {
    wadi__tracker *tracker = self->tracker;
    wadi_status status = wadi__tracker_log_replay(tracker->ssc->env, dir, take_event, self, err);
    if (status != WADI_OK) return status;
    size_t count = self->blocks.count;
    int64_t next = count > 0 ? self->blocks.items[count - 1].received->number + 1 : 1;
    wadi__tracker_log_set_next(tracker->log, next > self->oldest ? next : self->oldest);
    if (!hand_over_all(self, past))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for received blocks");
    if (past->goes_on && self->last_ms > tracker->last_ms)
        tracker->last_ms = tracker->durable_ms = self->last_ms;
    tell_losses(self);
    return WADI_OK;
}
wadi_status wadi__tracker_replay(wadi__tracker *tracker, const char *dir, const wadi__past *past,
                                 wadi_error *err) {
    replay self = {.tracker = tracker, .last_ms = INT64_MIN};
    self.gone_ms = wadi__malloc((size_t)tracker->input_count * sizeof *self.gone_ms);
    wadi_status status = WADI_E_NOMEM;
    for (int i = 0; i < tracker->input_count && self.gone_ms != NULL; i++)
        self.gone_ms[i] = INT64_MIN;
    if (self.gone_ms != NULL)
        status = replay_all(&self, dir, past, err);
    else
        wadi__fs_no_memory(err, dir);
    for (size_t i = 0; i < self.blocks.count; i++)
        wadi__received_free(tracker, self.blocks.items[i].received);
    wadi__vec_fini(&self.blocks);
    wadi__free(self.gone_ms);
    return status;
}
