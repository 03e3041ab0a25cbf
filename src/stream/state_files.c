/* SPDX-License-Identifier: Apache-2.0 */
/* state_files.c: captures become a set, and checkpoints name snapshots of the chain. */
#include "stream/state_files_parts.h"

#include "data/frame.h"

#include <wadi/str.h>

#include <string.h>

/* ---- Life ---- */

static void files_destroy(wadi__counted *counted) {
    wadi__state_files *self = (wadi__state_files *)counted;
    wadi__capture_fini(&self->open.capture);
    wadi__capture_fini(&self->full.capture);
    wadi__vec_fini(&self->chain);
    wadi__vec_fini(&self->retired);
    wadi__vec_fini(&self->snapshots);
    wadi__free(self->dir);
    wadi__free(self->stream);
    wadi__free(self->op);
    pthread_mutex_destroy(&self->lock);
    wadi__free(self);
}
wadi__state_files *wadi__state_files_new(const wadi__state_files_spec *spec) {
    wadi__state_files *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) return NULL;
    wadi__counted_init(&self->counted, files_destroy);
    pthread_mutex_init(&self->lock, NULL);
    self->spec = *spec;
    self->wished_ms = self->named_ms = self->merge_failed_ms = self->trim_ms = INT64_MIN;
    self->newest = (wadi__snapshot_facts){-1, -1, -1};
    self->next_number = 1;
    char *parent = wadi__fs_join(spec->checkpoint_dir, "state");
    self->dir = parent != NULL ? wadi__fs_join(parent, spec->stream) : NULL;
    wadi__free(parent);
    self->stream = wadi__strdup(spec->stream);
    self->op = wadi__strdup(spec->op);
    self->place = (wadi__state_place){.env = spec->env,
                                      .dir = self->dir,
                                      .stream = self->stream,
                                      .op = self->op,
                                      .type = spec->type,
                                      .is_keyed = spec->is_keyed,
                                      .horizon_ms = spec->window_ms};
    if (self->dir != NULL && self->stream != NULL && self->op != NULL) return self;
    files_destroy(&self->counted);
    return NULL;
}
static void wake(wadi__state_files *self) { self->spec.wake(self->spec.wake_arg, self); }

/* ---- Captures ---- */

void wadi__capture_set_clear(wadi__capture_set *set) {
    wadi__capture_fini(&set->capture);
    *set = (wadi__capture_set){0};
}
/* What is wanted of time_ms, the newest so far. Partitions need not come to one time together: some
 * may be at a later one, and what they had then be in the open set already. What is wanted is the
 * same for all, so a set of everything that not all have come to begins anew. holds lock */
