/* SPDX-License-Identifier: Apache-2.0 */
/* table_log.c: write-ahead logs: which record goes into which file, which files are cleaned away,
 * and what stands before a record. What is logged here are the times of the writes, as text. */
#include "base/env.h"
#include "stream/log_reader.h"
#include "stream/log_writer.h"
#include "testing/conformance/table.h"
#include "testing/must.h"
#include "testing/sim_disk.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define LOG_DIR "/log"

static int64_t int_of(const json_t *json, const char *name) {
    return json_integer_value(json_object_get(json, name));
}

/* ---- Writing ---- */

typedef struct waiting {
    wadi__wal_entry entry; /* must be first */
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_done;
} waiting;

static void told(wadi__wal_entry *entry, wadi_status status, const wadi_error *err) {
    waiting *self = (waiting *)entry;
    if (status != WADI_OK) fprintf(stderr, "%s\n", err->message);
    pthread_mutex_lock(&self->lock);
    self->is_done = true;
    pthread_cond_broadcast(&self->told);
    pthread_mutex_unlock(&self->lock);
}
/* Writes the time as a record of the log at that time, and waits until it is safe. */
static void write_time(wadi__wal_writer *writer, int64_t time_ms) {
    char text[32];
    wadi__text frame = {0};
    snprintf(text, sizeof text, "%" PRId64, time_ms);
    wadi_str value = wadi_str_of(text);
    wadi__row_run run = {(const char *)&value, sizeof value, 1};
    wadi__frame_write(&frame, wadi__type_str(), &run, 1, WADI__FRAME_PLAIN, NULL);
    waiting self = {
        .entry = {.time_ms = time_ms, .bytes = frame.bytes, .size = frame.size, .done = told},
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .told = PTHREAD_COND_INITIALIZER};
    wadi__wal_submit(writer, &self.entry);
    pthread_mutex_lock(&self.lock);
    while (!self.is_done) pthread_cond_wait(&self.told, &self.lock);
    pthread_mutex_unlock(&self.lock);
    wadi__text_fini(&frame);
}
static wadi__wal_writer *open_log(wadi__env *disk, int64_t rolling_ms, bool closes) {
    wadi__wal_options options = {.dir = LOG_DIR,
                                 .thread_name = "wadi-log",
                                 .rolling_ms = rolling_ms,
                                 .tries_max = 1,
                                 .closes_after_write = closes};
    return wadi__must(wadi__wal_writer_new(disk, &options, NULL));
}

/* ---- Which write goes where ---- */

