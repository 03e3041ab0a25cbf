/* SPDX-License-Identifier: Apache-2.0 */
/* slice.h: the family slice: a stream asked for the RDDs between two times. */
#ifndef WADI_TESTING_CONFORMANCE_SLICE_H
#define WADI_TESTING_CONFORMANCE_SLICE_H
#include "testing/conformance/operator.h"
#include "testing/conformance/result.h"

/* Asks the queries of the case, if it has any, of the stream of a program that runs. */
void wadi__case_run_slices(const json_t *json, wadi__case_stream stream,
                           wadi__case_results *results);
#endif
