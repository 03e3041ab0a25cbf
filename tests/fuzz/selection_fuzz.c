/* SPDX-License-Identifier: Apache-2.0 */
/* selection_fuzz.c: what a checkpoint says of a file stream. The first byte tells whether bytes of
 * any kind are taken for it, or rows are made of them, in good frames. What is taken back is the
 * same when it was saved and taken back again. */
#include "fuzz.h"
#include "source/file_saved.h"

#include <wadi/str.h>

/* As file_saved.c has them. */
WADI_RECORD(saved_watch, (int64_t, start_ms), (int64_t, from_ms));
WADI_RECORD(saved_empty, (int64_t, first_ms), (int64_t, last_ms));
WADI_RECORD(saved_file, (int64_t, time_ms), (bool, is_batch), (wadi_str, path),
            (int64_t, size_bytes), (int64_t, modified_ms));

enum { ROWS_MAX = 16 };

/* Mostly small ones; now and then one of the largest. */
static int64_t number(fuzz *in) {
    unsigned byte = fuzz_byte(in);
    if (byte == 255) return INT64_MAX - (int64_t)fuzz_byte(in);
    if (byte == 254) return INT64_MIN + (int64_t)fuzz_byte(in);
    return ((int64_t)byte - 20) * 500;
}
static void make_rows(fuzz *in, wadi__text *out) {
    static const char names[] = "/a/b/c/d/e/f\0x";
    saved_watch watch[2] = {{number(in), number(in)}, {0, 0}};
    saved_empty empty[ROWS_MAX];
    saved_file files[ROWS_MAX];
    size_t empty_count = fuzz_byte(in) % ROWS_MAX, file_count = fuzz_byte(in) % ROWS_MAX;
    for (size_t i = 0; i < empty_count; i++) empty[i] = (saved_empty){number(in), number(in)};
    for (size_t i = 0; i < file_count; i++) {
        unsigned how = fuzz_byte(in);
        files[i] = (saved_file){number(in), how % 3 != 0,
                                wadi_str_view(names + how % 4, how / 4 % 14 % (sizeof names - 4)),
                                number(in), number(in)};
    }
    bool written =
        wadi__frame_rows_put(out, WADI_TYPE(saved_watch), watch, 1 + (in->size == 7), NULL) ==
            WADI_OK &&
        wadi__frame_rows_put(out, WADI_TYPE(saved_empty), empty, empty_count, NULL) == WADI_OK &&
        wadi__frame_rows_put(out, WADI_TYPE(saved_file), files, file_count, NULL) == WADI_OK;
    fuzz_check(written);
}
static void expect_same(const wadi__taken *a, const wadi__taken *b) {
    fuzz_check((a == NULL) == (b == NULL));
    if (a == NULL) return;
    fuzz_check(a->files.count == b->files.count && a->files.count > 0);
    for (size_t i = 0; i < a->files.count; i++) {
        fuzz_check(strcmp(a->files.items[i].path, b->files.items[i].path) == 0);
        fuzz_check(i == 0 || strcmp(a->files.items[i - 1].path, a->files.items[i].path) <= 0);
        fuzz_check(a->files.items[i].size_bytes == b->files.items[i].size_bytes);
    }
}
static void save_and_restore_again(const wadi__file_selection *one) {
    wadi__text saved = {0};
    wadi__saved_files files = {0};
    wadi__file_selection other = {.start_ms = INT64_MAX, .slide_ms = 500};
    fuzz_check(wadi__file_selection_save(one, one->from_ms, &files, &saved, NULL) == WADI_OK);
    fuzz_check(wadi__file_selection_restore(&other, saved.bytes, saved.size, NULL) == WADI_OK);
    fuzz_check(one->start_ms == other.start_ms && one->from_ms == other.from_ms);
    for (int64_t time_ms = -12000; time_ms < 130000; time_ms += 500) {
        const wadi__taken *a, *b;
        bool knows = wadi__file_selection_find(one, time_ms, &a);
        fuzz_check(knows == wadi__file_selection_find(&other, time_ms, &b));
        expect_same(a, b);
    }
    wadi__file_selection_forget(&other, INT64_MAX);
    fuzz_check(other.taken.count == 0 && other.empty.count == 0);
    wadi__file_selection_fini(&other);
    wadi__saved_files_fini(&files);
    wadi__text_fini(&saved);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    wadi__text bytes = {0};
    if (fuzz_byte(&in) % 2 == 0)
        make_rows(&in, &bytes);
    else
        wadi__text_add(&bytes, in.at, in.size);
    wadi__file_selection selection = {.start_ms = INT64_MAX, .slide_ms = 500};
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__file_selection_restore(&selection, bytes.bytes, bytes.size, &err);
    if (status == WADI_OK)
        save_and_restore_again(&selection);
    else
        fuzz_check(status == WADI_E_CORRUPT || status == WADI_E_TYPE);
    wadi__file_selection_fini(&selection);
    wadi__text_fini(&bytes);
    return 0;
}
