/* SPDX-License-Identifier: Apache-2.0 */
/* state_merge.c: what the newer files say of a key counts, what the oldest has of it does not.
 *
 * The newer files go into a store, in which keys that went stand as rows that say so. The oldest,
 * which is as large as all of them or larger, streams past it. Where the store would be large, that
 * is done for a share of the keys at a time, by their hashes. */
#include "stream/state_merge.h"

#include "data/value.h"
#include "stream/state_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GONE INT64_MIN /* the note of a key that went */

enum {
    SHARE_BYTES = 64 << 20,  /* of rows that are held at once */
    ROW_OVERHEAD = 24,       /* of a row in a store */
    GROWS_BY = 2,            /* a file is merged with newer ones of half its size */
    SMALL_BYTES = 256 << 10, /* deltas of less are not too long for any base */
};

/* ---- Names ---- */

void wadi__state_file_name(const wadi__state_file_entry *entry, char *name) {
    snprintf(name, WADI__STATE_FILE_NAME_MAX, "%s-%" PRId64 "-%" PRIu64 "-%" PRId64,
             entry->is_base ? "base" : "delta", entry->time_ms, entry->epoch, entry->number);
}
bool wadi__state_file_parse_name(const char *name, wadi__state_file_entry *entry) {
    char again[WADI__STATE_FILE_NAME_MAX], *end;
    bool is_base = strncmp(name, "base-", 5) == 0;
    if (!is_base && strncmp(name, "delta-", 6) != 0) return false;
    *entry = (wadi__state_file_entry){.named_ms = INT64_MAX, .is_base = is_base};
    entry->time_ms = strtoll(name + (is_base ? 5 : 6), &end, 10);
    if (*end == '-') entry->epoch = strtoull(end + 1, &end, 10);
    if (*end == '-') entry->number = strtoll(end + 1, &end, 10);
    wadi__state_file_name(entry, again);
    return strcmp(name, again) == 0;
}
static char *path_of(const wadi__state_place *place, const wadi__state_file_entry *entry,
                     wadi_error *err) {
    char name[WADI__STATE_FILE_NAME_MAX];
    wadi__state_file_name(entry, name);
    char *path = wadi__fs_join(place->dir, name);
    if (path == NULL) wadi__fs_no_memory(err, name);
    return path;
}
static wadi__state_file_head head_of(const wadi__state_place *place,
                                     const wadi__state_file_entry *entry) {
    return (wadi__state_file_head){.stream = place->stream,
                                   .op = place->op,
                                   .epoch = entry->epoch,
                                   .time_ms = entry->time_ms,
                                   .from_ms = entry->from_ms,
                                   .is_base = entry->is_base};
}
wadi_status wadi__state_place_open(const wadi__state_place *place,
                                   const wadi__state_file_entry *entry,
                                   wadi__state_file_reader *reader, wadi_error *err) {
    *reader = (wadi__state_file_reader){0};
    char *path = path_of(place, entry, err);
    if (path == NULL) return WADI_E_NOMEM;
    wadi__state_file_head head = head_of(place, entry);
    wadi_status status = wadi__state_file_open(reader, place->env, path, &head, place->type, err);
    if (status == WADI_OK && reader->size_bytes != entry->size_bytes) {
        wadi_error_context(err, WADI_E_CORRUPT,
                           "damaged state file %s: %" PRId64 " bytes, expected %" PRId64, path,
                           reader->size_bytes, entry->size_bytes);
        status = WADI_E_CORRUPT;
        wadi__state_file_close(reader);
    }
    wadi__free(path);
    return status;
}
wadi_status wadi__state_place_begin(const wadi__state_place *place,
                                    const wadi__state_file_entry *entry,
                                    wadi__state_file_writer *writer, wadi_error *err) {
    *writer = (wadi__state_file_writer){0};
    char *path = path_of(place, entry, err);
    if (path == NULL) return WADI_E_NOMEM;
    wadi__state_file_head head = head_of(place, entry);
    wadi_status status = wadi__state_file_begin(writer, place->env, path, &head, place->type, err);
    wadi__free(path);
    return status;
}
wadi_status wadi__state_place_finish(const wadi__state_place *place, wadi__state_file_entry *entry,
                                     wadi__state_file_writer *writer, wadi_error *err) {
    entry->rows = writer->rows;
    wadi_status status = wadi__state_file_finish(writer, err);
    entry->size_bytes = writer->size_bytes;
    return status == WADI_OK ? wadi__fs_sync_dir(place->env, place->dir, err) : status;
}

