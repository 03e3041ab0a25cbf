/* SPDX-License-Identifier: Apache-2.0 */
/* str.c: the parts of strings that are not inlined into users' functions and need no task. */
#include "base/mem.h"

#include <wadi/str.h>

#include "base/mem.h"
#include "data/number.h"

#include <stdarg.h>
#include <stdio.h>

int wadi_str_compare(wadi_str a, wadi_str b) {
    size_t both = a.len < b.len ? a.len : b.len;
    int c = memcmp(wadi_str_data(&a), wadi_str_data(&b), both);
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}
bool wadi_str_contains(wadi_str s, const char *part) {
    return memmem(wadi_str_data(&s), s.len, part, strlen(part)) != NULL;
}
bool wadi_str_starts_with(wadi_str s, const char *part) {
    size_t len = strlen(part);
    return s.len >= len && memcmp(wadi_str_data(&s), part, len) == 0;
}
bool wadi_str_ends_with(wadi_str s, const char *part) {
    size_t len = strlen(part);
    return s.len >= len && memcmp(wadi_str_data(&s) + s.len - len, part, len) == 0;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

wadi_str wadi_str_trim(wadi_str s) {
    const char *bytes = wadi_str_data(&s), *end = bytes + s.len;
    while (bytes < end && is_space(*bytes)) bytes++;
    while (bytes < end && is_space(end[-1])) end--;
    return wadi_str_view(bytes, (size_t)(end - bytes));
}

bool wadi_str_to_int64(wadi_str s, int64_t *value) { return wadi__number_int64(wadi_str_data(&s), s.len, value); }
bool wadi_str_to_double(wadi_str s, double *value) { return wadi__number_double(wadi_str_data(&s), s.len, value); }

int wadi_str_scan(wadi_str s, const char *fmt, ...) {
    char small[256], *text = s.len < sizeof small ? small : wadi__malloc((size_t)s.len + 1);
    if (text == NULL) return 0;
    memcpy(text, wadi_str_data(&s), s.len);
    text[s.len] = 0;
    va_list args;
    va_start(args, fmt);
    int fields = vsscanf(text, fmt, args);
    va_end(args);
    if (text != small) wadi__free(text);
    return fields < 0 ? 0 : fields;
}
