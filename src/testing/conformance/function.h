/* SPDX-License-Identifier: Apache-2.0 */
/* function.h: the functions that cases name, as plain C over values. declared.h makes functions of
 * Wadi from them, which capture a case_named: the name and its argument. */
#ifndef WADI_TESTING_CONFORMANCE_FUNCTION_H
#define WADI_TESTING_CONFORMANCE_FUNCTION_H
#include "testing/conformance/record.h"

WADI_RECORD(case_named, (wadi_str, name), (case_value, argument));

typedef enum wadi__case_place {                     /* where a case may name it; bits */
                                WADI__CASE_MAP = 1, /* map, mapValues, create */
                                WADI__CASE_MAP_VALUES = 2,
                                WADI__CASE_RDD_MAP = 4,
                                WADI__CASE_FLAT_MAP = 8,
                                WADI__CASE_FILTER = 16,
                                WADI__CASE_MAP_PARTITIONS = 32,
                                WADI__CASE_REDUCE = 64,
                                WADI__CASE_RDDS =
                                    128, /* of RDDs: run on the driver, by transform.c */
                                WADI__CASE_UPDATE_STATE = 256,
                                WADI__CASE_MAP_WITH_STATE = 512,
} wadi__case_place;

typedef enum wadi__case_argument {
    WADI__CASE_NO_ARGUMENT,
    WADI__CASE_INT_ARGUMENT,
    WADI__CASE_STRING_ARGUMENT,
    WADI__CASE_ANY_ARGUMENT,
} wadi__case_argument;

typedef enum wadi__case_result { /* what it makes of values: known before any is seen */
                                 WADI__CASE_VALUES,
                                 WADI__CASE_PAIRS,
                                 WADI__CASE_AS_GIVEN, /* pairs of pairs, values of values */
} wadi__case_result;

typedef struct wadi__case_call {
    wadi_task *task; /* to fail, and for memory */
    const case_named *named;
} wadi__case_call;
typedef struct wadi__case_values { /* in the task's memory */
    case_value *items;
    size_t count;
} wadi__case_values;

typedef struct wadi__case_state { /* what a function of mapWithState sees */
    case_value key, value; /* `value` when it exists */
    const case_pair *in;   /* NULL: it is timing out */
    bool exists, is_timing_out;
} wadi__case_state;
typedef struct wadi__case_state_result { /* what it wants */
    bool updates, removes, emits;
    case_value state, emitted;
} wadi__case_state_result;

typedef struct wadi__case_function {
    const char *name;
    unsigned places;
    wadi__case_argument argument;
    wadi__case_result result;
    case_value (*map)(const wadi__case_call *call, case_value in);
    wadi__case_values (*flat_map)(const wadi__case_call *call, case_value in);
    bool (*filter)(const wadi__case_call *call, case_value in);
    case_value (*reduce)(const wadi__case_call *call, case_value left, case_value right);
    /* Sets *state; returns whether to keep it. */
    bool (*update_state)(const wadi__case_call *call, const case_pair *in, size_t n,
                         case_value *state, bool is_new);
    wadi__case_state_result (*map_with_state)(const wadi__case_call *call,
                                              const wadi__case_state *state);
    case_value start; /* MAP_PARTITIONS with `reduce`: the first `left` */
    size_t rdd_count; /* RDDS: how many it takes; 0: any number */
} wadi__case_function;

/* NULL: there is no such function in any of these places. */
const wadi__case_function *wadi__case_function_find(const char *name, unsigned places);

/* What a task does; a value that the function is not for fails the task. */
const wadi__case_function *wadi__case_function_named(wadi_task *task, const case_named *named,
                                                     unsigned places);
case_value wadi__case_map(wadi_task *task, const case_named *named, const case_value *in);
wadi__case_values wadi__case_flat_map(wadi_task *task, const case_named *named,
                                      const case_value *in);
bool wadi__case_filter(wadi_task *task, const case_named *named, const case_value *in);
case_value wadi__case_reduce(wadi_task *task, const case_named *named, const case_value *left,
                             const case_value *right);
case_pair wadi__case_need_pair(wadi_task *task, const char *what, const case_value *in);

/* The tables, by file; each ends with a NULL name. */
extern const wadi__case_function wadi__case_map_functions[], wadi__case_flat_map_functions[],
    wadi__case_filter_functions[], wadi__case_reduce_functions[], wadi__case_state_functions[],
    wadi__case_other_functions[];

/* For the files of the tables: what the function needs, or the task fails. */
int64_t wadi__case_need_int(const wadi__case_call *call, const case_value *in);
wadi_str wadi__case_need_string(const wadi__case_call *call, const case_value *in);
case_pair wadi__case_call_need_pair(const wadi__case_call *call, const case_value *in);
static inline wadi__case_memory wadi__case_call_memory(const wadi__case_call *call) {
    return (wadi__case_memory){.task = call->task};
}
/* How long it is in Spark: in units of UTF-16; and the bytes of the first character. */
size_t wadi__case_character_count(wadi_str s);
size_t wadi__case_character_size(const char *at, const char *end);
/* Sums and products wrap around, as Spark's do. */
static inline int64_t wadi__case_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline int64_t wadi__case_multiply(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a * (uint64_t)b);
}
#endif
