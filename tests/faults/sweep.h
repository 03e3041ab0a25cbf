/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.h: whole programs whose first, second, third, .. request for memory is refused.
 *
 * A scene is a program from its context to its end. What it found goes into a report: its results as
 * text, and whether an error was told. It runs once undisturbed, and then again and again with one
 * request refused, or all from one on. Each time its results are those of the undisturbed run, or
 * an error was told; and nothing is left behind. */
#ifndef WADI_TESTS_FAULTS_SWEEP_H
#define WADI_TESTS_FAULTS_SWEEP_H
#include "data/type.h"
#include "testing/stream_case.h"

#include <wadi/wadi.h>

typedef struct sweep_report {
    char *text; /* from malloc: not counted, never refused */
    size_t size, room;
    bool is_told;
} sweep_report;

/* Adds to the results. */
void sweep_say(sweep_report *report, const char *fmt, ...) WADI_PRINTF(2, 3);
/* Adds the records of a dataset, whatever they are. */
void sweep_say_rows(sweep_report *report, const char *name, wadi_rdd *rdd);
/* A call returned this error; it must be one of memory. */
void sweep_tell(sweep_report *report, const wadi_error *err);

/* Finishes a context of its own, whose exit status tells. */
void sweep_finish(sweep_report *report, wadi_context *sc);

/* ---- Scenes of streams: a program on a manual clock, a simulated disk and network ---- */

typedef struct sweep_world {
    wadi__env *clock, *disk, *net;
    wadi__rig rig;
    wadi__collector *collectors[24];
    const char *names[24];
    const wadi__type *types[24];
    size_t count;
} sweep_world;
/* The clock is half a batch before 1000 ms; batches take 1000 ms, and fail one by one. */
void sweep_world_init(sweep_world *world);
/* With more settings, up to one without a name. */
void sweep_world_init_with(sweep_world *world, const wadi_setting *settings);
/* Collects what this stream gives. */
void sweep_collect(sweep_world *world, const char *name, wadi_dstream *stream);
/* Starts, and tells what that said. False: it did not. */
bool sweep_start(sweep_report *report, sweep_world *world);
typedef enum sweep_form {
    SWEEP_BATCHES, /* results batch by batch */
    SWEEP_RECORDS, /* the records, whatever batch they came in */
} sweep_form;
/* Finishes it; returns the exit status. */
int sweep_world_free(sweep_world *world);
/* Stops, reports what was collected and what await told, and frees the world. */
void sweep_world_fini(sweep_report *report, sweep_world *world, sweep_form form);

typedef struct sweep_scene {
    const char *name;
    void (*run)(sweep_report *report);
} sweep_scene;
extern const sweep_scene sweep_datasets[], sweep_contexts[], sweep_streams[], sweep_sources[];
extern const size_t sweep_datasets_count, sweep_contexts_count, sweep_streams_count, sweep_sources_count;
#endif
