/* SPDX-License-Identifier: Apache-2.0 */
/* input_info.h: how much each input has for each batch, as far as the inputs know. Source: Spark 3
 * InputInfoTracker. The generator's thread alone. */
#ifndef WADI_STREAM_INPUT_INFO_H
#define WADI_STREAM_INPUT_INFO_H
#include "base/vec.h"

#include <stdint.h>

typedef struct wadi__input_report {
    int stream_id;
    int64_t record_count;
    char *description; /* NULL: none */
} wadi__input_report;
typedef WADI__VEC(wadi__input_report) wadi__input_reports;
void wadi__input_reports_fini(wadi__input_reports *reports);

typedef struct wadi__input_batch {
    int64_t time_ms;
    wadi__input_reports reports;
} wadi__input_batch;
typedef struct wadi__input_info { /* zeros: nothing yet */
    WADI__VEC(wadi__input_batch) batches;
} wadi__input_info;
void wadi__input_info_fini(wadi__input_info *self);

/* Copies the description, which may be NULL. False: no memory, or the stream has reported for this
 * batch already. */
bool wadi__input_info_report(wadi__input_info *self, int64_t time_ms, int stream_id,
                             int64_t record_count, const char *description);
/* NULL: no input has reported. */
const wadi__input_reports *wadi__input_info_get(const wadi__input_info *self, int64_t time_ms);
/* The same, handed over; empty if there are none. */
wadi__input_reports wadi__input_info_take(wadi__input_info *self, int64_t time_ms);
/* Forgets batches before time_ms. */
void wadi__input_info_forget(wadi__input_info *self, int64_t time_ms);
#endif
