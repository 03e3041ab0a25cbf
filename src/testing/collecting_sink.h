/* SPDX-License-Identifier: Apache-2.0 */
/* collecting_sink.h: an output operation that keeps every record of every batch, partition by
 * partition. The collector belongs to the test, which frees it after the context is finished; one
 * thread reads it while no batch runs (wadi__manual_clock_await_idle()). */
#ifndef WADI_TESTING_COLLECTING_SINK_H
#define WADI_TESTING_COLLECTING_SINK_H
#include <wadi/dstream.h>

typedef struct wadi__collector wadi__collector;

/* An output operation of `stream`. */
wadi__collector *wadi__collector_new(wadi_dstream *stream);
void wadi__collector_free(wadi__collector *collector);

/* One run of the output operation. A run that failed leaves none. */
typedef struct wadi__collected {
    int64_t time_ms;
    uint32_t partition_count;
    const size_t *starts; /* partition i has rows starts[i] up to starts[i + 1] */
    const void *rows;     /* of the stream's type, all partitions in their order */
    size_t row_count;
} wadi__collected;
/* Run i, in order; NULL past the last one. */
const wadi__collected *wadi__collector_run(const wadi__collector *collector, size_t i);

typedef enum wadi__collector_form {
    WADI__COLLECTED_ROWS, /* "1000: a b c; 2000:": one run after another, each with its time */
    WADI__COLLECTED_PARTITIONS, /* "1000: a b | c; 2000: |": with bars between partitions */
    WADI__COLLECTED_SORTED,     /* as ROWS, the records of each run sorted by their text */
} wadi__collector_form;
/* All runs as text, records as print() shows them; a run without partitions is "3000: none". To be
 * released by free(). */
char *wadi__collector_text(const wadi__collector *collector, wadi__collector_form form);
#endif
