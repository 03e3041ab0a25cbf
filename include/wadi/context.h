/* SPDX-License-Identifier: Apache-2.0 */
/* context.h: the engine (wadi_context) and the stream program on it (wadi_stream_context).
 *
 * A program makes an engine context, which runs jobs, and usually one stream context on it; batch
 * programs need none. A stream context belongs to its engine context. wadi_finish() releases an
 * engine context and all that was made on it, and wadi_run() ends with that; wadi_stop() frees what
 * the program held while it ran, and its handle stays valid until wadi_finish() or exit: a second
 * stop, await and the state still answer. In a process that was started as an executor,
 * wadi_context_new() serves the driver and does not return; so main() makes its context first and
 * keeps side effects after it. In a child of fork() the contexts of the parent are
 * refused by all calls, with WADI_E_STATE where they can fail.
 *
 * Threads:   an engine context may be used by any thread, also by several at once, but for
 *            wadi_finish(). The graph of a stream context is built by one thread at a time, the
 *            driver thread, before wadi_start(); what else any thread may call says so. Bodies that
 *            run in tasks (function.h) may call nothing of this header.
 *
 * Pointers are never NULL where nothing else is said. A NULL stream context is a mistake of the
 * calls that build a graph, told by the next wadi_start(). Settings have Spark's names; Wadi's own
 * begin with "wadi.". */
#ifndef WADI_CONTEXT_H
#define WADI_CONTEXT_H
#pragma GCC system_header
#include <wadi/function.h>

#include <stdio.h>

/** A setting: {"spark.streaming.blockInterval", "50ms"}. */
typedef struct wadi_setting {
    const char *name, *value;
} wadi_setting;

/** Options of wadi_context_new(). */
typedef struct wadi_context_options {
    size_t size;
    wadi_where where;
    const char *settings_file; /* in the form of spark-defaults.conf; NULL: none */
    wadi_setting settings[32]; /* .settings = {{"spark.default.parallelism", "4"}, ..} */
} wadi_context_options;

/**
 * Makes an engine context: wadi_context_new("local[2]", "NetworkWordCount").
 *
 * A setting has the value that the code gives it (master and app_name are settings too), else that
 * of the environment (WADI_CONF, a name=value a line; WADI_MASTER), else that of .settings_file,
 * else its default. WADI_CHECK=1 in the environment has every string and sequence looked at that a
 * function gives.
 *
 * Shapes:    master: "local", one task at a time; "local[n]", n of them (1 to 1024); "local[*]", as
 *            many as there are cores for this process; NULL: what the environment or the file says,
 *            else local[*]. app_name: for messages and pages; NULL: what they say, else "wadi".
 *            Each receiver takes one of the n. The default parallelism is n, or
 *            spark.default.parallelism.
 * Ownership: the caller's, until wadi_finish() or wadi_run(). The arguments are copied.
 * Threads:   any; threads for tasks are started when jobs need them.
 * Errors:    never NULL. What is wrong sticks to the context, is told by wadi_start(), and by
 *            wadi_finish() if nothing else told it: WADI_E_INVALID, another master, an unknown
 *            setting (the nearest is named) or a value out of range; WADI_E_IO, the file cannot be
 *            read; WADI_E_NOMEM.
 * Source:    Spark 3 SparkContext, SparkConf.
 */
#define wadi_context_new(...) WADI__CALL2(wadi_context_new, wadi_context_options, __VA_ARGS__)
WADI_API wadi_context *(wadi_context_new)(const char *master, const char *app_name,
                                          const wadi_context_options *options);
/**
 * The value of a setting in force, its default included, as text; NULL: no setting has this name,
 * or it has neither value nor default.
 * Ownership: the context's; as long as it lives. Threads: any.
 */
WADI_API const char *wadi_context_setting(const wadi_context *sc, const char *name);
/**
 * Writes every setting with its value and where that came from (default, checkpoint, file, environment, code,
 * and the place there), a line each, by name. Values that spark.redaction.regex matches are not
 * shown.
 * Ownership: `to` is borrowed; failures are its own (ferror). Threads: any.
 */
WADI_API void wadi_context_print_settings(const wadi_context *sc, FILE *to);

/**
 * Where the pages of a program are served: "http://127.0.0.1:4040". NULL: they are not, since the
 * settings or WADI_UI=off in the environment say so, no port is free, or the library's module
 * wadi-ui.so is not there.
 * Ownership: the context's; as long as it lives. Threads: any. Source: Spark 3 SparkContext.uiWebUrl.
 */
