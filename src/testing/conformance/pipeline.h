/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h: cases that run a chain of operators batch by batch. Each has passed the check of its
 * form and needs nothing that is pending. */
#ifndef WADI_TESTING_CONFORMANCE_PIPELINE_H
#define WADI_TESTING_CONFORMANCE_PIPELINE_H
#include "testing/conformance/result.h"

void wadi__case_run_pipeline(const json_t *json, wadi__case_results *results);
#endif
