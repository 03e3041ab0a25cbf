/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_work.c: the writer: sets become files of the chain, files are merged, and those that
 * nobody asks for go. */
#include "stream/state_files_parts.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>

enum {
    LARGE_DELTA =
        4096, /* rows: a delta of as many, and of half the base's, is followed by a base */
};

static bool is_known(const wadi__state_files *self, const wadi__state_file_entry *entry) {
    const wadi__state_file_list *lists[] = {&self->chain, &self->retired};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++) {
            const wadi__state_file_entry *known = &lists[l]->items[i];
            if (known->time_ms == entry->time_ms && known->epoch == entry->epoch &&
                known->number == entry->number && known->is_base == entry->is_base)
                return true;
        }
    return false;
}
static bool is_temporary(const char *name) {
    size_t len = strlen(name);
    return name[0] == '.' && len > 4 && strcmp(name + len - 4, ".tmp") == 0;
}
static void remove_file(const wadi__state_files *self, const char *name) {
    wadi_error err = WADI_ERROR_INIT;
    char *path = wadi__fs_join(self->dir, name);
    if (path != NULL && wadi__fs_remove(self->spec.env, path, &err) != WADI_OK)
        wadi__log_warn("stream", "a file of a state that is not needed stays: %s", err.message);
    wadi__free(path);
}
/* What other runs have left: checkpoints may name it. */
static void look_at_name(wadi__state_files *self, const char *name) {
    wadi__state_file_entry entry;
    if (is_temporary(name)) {
        remove_file(self, name);
    } else if (wadi__state_file_parse_name(name, &entry)) {
        pthread_mutex_lock(&self->lock);
        if (!is_known(self, &entry)) (void)wadi__vec_push(&self->retired, entry);
        if (entry.number >= self->next_number) self->next_number = entry.number + 1;
        pthread_mutex_unlock(&self->lock);
    }
}
static wadi_status make_dir(wadi__state_files *self, wadi_error *err) {
    wadi__env *env = self->spec.env;
    if (self->has_listed) return WADI_OK;
    wadi_status status = wadi__fs_make_safe_dirs(env, self->dir, err);
    wadi__names names = {0};
    if (status == WADI_OK) status = wadi__fs_list(env, self->dir, &names, err);
    for (size_t i = 0; status == WADI_OK && i < names.count; i++)
        look_at_name(self, names.items[i]);
    wadi__names_fini(&names);
    self->has_listed = status == WADI_OK;
    return status;
}
static wadi_status write_file(wadi__state_files *self, wadi__state_file_entry *entry,
                              wadi_error *err) {
    wadi__state_file_writer writer;
    wadi_status status = make_dir(self, err);
    entry->number = self->next_number++;
    if (status == WADI_OK) status = wadi__state_place_begin(&self->place, entry, &writer, err);
    if (status != WADI_OK) return status;
    const wadi__capture *capture = &self->full.capture;
    for (size_t i = 0; status == WADI_OK && i < capture->sections.count; i++)
        status = wadi__state_file_add(&writer, &capture->sections.items[i], err);
    if (status == WADI_OK) return wadi__state_place_finish(&self->place, entry, &writer, err);
    wadi__state_file_abort(&writer);
    return status;
}
/* The set is safe, in a file if it has anything. False: no memory, and it is not known. holds lock
 */
static bool add_snapshot(wadi__state_files *self, const wadi__state_file_entry *entry) {
    if (!wadi__vec_reserve(&self->snapshots, 1) || !wadi__vec_reserve(&self->chain, 1))
        return false;
    if (entry != NULL) {
        size_t base = self->chain.count;
        while (base > 0 && !self->chain.items[--base].is_base) continue;
        self->prefers_all = !entry->is_base && entry->rows >= LARGE_DELTA &&
                            entry->rows * 2 >= self->chain.items[base].rows;
        self->chain.items[self->chain.count++] = *entry;
    }
    self->snapshots.items[self->snapshots.count++] = self->full.time_ms;
    wadi__capture_set_clear(&self->full);
    self->has_full = false;
    return true;
}
/* holds lock */
static void note_snapshot(wadi__state_files *self, const wadi__state_file_entry *entry,
                          int64_t begin_ns) {
    int64_t took_ns = self->spec.env->monotonic_ns(self->spec.env) - begin_ns;
    self->newest = (wadi__snapshot_facts){
        .batch_ms = entry->time_ms, .size_bytes = entry->size_bytes, .took_ms = took_ns / 1000000};
}
static void write_full(wadi__state_files *self) {
    wadi_error err = WADI_ERROR_INIT;
    pthread_mutex_lock(&self->lock);
    bool has_full = self->has_full, is_base = self->full.is_all || self->chain.count == 0;
    wadi__state_file_entry entry = {
        .time_ms = self->full.time_ms,
        .from_ms = is_base ? 0 : self->chain.items[self->chain.count - 1].time_ms,
        .epoch = self->spec.epoch,
        .is_base = is_base,
        .named_ms = INT64_MIN};
    pthread_mutex_unlock(&self->lock);
    if (!has_full) return;
    bool has_rows = self->full.capture.sections.count > 0 || is_base;
    int64_t begin_ns = self->spec.env->monotonic_ns(self->spec.env);
    wadi_status status = has_rows ? write_file(self, &entry, &err) : WADI_OK;
    if (status == WADI_OK) {
        pthread_mutex_lock(&self->lock);
        if (!add_snapshot(self, has_rows ? &entry : NULL))
            status = wadi_error_context(&err, WADI_E_NOMEM, "no memory for a snapshot");
        else
            note_snapshot(self, &entry, begin_ns);
        pthread_mutex_unlock(&self->lock);
    }
    if (status == WADI_OK) return;
    wadi__log_warn("stream",
                   "the state of %s after batch %" PRId64
                   " ms is not saved yet, and tried again at "
                   "its next checkpoint: %s",
                   self->stream, entry.time_ms, err.message);
}

