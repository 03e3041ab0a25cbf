/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h: tests of stream programs in a world that the test controls. A library of its own:
 * pkg-config wadi-testing, -lwadi-testing.
 *
 * The program under test is a function that builds a graph. A wadi_test runs it under a clock that
 * stands still until the test turns it, with inputs that the test feeds, and keeps what comes out;
 * files, and so checkpoints, lie on a disk in memory. So a test takes milliseconds, and gives the
 * same each time it runs:
 *
 *     static void program(wadi_test *test, wadi_stream_context *ssc) {
 *         wadi_dstream *lines = wadi_test_input(test, "lines", wadi_str);
 *         wadi_test_output(test, "counts", count_words(lines));
 *     }
 *     int main(void) {
 *         wadi_test *test = wadi_test_new(program);
 *         wadi_test_feed_lines(test, "lines", "to be or not", "to be");
 *         wadi_test_advance(test, WADI_SECONDS(1));
 *         wadi_test_expect(test, "counts", "(be,2)", "(not,1)", "(or,1)", "(to,2)");
 *         return wadi_test_finish(test);
 *     }
 *
 * What is not as expected is told on stderr, with the place in the test and what differs, and the
 * test goes on; wadi_test_finish() returns 1 then. A wadi_test is used by one thread, which also
 * runs the program function; one wadi_test of a process runs at a time. Names are copied. */
#ifndef WADI_TESTING_H
#define WADI_TESTING_H
#pragma GCC system_header
#include <wadi/context.h>
#include <wadi/dstream.h>

/** A stream program under test: from wadi_test_new() to wadi_test_finish(). */
typedef struct wadi_test wadi_test;

/** Builds the program's graph on `ssc`: its inputs by wadi_test_input(), its outputs by
 * wadi_test_output(). It runs once, and again after each crash, and builds the same graph each
 * time. */
typedef void wadi_test_program(wadi_test *test, wadi_stream_context *ssc);

/** Options of wadi_test_new(). */
typedef struct wadi_test_options {
    size_t size;
    wadi_where where;
    int64_t batch_ms;   /* the batch interval; 0: 1000 */
    int64_t start_ms;   /* the clock at first; 0: the epoch, so that the first batch is at batch_ms */
    const char *master; /* NULL: local[2] */
    void *arg;          /* for the program function, which gets it by wadi_test_arg() */
    wadi_setting settings[16];
} wadi_test_options;

/**
 * Makes a test of a program: wadi_test_new(program, .batch_ms = 500). The program starts with the
 * first call that feeds, advances, crashes or expects; files may be put on its disk before that.
 *
 * Ownership: the caller's, until wadi_test_finish(). The options are copied, .arg is borrowed.
 * Errors:    never NULL. Mistakes of the graph make the test fail, unless wadi_test_expect_error()
 *            asks for them. Without memory the process ends, as in all of this header.
 */
