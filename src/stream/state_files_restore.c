/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_restore.c: what a checkpoint names is read again, or checked. */
#include "stream/state_files_parts.h"

#include "data/frame.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Restoring ---- */

typedef struct named { /* the frames of a checkpoint */
    const char *at;
    size_t left;
    state_snapshot head;
} named;

/* The next frame; *block, of which there is one more reference, has its records. */
static wadi_status next_frame(named *from, const wadi__type *type, wadi__block **block,
                              wadi_error *err) {
    size_t used;
    wadi_status status =
        wadi__frame_read_renamed(type, from->at, from->left, NULL, block, &used, err);
    if (status != WADI_OK) return status;
    from->at += used;
    from->left -= used;
    return WADI_OK;
}
static wadi_status next_records(named *from, const wadi_type *pub, wadi__block **block,
                                wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return WADI_E_NOMEM;
    wadi_status status = next_frame(from, type, block, err);
    return status == WADI_E_TYPE ? wadi_error_context(err, WADI_E_CORRUPT, "it is no snapshot")
                                 : status;
}
static wadi_status differs(const wadi__state_files *self, wadi_error *err, const char *fmt, ...)
    WADI_PRINTF(3, 4);
static wadi_status differs(const wadi__state_files *self, wadi_error *err, const char *fmt, ...) {
    char what[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return wadi_error_context(err, WADI_E_TYPE,
                              "%s: %s; to begin afresh give the stream another .name and say "
                              ".drop_unused_state, else keep the record as it was and map it",
                              self->stream, what);
}
static wadi_status read_snapshot_head(const wadi__state_files *self, named *from, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = next_records(from, WADI_TYPE(state_snapshot), &block, err);
    if (status != WADI_OK) return status;
    if (block->row_count == 1)
        memcpy(&from->head, block->chunks.items[0]->rows, sizeof from->head);
    else
        status = wadi_error_context(err, WADI_E_CORRUPT, "a snapshot without a head");
    wadi_str op = from->head.op;
    if (status == WADI_OK && from->head.version != WADI__STATE_SNAPSHOT_VERSION)
        status = wadi_error_context(
            err, WADI_E_CORRUPT, "a snapshot of version %" PRId64 "; this library reads version %d",
            from->head.version, WADI__STATE_SNAPSHOT_VERSION);
    else if (status == WADI_OK &&
             (op.len != strlen(self->op) || memcmp(wadi_str_data(&op), self->op, op.len) != 0 ||
              from->head.is_keyed != self->spec.is_keyed))
        status = differs(self, err, "a state of %.*s was saved, the program has %s",
                         (int)(op.len < 60 ? op.len : 60), wadi_str_data(&op), self->op);
    else if (status == WADI_OK && from->head.slide_ms != self->spec.slide_ms)
        status = differs(self, err,
                         "a window with a slide of %" PRId64
                         " ms was saved, that of the program is %" PRId64 " ms",
                         from->head.slide_ms, self->spec.slide_ms);
    from->head.op = (wadi_str){0};
    wadi__block_unref(block);
    return status;
}
/* Whether the program's record can take what was saved. */
static wadi_status read_type(const wadi__state_files *self, named *from, wadi_error *err) {
    char saved_text[120], text[120];
    wadi_error why = WADI_ERROR_INIT;
    const wadi__type *saved = NULL;
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_type(from->at, from->left, &saved, err);
    if (status != WADI_OK) return status;
    status = next_frame(from, self->spec.type, &block, &why);
    wadi__block_unref(block);
    if (status == WADI_OK) return WADI_OK;
    if (status != WADI_E_TYPE) return wadi_error_context(err, status, "%s", why.message);
    return differs(self, err, "%s has saved %s, the program has %s (%.120s)", self->op,
                   wadi__type_text(saved, saved_text, sizeof saved_text),
                   wadi__type_text(self->spec.type, text, sizeof text), why.message);
}
static bool take_entry(wadi__state_files *self, const state_snapshot_file *record) {
    wadi__state_file_entry entry = {.time_ms = record->time_ms,
                                    .from_ms = record->from_ms,
                                    .epoch = record->epoch,
                                    .number = record->number,
                                    .is_base = record->is_base,
                                    .size_bytes = record->size_bytes,
                                    .rows = record->rows,
                                    .named_ms = INT64_MAX};
    return wadi__vec_push(&self->chain, entry);
}
/* Whether each file follows from the one before. */
static bool is_chain(const wadi__state_files *self, int64_t time_ms) {
    for (size_t i = 0; i < self->chain.count; i++) {
        const wadi__state_file_entry *entry = &self->chain.items[i];
        bool follows =
            i == 0 || (entry->from_ms == entry[-1].time_ms && entry->time_ms > entry[-1].time_ms);
        if (entry->is_base != (i == 0) || !follows || entry->time_ms > time_ms) return false;
    }
    return true;
}
static wadi_status read_entries(wadi__state_files *self, named *from, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = next_records(from, WADI_TYPE(state_snapshot_file), &block, err);
    if (status != WADI_OK) return status;
    bool taken = true;
    for (size_t c = 0; c < block->chunks.count; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        const state_snapshot_file *records = (const void *)chunk->rows;
        for (uint32_t i = 0; i < chunk->count; i++) taken = taken && take_entry(self, &records[i]);
    }
    wadi__block_unref(block);
    if (!taken) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a snapshot");
    if (is_chain(self, from->head.time_ms)) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT, "files that do not follow one another");
}
/* Of panes, those that were in the window when it was saved: it may have had another length. */
static wadi_status visit_file(const wadi__state_files *self, const wadi__state_file_entry *entry,
                              const state_snapshot *head, const wadi__state_visitor *visitor,
                              wadi_error *err) {
    wadi__state_file_reader reader;
    wadi_status status = wadi__state_place_open(&self->place, entry, &reader, err);
    if (status != WADI_OK) return status;
    for (bool is_end = false; status == WADI_OK && !is_end;) {
        wadi__section section;
        status = wadi__state_file_next(&reader, &section, err);
        is_end = status != WADI_OK || section.rows == NULL;
        if (is_end) break;
        bool has_left = section.kind == WADI__SECTION_PANE &&
                        section.time_ms <= head->time_ms - head->window_ms;
        if (!has_left) status = visitor->visit(visitor->arg, &section, err);
        wadi__block_unref(section.rows);
        wadi__block_unref(section.notes);
    }
    wadi__state_file_close(&reader);
    return status;
}
static wadi_status visit_all(wadi__state_files *self, const state_snapshot *head,
                             const wadi__state_visitor *visitor, wadi_error *err) {
    uint64_t rows = 0;
    for (size_t i = 0; i < self->chain.count; i++)
        rows = rows > self->chain.items[i].rows ? rows : self->chain.items[i].rows;
    wadi_status status = visitor->expect(visitor->arg, rows, err);
    for (size_t i = 0; status == WADI_OK && i < self->chain.count; i++)
        status = visit_file(self, &self->chain.items[i], head, visitor, err);
    return status;
}
wadi_status wadi__state_files_restore(wadi__state_files *self, const void *bytes, size_t size,
                                      const wadi__state_visitor *visitor, int64_t *time_ms,
                                      int64_t *begun_ms, wadi_error *err) {
    named from = {.at = bytes, .left = size};
    self->chain.count = 0;
    wadi_status status = read_snapshot_head(self, &from, err);
    if (status == WADI_OK) status = read_type(self, &from, err);
    if (status == WADI_OK) status = read_entries(self, &from, err);
    if (status == WADI_OK && from.left > 0)
        status = wadi_error_context(err, WADI_E_CORRUPT, "bytes behind a snapshot");
    if (status == WADI_OK) status = visit_all(self, &from.head, visitor, err);
    if (status == WADI_OK && !wadi__vec_push(&self->snapshots, from.head.time_ms))
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for a snapshot");
    if (status != WADI_OK) {
        self->chain.count = 0;
        return wadi_error_context(err, status, "while the state of %s was read", self->stream);
    }
    self->named_ms = self->newest.batch_ms = from.head.time_ms;
    *time_ms = from.head.time_ms;
    *begun_ms = from.head.begun_ms;
    return WADI_OK;
}

