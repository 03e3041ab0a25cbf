/* SPDX-License-Identifier: Apache-2.0 */
/* event_replay.c: lines of JSON back into what listeners are told. Bytes come from a file that
 * anybody may have changed: numbers are checked where they size or find something. */
#include "base/conf.h"
#include "ui/event_line.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 10000 }; /* of inputs, outputs, operators, parents in a line */

typedef struct line {
    wadi__replay *to;
    const wadi__json_tree_ops *ops;
    const void *root;
    const char *event;
} line;

static const void *member(const line *self, const void *object, const char *name) {
    return object != NULL ? self->ops->member(object, name) : NULL;
}
static int64_t integer(const line *self, const void *object, const char *name, int64_t otherwise) {
    const void *node = member(self, object, name);
    return node != NULL ? self->ops->integer(node, otherwise) : otherwise;
}
/* A time: -1 where it is none. */
static int64_t moment(const line *self, const void *object, const char *name) {
    int64_t value = integer(self, object, name, -1);
    return value >= 0 && value < INT64_MAX / 4 ? value : -1;
}
/* An amount of bytes or records, of which very many may be added up. */
static int64_t amount(const line *self, const void *object, const char *name) {
    int64_t value = integer(self, object, name, 0);
    return value >= 0 && value < (int64_t)1 << 44 ? value : 0;
}
static uint32_t small(const line *self, const void *object, const char *name) {
    int64_t value = integer(self, object, name, 0);
    return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}
static int small_id(const line *self, const void *object, const char *name) {
    int64_t value = integer(self, object, name, -1);
    return value >= 0 && value < LIST_MAX ? (int)value : -1;
}
static const char *string(const line *self, const void *object, const char *name) {
    const void *node = member(self, object, name);
    return node != NULL ? self->ops->string(node) : NULL;
}
static const char *string_or_empty(const line *self, const void *object, const char *name) {
    const char *text = string(self, object, name);
    return text != NULL ? text : "";
}
static bool boolean(const line *self, const void *object, const char *name) {
    const void *node = member(self, object, name);
    return node != NULL && self->ops->boolean(node);
}
static size_t list(const line *self, const void *object, const char *name, const void **array) {
    *array = member(self, object, name);
    size_t count = *array != NULL ? self->ops->count(*array) : 0;
    return count < LIST_MAX ? count : LIST_MAX;
}
static bool is_event(const line *self, const char *name) { return strcmp(self->event, name) == 0; }

/* ---- The program ---- */

static bool replay_application(const line *self) {
    const void *settings;
    size_t count = list(self, self->root, "settings", &settings);
    self->to->store->start_ms = moment(self, self->root, "time");
    for (size_t i = 0; i < count; i++) {
        const void *pair = self->ops->at(settings, i);
        const void *name = self->ops->at(pair, 0), *value = self->ops->at(pair, 1);
        const char *texts[] = {name != NULL ? self->ops->string(name) : NULL,
                               value != NULL ? self->ops->string(value) : NULL};
        if (texts[0] != NULL && texts[1] != NULL)
            wadi__conf_set(self->to->conf, texts[0], texts[1], WADI__CONF_FROM_FILE, "event log");
    }
    return true;
}
static bool replay_stream(const line *self) {
    int64_t batch_ms = moment(self, self->root, "batchDuration");
    const void *inputs;
    size_t count = list(self, self->root, "inputs", &inputs);
    if (batch_ms < 1) return false;
    bool is_known = boolean(self, self->root, "again") && self->to->store->stream.is_there;
    if (is_known) return true; /* a file before told of it */
    wadi__status_stream_begins(self->to->store, batch_ms, self->to->retained_max);
    for (size_t i = 0; i < count; i++) {
        const void *each = self->ops->at(inputs, i);
        if (small_id(self, each, "id") >= 0)
            wadi__status_add_input(self->to->store, small_id(self, each, "id"),
                                   string(self, each, "name"));
    }
    return true;
}
static bool replay_receiver(const line *self) {
    wadi_listener to = wadi__status_listener(self->to->store);
    wadi_receiver_info info = {
        .stream_id = small_id(self, self->root, "id"),
        .name = string_or_empty(self, self->root, "name"),
        .active = boolean(self, self->root, "active"),
        .host = string(self, self->root, "host"),
        .executor_id = string(self, self->root, "executor"),
        .last_error_message = string(self, self->root, "lastErrorMessage"),
        .last_error = string(self, self->root, "lastError"),
        .last_error_ms = moment(self, self->root, "lastErrorTime"),
    };
    if (info.stream_id < 0) return false;
    to.on_receiver_started(&info, to.user); /* all three say how it is now */
    return true;
}

