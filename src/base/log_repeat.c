/* SPDX-License-Identifier: Apache-2.0 */
/* log_repeat.c: warnings and errors that come again and again. Lines are the same when module,
 * level and text are, whatever numbers are in it: batch times differ. A table of a few places: one
 * that is needed for another line tells first what it has counted. */
#include "base/log_parts.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { PLACES = 32, WINDOW_MS = 10000, SHOWN_BYTES = 300 };

typedef struct place {
    uint64_t hash; /* 0: free */
    int64_t since_ms;
    unsigned written, counted;
    wadi__log_level level;
    char module[WADI__LOG_MODULE_BYTES], text[SHOWN_BYTES]; /* of the last one */
} place;

static place places[PLACES];
static atomic_uint lines_max = 10;

void wadi__log_set_repeats(unsigned most) { atomic_store(&lines_max, most); }

/* FNV-1a, with every run of digits as one. */
static uint64_t hash_of(const wadi__log_line *line) {
    uint64_t hash = 0xcbf29ce484222325ull ^ (uint64_t)line->level;
    const char *parts[] = {line->module, line->text};
    for (size_t i = 0; i < 2; i++)
        for (const char *at = parts[i]; *at != 0; at++) {
            bool is_digit = *at >= '0' && *at <= '9';
            if (is_digit && at[1] >= '0' && at[1] <= '9') continue;
            hash = (hash ^ (is_digit ? '0' : (unsigned char)*at)) * 0x100000001b3ull;
        }
    return hash != 0 ? hash : 1;
}
/* Its place, else a free one, else the oldest that has nothing to tell; NULL: all have. */
static place *place_of(uint64_t hash) {
    place *best = NULL;
    for (place *at = places; at < places + PLACES; at++) {
        if (at->hash == hash) return at;
        if (at->counted == 0 && (best == NULL || at->since_ms < best->since_ms || at->hash == 0))
            best = at;
    }
    return best;
}
bool wadi__log_repeat_passes(const wadi__log_line *line) {
    unsigned most = atomic_load(&lines_max);
    if (most == 0 || line->level < WADI__LOG_WARN) return true;
    uint64_t hash = hash_of(line);
    place *at = place_of(hash);
    if (at == NULL) return true;
    bool is_new = at->hash != hash;
    bool is_past = line->wall_ms - at->since_ms >= WINDOW_MS || line->wall_ms < at->since_ms;
    if (is_new || (is_past && at->counted == 0))
        *at = (place){.hash = hash, .since_ms = line->wall_ms, .level = line->level};
    if (at->written < most) {
        at->written++;
        return true;
    }
    at->counted++;
    snprintf(at->module, sizeof at->module, "%s", line->module);
    snprintf(at->text, sizeof at->text, "%s", line->text);
    return false;
}
bool wadi__log_repeat_next(int64_t wall_ms, bool force, wadi__log_line *line, char *text) {
    for (place *at = places; at < places + PLACES; at++) {
        bool is_due = wall_ms - at->since_ms >= WINDOW_MS || wall_ms < at->since_ms;
        if (at->counted == 0 || (!is_due && !force)) continue;
        snprintf(text, WADI__LOG_TEXT_BYTES, "%u more of this since %d s: %s", at->counted,
                 (int)((wall_ms - at->since_ms) / 1000), at->text);
        *line = (wadi__log_line){
            .level = at->level, .module = at->module, .text = text, .wall_ms = wall_ms};
        at->counted = at->written = 0;
        at->since_ms = wall_ms;
        return true;
    }
    return false;
}