/* ---- When ---- */

/* As long as a file is no larger than GROWS_BY times all newer ones it is merged with them, so a
 * record is written again a number of times that grows with the logarithm of the chain alone. */
bool wadi__state_merge_is_due(const wadi__state_file_entry *files, size_t count, size_t most,
                              size_t *from) {
    if (count < 2) return false;
    int64_t deltas = 0, newer = files[count - 1].size_bytes;
    for (size_t i = 1; i < count; i++) deltas += files[i].size_bytes;
    *from = count - 1;
    if (deltas > files[0].size_bytes && deltas > SMALL_BYTES)
        *from = 0;
    else if (count <= most)
        return false;
    while (*from > 0 && (*from == count - 1 || files[*from - 1].size_bytes <= GROWS_BY * newer))
        newer += files[--*from].size_bytes;
    return true;
}

/* ---- One share of the keys ---- */

typedef struct merging {
    const wadi__state_place *place;
    const wadi__state_file_entry *files;
    size_t count;
    const wadi__state_file_entry *made;
    wadi__state_file_writer *writer;
    const atomic_bool *is_ending;
    wadi__state_store newer; /* what all but the first file have */
    bool has_notes;
    uint64_t share, shares;
    wadi_error *err;
} merging;

static wadi_status no_memory(const merging *self) {
    wadi_error_context(self->err, WADI_E_NOMEM, "no memory to merge state files");
    return WADI_E_NOMEM;
}
typedef struct picked { /* rows of a chunk that belong to the share */
    uint64_t hashes[WADI__CHUNK_ROWS];
    uint32_t rows[WADI__CHUNK_ROWS];
    int64_t notes[WADI__CHUNK_ROWS];
    size_t count;
} picked;

static void pick(const merging *self, const wadi__chunk *chunk, picked *to) {
    wadi__value_hash_rows(self->place->type->key, chunk->rows, chunk->record_size, NULL,
                          chunk->count, to->hashes);
    to->count = 0;
    for (uint32_t i = 0; i < chunk->count; i++)
        if (to->hashes[i] % self->shares == self->share) to->rows[to->count++] = i;
}
/* Puts what a section of a newer file says into the store. */
static wadi_status put_rows(merging *self, const wadi__section *section, picked *to) {
    wadi__note_place note = {0};
    self->has_notes |= section->notes != NULL;
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        pick(self, chunk, to);
        memset(to->notes, 0, chunk->count * sizeof to->notes[0]);
        if (section->notes != NULL)
            wadi__notes_read(section->notes, &note, to->notes, chunk->count);
        wadi__state_rows rows = {chunk->rows, to->rows, to->hashes, to->notes, to->count};
        if (!wadi__state_store_load(&self->newer, &rows)) return no_memory(self);
    }
    return WADI_OK;
}
static wadi_status put_removed(merging *self, const wadi__section *section, picked *to) {
    const size_t key_size = self->place->type->key->pub.size;
    char *record = wadi__calloc(1, self->place->type->pub.size);
    wadi_status status = record != NULL ? WADI_OK : no_memory(self);
    for (size_t c = 0; status == WADI_OK && c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        pick(self, chunk, to);
        for (size_t i = 0; status == WADI_OK && i < to->count; i++) {
            static const int64_t gone = GONE;
            memcpy(record, chunk->rows + to->rows[i] * key_size, key_size);
            wadi__state_rows row = {record, NULL, &to->hashes[to->rows[i]], &gone, 1};
            if (!wadi__state_store_load(&self->newer, &row)) status = no_memory(self);
        }
    }
    wadi__free(record);
    return status;
}
static wadi_status put(merging *self, const wadi__section *section, picked *to) {
    if (section->kind == WADI__SECTION_ROWS) return put_rows(self, section, to);
    return section->kind == WADI__SECTION_REMOVED ? put_removed(self, section, to) : WADI_OK;
}

