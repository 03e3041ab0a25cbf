/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h: what Wadi's programs of bench/run share: a stream program whose batches, one after the
 * other and without a pause, do a job over data that is in memory already. They use the public
 * headers only; the input is that of the limit programs.
 *
 * A program prints one line, as a limit program does: seconds, records, bytes. */
#ifndef BENCH_H
#define BENCH_H
#include <wadi/wadi.h>

#include "limit/gen.h"

/* What one batch did. */
typedef struct bench_done {
    double records, bytes;
} bench_done;

/* Runs `batch` in the batches of a stream program until so many seconds have passed after a
 * warm-up, and prints the line. batch(arg, i) is called on the driver in batch i; RDDs and rows
 * that it makes go with the batch. Returns main's exit status. */
int bench_run(wadi_context *sc, double seconds, bench_done (*batch)(void *arg, uint64_t i),
              void *arg);
/* The same without printing. */
int bench_measure(wadi_context *sc, double seconds, bench_done (*batch)(void *arg, uint64_t i),
                  void *arg, bench_done *total, double *spent);

/* Of this process, now. */
double bench_resident_mib(void);

/* "local[N]" */
wadi_context *bench_context(const char *cores);

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));
typedef struct bench_pairs {
    pair *rows;
    double bytes; /* of keys and values */
} bench_pairs;
/* The pairs of the limit programs for shuffles and sorting. */
bench_pairs bench_make_pairs(const vocab *v);
#endif