#define wadi_test_new(...)                                                                         \
    (wadi_test_new)(WADI__HEAD(__VA_ARGS__, ),                                                     \
                    WADI__ARGS(wadi_test_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_test *(wadi_test_new)(wadi_test_program *program, const wadi_test_options *options);

/**
 * Ends a test: stops the program and releases all that belongs to it.
 * Shapes:    returns main's exit status: 0, or 1 if something was not as expected, or the program
 *            failed and nobody expected that.
 */
WADI_API int wadi_test_finish(wadi_test *test);

/** The .arg of the test, and its stream context, which is another one after each crash. */
WADI_API void *wadi_test_arg(const wadi_test *test);
WADI_API wadi_stream_context *wadi_test_context(wadi_test *test);

/* ---- In the program function ---- */

/**
 * An input that the test feeds by name: wadi_test_input(test, "clicks", click). Each feeding is one
 * batch; a batch for which nothing was fed is empty. What it gave to a batch it gives again when
 * the batch is run again.
 *
 * Shapes:    T: a described type (record.h). Result: a stream of T in two partitions.
 * Errors:    as of wadi_input_stream() (source.h), told when the program starts.
 */
#define wadi_test_input(test, name, T) wadi__test_input((test), (name), WADI_TYPE(T), WADI__HERE)
WADI_API wadi_dstream *wadi__test_input(wadi_test *, const char *name, const wadi_type *,
                                        const wadi_where *);

/**
 * Keeps every batch of a stream, under a name, for wadi_test_expect(). An output operation, as
 * wadi_print() is.
 */
#define wadi_test_output(test, name, stream)                                                       \
    wadi__test_output((test), (name), (stream), WADI__HERE)
WADI_API void wadi__test_output(wadi_test *, const char *name, wadi_dstream *stream,
                                const wadi_where *);

/* ---- Feeding ---- */

/**
 * Queues records for an input: those of one batch, the next one for which nothing was queued yet.
 * wadi_test_feed(test, "clicks", click, {7, 1}, {8, 2}) takes initializers (not in C++);
 * wadi_test_feed_rows(test, "clicks", click, rows, n) an array, whose n may be 0;
 * wadi_test_feed_lines(test, "lines", "a b", "c") texts for an input of wadi_str.
 * wadi_test_feed_nothing(test, "clicks") queues a batch without an RDD, which is not an empty one.
 *
 * Ownership: records are copied, lines whole; what strings and sequences of records point at stays
 *            the caller's, until wadi_test_finish().
 * Errors:    the test fails: the program has no such input, or it has another type.
 */
#ifndef __cplusplus
#define wadi_test_feed(test, name, T, ...)                                                         \
    wadi__test_feed((test), (name), WADI_TYPE(T), (const T[]){__VA_ARGS__},                        \
                    sizeof((const T[]){__VA_ARGS__}) / sizeof(T), WADI__HERE)
#endif
#define wadi_test_feed_rows(test, name, T, rows, n)                                                \
    wadi__test_feed((test), (name), WADI_TYPE(T), 1 ? (rows) : (const T *)NULL, (n), WADI__HERE)
#define wadi_test_feed_lines(test, ...)                                                            \
    wadi__test_feed_lines((test), WADI__HERE, __VA_ARGS__, (const char *)NULL)
#define wadi_test_feed_nothing(test, name) wadi__test_feed_nothing((test), (name), WADI__HERE)
WADI_API void wadi__test_feed(wadi_test *, const char *name, const wadi_type *, const void *rows,
                              size_t n, const wadi_where *);
WADI_API void wadi__test_feed_lines(wadi_test *, const wadi_where *, const char *name, ...)
    __attribute__((sentinel));
WADI_API void wadi__test_feed_nothing(wadi_test *, const char *name, const wadi_where *);

/**
 * Puts a file on the program's disk, with its directories, for file streams and text files; its
 * modification time is the test's. And the bytes of a file there, such as wadi_save_as_text_files()
 * writes, with a zero after them; NULL: there is none.
 * Ownership: the test's, until wadi_test_finish().
 */
WADI_API void wadi_test_file(wadi_test *test, const char *path, const char *text);
WADI_API const char *wadi_test_file_text(wadi_test *test, const char *path);

/* ---- Time ---- */

/**
 * Turns the clock, and returns when all that was to happen in that time has happened: each batch is
 * whole before the next begins.
 * Units:     ms: milliseconds, 0 or more; WADI_SECONDS(3) is three batches of a second.
 */
WADI_API void wadi_test_advance(wadi_test *test, int64_t ms);

/** Options of wadi_test_crash(). */
typedef struct wadi_test_crash_options {
    size_t size;
    wadi_where where;
    bool in_batch;   /* in the midst of the next batch, after its first output, so it is run again */
    int64_t down_ms; /* how long the program is down; its batches of that time are made up for */
} wadi_test_crash_options;

/**
 * The machine loses its power, and the program starts again on what its disk has kept:
 * wadi_test_crash(test), wadi_test_crash(test, .in_batch = true, .down_ms = 5000). What was not
 * synced is lost. The program function runs again, and its streams take up what the newest
 * checkpoint has. A batch that is run again must give the same records as the first time, in any
 * order, else the test fails; it is expected once.
 */
#define wadi_test_crash(...)                                                                       \
    (wadi_test_crash)(WADI__HEAD(__VA_ARGS__, ),                                                   \
                      WADI__ARGS(wadi_test_crash_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API void (wadi_test_crash)(wadi_test *test, const wadi_test_crash_options *options);

/* ---- What came out ---- */

/**
 * The next batch of an output has these records, each as wadi_print() shows it: in any order, or in
 * this one. wadi_test_expect(test, "counts", "(a,2)", "(b,1)"); no record: the batch is empty.
 *
 * Shapes:    returns whether it is so. The batch counts as seen in either case; the first call is
 *            about the first batch.
 * Errors:    the test fails: another batch, or there is none yet, or no such output.
 */
#define wadi_test_expect(test, ...)                                                                \
    wadi__test_expect((test), WADI__HERE, false, __VA_ARGS__, (const char *)NULL)
#define wadi_test_expect_in_order(test, ...)                                                       \
    wadi__test_expect((test), WADI__HERE, true, __VA_ARGS__, (const char *)NULL)
WADI_API bool wadi__test_expect(wadi_test *, const wadi_where *, bool is_ordered, const char *name,
                                ...) __attribute__((sentinel));

/** There is no further batch of an output; returns whether it is so, and the test fails if not. */
#define wadi_test_expect_nothing(test, name) wadi__test_expect_nothing((test), (name), WADI__HERE)
WADI_API bool wadi__test_expect_nothing(wadi_test *, const char *name, const wadi_where *);

/** The program has failed, and told so with these words somewhere: a mistake of its graph, or a
 * batch that failed. Returns whether it is so, and the test fails if not. */
#define wadi_test_expect_error(test, words) wadi__test_expect_error((test), (words), WADI__HERE)
WADI_API bool wadi__test_expect_error(wadi_test *, const char *words, const wadi_where *);

/**
 * The next batch of an output, for tests that look at it themselves: its records as text, in their
 * order, and NULL after them. It counts as seen. NULL: there is none.
 * Shapes:    *n, *batch_ms: how many records, and the batch's time; either may be NULL.
 * Ownership: the test's, until wadi_test_finish().
 */
WADI_API const char *const *wadi_test_take(wadi_test *test, const char *name, size_t *n,
                                           int64_t *batch_ms);

/** How many things were not as expected so far. */
WADI_API size_t wadi_test_failures(const wadi_test *test);

/** What this library asks of libwadi: the world that new contexts live in, and that the log keeps
 * still while a machine loses its power. Not for users. */
struct wadi__env;
WADI_API struct wadi__env *wadi__env_current(void);
WADI_API void wadi__env_use(struct wadi__env *env);
WADI_API void wadi__log_hush(bool is_hushed);
#endif
