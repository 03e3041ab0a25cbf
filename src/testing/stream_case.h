/* SPDX-License-Identifier: Apache-2.0 */
/* stream_case.h: stream programs under a manual clock: batch i is fed at tick i, and what comes out
 * is compared batch by batch.
 *
 * Most tests are rows of a table:
 *
 *     static wadi_dstream *count(wadi_stream_context *ssc, wadi_dstream *const *in) {
 *         return wadi_count(in[0]);
 *     }
 *     static wadi__stream_case cases[] = {
 *         {"an empty batch counts 0", {{WADI_TYPE(int64_t), "1 2 3; ; 4"}}, count,
 *          "1000: 3; 2000: 0; 3000: 1"},
 *     };
 *     static void test_case(void **state) {
 *         char *problem = wadi__stream_case_run(*state);
 *         if (problem != NULL) fail_msg("%s", problem);
 *     }
 *
 * Others drive a rig by hand. */
#ifndef WADI_TESTING_STREAM_CASE_H
#define WADI_TESTING_STREAM_CASE_H
#include "base/env.h"
#include "testing/collecting_sink.h"
#include "testing/scripted_source.h"

/* ---- A rig: clock, engine context and stream context, not started yet ---- */

typedef struct wadi__rig_options {
    int64_t batch_ms;   /* 0: 1000 */
    int64_t wall_ms;    /* of the clock at first; the zero time is the last whole interval */
    const char *master; /* NULL: local[2] */
    wadi__env *clock;   /* a manual clock and .. */
    wadi__env *env;     /* .. what lies on it, both the caller's; NULL: a clock of the rig's own */
    bool has_disk;      /* and a simulated disk on that, the rig's own too */
    wadi_setting settings[8];
} wadi__rig_options;

typedef struct wadi__rig {
    wadi__env *clock;
    wadi_context *sc;
    wadi_stream_context *ssc;
    wadi__env *own_clock;         /* NULL: it is the caller's */
    wadi__env *own_disk;          /* NULL: there is none */
    struct wadi__rig_text *texts; /* scripts that were read from text */
    int64_t batch_ms;
} wadi__rig;

/* NULL: all as above. Contexts made later take the real env again. */
wadi__rig wadi__rig_new(const wadi__rig_options *options);
/* Stops and finishes what still runs. Returns wadi_finish's exit status. */
int wadi__rig_free(wadi__rig *rig);
/* The clock goes on by whole batches, one after another; each is done before the next begins. */
void wadi__rig_batches(wadi__rig *rig, uint32_t count);
/* The same for some milliseconds at once. */
void wadi__rig_advance(wadi__rig *rig, int64_t ms);

/* An input from text: batches with `;` between them, records with spaces, fields with colons;
 * "none" is a batch without an RDD. Strings, numbers, bool, and records of these: "a:1 b:2; ; none;
 * c:3". Text that does not fit the type ends the process. */
wadi_dstream *wadi__rig_input(wadi__rig *rig, const wadi_type *type, const char *text,
                              uint32_t partitions);

/* ---- A case ---- */

typedef struct wadi__case_input {
    const wadi_type *type; /* NULL: there is no such input */
    const char *text;      /* as above */
} wadi__case_input;

typedef struct wadi__stream_case {
    const char *name;
    wadi__case_input in[3];
    /* Builds the stream whose batches are compared. */
    wadi_dstream *(*build)(wadi_stream_context *ssc, wadi_dstream *const *in);
    const char *expected; /* the collecting sink's text */
    wadi__collector_form form;
    const char *error;   /* a part of what start or await says; NULL: they say nothing */
    uint32_t batches;    /* to be run; 0: as many as the first input has */
    uint32_t partitions; /* of the inputs' RDDs; 0: 2 */
    int64_t batch_ms;    /* 0: 1000 */
    bool has_checkpoint; /* there is a checkpoint directory, on a simulated disk */
    wadi_setting settings[4];
} wadi__stream_case;

/* NULL: all is as expected. Else what differs, to be released by free(). */
char *wadi__stream_case_run(const wadi__stream_case *row);
#endif
