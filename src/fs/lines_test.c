/* SPDX-License-Identifier: Apache-2.0 */
/* lines_test.c: a file in parts gives every line once, however it is cut. */
#include "fs/lines.h"
#include "fs/test_files.h"

#include <wadi/str.h>

#include <unistd.h>
#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif

enum { LINE_MAX_BYTES = 16 << 20 };
static uint64_t random_state = 7;
static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((random_state >> 33) % n);
}
/* The lines of a part, each followed by '|', appended to `out`. */
static wadi_status read_part(const char *path, int64_t size, int64_t from, int64_t until,
                             int64_t line_max_bytes, size_t rows_max, char *out, size_t *out_size,
                             wadi_error *err) {
    wadi__keep *keep = wadi__keep_new();
    wadi__lines lines;
    wadi_str rows[512];
    assert_true(rows_max <= 512);
    size_t count = 1;
    wadi_status status = wadi__lines_open(&lines, &wadi__env_real, path, size, from, until,
                                          line_max_bytes, keep, err);
    while (status == WADI_OK && count > 0) {
        status = wadi__lines_next(&lines, rows, rows_max, &count, err);
        for (size_t i = 0; status == WADI_OK && i < count; i++) {
            memcpy(out + *out_size, wadi_str_data(&rows[i]), rows[i].len);
            *out_size += rows[i].len;
            out[(*out_size)++] = '|';
        }
    }
    wadi__lines_close(&lines);
    wadi__keep_unref(keep);
    return status;
}
/* What the lines of a text are, in the same form. */
static size_t expected_lines(const char *text, size_t size, char *out) {
    size_t n = 0;
    for (size_t at = 0; at < size;) {
        const char *stop = memchr(text + at, '\n', size - at);
        size_t end = stop != NULL ? (size_t)(stop - text) : size,
               next = stop != NULL ? end + 1 : size;
        if (stop != NULL && end > at && text[end - 1] == '\r') end--;
        memcpy(out + n, text + at, end - at);
        n += end - at;
        out[n++] = '|';
        at = next;
    }
    return n;
}
typedef struct text_case {
    const char *name, *text, *expected;
} text_case;
static const text_case texts[] = {
    {"nothing", "", ""},
    {"one line without an end", "abc", "abc|"},
    {"one line", "abc\n", "abc|"},
    {"an empty line", "\n", "|"},
    {"lines of both kinds", "a\r\nb\nc\r\n", "a|b|c|"},
    {"an empty line that ends with CR LF", "a\r\n\r\nb", "a||b|"},
    {"a CR inside", "a\rb\n", "a\rb|"},
    {"a CR before the end of the file", "ab\r", "ab\r|"},
    {"bytes that are no UTF-8", "\xff\xfe\n\x80", "\xff\xfe|\x80|"},
};
static void test_small_texts_cut_anywhere(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t size = (int64_t)strlen(texts[i].text);
        test_write_text("t", texts[i].text);
        for (int64_t a = 0; a <= size; a++)
            for (int64_t b = a; b <= size; b++) { /* parts 0..a..b..size */
                char out[100];
                size_t n = 0;
                int64_t bounds[] = {0, a, b, size};
                for (size_t p = 0; p < 3; p++)
                    if (bounds[p] < bounds[p + 1])
                        assert_int_equal(read_part(test_path("t"), size, bounds[p], bounds[p + 1],
                                                   LINE_MAX_BYTES, 3, out, &n, NULL),
                                         WADI_OK);
                out[n] = 0;
                assert_string_equal(out, texts[i].expected);
            }
    }
}
static void test_nul_bytes(void **state) {
    (void)state;
    char out[20];
    size_t n = 0;
    test_write("t", "a\0b\n\0\n", 6);
    assert_int_equal(read_part(test_path("t"), 6, 0, -1, LINE_MAX_BYTES, 10, out, &n, NULL),
                     WADI_OK);
    assert_int_equal(n, 6);
    assert_memory_equal(out, "a\0b|\0|", 6);
}
/* Random lines, some longer than a buffer, in random parts. */
static void test_large_texts(void **state) {
    (void)state;
    enum { SIZE_MAX_BYTES = 3 << 20 };
    char *text = malloc(SIZE_MAX_BYTES), *wanted = malloc(SIZE_MAX_BYTES * 2),
         *out = malloc(SIZE_MAX_BYTES * 2);
    for (int round = 0; round < 12; round++) {
        size_t size = 0;
        while (size < SIZE_MAX_BYTES - 700000 && random_below(100000) != 0) {
            size_t len =
                random_below(1000) == 0 ? random_below(600000) : random_below(round % 2 ? 200 : 5);
            for (size_t i = 0; i < len; i++) text[size++] = (char)('a' + i % 26);
            if (random_below(3) == 0) text[size++] = '\r';
            text[size++] = '\n';
        }
        if (round % 3 == 0 && size > 0) size--;
        size_t wanted_size = expected_lines(text, size, wanted), n = 0;
        test_write("t", text, size);
        for (int64_t at = 0; at < (int64_t)size;) {
            int64_t until = at + 1 + random_below(round % 4 ? 700000 : 30000);
            if (until > (int64_t)size) until = (int64_t)size;
            assert_int_equal(read_part(test_path("t"), (int64_t)size, at, until, LINE_MAX_BYTES,
                                       1 + random_below(512), out, &n, NULL),
                             WADI_OK);
            at = until;
        }
        assert_int_equal(n, wanted_size);
        assert_memory_equal(out, wanted, n);
        n = 0;
        assert_int_equal(
            read_part(test_path("t"), (int64_t)size, 0, -1, LINE_MAX_BYTES, 512, out, &n, NULL),
            WADI_OK);
        assert_int_equal(n, wanted_size);
        assert_memory_equal(out, wanted, n);
    }
    free(text);
    free(wanted);
    free(out);
}
typedef struct limit_case {
    const char *name, *text;
    int64_t from, line_max_bytes;
    const char *message; /* NULL: it is read */
} limit_case;
static const limit_case limits[] = {
    {"a line as long as it may be", "a\n12345\nb", 0, 5, NULL},
    {"the same with CR LF", "a\n12345\r\nb", 0, 5, NULL},
    {"one more byte", "a\n123456\nb", 0, 5,
     ": line 2 is longer than 5 bytes (wadi.source.line_max_bytes)"},
    {"the last line, without an end", "a\nb\n123456", 0, 5,
     ": line 3 is longer than 5 bytes (wadi.source.line_max_bytes)"},
    {"in a later part of a file", "a\nb\n123456\n", 1, 5,
     ": the line at byte 4 is longer than 5 bytes (wadi.source.line_max_bytes)"},
};
static void test_line_max(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char out[100];
        size_t n = 0;
        wadi_error err = WADI_ERROR_INIT;
        int64_t size = (int64_t)strlen(limits[i].text);
        test_write_text("t", limits[i].text);
        wadi_status status = read_part(test_path("t"), size, limits[i].from, size,
                                       limits[i].line_max_bytes, 10, out, &n, &err);
        assert_int_equal(status, limits[i].message == NULL ? WADI_OK : WADI_E_INVALID);
        if (limits[i].message == NULL) continue;
        assert_memory_equal(err.message, test_path("t"), strlen(test_path("t")));
        assert_string_equal(err.message + strlen(test_path("t")), limits[i].message);
    }
}
static void test_line_max_of_long_lines(void **state) {
    (void)state;
    enum { LEN = 1 << 20 };
    char *text = malloc(LEN + 1), *out = malloc(LEN + 10);
    memset(text, 'x', LEN);
    text[LEN] = '\n';
    for (size_t size = LEN; size <= LEN + 1; size++) { /* without an end, and with one */
        size_t n = 0;
        test_write("t", text, size);
        assert_int_equal(read_part(test_path("t"), (int64_t)size, 0, -1, LEN, 10, out, &n, NULL),
                         WADI_OK);
        assert_int_equal(n, LEN + 1);
        n = 0;
        assert_int_equal(
            read_part(test_path("t"), (int64_t)size, 0, -1, LEN - 1, 10, out, &n, NULL),
            WADI_E_INVALID);
        assert_int_equal(n, 0);
    }
    free(text);
    free(out);
}
static void test_files_that_change(void **state) {
    (void)state;
    char out[100];
    size_t n = 0;
    wadi_error err = WADI_ERROR_INIT;
    test_write_text("t", "one\ntwo\nthree\n");
    assert_int_equal(read_part(test_path("t"), 8, 0, 8, LINE_MAX_BYTES, 10, out, &n, NULL),
                     WADI_OK);
    assert_int_equal(n, 8); /* what was added later is not read .. */
    n = 0;
    assert_int_equal(read_part(test_path("t"), 6, 0, 6, LINE_MAX_BYTES, 10, out, &n, NULL),
                     WADI_OK);
    assert_memory_equal(out, "one|tw|", 7); /* .. to the byte */
    assert_int_equal(read_part(test_path("t"), 20, 0, 20, LINE_MAX_BYTES, 10, out, &n, &err),
                     WADI_E_IO);
    assert_non_null(
        strstr(err.message, "has become shorter while it was read: 14 bytes of 20 are left"));
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(read_part(test_path("u"), 20, 0, 20, LINE_MAX_BYTES, 10, out, &n, &err),
                     WADI_E_IO);
    assert_non_null(strstr(err.message, "no such file: "));
}
#ifdef WADI_HAVE_ZLIB
static void test_gzip_file(void **state) {
    (void)state;
    enum { LINES = 100000 };
    gzFile gz = gzopen(test_path("t.gz"), "wb");
    for (int i = 0; i < LINES; i++) gzprintf(gz, "line %d\n", i);
    gzclose(gz);
    gz = gzopen(test_path("t.gz"), "ab"); /* a second member */
    gzprintf(gz, "last");
    gzclose(gz);
    wadi__file_stat stat;
    bool exists;
    wadi__fs_stat(&wadi__env_real, test_path("t.gz"), &stat, &exists, NULL);
    char *out = malloc(LINES * 12), *at = out, line[32];
    size_t n = 0;
    assert_int_equal(
        read_part(test_path("t.gz"), stat.size_bytes, 0, -1, LINE_MAX_BYTES, 512, out, &n, NULL),
        WADI_OK);
    for (int i = 0; i < LINES; i++) {
        int len = snprintf(line, sizeof line, "line %d|", i);
        assert_memory_equal(at, line, (size_t)len);
        at += len;
    }
    assert_int_equal(n, (size_t)(at - out) + 5);
    assert_memory_equal(at, "last|", 5);
    wadi_error err = WADI_ERROR_INIT;
    n = 0;
    truncate(test_path("t.gz"), stat.size_bytes - 5);
    assert_int_equal(read_part(test_path("t.gz"), stat.size_bytes - 5, 0, -1, LINE_MAX_BYTES, 512,
                               out, &n, &err),
                     WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, "the gzip data is cut off; in "));
    free(out);
}
#endif
static void test_without_memory(void **state) {
    (void)state;
    char out[100];
    test_write_text("t", "one\ntwo\nthree\n");
    for (uint64_t n = 1;; n++) {
        size_t size = 0, count = 0;
        wadi__keep *keep = wadi__keep_new();
        wadi__lines lines;
        wadi_str rows[8];
        wadi_error err = WADI_ERROR_INIT;
        wadi__mem_fail_at(n, false);
        wadi_status status =
            wadi__lines_open(&lines, &wadi__env_real, test_path("t"), 14, 2, 14, 100, keep, &err);
        if (status == WADI_OK) status = wadi__lines_next(&lines, rows, 8, &count, &err);
        wadi__mem_fail_at(0, false);
        wadi__lines_close(&lines);
        wadi__keep_unref(keep);
        (void)out, (void)size;
        if (status == WADI_OK) break;
        assert_int_equal(status, WADI_E_NOMEM);
        assert_true(n < 100);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_small_texts_cut_anywhere),
        TEST_FILES(test_nul_bytes),
        TEST_FILES(test_large_texts),
        TEST_FILES(test_line_max),
        TEST_FILES(test_line_max_of_long_lines),
        TEST_FILES(test_files_that_change),
#ifdef WADI_HAVE_ZLIB
        TEST_FILES(test_gzip_file),
#endif
        TEST_FILES(test_without_memory),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