static void add_times(json_t *times, const void *frame, size_t size) {
    wadi__block *block = NULL;
    if (wadi__frame_read(wadi__type_str(), frame, size, NULL, &block, NULL, NULL) != WADI_OK)
        return;
    const wadi_str *text = (const wadi_str *)(const void *)block->chunks.items[0]->rows;
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", (int)text->len, wadi_str_data(text));
    json_array_append_new(times, json_integer(strtoll(digits, NULL, 10)));
    wadi__block_unref(block);
}
static json_t *times_in(wadi__env *disk, const char *name) {
    char path[100];
    wadi__wal_reader reader;
    json_t *times = wadi__must(json_array());
    const void *frame = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, LOG_DIR "/%s", name);
    wadi_status status = wadi__wal_reader_open(&reader, disk, path, NULL);
    while (status == WADI_OK &&
           (status = wadi__wal_reader_next(&reader, &frame, &size, NULL, NULL)) == WADI_OK &&
           frame != NULL)
        add_times(times, frame, size);
    wadi__wal_reader_close(&reader);
    return times;
}
/* [[name, [time, ..]], ..], or the names alone. A new reference. */
static json_t *list_files(wadi__env *disk, bool with_times) {
    wadi__wal_files files = {0};
    json_t *list = wadi__must(json_array());
    wadi__wal_files_list(disk, LOG_DIR, &files, NULL);
    for (size_t i = 0; i < files.count; i++) {
        const char *name = files.items[i].name;
        json_array_append_new(list, with_times ? json_pack("[s, o]", name, times_in(disk, name))
                                               : json_string(name));
    }
    wadi__vec_fini(&files);
    return list;
}
static void compare(wadi__case_results *results, const char *what, const json_t *expected,
                    json_t *actual) {
    if (!json_equal(expected, actual)) wadi__case_fail_values(results, what, expected, actual);
    json_decref(actual);
}
static bool check_times(wadi__case_form *form, const json_t *json) {
    if (!wadi__case_form_each(form, json, wadi__case_form_ms)) return false;
    for (size_t i = 0; i + 1 < json_array_size(json); i++)
        if (json_integer_value(json_array_get(json, i)) >
            json_integer_value(json_array_get(json, i + 1)))
            return wadi__case_form_fail(form, "times that go back");
    return true;
}
static bool check_anything(wadi__case_form *form, const json_t *json) {
    (void)form, (void)json;
    return true;
}
static void run_rotation(const json_t *json, wadi__case_results *results) {
    const json_t *times = json_object_get(json, "write_times_ms");
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__wal_writer *writer =
        open_log(disk, 1000 * int_of(json, "rolling_interval_s"),
                 json_is_true(json_object_get(json, "close_file_after_write")));
    for (size_t i = 0; i < json_array_size(times); i++)
        write_time(writer, json_integer_value(json_array_get(times, i)));
    wadi__wal_writer_close(&writer);
    compare(results, "the files", json_object_get(json, "expect_files"), list_files(disk, true));
    wadi__sim_disk_free(disk);
}
static const wadi__case_field rotation_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"write_times_ms", check_times, true},
    {"rolling_interval_s", wadi__case_form_interval, true},
    {"close_file_after_write", wadi__case_form_bool, true},
    {"expect_files", check_anything, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_wal_rotation = {"wal_rotation", rotation_fields, run_rotation};

/* ---- Which files go ---- */

static bool read_name(const char *name, int64_t *start_ms, int64_t *stop_ms) {
    char *end = NULL;
    if (name == NULL || strncmp(name, "log-", 4) != 0) return false;
    *start_ms = strtoll(name + 4, &end, 10);
    if (*end != '-') return false;
    *stop_ms = strtoll(end + 1, &end, 10);
    return *end == 0;
}
static bool check_name(wadi__case_form *form, const json_t *json) {
    int64_t start_ms, stop_ms;
    return read_name(json_string_value(json), &start_ms, &stop_ms) ||
           wadi__case_form_fail(form, "no name of a log file");
}
static bool check_names(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_name);
}
static void run_clean(const json_t *json, wadi__case_results *results) {
    const json_t *names = json_object_get(json, "files");
    const char *open = json_string_value(json_object_get(json, "currently_open"));
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    for (size_t i = 0; i < json_array_size(names); i++) {
        char path[100];
        const char *name = json_string_value(json_array_get(names, i));
        snprintf(path, sizeof path, LOG_DIR "/%s", name);
        if (strcmp(name, open) != 0) wadi__sim_disk_put(disk, path, "", 0);
    }
    int64_t start_ms = 0, stop_ms = 0;
    read_name(open, &start_ms, &stop_ms);
    wadi__wal_writer *writer = open_log(disk, stop_ms - start_ms, false);
    write_time(writer, start_ms);
    wadi__wal_clean(writer, int_of(json, "threshold_ms"), true);
    compare(results, "the files that are left", json_object_get(json, "expect_left"),
            list_files(disk, false));
    wadi__wal_writer_close(&writer);
    wadi__sim_disk_free(disk);
}
static const wadi__case_field clean_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"files", check_names, true},
    {"currently_open", check_name, true},
    {"threshold_ms", wadi__case_form_ms, true},
    {"expect_left", check_anything, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_wal_clean = {"wal_clean", clean_fields, run_clean};

/* ---- The bytes of a record ---- */

static bool check_hex(wadi__case_form *form, const json_t *json) {
    const char *text = json_string_value(json);
    return (text != NULL && strlen(text) % 2 == 0 &&
            strspn(text, "0123456789abcdef") == strlen(text)) ||
           wadi__case_form_fail(form, "no bytes in hexadecimal");
}
static bool check_row(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"payload_hex", check_hex, true},
        {"bytes_hex", check_hex, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_rows(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_row);
}
static void run_framing(const json_t *json, wadi__case_results *results) {
    const json_t *rows = json_object_get(json, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *payload = json_string_value(json_object_get(row, "payload_hex"));
        char length[WADI__WAL_LENGTH_BYTES], what[40];
        wadi__wal_put_length(length, strlen(payload) / 2);
        json_t *bytes =
            json_sprintf("%02x%02x%02x%02x%s", (unsigned char)length[0], (unsigned char)length[1],
                         (unsigned char)length[2], (unsigned char)length[3], payload);
        snprintf(what, sizeof what, "row %zu", i + 1);
        if (wadi__wal_get_length(length) != strlen(payload) / 2)
            wadi__case_fail(results, "%s: its length is read as another", what);
        compare(results, what, json_object_get(row, "bytes_hex"), bytes);
    }
}
static const wadi__case_field framing_fields[] = {
    WADI__CASE_TABLE_FIELDS, {"rows", check_rows, true}, {NULL, NULL, false}};
const wadi__case_table wadi__case_wal_framing = {"wal_framing", framing_fields, run_framing};