/* ---- Batches ---- */

static wadi_output_info output_of(const line *self, const void *object) {
    return (wadi_output_info){
        .batch_ms = moment(self, object, "batch"),
        .id = small_id(self, object, "id"),
        .name = string_or_empty(self, object, "name"),
        .description = string_or_empty(self, object, "description"),
        .start_ms = moment(self, object, "start"),
        .end_ms = moment(self, object, "end"),
        .failure_reason = string(self, object, "failure"),
    };
}
static bool replay_output(const line *self) {
    wadi_listener to = wadi__status_listener(self->to->store);
    wadi_output_info info = output_of(self, self->root);
    to.on_output_started(&info, to.user);
    return true;
}
static void fill_batch(const line *self, wadi_batch_info *info, wadi_input_info *inputs,
                       wadi_output_info *outputs) {
    const void *array;
    info->inputs = inputs;
    info->outputs = outputs;
    info->input_count = list(self, self->root, "inputs", &array);
    for (size_t i = 0; i < info->input_count; i++) {
        const void *each = self->ops->at(array, i);
        inputs[i] = (wadi_input_info){small_id(self, each, "id"), integer(self, each, "records", 0),
                                      string(self, each, "description")};
    }
    info->output_count = list(self, self->root, "outputs", &array);
    for (size_t i = 0; i < info->output_count; i++)
        outputs[i] = output_of(self, self->ops->at(array, i));
}
static bool replay_batch(const line *self) {
    wadi_listener to = wadi__status_listener(self->to->store);
    const void *array;
    size_t inputs_count = list(self, self->root, "inputs", &array);
    size_t outputs_count = list(self, self->root, "outputs", &array);
    wadi_batch_info info = {
        .batch_ms = moment(self, self->root, "batch"),
        .submission_ms = moment(self, self->root, "submission"),
        .processing_start_ms = moment(self, self->root, "start"),
        .processing_end_ms = moment(self, self->root, "end"),
        .record_count = integer(self, self->root, "records", 0),
    };
    if (info.batch_ms < 0 || !self->to->store->stream.is_there) return false;
    wadi_input_info *inputs = wadi__calloc(inputs_count + 1, sizeof *inputs);
    wadi_output_info *outputs = wadi__calloc(outputs_count + 1, sizeof *outputs);
    bool has_memory = inputs != NULL && outputs != NULL;
    if (has_memory) {
        fill_batch(self, &info, inputs, outputs);
        if (is_event(self, "BatchSubmitted"))
            to.on_batch_submitted(&info, to.user);
        else if (is_event(self, "BatchStarted"))
            to.on_batch_started(&info, to.user);
        else
            to.on_batch_completed(&info, to.user);
    }
    wadi__free(inputs);
    wadi__free(outputs);
    if (info.processing_end_ms > self->to->ended_ms) self->to->ended_ms = info.processing_end_ms;
    return has_memory;
}

/* ---- The engine ---- */

