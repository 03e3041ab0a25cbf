/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: WADI_CHECK=1: users' functions are watched for what no compiler sees. What they must fill in
 * is filled with junk before, and every string and sequence that they give is looked at after: it
 * must point at memory that Wadi keeps alive, or at constant data of the program. */
#ifndef WADI_RDD_CHECK_H
#define WADI_RDD_CHECK_H
#include "rdd/pipeline.h"

/* Before a call: fills its output with junk. */
void wadi__check_before(const wadi__call_site *site, const wadi_call *call);
/* After it: fails the task when an output record points where it may not. */
void wadi__check_after(const wadi__call_site *site, const wadi_call *call);
/* The same for records that were emitted. */
void wadi__check_rows(wadi__task *task, const wadi__type *type, const void *rows, size_t count);
#endif
