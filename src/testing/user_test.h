/* SPDX-License-Identifier: Apache-2.0 */
/* user_test.h: what the files of <wadi/testing.h> share. Of libwadi they use what its public
 * headers declare, and the layout of the env. */
#ifndef WADI_TESTING_USER_TEST_H
#define WADI_TESTING_USER_TEST_H
#include "base/env.h"

#include <wadi/testing.h>

#include <pthread.h>

typedef struct wadi__test_rows { /* of one batch, as text */
    char **items;                /* NULL after the last one */
    size_t count;
} wadi__test_rows;
void wadi__test_rows_add(wadi__test_rows *rows, char *text); /* which is theirs now */
void wadi__test_rows_fini(wadi__test_rows *rows);
/* What differs, a line each: "    - missing", "    + too many", "      as expected". NULL: nothing.
 * To be released by free(). Unless is_ordered both are sorted. */
char *wadi__test_difference(wadi__test_rows *expected, wadi__test_rows *actual, bool is_ordered,
                            size_t *missing, size_t *more);

typedef struct wadi__test_feeding { /* of one batch */
    char *rows;
    size_t count;
    int64_t batch_ms; /* that it went to; -1: none yet */
    bool is_missing;  /* no RDD at all */
} wadi__test_feeding;
typedef struct wadi__test_input {
    struct wadi__test_input *next;
    char *name;
    wadi_test *test;
    const wadi_type *type;
    char *fn_name; /* of the function that makes its batches */
    wadi__test_feeding *feedings;
    size_t count;
} wadi__test_input_node;

typedef struct wadi__test_batch {
    int64_t batch_ms;
    wadi__test_rows rows; /* in their order */
} wadi__test_batch;
typedef struct wadi__test_output {
    struct wadi__test_output *next;
    char *name;
    wadi_test *test;
    wadi__test_batch *batches;
    size_t count, seen; /* the test has looked at so many */
} wadi__test_output_node;

struct wadi_test {
    wadi_test_program *program;
    wadi_test_options options;
    wadi__env *clock, *disk;
    wadi_context *sc; /* NULL: not started */
    wadi_stream_context *ssc;
    pthread_mutex_t lock; /* guards inputs' feedings and outputs' batches while the program runs */
    wadi__test_input_node *inputs;
    wadi__test_output_node *outputs;
    wadi__test_rows texts; /* that are the test's until its end */
    char *error;           /* what the program failed with; NULL: it has not */
    bool is_error_expected;
    bool crashes_in_batch, has_crashed; /* guarded by lock */
    size_t failures;
};

/* Starts the program, unless that is done. */
void wadi__test_begin(wadi_test *test);
/* Something is not as expected; where NULL: nowhere in particular. */
void wadi__test_fail(wadi_test *test, const wadi_where *where, const char *fmt, ...)
    WADI_PRINTF(3, 4);
void wadi__test_inputs_free(wadi_test *test);
void wadi__test_outputs_free(wadi_test *test);
#endif