WADI_API const char *wadi_context_ui_url(const wadi_context *sc);

/**
 * Ends a program: stops its stream contexts at once, prints the errors that nobody was told yet to
 * stderr, and releases the context with all that belongs to it: stream contexts, RDDs, rows,
 * queues, broadcasts, accumulators.
 *
 * Shapes:    returns main's exit status: 0, or 1 if there was an error outside any batch: settings,
 *            RDDs that could not be made, actions that failed. Batches are told by
 *            wadi_await_termination().
 * Ownership: `sc` and all that was made on it are gone, but for RDDs that wadi_rdd_ref() holds,
 *            which may then only be released.
 * Threads:   one, when no other uses the context any more; not in a function that runs on it.
 */
WADI_API int wadi_finish(wadi_context *sc);

/**
 * Sets which lines of the log are written from now on, of all modules and of some:
 * wadi_set_log_levels("warn,stream=debug", &err). As `wadi log-level` does it from outside, and
 * wadi.logging.level at the start. Modules are base, data, fs, rdd, exec, stream, source, sink and
 * others that stand in the lines.
 *
 * Shapes:    levels: LEVEL and MODULE=LEVEL with commas between; a level is debug, info, warn,
 *            error or off. One without a module is of all, and forgets their own. err: NULL is fine.
 * Threads:   any.
 * Errors:    WADI_E_INVALID, one of them is no level, or none is given; nothing is changed.
 */
WADI_API wadi_status wadi_set_log_levels(const char *levels, wadi_error *err);

/**
 * Loads a shared object, here and in every executor, for the functions that it declares, which may
 * then be found by wadi_fn_find() or come with headers of its own. It stays until the process ends.
 *
 * Shapes:    path: as dlopen has it. err: NULL is fine.
 * Threads:   any, before a graph uses its functions.
 * Errors:    WADI_E_INVALID, no path is given; WADI_E_IO, it cannot be loaded: the loader's words
 *            are added.
 */
WADI_API wadi_status wadi_load_plugin(wadi_context *sc, const char *path, wadi_error *err);

/* ---- Stream contexts ---- */

/**
 * Makes a stream context, to build a graph on.
 *
 * Units:     batch_interval_ms: milliseconds, 1 or more. Batch times are its multiples since the
 *            epoch.
 * Ownership: of the engine context, whose wadi_finish() releases it.
 * Threads:   any; then it is the driver thread's.
 * Errors:    never NULL; wadi_start() tells: WADI_E_INVALID, the interval is below 1 ms, or sc is
 *            NULL; WADI_E_STATE, the engine context has been stopped; WADI_E_NOMEM.
 * Source:    Spark 3 StreamingContext.
 */
#define wadi_stream_context_new(sc, batch_interval_ms)                                             \
    wadi__stream_context_new((sc), (batch_interval_ms), WADI__HERE)
WADI_API wadi_stream_context *(wadi_stream_context_new)(wadi_context *sc, int64_t batch_interval_ms);
WADI_API wadi_stream_context *wadi__stream_context_new(wadi_context *, int64_t, const wadi_where *);

/** The engine context that a stream context was made on. Any thread. */
WADI_API wadi_context *wadi_stream_context_engine(const wadi_stream_context *ssc);

/** The stream context that is started and not yet stopped, or NULL. At most one is active in a
 * process. Any thread; it is borrowed, and valid until its wadi_finish(). Source: Spark 3
 * StreamingContext.getActive. */
WADI_API wadi_stream_context *wadi_stream_context_get_active(void);

/** How far a stream program has come. */
typedef enum wadi_stream_state {
    WADI_STREAM_INITIALIZED, /* the graph may still grow */
    WADI_STREAM_ACTIVE,      /* between a wadi_start() that succeeded and wadi_stop() */
    WADI_STREAM_STOPPED,     /* stopped, or its start failed; for good */
} wadi_stream_state;

/** The state of a stream context. Any thread, until wadi_finish(). */
WADI_API wadi_stream_state wadi_stream_context_state(const wadi_stream_context *ssc);

/**
 * The mistakes made while building the graph, in the order in which they were made, then those that
 * wadi_start() finds in the whole: number i, or NULL past the last one. Each message of a call
 * begins with the caller's file and line: "wordcount.c:22: map: ..". Calls that come too late,
 * after wadi_start(), are added. The error of wadi_start() has the first and says how many there
 * are. What follows from one mistake is not told.
 *
 * Ownership: of `ssc`, as long as it lives.
 * Threads:   the driver thread, or any once nothing is added any more.
 */
