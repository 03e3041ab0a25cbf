/* SPDX-License-Identifier: Apache-2.0 */
/* build_transform.c: functions of RDDs, run once per batch. They capture pointers into the case. */
#include "testing/conformance/declared.h"
#include "testing/conformance/transform.h"
#include "testing/must.h"

typedef struct steps_env {
    const json_t *steps;
} steps_env;
typedef struct rdd_fn_env {
    const char *name;
} rdd_fn_env;

static wadi_rdd *run_steps(wadi_rdd *rdd, bool is_pairs, const steps_env *env, int64_t batch_ms) {
    return wadi__case_run_rdd_chain((wadi__case_rdd){rdd, is_pairs}, env->steps, batch_ms).rdd;
}
WADI_TRANSFORM(case_transform_value_to_value, case_value, case_value, steps_env) {
    return run_steps(rdd, false, env, batch_ms);
}
WADI_TRANSFORM(case_transform_value_to_pair, case_value, case_pair, steps_env) {
    return run_steps(rdd, false, env, batch_ms);
}
WADI_TRANSFORM(case_transform_pair_to_value, case_pair, case_value, steps_env) {
    return run_steps(rdd, true, env, batch_ms);
}
WADI_TRANSFORM(case_transform_pair_to_pair, case_pair, case_pair, steps_env) {
    return run_steps(rdd, true, env, batch_ms);
}
wadi__case_stream wadi__case_build_transform(wadi__case_builder *builder, wadi__case_stream in,
                                             const json_t *op) {
    (void)builder;
    const wadi_fn *fns[] = {case_transform_value_to_value.fn, case_transform_value_to_pair.fn,
                            case_transform_pair_to_value.fn, case_transform_pair_to_pair.fn};
    steps_env env = {json_object_get(op, "rdd_op")};
    bool to_pairs = wadi__case_rdd_chain_makes_pairs(env.steps, in.is_pairs);
    wadi_transform_fn f = {fns[2 * in.is_pairs + to_pairs], &env};
    return (wadi__case_stream){wadi_transform(in.stream, f), to_pairs};
}

/* ---- Several RDDs ---- */

static wadi_rdd *run_two(wadi_rdd *rdd, wadi_rdd *other, const rdd_fn_env *env) {
    wadi_rdd *both[] = {rdd, other};
    return wadi__case_run_rdd_fn(env->name, both, 2);
}
WADI_TRANSFORM_WITH(case_transform_with_values, case_value, case_value, case_value, rdd_fn_env) {
    return run_two(rdd, other, env);
}
WADI_TRANSFORM_WITH(case_transform_with_pairs, case_pair, case_pair, case_pair, rdd_fn_env) {
    return run_two(rdd, other, env);
}
wadi__case_stream wadi__case_build_transform_with(wadi__case_builder *builder, wadi__case_stream in,
                                                  const json_t *op) {
    size_t count;
    wadi__case_stream *sides = wadi__case_sides(builder, in, op, &count);
    rdd_fn_env env = {json_string_value(json_object_get(op, "rdd_fn"))};
    bool to_pairs = wadi__case_prepare_rdds(env.name, sides, count);
    wadi_transform_with_fn f = {
        to_pairs ? case_transform_with_pairs.fn : case_transform_with_values.fn, &env};
    return (wadi__case_stream){wadi_transform_with(sides[0].stream, sides[1].stream, f), to_pairs};
}

WADI_TRANSFORM_ALL(case_transform_all_to_value, case_value, rdd_fn_env) {
    return wadi__case_run_rdd_fn(env->name, rdds, n);
}
WADI_TRANSFORM_ALL(case_transform_all_to_pair, case_pair, rdd_fn_env) {
    return wadi__case_run_rdd_fn(env->name, rdds, n);
}
wadi__case_stream wadi__case_build_context_transform(wadi__case_builder *builder,
                                                     wadi__case_stream in, const json_t *op) {
    size_t count;
    wadi__case_stream *sides = wadi__case_sides(builder, in, op, &count);
    rdd_fn_env env = {json_string_value(json_object_get(op, "rdd_fn"))};
    bool to_pairs = wadi__case_prepare_rdds(env.name, sides, count);
    wadi_dstream **streams = wadi__must_calloc(count, sizeof *streams);
    for (size_t i = 0; i < count; i++) streams[i] = sides[i].stream;
    wadi_transform_all_fn f = {
        to_pairs ? case_transform_all_to_pair.fn : case_transform_all_to_value.fn, &env};
    wadi_dstream *made = wadi_transform_all(streams, count, f);
    free(streams);
    return (wadi__case_stream){made, to_pairs};
}