static void decide(wadi__state_files *self, int64_t time_ms) {
    self->wished_ms = time_ms;
    self->taken = 0;
    self->has_missed = false;
    bool all = self->wants_all || self->open.is_all ||
               (self->prefers_all && self->open.capture.sections.count == 0);
    self->wish = self->has_full ? WADI__CAPTURE_NOTHING
                 : all          ? WADI__CAPTURE_ALL
                                : WADI__CAPTURE_CHANGES;
    if (self->wish != WADI__CAPTURE_ALL) return;
    wadi__capture_set_clear(&self->open);
    self->open.is_all = true;
}
static wadi__capture_wish files_wish(wadi__counted *counted, int64_t time_ms) {
    wadi__state_files *self = (wadi__state_files *)counted;
    pthread_mutex_lock(&self->lock);
    bool is_first = time_ms > self->wished_ms;
    if (is_first) decide(self, time_ms);
    wadi__capture_wish wish = time_ms == self->wished_ms ? self->wish : WADI__CAPTURE_NOTHING;
    pthread_mutex_unlock(&self->lock);
    if (is_first && wish == WADI__CAPTURE_NOTHING) wake(self); /* what waits is tried again */
    return wish;
}
/* holds lock */
static void add_sections(wadi__state_files *self, wadi__capture *capture) {
    for (size_t i = 0; i < capture->sections.count; i++)
        if (!wadi__capture_add(&self->open.capture, capture->sections.items[i])) {
            self->has_missed = self->wants_all = true; /* it is lost */
        }
    capture->sections.count = 0;
    wadi__vec_fini(&capture->sections);
}
/* All partitions have come to time_ms. holds lock */
static bool close_set(wadi__state_files *self) {
    if (self->has_missed) {
        if (self->open.is_all) self->wants_all = true;
        return false;
    }
    self->full = self->open;
    self->full.time_ms = self->wished_ms;
    self->has_full = true;
    if (self->full.is_all) self->wants_all = self->prefers_all = false;
    self->open = (wadi__capture_set){0};
    return true;
}
static void files_take(wadi__counted *counted, int64_t time_ms, wadi__capture *capture,
                       bool has_lost) {
    wadi__state_files *self = (wadi__state_files *)counted;
    bool is_full = false;
    pthread_mutex_lock(&self->lock);
    bool is_late = time_ms < self->wished_ms; /* another partition has come to a later time */
    if (is_late && self->open.is_all) {
        if (capture != NULL) wadi__capture_fini(capture); /* that time's will have it all */
    } else if (capture != NULL) {
        add_sections(self, capture);
    } else if (!is_late) {
        self->has_missed = true;
    }
    self->wants_all |= has_lost;
    if (!is_late) is_full = ++self->taken == self->spec.partition_count && close_set(self);
    pthread_mutex_unlock(&self->lock);
    if (is_full) wake(self);
}
wadi__capture_sink wadi__state_files_sink(wadi__state_files *self) {
    return (wadi__capture_sink){&self->counted, files_wish, files_take};
}

/* ---- Chains ---- */

void wadi__state_files_find_chain(const wadi__state_files *self, int64_t time_ms, size_t *from,
                                  size_t *end) {
    *from = 0;
    for (*end = 0; *end < self->chain.count && self->chain.items[*end].time_ms <= time_ms; ++*end)
        if (self->chain.items[*end].is_base) *from = *end;
}
void wadi__state_file_list_remove(wadi__state_file_list *list, size_t from, size_t count) {
    list->count -= count;
    if (count > 0 && list->count > from)
        memmove(list->items + from, list->items + from + count,
                (list->count - from) * sizeof list->items[0]);
}
bool wadi__state_files_retire(wadi__state_files *self, size_t from, size_t count) {
    if (!wadi__vec_reserve(&self->retired, count)) return false;
    for (size_t i = from; i < from + count; i++)
        self->retired.items[self->retired.count++] = self->chain.items[i];
    wadi__state_file_list_remove(&self->chain, from, count);
    return true;
}
/* The newest snapshot from before limit_ms; those before it are not asked for any more. False:
 * there is none. holds lock */
static bool choose(wadi__state_files *self, int64_t limit_ms) {
    size_t old = 0, from, end;
    while (old + 1 < self->snapshots.count && self->snapshots.items[old + 1] < limit_ms) old++;
    self->snapshots.count -= old;
    if (old > 0)
        memmove(self->snapshots.items, self->snapshots.items + old,
                self->snapshots.count * sizeof self->snapshots.items[0]);
    if (self->snapshots.count == 0 || self->snapshots.items[0] >= limit_ms) return false;
    self->named_ms = self->snapshots.items[0];
    wadi__state_files_find_chain(self, self->named_ms, &from, &end);
    if (from > 0) wadi__state_files_retire(self, 0, from);
    return true;
}
int64_t wadi__state_files_newest_ms(wadi__state_files *self) {
    pthread_mutex_lock(&self->lock);
    size_t count = self->snapshots.count;
    int64_t newest_ms = count > 0 ? self->snapshots.items[count - 1] : INT64_MIN;
    pthread_mutex_unlock(&self->lock);
    return newest_ms;
}
wadi__snapshot_facts wadi__state_files_facts(wadi__state_files *self) {
    pthread_mutex_lock(&self->lock);
    wadi__snapshot_facts facts = self->newest;
    pthread_mutex_unlock(&self->lock);
    return facts;
}

