/* SPDX-License-Identifier: Apache-2.0 */
/* file_selection.c: new files by name and time. */
#include "source/file_selection.h"

#include <stdlib.h>
#include <string.h>

int64_t wadi__file_remember_batches(int64_t batch_ms, int64_t min_remember_ms) {
    int64_t batches = (min_remember_ms + batch_ms - 1) / batch_ms;
    return batches > 0 ? batches : 1; /* else no file could ever be new */
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const wadi__input *)a)->path, ((const wadi__input *)b)->path);
}
static bool is_taken(const wadi__file_selection *self, char *path) {
    wadi__input wanted = {.path = path};
    for (size_t i = self->taken.count; i > 0; i--) {
        const wadi__inputs *files = &self->taken.items[i - 1].files;
        if (bsearch(&wanted, files->items, files->count, sizeof *files->items, by_path) != NULL)
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

/* ---- What was taken ---- */

static bool add_copy(wadi__inputs *files, const char *path, int64_t size_bytes,
                     int64_t modified_ms) {
    char *copy = wadi__strdup(path);
    if (copy != NULL && wadi__vec_push(files, (wadi__input){copy, size_bytes, modified_ms}))
        return true;
    wadi__free(copy);
    return false;
}
/* There must be room. */
static void insert(wadi__file_selection *self, const wadi__taken *made) {
    size_t at = self->taken.count++;
    self->changes++;
    for (; at > 0 && self->taken.items[at - 1].time_ms > made->time_ms; at--)
        self->taken.items[at] = self->taken.items[at - 1];
    self->taken.items[at] = *made;
}
/* Keeps those candidates, in the order of their times. False: no memory. */
static bool keep(wadi__file_selection *self, const wadi__taken *of,
                 const wadi__candidate *candidates, const bool *chosen, size_t count) {
    wadi__taken made = *of;
    bool kept = true;
    for (size_t i = 0; kept && i < count; i++)
        if (chosen[i])
            kept = add_copy(&made.files, candidates[i].path, candidates[i].size_bytes,
                            candidates[i].modified_ms);
    if (made.files.count == 0) return kept;
    if (!kept || !wadi__vec_reserve(&self->taken, 1)) {
        wadi__inputs_fini(&made.files);
        return false;
    }
    qsort(made.files.items, made.files.count, sizeof *made.files.items, by_path);
    insert(self, &made);
    return true;
}
bool wadi__file_selection_add_file(wadi__file_selection *self, int64_t time_ms, bool is_batch,
                                   const wadi__input *file) {
    size_t i = self->taken.count;
    while (i > 0 && (self->taken.items[i - 1].time_ms != time_ms ||
                     self->taken.items[i - 1].is_batch != is_batch))
        i--;
    if (i == 0) {
        wadi__taken made = {.time_ms = time_ms, .is_batch = is_batch};
        if (!wadi__vec_reserve(&self->taken, 1) ||
            !add_copy(&made.files, file->path, file->size_bytes, file->modified_ms))
            return false;
        insert(self, &made);
        return true;
    }
    wadi__inputs *files = &self->taken.items[i - 1].files;
    if (!add_copy(files, file->path, file->size_bytes, file->modified_ms)) return false;
    size_t at = files->count - 1;
    self->changes++;
    wadi__input added = files->items[at];
    for (; at > 0 && by_path(&files->items[at - 1], &added) > 0; at--)
        files->items[at] = files->items[at - 1];
    files->items[at] = added;
    return true;
}
bool wadi__file_selection_add_empty(wadi__file_selection *self, int64_t time_ms) {
    size_t at = self->empty.count;
    while (at > 0 && self->empty.items[at - 1].first_ms > time_ms) at--;
    if (at > 0) { /* mostly the next one */
        wadi__empty_batches *before = &self->empty.items[at - 1];
        if (time_ms <= before->last_ms) return true;
        if (time_ms == before->last_ms + self->slide_ms) {
            before->last_ms = time_ms;
            return true;
        }
    }
    if (!wadi__vec_reserve(&self->empty, 1)) return false;
    for (size_t i = self->empty.count++; i > at; i--)
        self->empty.items[i] = self->empty.items[i - 1];
    self->empty.items[at] = (wadi__empty_batches){time_ms, time_ms};
    return true;
}
static bool is_empty_batch(const wadi__file_selection *self, int64_t time_ms) {
    for (size_t i = self->empty.count; i > 0; i--) {
        const wadi__empty_batches *batches = &self->empty.items[i - 1];
        if (batches->first_ms <= time_ms)
            return time_ms <= batches->last_ms &&
                   (time_ms - batches->first_ms) % self->slide_ms == 0;
    }
    return false;
}
bool wadi__file_selection_find(const wadi__file_selection *self, int64_t time_ms,
                               const wadi__taken **batch) {
    *batch = NULL;
    for (size_t i = self->taken.count; i > 0 && *batch == NULL; i--) {
        const wadi__taken *taken = &self->taken.items[i - 1];
        if (taken->time_ms == time_ms && taken->is_batch) *batch = taken;
    }
    return *batch != NULL || is_empty_batch(self, time_ms);
}

/* ---- Each batch ---- */

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
    wadi__taken of = {.time_ms = last_ms};
    return keep(self, &of, candidates, chosen, count);
}
bool wadi__file_selection_take(wadi__file_selection *self, int64_t time_ms, int64_t drift_ms,
                               const wadi__candidate *candidates, size_t count) {
    bool *chosen = wadi__malloc(count * sizeof *chosen);
    if (chosen == NULL) return false;
    bool kept = drift_ms >= self->drift_ms ||
                keep_future(self, time_ms, drift_ms, candidates, chosen, count);
    size_t new_count = 0;
    for (size_t i = 0; kept && i < count; i++) new_count += chosen[i] = candidates[i].is_new;
    wadi__taken of = {.time_ms = time_ms, .is_batch = true};
    kept = kept && (new_count > 0 ? keep(self, &of, candidates, chosen, count)
                                  : wadi__file_selection_add_empty(self, time_ms));
    wadi__free(chosen);
    if (kept) self->drift_ms = drift_ms;
    return kept;
}

/* ---- Forgetting ---- */

void wadi__file_selection_forget(wadi__file_selection *self, int64_t time_ms) {
    size_t old = 0;
    while (old < self->taken.count && self->taken.items[old].time_ms < time_ms)
        wadi__inputs_fini(&self->taken.items[old++].files);
    self->taken.count -= old;
    self->changes += old;
    if (old > 0)
        memmove(self->taken.items, self->taken.items + old,
                self->taken.count * sizeof(wadi__taken));
    for (old = 0; old < self->empty.count && self->empty.items[old].last_ms < time_ms;) old++;
    self->empty.count -= old;
    if (old > 0)
        memmove(self->empty.items, self->empty.items + old,
                self->empty.count * sizeof(wadi__empty_batches));
}
void wadi__file_selection_fini(wadi__file_selection *self) {
    for (size_t i = 0; i < self->taken.count; i++) wadi__inputs_fini(&self->taken.items[i].files);
    wadi__vec_fini(&self->taken);
    wadi__vec_fini(&self->empty);
}
