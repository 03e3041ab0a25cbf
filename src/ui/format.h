/* SPDX-License-Identifier: Apache-2.0 */
/* format.h: durations and batch times as the pages show them. Source: Spark 3 streaming UIUtils. */
#ifndef WADI_UI_FORMAT_H
#define WADI_UI_FORMAT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wadi__time_unit {
    WADI__UNIT_NS,
    WADI__UNIT_US,
    WADI__UNIT_MS,
    WADI__UNIT_SEC,
    WADI__UNIT_MIN,
    WADI__UNIT_HRS,
    WADI__UNIT_DAYS,
} wadi__time_unit;

const char *wadi__time_unit_name(wadi__time_unit unit); /* "ms", "sec", .. */
double wadi__time_in_unit(int64_t ms, wadi__time_unit unit);
/* The largest unit of which it is at least one; milliseconds are the smallest. */
wadi__time_unit wadi__time_unit_for(int64_t ms);

/* yyyy/MM/dd HH:mm:ss of a batch, with .SSS where batches are shorter than a second.
 * `utc_offset_s`: of the local time then. text has room for 32 bytes. */
void wadi__format_batch_time(char *text, size_t size, int64_t time_ms, int64_t batch_ms,
                             bool with_date, int32_t utc_offset_s);
/* "12 ms", "3 s", "2.5 min", "1.2 h"; "-" for a negative one. Room for 32 bytes. Source: Spark 3
 * Utils. */
void wadi__format_duration(char *text, size_t size, int64_t ms);
/* "1 second", "2 minutes 30 seconds", "250 ms". Room for 100 bytes. */
void wadi__format_long_duration(char *text, size_t size, int64_t ms);
/* "12.3 KiB"; "-" for a negative one. Room for 32 bytes. */
void wadi__format_bytes(char *text, size_t size, int64_t bytes);
/* yyyy-MM-ddTHH:mm:ss.SSSGMT, of the same room. */
void wadi__format_iso_time(char *text, size_t size, int64_t time_ms);
#endif
