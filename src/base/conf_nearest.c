/* SPDX-License-Identifier: Apache-2.0 */
/* conf_nearest.c: Levenshtein's distance, a row of the table at a time. */
#include "base/conf_nearest.h"

#include "base/conf.h"

#include <string.h>

enum { TEXT_MAX = 256 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

size_t wadi__conf_distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    if (a_size > TEXT_MAX || b_size > TEXT_MAX) return SIZE_MAX;
    size_t row[TEXT_MAX + 1]; /* from the part of `a` so far to each part of `b` */
    for (size_t j = 0; j <= b_size; j++) row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_size];
}

/* The size of the beginning that makes a name the library's own; 0: it is not. */
static size_t own_prefix(const char *name) {
    static const char *const prefixes[] = {"wadi.", "spark.streaming."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) return strlen(prefixes[i]);
    return 0;
}
bool wadi__conf_is_own_name(const char *name) { return own_prefix(name) > 0; }

const char *wadi__conf_nearest(const char *name, size_t far_max) {
    const char *nearest = NULL;
    size_t size = strlen(name), prefix = own_prefix(name);
    for (int id = 0; id < WADI__CONF_COUNT; id++) {
        const char *known = wadi__conf_entry_of((wadi__conf_id)id)->name;
        size_t known_size = strlen(known),
               at_least = size > known_size ? size - known_size : known_size - size;
        if (strncmp(name, known, prefix) != 0 || at_least > far_max) continue;
        size_t far = wadi__conf_distance(name, size, known, known_size);
        if (far > far_max || (nearest != NULL && far == far_max)) continue;
        nearest = known;
        far_max = far;
    }
    return nearest;
}
