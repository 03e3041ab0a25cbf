/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_records.h: the records that datasets and streams of the sweep carry. */
#ifndef SWEEP_RECORDS_H
#define SWEEP_RECORDS_H
#include <wadi/record.h>

WADI_RECORD(pair, (wadi_str, word), (int64_t, count));
WADI_RECORD(both, (wadi_str, word), (int64_t, left), (int64_t, right));
WADI_RECORD(maybe_both, (wadi_str, word), (wadi_int64_option, left), (wadi_int64_option, right));
WADI_RECORD(left_one, (wadi_str, word), (int64_t, left), (wadi_int64_option, right));
WADI_RECORD(right_one, (wadi_str, word), (wadi_int64_option, left), (int64_t, right));
WADI_RECORD(lists, (wadi_str, word), (wadi_int64_list, left), (wadi_int64_list, right));
WADI_RECORD(listed, (wadi_str, word), (wadi_int64_list, counts));
#endif