WADI_API const wadi_error *wadi_mistake(const wadi_stream_context *ssc, size_t i);

/** Options of the two calls below. */
typedef struct wadi_recovery_options {
    size_t size;
    wadi_where where;
    bool create_on_error;   /* start afresh when the checkpoint cannot be read */
    bool drop_unused_state; /* state of streams that the program no longer has */
} wadi_recovery_options;

/**
 * For programs that outlive a failure of their driver. `create` builds the program's whole graph
 * and runs on every start. When `dir` holds a checkpoint, streams, accumulators and settings then
 * take up what they had there, each by its name, and the pending batches run first. A stream's name
 * is its `.name`, else its operator and function (reduce_by_key:add_counts, numbered when
 * repeated). So upgraded code restarts from an old checkpoint: new streams start empty; state that
 * no stream takes is an error unless .drop_unused_state; state whose record changed keeps the
 * fields whose names and types match, and new fields start as zero.
 *
 * The newest checkpoint that is whole counts. While `create` runs, the contexts that it makes take
 * settings, default parallelism and the seed of hashes from there, where the program sets none
 * itself. Batches that were not completed, the checkpoint's own, and those of the time since are
 * then made at once, oldest first; after that, batch times go on as they were. What differs is
 * logged. Programs whose `create` names no directory write to `dir` then.
 *
 * Shapes:    dir: a path; NULL: no directory is looked at. arg: handed to `create`, may be NULL.
 *            Returns what `create` returned.
 * Ownership: `create` makes the contexts; they are its caller's as if it had made them itself.
 * Threads:   runs `create` in the calling thread, before it returns.
 * Errors:    never NULL; wadi_start() tells: WADI_E_INVALID, `create` is NULL or returned NULL;
 *            WADI_E_STATE, another driver runs on the directory (it is named), the checkpoint has
 *            another batch interval, a state that no stream takes, or a later format, or a stream
 *            cannot come back; WADI_E_TYPE, a state has other records: what was saved and what the
 *            program has is told; WADI_E_CORRUPT, no checkpoint there is whole; WADI_E_IO, it cannot
 *            be read. With .create_on_error the last two, and a later format, begin afresh.
 * Source:    Spark 3 StreamingContext.getOrCreate; differences: docs/differences.md.
 */
#define wadi_stream_context_get_or_create(...)                                                     \
    WADI__CALL3(wadi_stream_context_get_or_create, wadi_recovery_options, __VA_ARGS__)
WADI_API wadi_stream_context *(wadi_stream_context_get_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *options);

/** Whether a stream context goes on from a checkpoint. Any thread. */
WADI_API bool wadi_stream_context_is_recovered(const wadi_stream_context *ssc);

/** The active stream context if there is one; else as wadi_stream_context_get_or_create(), or with
 * a NULL `dir` just create(arg). Source: Spark 3 StreamingContext.getActiveOrCreate. */
#define wadi_stream_context_get_active_or_create(...)                                              \
    WADI__CALL3(wadi_stream_context_get_active_or_create, wadi_recovery_options, __VA_ARGS__)
WADI_API wadi_stream_context *(wadi_stream_context_get_active_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *options);


/**
 * Sets the directory that checkpoints go to, in place of spark.streaming.checkpoint.directory:
 * usually written wadi_checkpoint(ssc, dir) (dstream.h). Only wadi_stream_context_get_or_create()
 * goes on from what is there; any other program begins afresh, and its checkpoints then count. One
 * driver at a time runs on a directory.
 *
 * Shapes:    dir: a path, which is copied; NULL: none.
 * Threads:   driver thread, before wadi_start().
 * Errors:    told by wadi_start(): WADI_E_STATE, the context has already started, or another driver
 *            runs on the directory; WADI_E_IO, nothing can be written there.
 */
#define wadi_stream_context_checkpoint(ssc, dir)                                                   \
    wadi__stream_context_checkpoint((ssc), (dir), WADI__HERE)
WADI_API void (wadi_stream_context_checkpoint)(wadi_stream_context *ssc, const char *dir);
WADI_API void wadi__stream_context_checkpoint(wadi_stream_context *, const char *, const wadi_where *);

/**
 * Has each stream keep its RDDs, and what they were made of, at least this long behind the newest
 * batch: for wadi_slice() and for side threads. It can be said once.
 *
 * Units:     duration_ms: milliseconds, above 0.
 * Threads:   driver thread, before wadi_start().
 * Errors:    told by wadi_start(): WADI_E_INVALID, it is not above 0; WADI_E_STATE, it was said
 *            before, or the context has already started.
 * Source:    Spark 3 StreamingContext.remember.
 */