/* Appends rows of a block that are not in the store. */
static bool keep_rows(merging *self, const wadi__section *section, picked *to,
                      wadi__section *kept) {
    const size_t size = section->rows->type->pub.size;
    wadi__note_place note = {0};
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        wadi__state_row found[WADI__CHUNK_ROWS];
        pick(self, chunk, to);
        if (section->notes != NULL)
            wadi__notes_read(section->notes, &note, to->notes, chunk->count);
        wadi__state_store_find(&self->newer, chunk->rows, size, to->hashes, chunk->count, found);
        for (size_t i = 0; i < to->count; i++) {
            uint32_t row = to->rows[i];
            bool is_newer = section->kind == WADI__SECTION_ROWS && found[row] != WADI__STATE_NO_ROW;
            if (is_newer) continue;
            if (!wadi__block_append(kept->rows, chunk->rows + row * size, 1) ||
                (kept->notes != NULL && !wadi__block_append(kept->notes, &to->notes[row], 1)))
                return false;
        }
    }
    return true;
}
static void drop(wadi__section *section) {
    wadi__block_unref(section->rows);
    wadi__block_unref(section->notes);
    *section = (wadi__section){0};
}
/* Writes what a section of the oldest file has and no newer file speaks of. */
static wadi_status pass_on(merging *self, const wadi__section *section, picked *to) {
    wadi__section kept = {.kind = section->kind};
    if (section->kind == WADI__SECTION_PANE) return WADI_OK;
    if (section->kind == WADI__SECTION_REMOVED && self->made->is_base) return WADI_OK;
    kept.rows = wadi__block_new(section->rows->type, section->rows->keep);
    if (section->notes != NULL) kept.notes = wadi__block_new(section->notes->type, NULL);
    bool is_kept = kept.rows != NULL && (section->notes == NULL || kept.notes != NULL) &&
                   keep_rows(self, section, to, &kept);
    wadi_status status = is_kept ? WADI_OK : no_memory(self);
    if (status == WADI_OK && kept.rows->row_count > 0)
        status = wadi__state_file_add(self->writer, &kept, self->err);
    drop(&kept);
    return status;
}

typedef wadi_status each_section(merging *self, const wadi__section *section, picked *to);
static wadi_status read_file(merging *self, size_t i, picked *to, each_section *each) {
    wadi__state_file_reader reader;
    wadi_status status = wadi__state_place_open(self->place, &self->files[i], &reader, self->err);
    if (status != WADI_OK) return status;
    for (bool is_end = false; status == WADI_OK && !is_end;) {
        wadi__section section = {0};
        if (atomic_load(self->is_ending))
            status = wadi_error_context(self->err, WADI_E_STATE, "the program ends");
        else
            status = wadi__state_file_next(&reader, &section, self->err);
        is_end = status != WADI_OK || section.rows == NULL;
        if (is_end) break;
        status = each(self, &section, to);
        drop(&section);
    }
    wadi__state_file_close(&reader);
    return status;
}

