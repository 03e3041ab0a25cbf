/* SPDX-License-Identifier: Apache-2.0 */
/* interval.h: arithmetic of batch times: whole milliseconds since the epoch. */
#ifndef WADI_STREAM_INTERVAL_H
#define WADI_STREAM_INTERVAL_H
#include <stdbool.h>
#include <stdint.h>

/* The largest multiple of step_ms not above time_ms, counted from zero_ms. */
static inline int64_t wadi__interval_floor(int64_t time_ms, int64_t step_ms, int64_t zero_ms) {
    int64_t since = time_ms - zero_ms, rest = since % step_ms;
    return time_ms - (rest < 0 ? rest + step_ms : rest);
}
/* The first batch time of a program that starts now: a multiple of the interval, strictly after now. */
static inline int64_t wadi__interval_first(int64_t now_ms, int64_t interval_ms) {
    return wadi__interval_floor(now_ms, interval_ms, 0) + interval_ms;
}
static inline bool wadi__interval_on_slide(int64_t time_ms, int64_t zero_ms, int64_t slide_ms) {
    return time_ms > zero_ms && (time_ms - zero_ms) % slide_ms == 0;
}
#endif