static bool replay_job(const line *self) {
    wadi_engine_listener to = wadi__status_engine_listener(self->to->store);
    wadi_job_info info = {
        .id = moment(self, self->root, "id"),
        .name = string_or_empty(self, self->root, "name"),
        .batch_ms = integer(self, self->root, "batch", 0),
        .output_id = small_id(self, self->root, "output"),
        .submission_ms = moment(self, self->root, "submission"),
        .completion_ms = moment(self, self->root, "completion"),
        .failure_reason = string(self, self->root, "failure"),
    };
    if (info.id < 0) return false;
    if (is_event(self, "JobStarted"))
        to.on_job_started(&info, to.user);
    else
        to.on_job_ended(&info, to.user);
    if (info.completion_ms > self->to->ended_ms) self->to->ended_ms = info.completion_ms;
    return true;
}
static void fill_stage(const line *self, wadi_stage_info *info, const void *array,
                       wadi_operator_info *operators, uint64_t *parents) {
    for (size_t i = 0; i < info->operator_count; i++) {
        const void *each = self->ops->at(array, i), *of;
        operators[i] = (wadi_operator_info){.rdd_id = (uint64_t)integer(self, each, "rdd", 0),
                                            .name = string_or_empty(self, each, "name"),
                                            .is_stored = boolean(self, each, "stored"),
                                            .parents = parents,
                                            .parent_count = list(self, each, "parents", &of)};
        for (size_t k = 0; k < operators[i].parent_count; k++)
            *parents++ = (uint64_t)self->ops->integer(self->ops->at(of, k), 0);
    }
    info->operators = operators;
}
static bool replay_stage(const line *self) {
    wadi_engine_listener to = wadi__status_engine_listener(self->to->store);
    const void *array, *of;
    wadi_stage_info info = {
        .id = moment(self, self->root, "id"),
        .job_id = moment(self, self->root, "job"),
        .name = string_or_empty(self, self->root, "name"),
        .task_count = small(self, self->root, "tasks"),
        .submission_ms = moment(self, self->root, "submission"),
        .completion_ms = moment(self, self->root, "completion"),
        .run_ms = moment(self, self->root, "run"),
        .failed_task_count = small(self, self->root, "failedTasks"),
        .failure_reason = string(self, self->root, "failure"),
        .operator_count = list(self, self->root, "operators", &array),
    };
    if (info.id < 0) return false;
    size_t parent_count = 0;
    for (size_t i = 0; i < info.operator_count; i++)
        parent_count += list(self, self->ops->at(array, i), "parents", &of);
    wadi_operator_info *operators = wadi__calloc(info.operator_count + 1, sizeof *operators);
    uint64_t *parents = wadi__calloc(parent_count + 1, sizeof *parents);
    bool has_memory = operators != NULL && parents != NULL;
    if (has_memory) {
        fill_stage(self, &info, array, operators, parents);
        if (is_event(self, "StageSubmitted"))
            to.on_stage_submitted(&info, to.user);
        else
            to.on_stage_completed(&info, to.user);
    }
    wadi__free(operators);
    wadi__free(parents);
    return has_memory;
}
/* -1 where it is not known. */
static int64_t records(const line *self, const char *name) {
    return member(self, self->root, name) != NULL ? amount(self, self->root, name) : -1;
}
static bool replay_task(const line *self) {
    wadi_engine_listener to = wadi__status_engine_listener(self->to->store);
    wadi_task_info info = {
        .stage_id = moment(self, self->root, "stage"),
        .job_id = moment(self, self->root, "job"),
        .partition_index = small(self, self->root, "partition"),
        .attempt = small(self, self->root, "attempt"),
        .start_ms = moment(self, self->root, "start"),
        .run_ms = moment(self, self->root, "run"),
        .failure_reason = string(self, self->root, "failure"),
        .index = small(self, self->root, "index"),
        .records_in = records(self, "in"),
        .records_out = records(self, "out"),
    };
    to.on_task_ended(&info, to.user);
    return true;
}
static bool replay_block(const line *self) {
    wadi_engine_listener to = wadi__status_engine_listener(self->to->store);
    wadi_stored_info info = {
        .rdd_id = (uint64_t)integer(self, self->root, "rdd", 0),
        .name = string_or_empty(self, self->root, "name"),
        .partition_index = small(self, self->root, "partition"),
        .partition_count = small(self, self->root, "partitions"),
        .size_bytes = amount(self, self->root, "bytes"),
        .is_on_disk = boolean(self, self->root, "onDisk"),
    };
    if (is_event(self, "BlockStored"))
        to.on_block_stored(&info, to.user);
    else if (is_event(self, "BlockEvicted"))
        to.on_block_evicted(&info, to.user);
    else
        to.on_rdd_unpersisted(info.rdd_id, to.user);
    return true;
}
static void replay_state(const line *self, const void *object) {
    wadi__state_shown row = {
        .checkpoint_ms = amount(self, object, "interval"),
        .facts = {.keys = amount(self, object, "keys"),
                  .bytes = moment(self, object, "bytes"),
                  .partition_count = small(self, object, "partitions"),
                  .snapshot = {moment(self, object, "snapshotBatch"),
                               moment(self, object, "snapshotBytes"),
                               moment(self, object, "snapshotTook")}},
    };
    snprintf(row.name, sizeof row.name, "%s", string_or_empty(self, object, "name"));
    (void)wadi__vec_push(&self->to->store->states, row);
}
static bool replay_states(const line *self) {
    const void *array;
    size_t count = list(self, self->root, "states", &array);
    self->to->store->states.count = 0;
    for (size_t i = 0; i < count && i < WADI__STATES_SHOWN_MAX; i++)
        replay_state(self, self->ops->at(array, i));
    return true;
}
static bool replay_executor(const line *self) {
    wadi_engine_listener to = wadi__status_engine_listener(self->to->store);
    wadi_executor_info info = {string_or_empty(self, self->root, "id"),
                               string_or_empty(self, self->root, "host"),
                               small(self, self->root, "slots")};
    to.on_executor_added(&info, to.user);
    return true;
}
static bool replay_time(const line *self) {
    int64_t time_ms = moment(self, self->root, "time");
    wadi_listener to = wadi__status_listener(self->to->store);
    if (is_event(self, "StreamingStarted"))
        to.on_streaming_started(time_ms, to.user);
    else if (time_ms > self->to->ended_ms)
        self->to->ended_ms = time_ms;
    return true;
}