/* What the store says: keys that went, then rows. */
static bool list_newer(merging *self, wadi__block *gone, wadi__block *rows, wadi__block *notes) {
    const wadi__state_store *store = &self->newer;
    const size_t size = self->place->type->pub.size;
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++) {
            const char *record = chunk->rows + slot * size;
            bool is_gone = chunk->times_ms[slot] == GONE;
            if (!wadi__block_append(is_gone ? gone : rows, record, 1) ||
                (!is_gone && notes != NULL &&
                 !wadi__block_append(notes, &chunk->times_ms[slot], 1)))
                return false;
        }
    }
    return true;
}
static wadi_status write_newer(merging *self) {
    const wadi__type *type = self->place->type;
    wadi__keep *keep = wadi__keep_new();
    bool is_held = keep != NULL &&
                   (self->newer.keep == NULL || wadi__keep_add(keep, &self->newer.keep->counted));
    wadi__section gone = {.kind = WADI__SECTION_REMOVED}, rows = {.kind = WADI__SECTION_ROWS};
    if (is_held) {
        gone.rows = wadi__block_new(type->key, keep);
        rows.rows = wadi__block_new(type, keep);
        if (self->has_notes) rows.notes = wadi__block_new(wadi__type_int64(), NULL);
    }
    wadi__keep_unref(keep);
    bool is_listed = gone.rows != NULL && rows.rows != NULL &&
                     (!self->has_notes || rows.notes != NULL) &&
                     list_newer(self, gone.rows, rows.rows, rows.notes);
    wadi_status status = is_listed ? WADI_OK : no_memory(self);
    if (status == WADI_OK && gone.rows->row_count > 0 && !self->made->is_base)
        status = wadi__state_file_add(self->writer, &gone, self->err);
    if (status == WADI_OK && rows.rows->row_count > 0)
        status = wadi__state_file_add(self->writer, &rows, self->err);
    drop(&gone);
    drop(&rows);
    return status;
}
/* A share of those that the largest of the newer files has. */
static size_t expected_keys(const merging *self) {
    uint64_t rows = 0;
    for (size_t i = 1; i < self->count; i++)
        if (self->files[i].rows > rows) rows = self->files[i].rows;
    return (size_t)(rows / self->shares);
}
static wadi_status merge_share(merging *self, picked *to) {
    wadi__state_store_init(&self->newer, self->place->type, true);
    wadi_status status =
        wadi__state_store_expect(&self->newer, expected_keys(self)) ? WADI_OK : no_memory(self);
    for (size_t i = 1; status == WADI_OK && i < self->count; i++)
        status = read_file(self, i, to, put);
    if (status == WADI_OK) status = read_file(self, 0, to, pass_on);
    if (status == WADI_OK) status = write_newer(self);
    wadi__state_store_fini(&self->newer);
    return status;
}

/* ---- All of it ---- */

/* Panes are in one file each. */
static wadi_status copy_pane(merging *self, const wadi__section *section, picked *to) {
    (void)to;
    bool is_needed = section->kind == WADI__SECTION_PANE &&
                     section->time_ms > self->made->time_ms - self->place->horizon_ms;
    return is_needed ? wadi__state_file_add(self->writer, section, self->err) : WADI_OK;
}
/* Of one row, the newest counts. */
static wadi_status copy_row(merging *self, const wadi__section *section, picked *to) {
    (void)to;
    return section->kind == WADI__SECTION_ROWS
               ? wadi__state_file_add(self->writer, section, self->err)
               : WADI_OK;
}
static wadi_status merge_unkeyed(merging *self, picked *to) {
    uint64_t before = self->writer->rows;
    wadi_status status = WADI_OK;
    for (size_t i = self->count; status == WADI_OK && i > 0 && self->writer->rows == before; i--)
        status = read_file(self, i - 1, to, copy_row);
    return status;
}
static wadi_status merge_all(merging *self, picked *to) {
    wadi_status status = WADI_OK;
    uint64_t rows = 0;
    for (size_t i = 1; i < self->count; i++) rows += self->files[i].rows;
    self->shares = rows * (self->place->type->pub.size + ROW_OVERHEAD) / SHARE_BYTES + 1;
    if (!self->place->is_keyed) status = merge_unkeyed(self, to);
    for (self->share = 0; self->place->is_keyed && status == WADI_OK && self->share < self->shares;
         self->share++)
        status = merge_share(self, to);
    for (size_t i = 0; self->place->horizon_ms > 0 && status == WADI_OK && i < self->count; i++)
        status = read_file(self, i, to, copy_pane);
    return status;
}
wadi_status wadi__state_merge(const wadi__state_place *place, const wadi__state_file_entry *files,
                              size_t count, wadi__state_file_entry *made,
                              const atomic_bool *is_ending, wadi_error *err) {
    wadi__state_file_writer writer;
    made->time_ms = files[count - 1].time_ms;
    made->from_ms = files[0].from_ms;
    made->is_base = files[0].is_base;
    wadi_status status = wadi__state_place_begin(place, made, &writer, err);
    if (status != WADI_OK) return status;
    merging self = {.place = place,
                    .files = files,
                    .count = count,
                    .made = made,
                    .writer = &writer,
                    .is_ending = is_ending,
                    .err = err};
    picked *to = wadi__malloc(sizeof *to);
    status = to != NULL ? merge_all(&self, to) : no_memory(&self);
    wadi__free(to);
    if (status == WADI_OK) return wadi__state_place_finish(place, made, &writer, err);
    wadi__state_file_abort(&writer);
    return status;
}
