/* SPDX-License-Identifier: Apache-2.0 */
/* transform.h: what cases do with RDDs on the driver. */
#ifndef WADI_TESTING_CONFORMANCE_TRANSFORM_H
#define WADI_TESTING_CONFORMANCE_TRANSFORM_H
#include "testing/conformance/operator.h"

/* Whether a chain of RDD steps makes pairs of these. */
bool wadi__case_rdd_chain_makes_pairs(const json_t *steps, bool of_pairs);
/* Makes the RDDs of a chain of steps. */
wadi__case_rdd wadi__case_run_rdd_chain(wadi__case_rdd in, const json_t *steps, int64_t batch_ms);
/* Applies a function of RDDs, all in the form that wadi__case_prepare_rdds() gave the streams. */
wadi_rdd *wadi__case_run_rdd_fn(const char *name, wadi_rdd *const *rdds, size_t count);
/* Gives the streams the form that the function needs. Returns whether it makes pairs. */
bool wadi__case_prepare_rdds(const char *name, wadi__case_stream *streams, size_t count);
#endif
