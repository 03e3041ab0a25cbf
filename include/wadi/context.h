/* SPDX-License-Identifier: Apache-2.0 */
/* context.h: the engine (wadi_context) and the stream program on it (wadi_stream_context).
 *
 * wadi_stop() frees what the program held; the handle stays valid until wadi_finish() or exit. In a process that was
 * started as an executor, wadi_context_new() serves the driver and does not return; so main() makes
 * its context first and keeps side effects after it. Settings have Spark's names. */
#ifndef WADI_CONTEXT_H
#define WADI_CONTEXT_H
#pragma GCC system_header
#include <wadi/function.h>

#include <stdio.h>

typedef struct wadi_setting {
    const char *name, *value;
} wadi_setting;

typedef struct wadi_context_options {
    size_t size;
    wadi_where where;
    const char *settings_file;
    wadi_setting settings[32]; /* .settings = {{"spark.default.parallelism", "4"}, ..} */
} wadi_context_options;

/* master: "local[2]", "local[*]", .. or NULL: what the launcher says. */
#define wadi_context_new(...) WADI__CALL2(wadi_context_new, wadi_context_options, __VA_ARGS__)
WADI_API wadi_context *(wadi_context_new)(const char *master, const char *app_name,
                                          const wadi_context_options *options);
/* A setting's value in force, its default included; NULL: no setting has this name. */
WADI_API const char *wadi_context_setting(const wadi_context *sc, const char *name);
/* Every setting with its value and where that came from, a line each. */
WADI_API void wadi_context_print_settings(const wadi_context *sc, FILE *to);

/* Prints the errors that are left and releases the context. Returns main's exit status. */
WADI_API int wadi_finish(wadi_context *sc);

/* Loads a shared object, here and in every executor, for the functions that it declares. */
WADI_API wadi_status wadi_load_plugin(wadi_context *sc, const char *path, wadi_error *err);

/* ---- Stream contexts ---- */

WADI_API wadi_stream_context *wadi_stream_context_new(wadi_context *sc, int64_t batch_interval_ms);
WADI_API wadi_context *wadi_stream_context_engine(const wadi_stream_context *ssc);
/* The one that is started and not yet stopped, or NULL. At most one is active in a process. */
WADI_API wadi_stream_context *wadi_stream_context_get_active(void);

typedef enum wadi_stream_state {
    WADI_STREAM_INITIALIZED, /* the graph may still grow */
    WADI_STREAM_ACTIVE,      /* between a wadi_start() that succeeded and wadi_stop() */
    WADI_STREAM_STOPPED,     /* stopped, or its start failed; for good */
} wadi_stream_state;
/* Any thread, until wadi_finish(). */
WADI_API wadi_stream_state wadi_stream_context_state(const wadi_stream_context *ssc);

/* The mistakes made while building the graph, in order: number i, or NULL past the last one. The
 * error of wadi_start() has the first and says how many there are. Valid as long as `ssc`. */
WADI_API const wadi_error *wadi_mistake(const wadi_stream_context *ssc, size_t i);

/* For programs that outlive a failure of their driver. `create` builds the program's whole graph and
 * runs on every start. When `dir` holds a checkpoint, streams, accumulators and settings then take
 * up what they had there, each by its name, and the pending batches run first. A stream's name is
 * its `.name`, else its operator and function (reduce_by_key:add_counts, numbered when repeated).
 * So upgraded code restarts from an old checkpoint: new streams start empty; state that no stream
 * takes is an error unless .drop_unused_state; state whose record changed keeps the fields whose
 * names and types match, and new fields start as zero. */
typedef struct wadi_recovery_options {
    size_t size;
    wadi_where where;
    bool create_on_error;   /* start afresh when the checkpoint cannot be read */
    bool drop_unused_state; /* state of streams that the program no longer has */
} wadi_recovery_options;
#define wadi_stream_context_get_or_create(...)                                                     \
    WADI__CALL3(wadi_stream_context_get_or_create, wadi_recovery_options, __VA_ARGS__)
WADI_API wadi_stream_context *(wadi_stream_context_get_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *options);
WADI_API bool wadi_stream_context_is_recovered(const wadi_stream_context *ssc);

/* The active stream context if there is one; else as wadi_stream_context_get_or_create, or with a NULL
 * `dir` just create(arg). */
#define wadi_stream_context_get_active_or_create(...)                                              \
    WADI__CALL3(wadi_stream_context_get_active_or_create, wadi_recovery_options, __VA_ARGS__)
WADI_API wadi_stream_context *(wadi_stream_context_get_active_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *options);

WADI_API void wadi_stream_context_checkpoint(wadi_stream_context *ssc, const char *dir);
WADI_API void wadi_remember(wadi_stream_context *ssc, int64_t duration_ms);

/* Starts, waits until stopped or failed, prints what failed, releases everything. Returns main's
 * exit status. SIGINT and SIGTERM stop the program. */
WADI_API int wadi_run(wadi_stream_context *ssc);

/* The same in steps. */
WADI_API wadi_status wadi_start(wadi_stream_context *ssc, wadi_error *err);
WADI_API wadi_status wadi_await_termination(wadi_stream_context *ssc, wadi_error *err);
WADI_API wadi_status wadi_await_termination_or_timeout(wadi_stream_context *ssc, int64_t timeout_ms,
                                                       bool *stopped, wadi_error *err);
typedef struct wadi_stop_options {
    size_t size;
    wadi_where where;
    bool gracefully;     /* process what was received */
    bool keep_context;   /* stop the stream program only */
} wadi_stop_options;
#define wadi_stop(...) WADI__CALL1(wadi_stop, wadi_stop_options, __VA_ARGS__)
WADI_API wadi_status (wadi_stop)(wadi_stream_context *ssc, const wadi_stop_options *options);

/* ---- Shared variables ---- */

/* Records that every executor can read; taken from `rows`, which may go away afterwards. */
#define wadi_broadcast_new(sc, T, rows, n)                                                         \
    wadi__broadcast_new((sc), WADI_TYPE(T), 1 ? (rows) : (const T *)NULL, (n))
WADI_API wadi_broadcast wadi__broadcast_new(wadi_context *, const wadi_type *, const void *, size_t);

/* A sum that tasks add to and the driver reads. Saved with the checkpoint under its name. */
WADI_API wadi_accumulator wadi_accumulator_new(wadi_context *sc, const char *name);
WADI_API int64_t wadi_accumulator_value(wadi_context *sc, wadi_accumulator accumulator);

/* An accumulator of records: it starts as *zero, tasks merge records into it (wadi_accumulator_merge),
 * and `merge` joins two of them; wadi_add and wadi_max are the commonest. */
#define wadi_accumulator_of(sc, T, name, merge, zero)                                              \
    wadi__accumulator_of((sc), WADI_TYPE(T), (name), (merge), 1 ? (zero) : (const T *)NULL)
/* Its record; valid until the next call for the same accumulator, or wadi_finish(). */
#define wadi_accumulator_record(sc, T, accumulator)                                                \
    ((const T *)wadi__accumulator_record((sc), (accumulator), WADI_TYPE(T)))
WADI_API wadi_accumulator wadi__accumulator_of(wadi_context *, const wadi_type *, const char *name,
                                               wadi_reduce_fn merge, const void *zero);
WADI_API const void *wadi__accumulator_record(wadi_context *, wadi_accumulator, const wadi_type *);
#endif
