/* SPDX-License-Identifier: Apache-2.0 */
/* status_store.h: what the pages, REST and metrics show of a program: a copy of what its listeners
 * were told, with a bound on everything. Source: Spark 3 StreamingJobProgressListener.
 *
 * Listeners' threads write, whoever serves reads; both hold the lock meanwhile, and do nothing else
 * then than copy or format. Without memory for something it is left out, and counted in `lost`. */
#ifndef WADI_UI_STATUS_STORE_H
#define WADI_UI_STATUS_STORE_H
#include "base/env.h"
#include "base/vec.h"
#include "stream/state_facts.h"
#include "ui/status_engine.h"

#include <wadi/listener.h>

#include <pthread.h>

enum {
    WADI__STATUS_TEXT_MAX = 4096,     /* bytes of a description or failure that are kept */
    WADI__STATUS_OUTPUTS_MAX = 10000, /* output operations and inputs that are told apart */
    WADI__STATUS_JOBS_OF_BATCH_MAX = 1000,
};

typedef struct wadi__row_input {
    int stream_id;
    int64_t record_count;
    char *description; /* own; NULL: none */
} wadi__row_input;
typedef struct wadi__row_output {
    int id;
    int64_t start_ms, end_ms; /* -1: not yet */
    char *failure;            /* own; NULL: none */
} wadi__row_output;
typedef struct wadi__batch_row { /* times and delays: -1 is not known yet */
    int64_t batch_ms, submission_ms, start_ms, end_ms;
    int64_t record_count;
    size_t input_count, output_count;
    wadi__row_input *inputs;   /* behind the row, as .. */
    wadi__row_output *outputs; /* .. these */
} wadi__batch_row;
static inline int64_t wadi__row_scheduling_delay(const wadi__batch_row *row) {
    return row->start_ms >= 0 ? row->start_ms - row->submission_ms : -1;
}
static inline int64_t wadi__row_processing_delay(const wadi__batch_row *row) {
    return row->end_ms >= 0 ? row->end_ms - row->start_ms : -1;
}
static inline int64_t wadi__row_total_delay(const wadi__batch_row *row) {
    return row->end_ms >= 0 ? row->end_ms - row->submission_ms : -1;
}
/* "QUEUED", "PROCESSING", "COMPLETED". */
const char *wadi__row_status(const wadi__batch_row *row);
typedef struct wadi__output_counts {
    int64_t active, completed, failed, total; /* completed: well */
    const char *first_failure;                /* NULL: none */
} wadi__output_counts;
wadi__output_counts wadi__row_outputs(const wadi__batch_row *row);

typedef struct wadi__output_name { /* of an output operation, the same in all batches */
    char *name, *description;
} wadi__output_name;

typedef struct wadi__input_row { /* an input stream */
    int stream_id;
    char *name;
    bool has_receiver, is_active; /* receiver .. */
    char *host, *executor_id;     /* .. and what it told; NULL: nothing yet */
    char *last_error_message, *last_error;
    int64_t last_error_ms; /* -1: none */
} wadi__input_row;

typedef struct wadi__batch_jobs { /* which engine jobs ran for a batch */
    int64_t batch_ms;
    WADI__VEC(struct wadi__output_job {
        int output_id;
        int64_t job_id;
    })
    jobs;
} wadi__batch_jobs;

typedef WADI__VEC(wadi__batch_row *) wadi__batch_rows;

typedef struct wadi__stream_part { /* of a stream program; all zero without one */
    bool is_there;
    int64_t start_ms;        /* when it started; -1: not yet */
    int64_t batch_ms;        /* its interval */
    size_t retained_max;     /* spark.streaming.ui.retainedBatches */
    wadi__batch_rows active; /* waiting and running, oldest first */
    wadi__batch_rows done;   /* completed ones that are kept, a ring once it is full .. */
    size_t done_first;       /* .. whose oldest is this one */
    int64_t completed_total, received_total, processed_total; /* batches, records, records */
    wadi__batch_row *last_received;       /* the newest that has been started, a copy; NULL: none */
    WADI__VEC(wadi__output_name) outputs; /* by id */
    WADI__VEC(wadi__input_row) inputs;    /* by id */
    WADI__VEC(wadi__batch_jobs) jobs;     /* oldest first, a ring once it is full .. */
    size_t jobs_first;                    /* .. whose oldest is this one */
} wadi__stream_part;

struct wadi__status_store {
    pthread_mutex_t lock;    /* guards all below, save what is said */
    atomic_ullong changes;   /* goes up with whatever is worth a refresh; any thread */
    char *app_name, *app_id; /* never change */
    int64_t start_ms;
    uint64_t lost; /* events that there was no memory for */
    wadi__stream_part stream;
    wadi__engine_part engine;
    WADI__VEC(wadi__state_shown) states; /* as an event log told of them last */
};

/* Keeps a thousand jobs and stages, and 100,000 tasks, unless store->engine.jobs_max, stages_max
 * and tasks_max are set otherwise at once. False: no memory. */
bool wadi__status_init(wadi__status_store *store, const char *app_name, int64_t start_ms);
void wadi__status_fini(wadi__status_store *store);
void wadi__status_lock(wadi__status_store *store);
void wadi__status_unlock(wadi__status_store *store);

/* ---- A stream program comes and goes ---- */

void wadi__status_stream_begins(wadi__status_store *store, int64_t batch_ms, size_t retained_max);
/* An input of it. A NULL name: "Stream-ID". */
void wadi__status_add_input(wadi__status_store *store, int stream_id, const char *name);
void wadi__status_stream_ends(wadi__status_store *store);

/* ---- What listeners are told ---- */

/* A listener that fills the store. */
wadi_listener wadi__status_listener(wadi__status_store *store);
/* A job runs for an output operation of a batch, which may not be known yet, or be long gone. */
void wadi__status_batch_job(wadi__status_store *store, int64_t batch_ms, int output_id,
                            int64_t job_id);

/* ---- Reading; holds lock ---- */

/* Completed batches that are kept: number i from 0, the oldest, and how many. */
const wadi__batch_row *wadi__status_done(const wadi__status_store *store, size_t i);
/* All that are known, number i from 0, the active ones first, then completed ones, each the newest
 * first; NULL: there are no more. */
const wadi__batch_row *wadi__status_newest(const wadi__status_store *store, size_t i);
/* All of them, the newest first, borrowed; the list is to be released. False: no memory. */
bool wadi__status_list(const wadi__status_store *store, wadi__batch_rows *rows);
const wadi__batch_row *wadi__status_batch(const wadi__status_store *store, int64_t batch_ms);
/* NULL: none. */
const wadi__batch_jobs *wadi__status_jobs_of(const wadi__status_store *store, int64_t batch_ms);
size_t wadi__status_waiting(const wadi__status_store *store);
size_t wadi__status_running(const wadi__status_store *store);
/* Over all batches that are known and have the value. */
typedef struct wadi__averages {
    double input_rate;                                      /* records per second */
    int64_t scheduling_delay, processing_time, total_delay; /* -1: there is none */
    size_t batch_count;
} wadi__averages;
wadi__averages wadi__status_averages(const wadi__status_store *store);
/* Records per second of a batch; of one of its inputs. */
double wadi__status_rate(const wadi__status_store *store, const wadi__batch_row *row);
double wadi__status_input_rate(const wadi__status_store *store, const wadi__batch_row *row,
                               int stream_id);
#endif
