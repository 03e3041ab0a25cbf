/* SPDX-License-Identifier: Apache-2.0 */
/* about.c: reasons and the words that only messages of that reason have. */
#include "testing/conformance/about.h"

#include <stddef.h>
#include <string.h>

static const struct reason {
    const char *about;
    const char *words[2]; /* any of them; NULL: no more */
} reasons[] = {
    {"window not a multiple of parent slide",
     {"The window duration of windowed DStream", "The window duration of ReducedWindowedDStream"}},
    {"slide not a multiple of parent slide",
     {"The slide duration of windowed DStream", "The slide duration of ReducedWindowedDStream"}},
    {"different slide durations", {"different slide durations", NULL}},
    {"a parent produced no RDD",
     {"Could not generate RDD from a parent", "Couldn't generate RDD from parent"}},
    {"transform returned null", {"transform returned null", NULL}},
    {"no previous value and no new value for a key",
     {"Neither previous window has value for key", NULL}},
};

static const struct reason *find(const char *about) {
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reasons[i].about, about) == 0) return &reasons[i];
    return NULL;
}
bool wadi__case_about_is_known(const char *about) { return find(about) != NULL; }
bool wadi__case_about_matches(const char *about, const char *message) {
    const struct reason *reason = find(about);
    for (size_t i = 0; reason != NULL && i < 2 && reason->words[i] != NULL; i++)
        if (strstr(message, reason->words[i]) != NULL) return true;
    return false;
}
