/* SPDX-License-Identifier: Apache-2.0 */
/* transform.c: chains of RDD steps, and functions of several RDDs. Runs on the driver. */
#include "testing/conformance/transform.h"

#include "rdd/rdd.h"
#include "testing/conformance/declared.h"

#include <string.h>

/* ---- rdd_op ---- */

enum { RDD_MAPS = WADI__CASE_MAP | WADI__CASE_RDD_MAP };

static const char *step_name(const json_t *step) {
    return json_string_value(json_object_get(step, "op"));
}
static bool step_makes_pairs(const json_t *step, bool of_pairs) {
    const char *name = step_name(step);
    if (strcmp(name, "map") == 0)
        return wadi__case_makes_pairs(wadi__case_function_of(json_object_get(step, "fn"), RDD_MAPS),
                                      of_pairs);
    return of_pairs || strcmp(name, "sortByKey") == 0 || strcmp(name, "cartesian_self") == 0;
}
bool wadi__case_rdd_chain_makes_pairs(const json_t *steps, bool of_pairs) {
    for (size_t i = 0; i < json_array_size(steps); i++)
        of_pairs = step_makes_pairs(json_array_get(steps, i), of_pairs);
    return of_pairs;
}

static wadi_rdd *run_step(wadi__case_builder *builder, wadi__case_rdd in, const json_t *step,
                          int64_t batch_ms) {
    const char *name = step_name(step);
    const json_t *fn = json_object_get(step, "fn");
    case_named named = {0};
    if (fn != NULL) named = wadi__case_named_of(builder, fn);
    if (strcmp(name, "map") == 0) {
        bool to_pairs = step_makes_pairs(step, in.is_pairs);
        if (wadi_str_equal(named.name, wadi_str_of("add_batch_time_ms")))
            named.argument = wadi__case_int(batch_ms);
        return wadi_map(in.rdd, wadi__case_map_fn(in.is_pairs, to_pairs, &named));
    }
    if (strcmp(name, "filter") == 0)
        return wadi_filter(in.rdd, wadi__case_filter_fn(in.is_pairs, &named));
    if (strcmp(name, "sortByKey") == 0) {
        wadi_rdd *pairs = in.is_pairs ? in.rdd : wadi_map(in.rdd, wadi__case_as_pair_fn());
        return wadi_sort_by_key(pairs, .partitions = wadi_rdd_partition_count(pairs));
    }
    if (strcmp(name, "cartesian_self") == 0)
        return wadi_cartesian(in.rdd, in.rdd, wadi__case_cartesian_fn(in.is_pairs));
    return NULL; /* return_null */
}
wadi__case_rdd wadi__case_run_rdd_chain(wadi__case_rdd in, const json_t *steps, int64_t batch_ms) {
    wadi__arena arena = {0}; /* for captured values, until the operators have copied them */
    wadi__case_builder builder = {.arena = &arena};
    for (size_t i = 0; in.rdd != NULL && i < json_array_size(steps); i++) {
        const json_t *step = json_array_get(steps, i);
        wadi_rdd *made = run_step(&builder, in, step, batch_ms);
        in = (wadi__case_rdd){made, step_makes_pairs(step, in.is_pairs)};
    }
    wadi__arena_fini(&arena);
    return in;
}

/* ---- rdd_fn ---- */

bool wadi__case_prepare_rdds(const char *name, wadi__case_stream *streams, size_t count) {
    const wadi__case_function *f = wadi__case_function_find(name, WADI__CASE_RDDS);
    if (f->result == WADI__CASE_AS_GIVEN) {
        wadi__case_as_alike(streams, count);
        return streams[0].is_pairs;
    }
    bool two_united = strcmp(name, "union_first_two_pair_self_join_third") == 0;
    if (two_united) wadi__case_as_alike(streams, 2);
    for (size_t i = two_united ? 2 : 0; i < count; i++)
        streams[i] = wadi__case_as_pairs(streams[i]);
    return true;
}

static wadi_rdd *pair_self(wadi_rdd *rdd, bool is_pairs) {
    case_named named = {.name = wadi_str_of("pair_self")};
    return wadi_map(rdd, wadi__case_map_fn(is_pairs, true, &named));
}
static bool carries_pairs(wadi_rdd *rdd) { return rdd->type->pub.size == sizeof(case_pair); }

static wadi_rdd *join(wadi_rdd *left, wadi_rdd *right) {
    wadi_rdd *joined = wadi_join(left, right, wadi__case_join_fn(WADI__CASE_JOIN));
    return wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_JOIN));
}
static wadi_rdd *left_outer_join(wadi_rdd *left, wadi_rdd *right) {
    wadi_rdd *joined = wadi_left_outer_join(left, right, wadi__case_join_fn(WADI__CASE_LEFT_JOIN));
    return wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_LEFT_JOIN));
}
static wadi_rdd *right_outer_join(wadi_rdd *left, wadi_rdd *right) {
    wadi_rdd *joined =
        wadi_right_outer_join(left, right, wadi__case_join_fn(WADI__CASE_RIGHT_JOIN));
    return wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_RIGHT_JOIN));
}
static wadi_rdd *full_outer_join(wadi_rdd *left, wadi_rdd *right) {
    wadi_rdd *joined = wadi_full_outer_join(left, right, wadi__case_join_fn(WADI__CASE_FULL_JOIN));
    return wadi_map_values(joined, wadi__case_of_join_fn(WADI__CASE_FULL_JOIN));
}
static wadi_rdd *cogroup(wadi_rdd *left, wadi_rdd *right) {
    wadi_rdd *groups = wadi_cogroup(left, right, wadi__case_cogroup_fn());
    return wadi_map_values(groups, wadi__case_of_cogroup_fn());
}

wadi_rdd *wadi__case_run_rdd_fn(const char *name, wadi_rdd *const *rdds, size_t count) {
    static const struct {
        const char *name;
        wadi_rdd *(*run)(wadi_rdd *left, wadi_rdd *right);
    } of_two[] = {
        {"join", join},
        {"leftOuterJoin", left_outer_join},
        {"rightOuterJoin", right_outer_join},
        {"fullOuterJoin", full_outer_join},
        {"cogroup", cogroup},
    };
    for (size_t i = 0; i < sizeof of_two / sizeof of_two[0]; i++)
        if (strcmp(of_two[i].name, name) == 0) return of_two[i].run(rdds[0], rdds[1]);
    if (strcmp(name, "union_all") == 0) return wadi_union_all(rdds, count);
    if (strcmp(name, "union_2_3_1") == 0) return wadi_union(rdds[1], rdds[2], rdds[0]);
    wadi_rdd *united = wadi_union(rdds[0], rdds[1]); /* union_first_two_pair_self_join_third */
    return join(pair_self(united, carries_pairs(united)), rdds[2]);
}