#define wadi_remember(ssc, duration_ms) wadi__remember((ssc), (duration_ms), WADI__HERE)
WADI_API void (wadi_remember)(wadi_stream_context *ssc, int64_t duration_ms);
WADI_API void wadi__remember(wadi_stream_context *, int64_t, const wadi_where *);

/**
 * A whole program in one call: starts, unless that is done, waits until stopped or failed, stops,
 * prints what failed to stderr (all mistakes of the graph, or the failure), and releases everything
 * as wadi_finish() does. SIGINT and SIGTERM stop the program, gracefully with
 * spark.streaming.stopGracefullyOnShutdown; a second one ends the process at once. The old handlers
 * are put back.
 *
 * Shapes:    returns main's exit status: 0, or 1 after a mistake or failure. By default the first
 *            batch that fails ends the program so; with wadi.batch.on_failure=continue it is
 *            logged, and the program goes on. ssc: NULL, as what no context made, is told as a
 *            mistake: 1.
 * Ownership: `ssc`, its engine context and all that was made on them are gone.
 * Threads:   driver thread.
 */
WADI_API int wadi_run(wadi_stream_context *ssc);

/**
 * The same in steps. Starts a program: checks its graph, starts its inputs, and begins to make
 * batches; returns at once. The first batch is that of the next multiple of the batch interval.
 *
 * Shapes:    err: NULL is fine; wadi_mistake() tells all.
 * Threads:   any, one at a time. Threads of the library then run the bodies that the graph names.
 * Errors:    the first mistake of the graph, with its status, and how many there are;
 *            WADI_E_INVALID also without any output; WADI_E_STATE, stopped before, the engine
 *            context is stopped, or another stream context of this process is active; WADI_E_IO and
 *            WADI_E_NOMEM, an input or a thread cannot be started. After an error the context is
 *            stopped for good. On one that is active: WADI_OK, and a warning in the log.
 * Source:    Spark 3 StreamingContext.start.
 */
WADI_API wadi_status wadi_start(wadi_stream_context *ssc, wadi_error *err);

/**
 * Wait until the program is stopped, or a batch has failed that ends it
 * (wadi.batch.on_failure=stop); the second one at most this long. They stop nothing themselves.
 * Before wadi_start() they wait too.
 *
 * Shapes:    *stopped: whether it has been stopped; NULL is fine, and so is err.
 * Units:     timeout_ms: milliseconds; below 0: no limit.
 * Threads:   any but those that run functions of the program; several may wait.
 * Errors:    that of the start or of the first batch that failed. Once stopped, after
 *            wadi.batch.on_failure=continue too. Running out of time is none: WADI_OK, *stopped
 *            false.
 * Source:    Spark 3 StreamingContext.awaitTermination, awaitTerminationOrTimeout.
 */
WADI_API wadi_status wadi_await_termination(wadi_stream_context *ssc, wadi_error *err);
WADI_API wadi_status wadi_await_termination_or_timeout(wadi_stream_context *ssc, int64_t timeout_ms,
                                                       bool *stopped, wadi_error *err);

/** Options of wadi_stop(). */
typedef struct wadi_stop_options {
    size_t size;
    wadi_where where;
    bool gracefully;     /* process what was received */
    bool keep_context;   /* stop the stream program only */
} wadi_stop_options;

/**
 * Stops a program: its receivers, then its batches; and its engine context, unless .keep_context is
 * given or spark.streaming.stopSparkContextByDefault is false: then no job runs on that any more.
 * wadi_stop(ssc), wadi_stop(ssc, .gracefully = true).
 *
 * At once: jobs that run get 2 s, then their tasks are cancelled, and 2 s more; a body that is not
 * back then is named in the log and left behind. Gracefully: what was received is made into batches
 * and all of them are processed first, for at most spark.streaming.gracefulStopTimeout, by default
 * ten batch intervals. A program that was not started is then stopped for good, and a second stop
 * may still stop the engine context.
 *
 * Threads:   any, and returns when it is done; but from a function of the program that runs on the
 *            driver (transform, foreach_rdd, input) it returns at once, and another thread stops.
 *            Not in a receiver's body or in a task.
 * Errors:    WADI_E_NOMEM, there was no thread for that.
 * Source:    Spark 3 StreamingContext.stop.
 */
