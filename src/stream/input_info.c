/* SPDX-License-Identifier: Apache-2.0 */
/* input_info.c: how much each input has for each batch. */
#include "stream/input_info.h"

void wadi__input_reports_fini(wadi__input_reports *reports) {
    for (size_t i = 0; i < reports->count; i++) wadi__free(reports->items[i].description);
    wadi__vec_fini(reports);
}
void wadi__input_info_fini(wadi__input_info *self) {
    for (size_t i = 0; i < self->batches.count; i++)
        wadi__input_reports_fini(&self->batches.items[i].reports);
    wadi__vec_fini(&self->batches);
}
static wadi__input_batch *find(const wadi__input_info *self, int64_t time_ms) {
    for (size_t i = 0; i < self->batches.count; i++)
        if (self->batches.items[i].time_ms == time_ms) return &self->batches.items[i];
    return NULL;
}
static void remove_at(wadi__input_info *self, size_t i) {
    self->batches.items[i] = self->batches.items[--self->batches.count];
}
bool wadi__input_info_report(wadi__input_info *self, int64_t time_ms, int stream_id,
                             int64_t record_count, const char *description) {
    wadi__input_batch *batch = find(self, time_ms);
    for (size_t i = 0; batch != NULL && i < batch->reports.count; i++)
        if (batch->reports.items[i].stream_id == stream_id) return false;
    if (batch == NULL) {
        if (!wadi__vec_push(&self->batches, (wadi__input_batch){.time_ms = time_ms})) return false;
        batch = &self->batches.items[self->batches.count - 1];
    }
    char *copy = description != NULL ? wadi__strdup(description) : NULL;
    if ((description == NULL || copy != NULL) &&
        wadi__vec_push(&batch->reports, (wadi__input_report){stream_id, record_count, copy}))
        return true;
    wadi__free(copy);
    return false;
}
const wadi__input_reports *wadi__input_info_get(const wadi__input_info *self, int64_t time_ms) {
    const wadi__input_batch *batch = find(self, time_ms);
    return batch != NULL ? &batch->reports : NULL;
}
wadi__input_reports wadi__input_info_take(wadi__input_info *self, int64_t time_ms) {
    wadi__input_batch *batch = find(self, time_ms);
    if (batch == NULL) return (wadi__input_reports){0};
    wadi__input_reports taken = batch->reports;
    remove_at(self, (size_t)(batch - self->batches.items));
    return taken;
}
void wadi__input_info_forget(wadi__input_info *self, int64_t time_ms) {
    for (size_t i = self->batches.count; i-- > 0;) {
        if (self->batches.items[i].time_ms >= time_ms) continue;
        wadi__input_reports_fini(&self->batches.items[i].reports);
        remove_at(self, i);
    }
}
