/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.c: what the outputs of a program gave. */
#include "recorder.h"

#include "testing/must.h"

#include <inttypes.h>
#include <stdarg.h>

void recorder_init(recorder *self, const sim_plan *plan, int64_t batch_ms) {
    *self = (recorder){.plan = plan, .batch_ms = batch_ms, .zero_ms = INT64_MIN};
    pthread_mutex_init(&self->lock, NULL);
}
void recorder_fini(recorder *self) {
    results_fini(&self->seen);
    free(self->problem);
    pthread_mutex_destroy(&self->lock);
}
void recorder_problem(recorder *self, const char *format, ...) {
    if (self->problem != NULL) return;
    self->problem = wadi__must_calloc(1, 400);
    va_list args;
    va_start(args, format);
    vsnprintf(self->problem, 400, format, args);
    va_end(args);
}
void recorder_begin(recorder *self, int64_t zero_ms) {
    if (self->runs != 0)
        recorder_problem(self, "it began anew after %u outputs had run: no checkpoint was found",
                         self->runs);
    self->zero_ms = zero_ms;
}
static void show_both(const bag *before, const bag *now) {
    fprintf(stderr, "  before:");
    bag_print(before, stderr);
    fprintf(stderr, "  now:   ");
    bag_print(now, stderr);
}
void recorder_take(recorder *self, int node, int64_t time_ms, bag *given) {
    pthread_mutex_lock(&self->lock);
    int64_t batch = (time_ms - self->zero_ms) / self->batch_ms;
    self->runs++;
    given->is_there = true;
    bag_sort(given);
    if (batch < 1) {
        recorder_problem(self, "output %d ran for %" PRId64 " ms, before the first batch", node,
                         time_ms);
    } else if (batch <= BATCHES_MAX) {
        bag *before = &self->seen.bags[node][batch];
        if (before->is_there && !bag_equal(before, given) && self->problem == NULL) {
            recorder_problem(self,
                             "output %d of batch %" PRId64 " gave something else when it ran again",
                             node, batch);
            show_both(before, given);
        }
        bag_fini(before);
        *before = *given;
        *given = (bag){0};
    }
    pthread_mutex_unlock(&self->lock);
    bag_fini(given);
}
bool recorder_is_complete(recorder *self) {
    const sim_plan *plan = self->plan;
    for (int node = 0; node < plan->count; node++)
        for (uint32_t batch = 1; batch <= plan->batches; batch++)
            if (plan->nodes[node].is_output && batch % plan->nodes[node].slide == 0 &&
                !self->seen.bags[node][batch].is_there)
                return false;
    return true;
}
