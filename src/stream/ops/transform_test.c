/* SPDX-License-Identifier: Apache-2.0 */
/* transform_test.c: users' functions of RDDs, batch by batch. */
#include "stream/ops/cases.h"

WADI_MAP(twice, int64_t, int64_t) { *out = *in * 2; }
WADI_TRANSFORM(doubled, int64_t, int64_t) { return wadi_map(rdd, twice); }
WADI_TRANSFORM(as_it_is, int64_t, int64_t) { return rdd; }
WADI_TRANSFORM(nothing, int64_t, int64_t) { return NULL; }
WADI_TRANSFORM(another_type, int64_t, int64_t) { return wadi_count_by_value(rdd); }
WADI_TRANSFORM(special_error, int64_t, int64_t) {
    wadi_rdd_fail(rdd, "This is a special error");
    return rdd;
}
WADI_MAP(fails_on_3, int64_t, int64_t) {
    *out = *in;
    if (*in == 3) wadi_fail(task, "three is too much");
}
WADI_RECORD(added, (int64_t, n));
WADI_MAP(add_n, int64_t, int64_t, added) { *out = *in + env->n; }
WADI_TRANSFORM(add_count, int64_t, int64_t) { /* runs a job */
    return wadi_map(rdd, wadi_bind(add_n, .n = wadi_count(rdd) * 10));
}
WADI_TRANSFORM(job_that_fails, int64_t, int64_t) {
    if (wadi_count(wadi_map(rdd, fails_on_3)) == 0)
        return wadi_empty_rdd(wadi_rdd_context(rdd), int64_t);
    return rdd;
}
WADI_TRANSFORM(plus_time, int64_t, int64_t) {
    return wadi_map(rdd, wadi_bind(add_n, .n = batch_ms));
}
WADI_RECORD(limits, (int64_t, least));
WADI_FILTER(at_least, int64_t, limits) { return *in >= env->least; }
WADI_TRANSFORM(above, int64_t, int64_t, limits) {
    return wadi_filter(rdd, wadi_bind(at_least, .least = env->least));
}
WADI_TRANSFORM_WITH(first_then_second, int64_t, int64_t, int64_t) { return wadi_union(other, rdd); }
WADI_TRANSFORM_ALL(second_third_first, int64_t) {
    return n == 3 ? wadi_union(rdds[1], rdds[2], rdds[0]) : NULL;
}

BUILD(build_transform, return wadi_transform(in[0], doubled);)
BUILD(build_identity, return wadi_transform(in[0], as_it_is);)
BUILD(build_null, return wadi_transform(in[0], nothing);)
BUILD(build_another_type, return wadi_transform(in[0], another_type);)
BUILD(build_special_error, return wadi_transform(in[0], special_error);)
BUILD(build_add_count, return wadi_transform(in[0], add_count);)
BUILD(build_job_that_fails, return wadi_transform(in[0], job_that_fails);)
BUILD(build_plus_time, return wadi_transform(in[0], plus_time);)
BUILD(build_above, return wadi_transform(in[0], wadi_bind(above, .least = 3));)
BUILD(build_transform_with, return wadi_transform_with(in[0], in[1], first_then_second);)
BUILD(build_transform_all, return wadi_transform_all(in, 3, second_third_first);)

static wadi__stream_case cases[] = {
    {"transform", {INTS("1 2; ; 3")}, build_transform, .expected = "1000: 2 4; 2000:; 3000: 6"},
    {"transform: may return what it got",
     {INTS("1 2")},
     build_identity,
     .expected = "1000: 1 | 2",
     .form = WADI__COLLECTED_PARTITIONS},
    {"transform: a batch without an RDD fails",
     {INTS("none")},
     build_transform,
     .expected = "",
     .error = "Couldn't generate RDD from parent at time 1000 ms; in operator transform"},
    {"transform: may run jobs",
     {INTS("1 2; 5")},
     build_add_count,
     .expected = "1000: 21 22; 2000: 15"},
    {"transform: a job that fails, fails the batch",
     {INTS("1; 3")},
     build_job_that_fails,
     .expected = "1000: 1",
     .error = "three is too much"},
    {"transform: sees the batch time",
     {INTS("1; 2")},
     build_plus_time,
     .expected = "1000: 1001; 2000: 2002"},
    {"transform: captured values", {INTS("1 2 3 4")}, build_above, .expected = "1000: 3 4"},
    {"transform: NULL is an error",
     {INTS("1")},
     build_null,
     .expected = "",
     .error =
         "transform returned null: 'nothing' must return an RDD; for no records, wadi_empty_rdd()"},
    {"transform: the type must be as declared",
     {INTS("1")},
     build_another_type,
     .expected = "",
     .error = "'another_type' is declared to return int64_t, and returned a dataset of (int64_t, "
              "int64_t)"},
    {"transform: the function's own error",
     {INTS("1")},
     build_special_error,
     .expected = "",
     .error = "This is a special error"},
    {"transform_with", {INTS("1"), INTS("2 3")}, build_transform_with, .expected = "1000: 2 3 1"},
    {"transform_with: a batch without an RDD fails",
     {INTS("1"), INTS("none")},
     build_transform_with,
     .expected = "",
     .error = "Couldn't generate RDD from parent at time 1000 ms; in operator transform_with"},
    {"transform_all",
     {INTS("1"), INTS("2"), INTS("3")},
     build_transform_all,
     .expected = "1000: 2 3 1"},
    {"transform_all: a batch without an RDD fails",
     {INTS("1"), INTS("none"), INTS("2")},
     build_transform_all,
     .expected = "",
     .error = "Couldn't generate RDD from parent at time 1000 ms; in operator transform_all"},
};
RUN_CASES("transform")
