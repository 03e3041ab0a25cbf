/* SPDX-License-Identifier: Apache-2.0 */
/* format_test.c: durations and times as the pages show them; more in tests/conformance/tables.json.
 */
#include "ui/format.h"

#include "testing/unit.h"

typedef struct unit_case {
    const char *name;
    int64_t ms;
    double value;
} unit_case;
static const unit_case unit_cases[] = {
    {"ms", 999, 999},      {"sec", 59999, 59.999},   {"min", 90000, 1.5},
    {"hrs", 5400000, 1.5}, {"days", 129600000, 1.5},
};
static void test_unit(void **state) {
    const unit_case *row = *state;
    wadi__time_unit unit = wadi__time_unit_for(row->ms);
    assert_string_equal(wadi__time_unit_name(unit), row->name);
    double off = wadi__time_in_unit(row->ms, unit) - row->value;
    assert_true(off < 1e-9 && off > -1e-9);
}

typedef struct time_case {
    const char *name; /* the text */
    int64_t time_ms, batch_ms;
    int32_t utc_offset_s;
    bool has_no_date;
} time_case;
static const time_case time_cases[] = {
    {"1970/01/01 00:00:00", 0, 1000, 0, false},
    {"1969/12/31 23:59:59.999", -1, 1, 0, false},
    {"2000/02/29 12:00:00", 951825600000, 1000, 0, false},
    {"2024/03/01 00:30:00", 1709249400000, 60000, 3600, false},
    {"14:04:40.452", 1431637480452, 999, -7 * 3600, true},
};
static void test_time(void **state) {
    const time_case *row = *state;
    char text[40];
    wadi__format_batch_time(text, sizeof text, row->time_ms, row->batch_ms, !row->has_no_date,
                            row->utc_offset_s);
    assert_string_equal(text, row->name);
}

typedef struct iso_case {
    const char *name; /* the text */
    int64_t time_ms;
} iso_case;
static const iso_case iso_cases[] = {
    {"1970-01-01T00:00:00.000GMT", 0},
    {"1969-12-31T23:59:59.999GMT", -1},
    {"2015-05-14T14:04:40.452GMT", 1431612280452},
};
static void test_iso_time(void **state) {
    const iso_case *row = *state;
    char text[40];
    wadi__format_iso_time(text, sizeof text, row->time_ms);
    assert_string_equal(text, row->name);
}

typedef struct duration_case {
    const char *name; /* the text */
    int64_t ms;
    const char *in_words; /* NULL: not asked */
} duration_case;
static const duration_case duration_cases[] = {
    {"-", -1, NULL},
    {"0 ms", 0, "0 ms"},
    {"99 ms", 99, "99 ms"},
    {"0.1 s", 100, "100 ms"},
    {"1 s", 1000, "1 second"},
    {"59 s", 59000, "59 seconds"},
    {"2.5 min", 150000, "2 minutes 30 seconds"},
    {"59 min", 3540000, "59 minutes"},
    {"1.0 h", 3600000, "1 hour"},
    {"25.0 h", 90061000, "1 day 1 hour 1 minute 1 second"},
};
static void test_duration(void **state) {
    const duration_case *row = *state;
    char text[100];
    wadi__format_duration(text, sizeof text, row->ms);
    assert_string_equal(text, row->name);
    if (row->in_words == NULL) return;
    wadi__format_long_duration(text, sizeof text, row->ms);
    assert_string_equal(text, row->in_words);
}
static void test_bytes(void **state) {
    (void)state;
    char text[32];
    wadi__format_bytes(text, sizeof text, 1023);
    assert_string_equal(text, "1023 B");
    wadi__format_bytes(text, sizeof text, 1536);
    assert_string_equal(text, "1.5 KiB");
    wadi__format_bytes(text, sizeof text, INT64_MAX);
    assert_string_equal(text, "8192.0 PiB");
    wadi__format_bytes(text, sizeof text, -1);
    assert_string_equal(text, "-");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_unit, unit_cases);
    wadi__unit_rows(&unit, test_time, time_cases);
    wadi__unit_rows(&unit, test_iso_time, iso_cases);
    wadi__unit_rows(&unit, test_duration, duration_cases);
    wadi__unit_add(&unit, test_bytes);
    return wadi__unit_run(&unit, "format");
}
