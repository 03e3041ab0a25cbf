/* SPDX-License-Identifier: Apache-2.0 */
/* histogram.c: how many values of a field lie between given bounds. */
#include "rdd/action/field.h"
#include "rdd/action/job.h"
#include "rdd/action/numbers.h"
#include "rdd/action/stats.h"

#include <math.h>

typedef struct histogram_sink {
    wadi__sink sink;
    wadi__numbers numbers;
    const double *bounds;
    size_t bucket_count;
    int64_t *counts;
    double *values; /* room for a chunk */
} histogram_sink;

/* The last bound that is not above v; the upper end of the last bucket belongs to it. */
static void count_value(histogram_sink *op, double v) {
    const double *bounds = op->bounds;
    size_t low = 0, high = op->bucket_count;
    if (!(v >= bounds[0] && v <= bounds[high])) return; /* outside, or NaN */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (bounds[middle] <= v)
            low = middle;
        else
            high = middle;
    }
    op->counts[low]++;
}
static void histogram_push(wadi__sink *sink, const wadi__slice *in) {
    histogram_sink *op = (histogram_sink *)sink;
    wadi__numbers_get(&op->numbers, in, op->values);
    for (uint32_t i = 0; i < in->count; i++) count_value(op, op->values[i]);
}
static void histogram_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                          wadi__task_result *result) {
    histogram_sink op = {{.push = histogram_push},
                         wadi__numbers_of(rdd->type, action->field),
                         action->bounds,
                         action->bucket_count,
                         wadi__calloc(action->bucket_count, sizeof(int64_t)),
                         wadi__task_scratch(task, WADI__CHUNK_ROWS * sizeof(double))};
    result->counts = op.counts;
    if (op.counts == NULL)
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for %zu buckets", action->bucket_count);
    else if (op.values != NULL)
        wadi__action_drive(rdd, task, &op.sink, NULL);
}
const wadi__action_ops wadi__action_histogram_ops = {"histogram", histogram_run};

typedef struct summing {
    int64_t *counts;
    size_t bucket_count;
} summing;
static bool add_counts(uint32_t partition, wadi__task_result *result, void *arg) {
    const summing *sum = arg;
    (void)partition;
    for (size_t i = 0; i < sum->bucket_count; i++) sum->counts[i] += result->counts[i];
    return true;
}
static void fail(wadi_rdd *rdd, const char *message) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_error_context(&err, WADI_E_INVALID, "%s", message);
    wadi__job_fail(rdd, "histogram", &err);
}
static bool are_ascending(const double *bounds, size_t bucket_count) {
    for (size_t i = 0; i < bucket_count; i++)
        if (!(bounds[i] < bounds[i + 1])) return false;
    return true;
}
static void run(wadi_rdd *rdd, const wadi_field *field, const double *bounds, size_t bucket_count,
                int64_t *counts) {
    wadi__action action = {.kind = WADI__ACTION_HISTOGRAM,
                           .field = field,
                           .bounds = bounds,
                           .bucket_count = bucket_count};
    summing sum = {counts, bucket_count};
    if (wadi__job_run(rdd, &action, add_counts, &sum)) return;
    for (size_t i = 0; i < bucket_count; i++) counts[i] = 0;
}
void wadi_histogram(wadi_rdd *rdd, const char *field, const double *bounds, size_t bucket_count,
                    int64_t *counts) {
    const wadi_field *found;
    for (size_t i = 0; i < bucket_count; i++) counts[i] = 0;
    if (!wadi__job_field(rdd, "histogram", field, true, &found)) return;
    if (bucket_count == 0)
        fail(rdd, "a histogram has one bucket or more");
    else if (!are_ascending(bounds, bucket_count))
        fail(rdd, "the bounds of a histogram must ascend");
    else
        run(rdd, found, bounds, bucket_count, counts);
}
void wadi_histogram_even(wadi_rdd *rdd, const char *field, size_t bucket_count, double *bounds,
                         int64_t *counts) {
    const wadi_field *found;
    for (size_t i = 0; i < bucket_count; i++) counts[i] = 0;
    for (size_t i = 0; i <= bucket_count; i++) bounds[i] = 0;
    if (!wadi__job_field(rdd, "histogram", field, true, &found)) return;
    if (bucket_count == 0) {
        fail(rdd, "a histogram has one bucket or more");
        return;
    }
    wadi_statistics stats = wadi__stats_of_field(rdd, found);
    if (wadi_rdd_failed(rdd, NULL)) return;
    if (!isfinite(stats.min) || !isfinite(stats.max)) {
        fail(rdd, stats.count == 0 ? "a histogram of no records has no bounds"
                                   : "a histogram of infinite values or NaN has no bounds");
        return;
    }
    double span = stats.max - stats.min;
    for (size_t i = 0; i < bucket_count; i++)
        bounds[i] = stats.min + (double)i * span / (double)bucket_count;
    bounds[bucket_count] = stats.max;
    if (are_ascending(bounds, bucket_count))
        run(rdd, found, bounds, bucket_count, counts);
    else
        counts[bucket_count - 1] =
            stats.count; /* all are equal, or too close for so many buckets */
}
