/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h: whether what came out is what a case expects. Expectations are values whose lists may
 * also be bags (any order) and sets (which elements, however often). Integers are strict: 1.0 is
 * none. */
#ifndef WADI_TESTING_CONFORMANCE_COMPARE_H
#define WADI_TESTING_CONFORMANCE_COMPARE_H
#include <jansson.h>
#include <stdbool.h>

bool wadi__case_matches(const json_t *expected, const json_t *actual);
/* Two arrays of values: one by one, or as multisets. */
bool wadi__case_batch_matches(const json_t *expected, const json_t *actual, bool unordered);
#endif
