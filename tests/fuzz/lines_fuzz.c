/* SPDX-License-Identifier: Apache-2.0 */
/* lines_fuzz.c: a file of any bytes, read whole and in parts that meet anywhere: together the parts
 * have every line once, as a byte at a time would cut it. The first byte is how many parts there
 * are, the second whether reads are short, the third the longest line. */
#include "fs/lines.h"
#include "fuzz.h"
#include "testing/sim_disk.h"

#include <wadi/str.h>

typedef struct expected { /* the lines of the text, one after another */
    const char *text;
    size_t size, at;
} expected;

static void expect(expected *self, wadi_str line) {
    const char *begin = self->text + self->at;
    fuzz_check(self->at < self->size);
    const char *stop = memchr(begin, '\n', self->size - self->at);
    const char *end = stop != NULL ? stop : self->text + self->size;
    self->at = (size_t)(end - self->text) + (stop != NULL);
    if (stop != NULL && end > begin && end[-1] == '\r') end--;
    fuzz_check(line.len == (size_t)(end - begin) &&
               memcmp(wadi_str_data(&line), begin, line.len) == 0);
}
static bool has_longer(const char *text, size_t size, size_t line_max) {
    size_t begin = 0;
    for (size_t i = 0; i <= size; i++) {
        if (i < size && text[i] != '\n') continue;
        if (i - begin > line_max) return true;
        begin = i + 1;
    }
    return false;
}
/* False: a line is too long. */
static bool read_part(wadi__env *disk, size_t size, int64_t from, int64_t until, int64_t line_max,
                      expected *expected) {
    wadi__lines lines = {0};
    wadi__keep *keep = wadi__keep_new();
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status =
        wadi__lines_open(&lines, disk, "/f", (int64_t)size, from, until, line_max, keep, &err);
    size_t count = 1;
    while (status == WADI_OK && count > 0) {
        wadi_str rows[7];
        status = wadi__lines_next(&lines, rows, 7, &count, &err);
        for (size_t i = 0; status == WADI_OK && i < count; i++) expect(expected, rows[i]);
    }
    wadi__lines_close(&lines);
    wadi__keep_unref(keep);
    if (status != WADI_OK)
        fuzz_check(status == WADI_E_INVALID && strstr(err.message, "/f") != NULL);
    return status == WADI_OK;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    unsigned parts = 1 + fuzz_byte(&in) % 9, is_short = fuzz_byte(&in), line_max = fuzz_byte(&in);
    char *text = fuzz_rest(&in);
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__sim_disk_put(disk, "/f", text, in.size);
    wadi__sim_disk_set_short(disk, (is_short & 1) != 0);
    int64_t line_bytes = line_max == 0 ? 1 << 20 : (int64_t)line_max;
    /* A line end of two bytes may or may not count. */
    bool may_fail = has_longer(text, in.size, (size_t)line_bytes - 1);
    expected whole = {text, in.size, 0}, pieces = whole;
    bool is_read = read_part(disk, in.size, 0, -1, line_bytes, &whole);
    fuzz_check(is_read ? whole.at == in.size : may_fail);
    for (unsigned p = 0; is_read && p < parts; p++) {
        int64_t from = (int64_t)(in.size * p / parts), until = (int64_t)(in.size * (p + 1) / parts);
        if (from < until) is_read = read_part(disk, in.size, from, until, line_bytes, &pieces);
    }
    fuzz_check(is_read ? pieces.at == in.size : may_fail);
    wadi__sim_disk_free(disk);
    free(text);
    return 0;
}
