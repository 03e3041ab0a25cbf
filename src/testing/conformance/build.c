/* SPDX-License-Identifier: Apache-2.0 */
/* build.c: chains of operators on the public API, and what the operators share. Whether a stream
 * carries values or pairs is followed along the chain; where an operator needs the other form, a
 * map stands in between. That costs no partitioner: a stream of values never has one. */
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"
#include "testing/must.h"

#include <stdio.h>
#include <string.h>

wadi__case_stream wadi__case_build_chain(wadi__case_builder *builder, wadi__case_stream in,
                                         const json_t *ops) {
    for (size_t i = 0; i < json_array_size(ops); i++) {
        const json_t *op = json_array_get(ops, i);
        const char *name = json_string_value(json_object_get(op, "op"));
        in = wadi__case_operator_find(name)->build(builder, in, op);
    }
    return in;
}
wadi__case_stream wadi__case_build_sub_chain(wadi__case_builder *builder, const json_t *chain) {
    const char *from = json_string_value(json_object_get(chain, "from"));
    size_t i = strcmp(from, "input2") == 0 ? 1 : strcmp(from, "input3") == 0 ? 2 : 0;
    return wadi__case_build_chain(builder, builder->inputs[i], json_object_get(chain, "op"));
}
wadi__case_stream *wadi__case_sides(wadi__case_builder *builder, wadi__case_stream in,
                                    const json_t *op, size_t *count) {
    const json_t *others = json_object_get(op, "others"), *other = json_object_get(op, "other");
    *count = 1 + (other != NULL ? 1 : json_array_size(others));
    wadi__case_stream *sides =
        wadi__must(wadi__arena_alloc(builder->arena, *count * sizeof *sides));
    sides[0] = in;
    for (size_t i = 1; i < *count; i++)
        sides[i] = wadi__case_build_sub_chain(
            builder, other != NULL ? other : json_array_get(others, i - 1));
    return sides;
}

/* ---- Values and pairs ---- */

wadi__case_stream wadi__case_as_pairs(wadi__case_stream in) {
    if (in.is_pairs) return in;
    return (wadi__case_stream){wadi_map(in.stream, wadi__case_as_pair_fn()), true};
}
wadi__case_stream wadi__case_as_values(wadi__case_stream in) {
    if (!in.is_pairs) return in;
    return (wadi__case_stream){wadi_map(in.stream, wadi__case_as_value_fn()), false};
}
void wadi__case_as_alike(wadi__case_stream *streams, size_t count) {
    bool all_pairs = true;
    for (size_t i = 0; i < count; i++) all_pairs &= streams[i].is_pairs;
    for (size_t i = 0; !all_pairs && i < count; i++) streams[i] = wadi__case_as_values(streams[i]);
}

/* ---- Parameters ---- */

static const char *name_of(const json_t *fn) {
    return json_string_value(json_is_array(fn) ? json_array_get(fn, 0) : fn);
}
case_named wadi__case_named_of(wadi__case_builder *builder, const json_t *fn) {
    const json_t *argument = json_is_array(fn) ? json_array_get(fn, 1) : NULL;
    const char *name = name_of(fn);
    case_named named = {0};
    named.name = wadi__case_function_find(name, ~0u) != NULL ? wadi_str_of(name) : named.name;
    if (argument != NULL) named.argument = wadi__case_from_json(builder->arena, argument);
    return named;
}
const wadi__case_function *wadi__case_function_of(const json_t *fn, unsigned places) {
    return wadi__case_function_find(name_of(fn), places);
}
bool wadi__case_makes_pairs(const wadi__case_function *f, bool of_pairs) {
    return f->result == WADI__CASE_PAIRS || (f->result == WADI__CASE_AS_GIVEN && of_pairs);
}
wadi__case_state_name wadi__case_state_name_of(wadi__case_builder *builder) {
    wadi__case_state_name name;
    snprintf(name.text, sizeof name.text, "state-%u", ++builder->state_count);
    return name;
}
uint32_t wadi__case_partitions_of(const json_t *op) {
    return (uint32_t)json_integer_value(json_object_get(op, "numPartitions"));
}