#define wadi_stop(...) WADI__CALL1(wadi_stop, wadi_stop_options, __VA_ARGS__)
WADI_API wadi_status (wadi_stop)(wadi_stream_context *ssc, const wadi_stop_options *options);

/* ---- Shared variables ---- */

/**
 * Copies records, so that every task can read them: the handle is captured by functions, which read
 * it by wadi_broadcast_value() and wadi_broadcast_find().
 *
 * Shapes:    rows: n records of T, const T *, which may go away afterwards; NULL when n is 0. n:
 *            below 2^32.
 * Ownership: the context's, until wadi_finish(); in a batch too.
 * Threads:   any but tasks.
 * Errors:    stick to the batch, outside one to the context; the handle is then none:
 *            WADI_E_INVALID, rows is NULL or there are too many; WADI_E_TYPE, a descriptor that
 *            makes no sense; WADI_E_NOMEM.
 * Source:    Spark 3 SparkContext.broadcast.
 */
#define wadi_broadcast_new(sc, T, rows, n)                                                         \
    wadi__broadcast_new((sc), WADI_TYPE(T), 1 ? (rows) : (const T *)NULL, (n), WADI__HERE)
WADI_API wadi_broadcast wadi__broadcast_new(wadi_context *, const wadi_type *, const void *, size_t,
                                            const wadi_where *where);

/**
 * A sum that starts as 0, to which tasks add (wadi_accumulator_add) and which the driver reads; it
 * counts what tasks that succeeded have added, exactly once each: outside a batch from the end of
 * the task on, in a batch from the end of the batch on, in the order of batches. A function of the
 * batch on the driver sees at once what its own batch has added. What a batch added that failed, and
 * that a checkpoint lets run again, does not count.
 *
 * Shapes:    name: in pages and checkpoints, where one name is one accumulator; NULL: none, and it
 *            begins anew on each start. The sum is an int64_t that wraps around.
 * Ownership: the context's, until wadi_finish(). The name is copied.
 * Threads:   any but tasks.
 * Errors:    stick to the batch, outside one to the context: WADI_E_NOMEM, and the handle is none;
 *            WADI_E_TYPE, value() of what is none or has other records: 0; WADI_E_INVALID, with a
 *            checkpoint directory a second one of its name, told by wadi_start() if it is made before.
 * Source:    Spark 3 LongAccumulator.
 */
#define wadi_accumulator_new(sc, name)                                                             \
    wadi__accumulator_of((sc), WADI_TYPE(int64_t), (name), wadi_add, NULL, WADI__HERE)
#define wadi_accumulator_value(sc, accumulator)                                                    \
    wadi__accumulator_value((sc), (accumulator), WADI__HERE)
WADI_API wadi_accumulator (wadi_accumulator_new)(wadi_context *sc, const char *name);
WADI_API int64_t (wadi_accumulator_value)(wadi_context *sc, wadi_accumulator accumulator);
WADI_API int64_t wadi__accumulator_value(wadi_context *, wadi_accumulator, const wadi_where *where);

/**
 * An accumulator of records: it starts as *zero, tasks merge records into it
 * (wadi_accumulator_merge), and `merge` joins two of them; wadi_add and wadi_max are the commonest.
 * And its record.
 *
 * Shapes:    merge: a WADI_REDUCE of T. zero: const T *, which merging leaves things as they are
 *            with, since each task begins with it too; NULL: zeros. record(): const T *.
 * Ownership: the context's, until wadi_finish(); all arguments are copied. A record is valid until
 *            the next call for the same accumulator.
 * Threads:   any but tasks; record() of one accumulator in one thread at a time.
 * Errors:    as above; WADI_E_INVALID, no function is given, or it needs captured values;
 *            WADI_E_TYPE, `merge` does not take T; record(): NULL.
 * Source:    Spark 3 AccumulatorV2.
 */
#define wadi_accumulator_of(sc, T, name, merge, zero)                                              \
    wadi__accumulator_of((sc), WADI_TYPE(T), (name), (merge), 1 ? (zero) : (const T *)NULL, \
                         WADI__HERE)
#define wadi_accumulator_record(sc, T, accumulator)                                                \
    ((const T *)wadi__accumulator_record((sc), (accumulator), WADI_TYPE(T), WADI__HERE))
WADI_API wadi_accumulator wadi__accumulator_of(wadi_context *, const wadi_type *, const char *name,
                                               wadi_reduce_fn merge, const void *zero,
                                               const wadi_where *where);
WADI_API const void *wadi__accumulator_record(wadi_context *, wadi_accumulator, const wadi_type *,
                                              const wadi_where *where);
#endif
