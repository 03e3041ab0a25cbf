/* SPDX-License-Identifier: Apache-2.0 */
/* slice.c: queries of past and future batches. */
#include "testing/conformance/slice.h"

#include "rdd/context.h"
#include "testing/conformance/compare.h"
#include "testing/conformance/input.h"
#include "testing/must.h"

#include <inttypes.h>
#include <stdio.h>

/* All elements of the RDDs; a new reference. */
static json_t *elements(wadi_rdd *const *rdds, size_t count, bool is_pairs) {
    json_t *all = wadi__must(json_array());
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        const void *rows = wadi__collect(rdds[i], wadi__case_type_of(is_pairs), &n);
        json_t *values = wadi__case_rows_to_json(rows, n, is_pairs);
        json_array_extend(all, values);
        json_decref(values);
    }
    return all;
}
static void run_slice(const json_t *query, wadi__case_stream stream, wadi__case_results *results) {
    int64_t from_ms = wadi__case_ms_of(query, "from_ms"), to_ms = wadi__case_ms_of(query, "to_ms");
    const json_t *expected = json_object_get(query, "expect");
    size_t count = 0;
    char what[80];
    snprintf(what, sizeof what, "slice from %" PRId64 " to %" PRId64 " ms", from_ms, to_ms);
    wadi_rdd *const *rdds = wadi_slice(stream.stream, from_ms, to_ms, &count);
    json_t *actual = elements(rdds, count, stream.is_pairs);
    if (!wadi__case_batch_matches(expected, actual, true))
        wadi__case_fail_values(results, what, expected, actual);
    json_decref(actual);
}
void wadi__case_run_slices(const json_t *json, wadi__case_stream stream,
                           wadi__case_results *results) {
    const json_t *queries = json_object_get(json, "slice_queries");
    wadi__scope scope; /* of the rows, and of what fails */
    wadi__scope_init(&scope, 0);
    wadi__scope *before = wadi__scope_enter(&scope);
    for (size_t i = 0; i < json_array_size(queries); i++)
        run_slice(json_array_get(queries, i), stream, results);
    wadi__scope_enter(before);
    if (scope.has_failed) wadi__case_fail(results, "slice: %s", scope.err.message);
    wadi__scope_fini(&scope);
}
