/* SPDX-License-Identifier: Apache-2.0 */
/* input.c: test inputs, which can be asked again for any batch. */
#include "testing/conformance/input.h"

#include "testing/must.h"

#include <string.h>

static bool is_pair(const json_t *value) {
    const char *tag = json_string_value(json_array_get(value, 0));
    return tag != NULL && strcmp(tag, "pair") == 0;
}
bool wadi__case_batches_are_pairs(const json_t *batches) {
    size_t seen = 0;
    for (size_t i = 0; i < json_array_size(batches); i++) {
        const json_t *batch = json_array_get(batches, i);
        for (size_t j = 0; j < json_array_size(batch); j++, seen++)
            if (!is_pair(json_array_get(batch, j))) return false;
    }
    return seen > 0;
}
const wadi_type *wadi__case_type_of(bool is_pairs) {
    return is_pairs ? WADI_TYPE(case_pair) : WADI_TYPE(case_value);
}

wadi__script_batch wadi__case_batch_of(wadi__arena *arena, const json_t *batch, bool is_pairs) {
    size_t count = json_array_size(batch);
    size_t size = is_pairs ? sizeof(case_pair) : sizeof(case_value);
    char *rows = wadi__must(wadi__arena_zalloc(arena, (count != 0 ? count : 1) * size));
    for (size_t i = 0; i < count; i++) {
        case_value value = wadi__case_from_json(arena, json_array_get(batch, i));
        if (is_pairs)
            wadi__case_to_pair(&value, (case_pair *)(void *)(rows + i * size));
        else
            memcpy(rows + i * size, &value, size);
    }
    return (wadi__script_batch){rows, count, json_is_null(batch)};
}

json_t *wadi__case_rows_to_json(const void *rows, size_t count, bool is_pairs) {
    json_t *values = wadi__must(json_array());
    const case_pair *pairs = rows;
    const case_value *plain = rows;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(values, is_pairs ? wadi__case_pair_to_json(&pairs[i])
                                               : wadi__case_to_json(&plain[i]));
    return values;
}

static wadi__case_stream make_input(wadi__case_builder *builder, const json_t *batches,
                                    uint32_t partitions) {
    bool is_pairs = wadi__case_batches_are_pairs(batches);
    size_t count = json_array_size(batches);
    wadi__script_batch *script =
        wadi__must(wadi__arena_alloc(builder->arena, (count != 0 ? count : 1) * sizeof *script));
    for (size_t i = 0; i < count; i++)
        script[i] = wadi__case_batch_of(builder->arena, json_array_get(batches, i), is_pairs);
    wadi_dstream *stream = wadi__scripted_stream(builder->ssc, wadi__case_type_of(is_pairs),
                                                 &(wadi__script){script, count, partitions});
    return (wadi__case_stream){stream, is_pairs};
}
void wadi__case_add_inputs(wadi__case_builder *builder, const json_t *json) {
    static const char *const names[WADI__CASE_INPUTS_MAX] = {"input", "input2", "input3"};
    uint32_t partitions =
        (uint32_t)json_integer_value(json_object_get(json, "partitions_per_batch"));
    for (size_t i = 0; i < WADI__CASE_INPUTS_MAX; i++) {
        const json_t *batches = json_object_get(json, names[i]);
        if (batches != NULL) builder->inputs[i] = make_input(builder, batches, partitions);
    }
}
