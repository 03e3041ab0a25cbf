/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h: statistics that are still being gathered: .stdev holds the sum of squared differences
 * from the mean. */
#ifndef WADI_RDD_ACTION_STATS_H
#define WADI_RDD_ACTION_STATS_H
#include <wadi/rdd.h>

wadi_statistics wadi__stats_of(const double *values, size_t count);
void wadi__stats_merge(wadi_statistics *into, const wadi_statistics *from);
/* Finished ones, of a field of numbers. */
wadi_statistics wadi__stats_of_field(wadi_rdd *rdd, const wadi_field *field);
#endif
