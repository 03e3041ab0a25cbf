/* SPDX-License-Identifier: Apache-2.0 */
/* format.c: durations and batch times as the pages show them. */
#include "ui/format.h"

#include <inttypes.h>
#include <stdio.h>

static const struct unit {
    const char *name;
    double per_ms; /* units */
} units[] = {
    [WADI__UNIT_NS] = {"ns", 1e6},
    [WADI__UNIT_US] = {"us", 1e3},
    [WADI__UNIT_MS] = {"ms", 1},
    [WADI__UNIT_SEC] = {"sec", 1.0 / 1000},
    [WADI__UNIT_MIN] = {"min", 1.0 / 60e3},
    [WADI__UNIT_HRS] = {"hrs", 1.0 / 3600e3},
    [WADI__UNIT_DAYS] = {"days", 1.0 / 86400e3},
};

const char *wadi__time_unit_name(wadi__time_unit unit) { return units[unit].name; }
double wadi__time_in_unit(int64_t ms, wadi__time_unit unit) {
    return (double)ms * units[unit].per_ms;
}
wadi__time_unit wadi__time_unit_for(int64_t ms) {
    if (ms < 1000) return WADI__UNIT_MS;
    if (ms < (int64_t)60 * 1000) return WADI__UNIT_SEC;
    if (ms < (int64_t)3600 * 1000) return WADI__UNIT_MIN;
    return ms < (int64_t)24 * 3600 * 1000 ? WADI__UNIT_HRS : WADI__UNIT_DAYS;
}

typedef struct day {
    int64_t year;
    int month, day;
} day;
/* Of days since 1970-01-01. Hinnant: "chrono-compatible low-level date algorithms". */
static day day_of(int64_t days) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    return (day){year + era * 400 + (month >= 10), month < 10 ? month + 3 : month - 9,
                 (int)(of_year - (153 * month + 2) / 5 + 1)};
}
/* The day of a time, and the milliseconds since it began. */
static day day_and_rest(int64_t time_ms, int64_t *rest_ms) {
    const int64_t per_day = (int64_t)86400 * 1000;
    int64_t days = time_ms / per_day - (time_ms % per_day < 0);
    *rest_ms = time_ms - days * per_day;
    return day_of(days);
}
void wadi__format_iso_time(char *text, size_t size, int64_t time_ms) {
    int64_t ms;
    day date = day_and_rest(time_ms, &ms);
    snprintf(text, size, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dGMT", date.year, date.month,
             date.day, (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
             (int)(ms % 1000));
}
void wadi__format_batch_time(char *text, size_t size, int64_t time_ms, int64_t batch_ms,
                             bool with_date, int32_t utc_offset_s) {
    int64_t ms;
    day date = day_and_rest(time_ms + utc_offset_s * 1000LL, &ms);
    char head[32] = "", tail[8] = "";
    if (with_date)
        snprintf(head, sizeof head, "%04" PRId64 "/%02d/%02d ", date.year, date.month, date.day);
    if (batch_ms < 1000) snprintf(tail, sizeof tail, ".%03d", (int)(ms % 1000));
    snprintf(text, size, "%s%02d:%02d:%02d%s", head, (int)(ms / 3600000), (int)(ms / 60000 % 60),
             (int)(ms / 1000 % 60), tail);
}
void wadi__format_duration(char *text, size_t size, int64_t ms) {
    double seconds = (double)ms / 1000, minutes = seconds / 60;
    if (ms < 0)
        snprintf(text, size, "-");
    else if (ms < 100)
        snprintf(text, size, "%d ms", (int)ms);
    else if (seconds < 1)
        snprintf(text, size, "%.1f s", seconds);
    else if (seconds < 60)
        snprintf(text, size, "%.0f s", seconds);
    else if (minutes < 10)
        snprintf(text, size, "%.1f min", minutes);
    else if (minutes < 60)
        snprintf(text, size, "%.0f min", minutes);
    else
        snprintf(text, size, "%.1f h", minutes / 60);
}
void wadi__format_long_duration(char *text, size_t size, int64_t ms) {
    static const struct {
        int64_t ms;
        const char *name;
    } parts[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};
    size_t used = 0;
    text[0] = 0;
    if (ms < 1000) snprintf(text, size, "%" PRId64 " ms", ms);
    for (size_t i = 0; i < 4 && ms >= 1000 && used < size; i++) {
        int64_t count = ms / parts[i].ms;
        ms %= parts[i].ms;
        if (count > 0)
            used +=
                (size_t)snprintf(text + used, size - used, "%s%" PRId64 " %s%s",
                                 used > 0 ? " " : "", count, parts[i].name, count == 1 ? "" : "s");
    }
}
void wadi__format_bytes(char *text, size_t size, int64_t bytes) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1024 && unit < 5; unit++) value /= 1024;
    if (bytes < 0)
        snprintf(text, size, "-");
    else
        snprintf(text, size, unit == 0 ? "%.0f %s" : "%.1f %s", value, names[unit]);
}
