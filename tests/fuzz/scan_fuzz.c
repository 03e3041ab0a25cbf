/* SPDX-License-Identifier: Apache-2.0 */
/* scan_fuzz.c: text from outside is cut into lines and pieces as a byte at a time would cut it, and
 * searched as memmem would, by the vector code and by the plain one. The first byte is the separator, the
 * second the length of the searched part, which follows; the rest is the text. */
#include "data/scan.h"

#include <wadi/str.h>

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 256 };

static void check(bool holds) {
    if (!holds) abort();
}
static bool is_text(wadi_str s, const char *bytes, size_t size) {
    return s.len == size && memcmp(wadi_str_data(&s), bytes, size) == 0;
}
static void check_lines(const char *text, size_t size, wadi_str *rows, size_t *count) {
    size_t used, at = 0;
    *count = wadi__scan_lines(text, size, rows, ROWS_MAX, &used);
    for (size_t i = 0; i < *count; i++) {
        const char *end = memchr(text + at, '\n', size - at);
        check(end != NULL);
        size_t next = (size_t)(end - text) + 1;
        if (end > text + at && end[-1] == '\r') end--;
        check(is_text(rows[i], text + at, (size_t)(end - text) - at));
        at = next;
    }
    check(used == at);
    check(*count == ROWS_MAX || memchr(text + at, '\n', size - at) == NULL);
}
static void check_split(const char *text, size_t size, char separator) {
    wadi_str whole = wadi_str_view(text, size);
    wadi_split pieces = wadi_split_on(&whole, separator);
    const char *begin = wadi_str_data(&whole), *at = begin, *end = begin + size;
    while (wadi_split_next(&pieces)) {
        check(at <= end);
        const char *stop = memchr(at, separator, (size_t)(end - at));
        if (stop == NULL) stop = end;
        check(is_text(pieces.piece, at, (size_t)(stop - at)));
        at = stop + 1;
    }
    check(at == end + 1);
}
static void check_find(const char *text, size_t size, const char *part, size_t part_size,
                       const wadi_str *rows, size_t count) {
    check(wadi__scan_find(text, size, part, part_size) == memmem(text, size, part, part_size));
    uint32_t kept[ROWS_MAX];
    size_t expected = 0, found = wadi__scan_containing(rows, NULL, count, part, part_size, kept);
    for (size_t i = 0; i < count; i++) {
        if (memmem(wadi_str_data(&rows[i]), rows[i].len, part, part_size) == NULL) continue;
        check(expected < found && kept[expected] == i);
        expected++;
    }
    check(found == expected);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) return 0;
    char separator = (char)data[0];
    size_t part_size = 1 + data[1] % 16u;
    if (size < 2 + part_size) return 0;
    size_t text_size = size - 2 - part_size;
    char part[16], *text = calloc(1, text_size + WADI__SCAN_PADDING);
    memcpy(part, data + 2, part_size);
    memcpy(text, data + 2 + part_size, text_size);
    for (int plain = 0; plain < 2; plain++) {
        wadi_str rows[ROWS_MAX];
        size_t count;
        wadi__scan_use_plain(plain != 0);
        check_lines(text, text_size, rows, &count);
        check_split(text, text_size, separator);
        check_find(text, text_size, part, part_size, rows, count);
    }
    free(text);
    return 0;
}