/* ---- A line ---- */

static const struct {
    const char *event;
    bool (*replay)(const line *self);
} events[] = {
    {"ApplicationStart", replay_application},
    {"ApplicationEnd", replay_time},
    {"StreamBegin", replay_stream},
    {"StreamingStarted", replay_time},
    {"ReceiverStarted", replay_receiver},
    {"ReceiverError", replay_receiver},
    {"ReceiverStopped", replay_receiver},
    {"BatchSubmitted", replay_batch},
    {"BatchStarted", replay_batch},
    {"BatchCompleted", replay_batch},
    {"OutputStarted", replay_output},
    {"OutputCompleted", replay_output},
    {"JobStarted", replay_job},
    {"JobEnded", replay_job},
    {"StageSubmitted", replay_stage},
    {"StageCompleted", replay_stage},
    {"TaskEnded", replay_task},
    {"BlockStored", replay_block},
    {"BlockEvicted", replay_block},
    {"Unpersisted", replay_block},
    {"ExecutorAdded", replay_executor},
    {"States", replay_states},
};
bool wadi__replay_line(wadi__replay *to, const char *text, size_t size) {
    line self = {.to = to, .ops = to->ops, .root = to->ops->parse(text, size)};
    if (self.root == NULL) return false;
    self.event = string_or_empty(&self, self.root, "event");
    bool is_good = self.event[0] != 0;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (is_event(&self, events[i].event)) is_good = events[i].replay(&self);
    to->ops->free((void *)(uintptr_t)self.root);
    return is_good;
}
