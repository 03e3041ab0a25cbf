/* SPDX-License-Identifier: Apache-2.0 */
/* typed.h: values of a case as records of a type made for them, so that the library prints and
 * saves them as it does a user's: (string, int64) instead of case_pair. */
#ifndef WADI_TESTING_CONFORMANCE_TYPED_H
#define WADI_TESTING_CONFORMANCE_TYPED_H
#include "data/type.h"
#include "testing/conformance/record.h"

/* The type that all of these values have; where they differ, strings, which hold their text. */
const wadi__type *wadi__case_typed_of(const json_t *values);
/* The values as records of that type, in the arena. */
void *wadi__case_typed_rows(wadi__arena *arena, const wadi__type *type, const json_t *values);
#endif
