/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c: count, sum, mean, deviation and extremes of a field in one pass.
 *
 * Each chunk is gone through twice while it is in the cache, once for the mean and once for the
 * squared differences from it; chunks and partitions are merged by the formula of Chan, Golub and
 * LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979), as
 * Spark's StatCounter does. So the deviation of numbers that are large and close together does not
 * drown. */
#include "rdd/action/stats.h"

#include "rdd/action/field.h"
#include "rdd/action/job.h"
#include "rdd/action/numbers.h"

#include <math.h>

typedef struct stats_sink {
    wadi__sink sink;
    wadi__numbers numbers;
    wadi_statistics stats;
    double *values; /* room for a chunk */
} stats_sink;

/* No number at all; .stdev holds the sum of squared differences. */
static const wadi_statistics nothing = {0, 0, 0, 0, INFINITY, -INFINITY};

void wadi__stats_merge(wadi_statistics *into, const wadi_statistics *from) {
    if (from->count == 0) return;
    double a = (double)into->count, b = (double)from->count, both = a + b,
           delta = from->mean - into->mean;
    into->stdev += from->stdev + (a > 0 ? delta * delta * a * b / both : 0);
    into->mean = a > 0 ? into->mean + delta * b / both : from->mean;
    into->count += from->count;
    into->sum += from->sum;
    /* NaN is the least and the largest where there is one. */
    if (!(from->min >= into->min)) into->min = isnan(into->min) ? into->min : from->min;
    if (!(from->max <= into->max)) into->max = isnan(into->max) ? into->max : from->max;
}
wadi_statistics wadi__stats_of(const double *values, size_t count) {
    wadi_statistics stats = nothing;
    bool has_nan = false;
    for (size_t i = 0; i < count; i++) {
        double v = values[i];
        stats.sum += v;
        stats.min = v < stats.min ? v : stats.min;
        stats.max = v > stats.max ? v : stats.max;
        has_nan |= isnan(v);
    }
    if (has_nan) stats.min = stats.max = (double)NAN;
    stats.count = (int64_t)count;
    stats.mean = count > 0 ? stats.sum / (double)count : 0;
    for (size_t i = 0; i < count; i++)
        stats.stdev += (values[i] - stats.mean) * (values[i] - stats.mean);
    return stats;
}
static void stats_push(wadi__sink *sink, const wadi__slice *in) {
    stats_sink *op = (stats_sink *)sink;
    wadi__numbers_get(&op->numbers, in, op->values);
    wadi_statistics some = wadi__stats_of(op->values, in->count);
    wadi__stats_merge(&op->stats, &some);
}
static void stats_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                      wadi__task_result *result) {
    stats_sink op = {{.push = stats_push},
                     wadi__numbers_of(rdd->type, action->field),
                     nothing,
                     wadi__task_scratch(task, WADI__CHUNK_ROWS * sizeof(double))};
    if (op.values == NULL) return;
    wadi__action_drive(rdd, task, &op.sink, NULL);
    result->stats = op.stats;
}
const wadi__action_ops wadi__action_stats_ops = {"stats", stats_run};

static bool add_stats(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition;
    wadi__stats_merge(arg, &result->stats);
    return true;
}
static const wadi_statistics of_nothing = {0,           0,           (double)NAN,
                                           (double)NAN, (double)NAN, (double)NAN};
wadi_statistics wadi__stats_of_field(wadi_rdd *rdd, const wadi_field *field) {
    wadi__action action = {.kind = WADI__ACTION_STATS, .field = field};
    wadi_statistics stats = nothing;
    if (!wadi__job_run(rdd, &action, add_stats, &stats) || stats.count == 0) return of_nothing;
    stats.stdev = sqrt(stats.stdev / (double)stats.count);
    return stats;
}
wadi_statistics wadi_stats(wadi_rdd *rdd, const char *field) {
    const wadi_field *found;
    return wadi__job_field(rdd, "stats", field, true, &found) ? wadi__stats_of_field(rdd, found)
                                                              : of_nothing;
}