/* Copies the chain of the named snapshot, as far as it is to be merged. */
static bool find_merge(wadi__state_files *self, wadi__state_file_list *files) {
    size_t from, end, at;
    pthread_mutex_lock(&self->lock);
    wadi__state_files_find_chain(self, self->named_ms, &from, &end);
    /* The next file will be a base, and takes the place of all. */
    bool is_idle = self->prefers_all && end - from <= self->spec.chain_max;
    bool is_due =
        !is_idle && self->named_ms != INT64_MIN && self->named_ms != self->merge_failed_ms &&
        wadi__state_merge_is_due(self->chain.items + from, end - from, self->spec.chain_max, &at);
    for (size_t i = is_due ? from + at : end; i < end && is_due; i++)
        is_due = wadi__vec_push(files, self->chain.items[i]);
    pthread_mutex_unlock(&self->lock);
    if (!is_due) wadi__vec_fini(files);
    return is_due;
}
/* Whoever reads the chain now cannot, so it is begun anew. holds lock */
static void note_damage(wadi__state_files *self, wadi_status status) {
    self->merge_failed_ms = self->named_ms;
    if (status == WADI_E_CORRUPT) self->wants_all = true;
}
/* The files come between others of the chain, of which nobody but this thread takes any away but at
 * its begin. */
static bool replace(wadi__state_files *self, const wadi__state_file_list *files,
                    const wadi__state_file_entry *made) {
    const wadi__state_file_entry *oldest = files->items;
    size_t at = 0;
    if (oldest == NULL) return false;
    while (at < self->chain.count && self->chain.items[at].number != oldest->number) at++;
    if (at + files->count > self->chain.count) return false; /* it has been begun anew */
    if (!wadi__vec_reserve(&self->retired, files->count)) return false;
    (void)wadi__state_files_retire(self, at, files->count - 1);
    self->retired.items[self->retired.count++] = self->chain.items[at];
    self->chain.items[at] = *made;
    return true;
}
static void merge(wadi__state_files *self, const atomic_bool *is_ending) {
    wadi__state_file_list files = {0};
    if (!find_merge(self, &files)) return;
    wadi_error err = WADI_ERROR_INIT;
    wadi__state_file_entry made = {.epoch = self->spec.epoch, .named_ms = INT64_MIN};
    wadi_status status = make_dir(self, &err);
    made.number = self->next_number++;
    if (status == WADI_OK)
        status = wadi__state_merge(&self->place, files.items, files.count, &made, is_ending, &err);
    pthread_mutex_lock(&self->lock);
    if (status != WADI_OK) note_damage(self, status);
    bool is_unused = status == WADI_OK && !replace(self, &files, &made);
    pthread_mutex_unlock(&self->lock);
    char name[WADI__STATE_FILE_NAME_MAX];
    wadi__state_file_name(&made, name);
    if (is_unused) remove_file(self, name);
    if (status != WADI_OK && !atomic_load(is_ending))
        wadi__log_warn("stream", "files of the state of %s are not merged: %s", self->stream,
                       err.message);
    wadi__vec_fini(&files);
}
static void remove_retired(wadi__state_files *self) {
    for (bool has_more = true; has_more;) {
        wadi__state_file_entry entry;
        has_more = false;
        pthread_mutex_lock(&self->lock);
        for (size_t i = 0; i < self->retired.count && !has_more; i++) {
            if (self->retired.items[i].named_ms >= self->trim_ms) continue;
            entry = self->retired.items[i];
            wadi__state_file_list_remove(&self->retired, i, 1);
            has_more = true;
        }
        pthread_mutex_unlock(&self->lock);
        char name[WADI__STATE_FILE_NAME_MAX];
        if (!has_more) return;
        wadi__state_file_name(&entry, name);
        remove_file(self, name);
    }
}
void wadi__state_files_work(wadi__state_files *self, const atomic_bool *is_ending) {
    write_full(self);
    if (!atomic_load(is_ending)) merge(self, is_ending);
    remove_retired(self);
}
