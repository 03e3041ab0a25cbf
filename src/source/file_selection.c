/* SPDX-License-Identifier: Apache-2.0 */
/* file_selection.c: new files by name and time. */
#include "source/file_selection.h"

#include <stdlib.h>
#include <string.h>

int64_t wadi__file_remember_batches(int64_t batch_ms, int64_t min_remember_ms) {
    int64_t batches = (min_remember_ms + batch_ms - 1) / batch_ms;
    return batches > 0 ? batches : 1; /* else no file could ever be new */
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static bool is_taken(const wadi__file_selection *self, const char *path) {
    for (size_t i = self->taken.count; i > 0; i--) {
        const wadi__taken *taken = &self->taken.items[i - 1];
        if (bsearch(&path, taken->paths, taken->count, sizeof *taken->paths, by_name) != NULL)
            return true;
    }
    return false;
}
static bool is_in_time(const wadi__file_selection *self, int64_t time_ms, int64_t modified_ms) {
    int64_t oldest_ms = time_ms - self->remember_ms;
    if (oldest_ms < self->start_ms) oldest_ms = self->start_ms;
    return modified_ms > oldest_ms && modified_ms <= time_ms;
}
void wadi__file_selection_ask(const wadi__file_selection *self, int64_t time_ms, int64_t drift_ms,
                              wadi__candidate *candidates, size_t count) {
    for (size_t i = 0; i < count; i++) {
        wadi__candidate *file = &candidates[i];
        /* What came just before the clock was set is dated as before. */
        bool in_time = is_in_time(self, time_ms, file->modified_ms - drift_ms) ||
                       (drift_ms != self->drift_ms &&
                        is_in_time(self, time_ms, file->modified_ms - self->drift_ms));
        file->is_new = in_time && !is_taken(self, file->path);
    }
}

static void taken_free(wadi__taken *taken) {
    for (size_t i = 0; i < taken->count; i++) wadi__free(taken->paths[i]);
    wadi__free(taken->paths);
}
/* Keeps the paths of those candidates, in the order of their times. False: no memory. */
static bool keep(wadi__file_selection *self, int64_t time_ms, const wadi__candidate *candidates,
                 const bool *chosen, size_t count) {
    wadi__taken made = {.time_ms = time_ms};
    for (size_t i = 0; i < count; i++) made.count += chosen[i];
    if (made.count == 0) return true;
    size_t room = made.count;
    made.count = 0;
    made.paths = wadi__calloc(room, sizeof *made.paths);
    bool kept = made.paths != NULL && wadi__vec_reserve(&self->taken, 1);
    for (size_t i = 0; kept && i < count; i++)
        if (chosen[i]) kept = (made.paths[made.count++] = wadi__strdup(candidates[i].path)) != NULL;
    if (!kept) {
        taken_free(&made);
        return false;
    }
    qsort(made.paths, made.count, sizeof *made.paths, by_name);
    size_t at = self->taken.count++;
    for (; at > 0 && self->taken.items[at - 1].time_ms > time_ms; at--)
        self->taken.items[at] = self->taken.items[at - 1];
    self->taken.items[at] = made;
    return true;
}
/* Files dated in the future of a clock that went back, taken already or not: they would become new,
 * or new again, one after another. */
static bool keep_future(wadi__file_selection *self, int64_t time_ms, int64_t drift_ms,
                        const wadi__candidate *candidates, bool *chosen, size_t count) {
    int64_t last_ms = time_ms;
    for (size_t i = 0; i < count; i++) {
        int64_t when_ms = candidates[i].modified_ms - drift_ms;
        chosen[i] = when_ms > time_ms;
        if (chosen[i] && when_ms > last_ms) last_ms = when_ms;
    }
    return keep(self, last_ms, candidates, chosen, count);
}
bool wadi__file_selection_take(wadi__file_selection *self, int64_t time_ms, int64_t drift_ms,
                               const wadi__candidate *candidates, size_t count) {
    bool *chosen = wadi__malloc(count * sizeof *chosen);
    if (chosen == NULL) return false;
    bool kept = drift_ms >= self->drift_ms ||
                keep_future(self, time_ms, drift_ms, candidates, chosen, count);
    for (size_t i = 0; kept && i < count; i++) chosen[i] = candidates[i].is_new;
    kept = kept && keep(self, time_ms, candidates, chosen, count);
    wadi__free(chosen);
    if (kept) self->drift_ms = drift_ms;
    return kept;
}
void wadi__file_selection_forget(wadi__file_selection *self, int64_t time_ms) {
    size_t old = 0;
    while (old < self->taken.count && self->taken.items[old].time_ms < time_ms)
        taken_free(&self->taken.items[old++]);
    if (old == 0) return;
    self->taken.count -= old;
    memmove(self->taken.items, self->taken.items + old, self->taken.count * sizeof(wadi__taken));
}
void wadi__file_selection_fini(wadi__file_selection *self) {
    for (size_t i = 0; i < self->taken.count; i++) taken_free(&self->taken.items[i]);
    wadi__vec_fini(&self->taken);
}
