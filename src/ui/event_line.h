/* SPDX-License-Identifier: Apache-2.0 */
/* event_line.h: what listeners are told as lines of JSON, and back (docs/formats/event_log.md). */
#ifndef WADI_UI_EVENT_LINE_H
#define WADI_UI_EVENT_LINE_H
#include "ui/doc.h"
#include "ui/json_tree.h"
#include "ui/status_store.h"

typedef struct wadi__conf wadi__conf;

/* Each appends a line, with its end. */
void wadi__event_line_application(wadi__text *to, const char *name, int64_t start_ms,
                                  const wadi__conf *conf);
void wadi__event_line_ended(wadi__text *to, int64_t time_ms);
/* NULL names: "Stream-ID". */
typedef struct wadi__told_input {
    int stream_id;
    const char *name;
} wadi__told_input;
void wadi__event_line_stream(wadi__text *to, int64_t batch_ms, const wadi__told_input *inputs,
                             size_t count);
void wadi__event_line_started(wadi__text *to, int64_t time_ms);
void wadi__event_line_batch(wadi__text *to, const char *event, const wadi_batch_info *info);
void wadi__event_line_output(wadi__text *to, const char *event, const wadi_output_info *info);
void wadi__event_line_receiver(wadi__text *to, const char *event, const wadi_receiver_info *info);
void wadi__event_line_job(wadi__text *to, const char *event, const wadi_job_info *info);
void wadi__event_line_stage(wadi__text *to, const char *event, const wadi_stage_info *info);
void wadi__event_line_task(wadi__text *to, const wadi_task_info *info);
void wadi__event_line_stored(wadi__text *to, const char *event, const wadi_stored_info *info);
void wadi__event_line_unpersisted(wadi__text *to, uint64_t rdd_id);
void wadi__event_line_states(wadi__text *to, const wadi__state_shown *rows, size_t count);
void wadi__event_line_executor(wadi__text *to, const wadi_executor_info *info);

/* Where lines are read into. */
typedef struct wadi__replay {
    const wadi__json_tree_ops *ops;
    wadi__status_store *store;
    size_t retained_max; /* batches */
    wadi__conf *conf;    /* gets the settings */
    int64_t ended_ms;    /* of the last thing that was told */
} wadi__replay;
/* Tells the store what a line says. False: it is damaged, and nothing was told. Events of names
 * that are not known are passed by. */
bool wadi__replay_line(wadi__replay *self, const char *line, size_t size);
#endif