/* ---- Checkpoints ---- */

static wadi_status add_records(wadi__text *out, const wadi_type *pub, const void *records,
                               size_t count, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi__row_run run = {records, pub->size, count};
    return wadi__frame_write(out, type, &run, count > 0, WADI__FRAME_PLAIN, err);
}
/* holds lock */
static wadi_status add_files(const wadi__state_files *self, size_t from, size_t end,
                             wadi__text *out, wadi_error *err) {
    state_snapshot_file *records = wadi__calloc(end - from, sizeof *records);
    if (records == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a checkpoint");
    for (size_t i = from; i < end; i++) {
        const wadi__state_file_entry *entry = &self->chain.items[i];
        records[i - from] = (state_snapshot_file){.time_ms = entry->time_ms,
                                                  .from_ms = entry->from_ms,
                                                  .epoch = entry->epoch,
                                                  .number = entry->number,
                                                  .is_base = entry->is_base,
                                                  .size_bytes = entry->size_bytes,
                                                  .rows = entry->rows};
    }
    wadi_status status = add_records(out, WADI_TYPE(state_snapshot_file), records, end - from, err);
    wadi__free(records);
    return status;
}
/* Names the chosen snapshot. holds lock */
static wadi_status name_snapshot(wadi__state_files *self, int64_t time_ms, int64_t begun_ms,
                                 wadi__text *out, wadi_error *err) {
    state_snapshot head = {.op = wadi_str_view(self->op, strlen(self->op)),
                           .version = WADI__STATE_SNAPSHOT_VERSION,
                           .time_ms = self->named_ms,
                           .begun_ms = begun_ms,
                           .is_keyed = self->spec.is_keyed,
                           .window_ms = self->spec.window_ms,
                           .slide_ms = self->spec.slide_ms};
    size_t from, end;
    wadi__state_files_find_chain(self, self->named_ms, &from, &end);
    wadi_status status = add_records(out, WADI_TYPE(state_snapshot), &head, 1, err);
    if (status == WADI_OK)
        status = wadi__frame_write(out, self->spec.type, NULL, 0, WADI__FRAME_PLAIN, err);
    if (status == WADI_OK) status = add_files(self, from, end, out, err);
    for (size_t i = from; status == WADI_OK && i < end; i++)
        self->chain.items[i].named_ms = time_ms;
    for (size_t i = 0; i < self->retired.count; i++) /* of other runs: up to now */
        if (self->retired.items[i].named_ms == INT64_MAX) self->retired.items[i].named_ms = time_ms;
    return status;
}
wadi_status wadi__state_files_save(wadi__state_files *self, int64_t limit_ms, int64_t time_ms,
                                   int64_t begun_ms, wadi__text *out, int64_t *saved_ms,
                                   wadi_error *err) {
    wadi_status status = WADI_OK;
    pthread_mutex_lock(&self->lock);
    int64_t before_ms = self->named_ms;
    bool has_any = choose(self, limit_ms);
    if (has_any) status = name_snapshot(self, time_ms, begun_ms, out, err);
    bool is_newer = self->named_ms != before_ms;
    if (has_any && status == WADI_OK) *saved_ms = self->named_ms;
    pthread_mutex_unlock(&self->lock);
    if (is_newer) wake(self); /* there may be something to merge */
    return status;
}
void wadi__state_files_trim(wadi__state_files *self, int64_t time_ms) {
    pthread_mutex_lock(&self->lock);
    if (time_ms > self->trim_ms) self->trim_ms = time_ms;
    bool has_any = false;
    for (size_t i = 0; i < self->retired.count && !has_any; i++)
        has_any = self->retired.items[i].named_ms < self->trim_ms;
    pthread_mutex_unlock(&self->lock);
    if (has_any) wake(self);
}