/* ---- Checking ---- */

static wadi_status check_file(wadi__env *env, const char *dir, const state_snapshot_file *record,
                              wadi_error *err) {
    char name[WADI__STATE_FILE_NAME_MAX];
    wadi__state_file_entry entry = {.time_ms = record->time_ms,
                                    .epoch = record->epoch,
                                    .number = record->number,
                                    .is_base = record->is_base};
    wadi__state_file_name(&entry, name);
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return wadi__fs_no_memory(err, dir);
    wadi_status status = wadi__state_file_check(env, path, record->size_bytes, err);
    wadi__free(path);
    return status;
}
static wadi_status check_all(wadi__env *env, const char *dir, const wadi__block *files,
                             wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t c = 0; c < files->chunks.count; c++) {
        const wadi__chunk *chunk = files->chunks.items[c];
        const state_snapshot_file *records = (const void *)chunk->rows;
        for (uint32_t i = 0; status == WADI_OK && i < chunk->count; i++)
            status = check_file(env, dir, &records[i], err);
    }
    return status;
}
wadi_status wadi__state_files_check(wadi__env *env, const char *checkpoint_dir, wadi_str stream,
                                    wadi_str snapshot, wadi_error *err) {
    named from = {.at = wadi_str_data(&snapshot), .left = snapshot.len};
    wadi__block *files = NULL;
    wadi_status status = WADI_OK;
    for (int passed = 0; status == WADI_OK && passed < 2; passed++) { /* head and type */
        size_t used = 0;
        status = wadi__frame_check(from.at, from.left, &used, err);
        from.at += used;
        from.left -= used;
    }
    if (status == WADI_OK)
        status = next_records(&from, WADI_TYPE(state_snapshot_file), &files, err);
    if (status != WADI_OK) return status;
    char *dir = wadi__format("%s/state/%.*s", checkpoint_dir, WADI_STR_ARG(stream));
    status =
        dir != NULL ? check_all(env, dir, files, err) : wadi__fs_no_memory(err, checkpoint_dir);
    wadi__free(dir);
    wadi__block_unref(files);
    return status;
}
