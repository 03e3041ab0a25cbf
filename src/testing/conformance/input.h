/* SPDX-License-Identifier: Apache-2.0 */
/* input.h: the batches of a case as records. */
#ifndef WADI_TESTING_CONFORMANCE_INPUT_H
#define WADI_TESTING_CONFORMANCE_INPUT_H
#include "testing/conformance/operator.h"
#include "testing/scripted_source.h"

/* Whether batches carry pairs: there is an element, and all are pairs. Batches may be null. */
bool wadi__case_batches_are_pairs(const json_t *batches);
const wadi_type *wadi__case_type_of(bool is_pairs);
/* The records of a batch, in the arena. */
wadi__script_batch wadi__case_batch_of(wadi__arena *arena, const json_t *batch, bool is_pairs);

/* Records as values; a new reference. */
json_t *wadi__case_rows_to_json(const void *rows, size_t count, bool is_pairs);

/* The test inputs of a case that has them. */
void wadi__case_add_inputs(wadi__case_builder *builder, const json_t *json);
#endif
