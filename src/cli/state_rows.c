/* SPDX-License-Identifier: Apache-2.0 */
/* state_rows.c: the files of a snapshot, applied one after another to a table of texts by key. No
 * type is known but what the files themselves say. */
#include "cli/state_rows.h"

#include "cli/command.h"
#include "cli/values.h"
#include "data/frame_rows.h"
#include "stream/state_files.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* What a checkpoint keeps of a snapshot begins with one (docs/formats/state.md); fields that are
 * not needed here are passed by. */
WADI_RECORD(state_snapshot, (wadi_str, op), (int64_t, time_ms), (bool, is_keyed),
            (int64_t, window_ms), (int64_t, slide_ms));

/* ---- A table of rows by the text of their keys ---- */

typedef struct entry {
    char *key, *row; /* row NULL: it has gone */
    uint64_t hash;
} entry;
typedef struct table {
    entry *slots; /* key NULL: free; a power of two of them, at most half in use */
    size_t room, count;
} table;

static entry *slot_of(const table *self, const char *key, uint64_t hash) {
    size_t at = hash & (self->room - 1);
    while (self->slots[at].key != NULL &&
           (self->slots[at].hash != hash || strcmp(self->slots[at].key, key) != 0))
        at = (at + 1) & (self->room - 1);
    return &self->slots[at];
}
static void grow(table *self) {
    table larger = {.room = self->room != 0 ? 2 * self->room : 1024, .count = self->count};
    larger.slots = wadi__cli_must(wadi__calloc(larger.room, sizeof *larger.slots));
    for (size_t i = 0; i < self->room; i++)
        if (self->slots[i].key != NULL)
            *slot_of(&larger, self->slots[i].key, self->slots[i].hash) = self->slots[i];
    wadi__free(self->slots);
    *self = larger;
}
/* Takes both texts over; row NULL: the key goes. */
static void put(table *self, char *key, char *row) {
    if (2 * (self->count + 1) > self->room) grow(self);
    uint64_t hash = XXH3_64bits(key, strlen(key));
    entry *at = slot_of(self, key, hash);
    if (at->key == NULL) {
        *at = (entry){key, NULL, hash};
        self->count++;
    } else {
        wadi__free(key);
    }
    wadi__free(at->row);
    at->row = row;
}
static void table_fini(table *self) {
    for (size_t i = 0; i < self->room; i++) {
        wadi__free(self->slots[i].key);
        wadi__free(self->slots[i].row);
    }
    wadi__free(self->slots);
}

/* ---- Sections ---- */

typedef struct reading {
    table rows;
    bool as_json, is_keyed;
    uint64_t panes;
} reading;

static char *text_of(const wadi__type *type, const char *value, bool as_json) {
    wadi__text text = {0};
    if (as_json)
        wadi__cli_json_value(&text, type, value);
    else
        wadi__print_value(&text, type, value);
    wadi__text_add(&text, "", 1);
    if (text.failed) wadi__cli_must(NULL);
    return text.bytes;
}
static void take_row(reading *self, const wadi__section *section, const char *row) {
    const wadi__type *type = section->rows->type;
    bool is_removed = section->kind == WADI__SECTION_REMOVED;
    bool has_key = self->is_keyed && !is_removed && type->pub.kind == WADI_KIND_RECORD;
    const wadi__type *key_type = has_key ? wadi__type_inner(type->pub.fields[0].type) : type;
    bool is_one = !self->is_keyed && !is_removed;
    char *key = is_one ? wadi__cli_must(wadi__strdup("")) : text_of(key_type, row, false);
    put(&self->rows, key, is_removed ? NULL : text_of(type, row, self->as_json));
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    reading *self = arg;
    (void)err;
    if (section->kind == WADI__SECTION_PANE) {
        self->panes += section->rows->row_count;
        return WADI_OK;
    }
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++)
            take_row(self, section, chunk->rows + (size_t)i * section->rows->type->pub.size);
    }
    return WADI_OK;
}
static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static void nobody_writes(void *arg, wadi__state_files *files) { (void)arg, (void)files; }

/* ---- A stream ---- */

/* The head of its snapshot, and the type of its rows. */
static wadi_status read_head(const checkpoint_stream *stream, state_snapshot *head, char **op,
                             const wadi__type **type, wadi_error *err) {
    wadi__frame_rows frames = {wadi_str_data(&stream->kept), stream->kept.len};
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_rows_take(&frames, WADI_TYPE(state_snapshot), &block, err);
    if (status != WADI_OK) return status;
    if (block->row_count == 1) {
        memcpy(head, block->chunks.items[0]->rows, sizeof *head);
        *op = wadi__cli_must(wadi__memdup(wadi_str_data(&head->op), head->op.len));
    } else {
        status = wadi_error_context(err, WADI_E_CORRUPT, "a snapshot without a head");
    }
    wadi__block_unref(block);
    return status == WADI_OK ? wadi__frame_type(frames.at, frames.left_bytes, type, err) : status;
}
static wadi_status read_files(wadi__env *env, const char *dir, const checkpoint_stream *stream,
                              const state_snapshot *head, const char *op, const wadi__type *type,
                              reading *into, wadi_error *err) {
    char *name = wadi__cli_must(wadi__memdup(wadi_str_data(&stream->name), stream->name.len));
    wadi__state_files_spec spec = {.env = env,
                                   .checkpoint_dir = dir,
                                   .stream = name,
                                   .op = op,
                                   .type = type,
                                   .is_keyed = head->is_keyed,
                                   .window_ms = head->window_ms,
                                   .slide_ms = head->slide_ms,
                                   .partition_count = 1,
                                   .chain_max = 1,
                                   .wake = nobody_writes};
    wadi__state_files *files = wadi__cli_must(wadi__state_files_new(&spec));
    wadi__state_visitor visitor = {expect, visit, into};
    int64_t time_ms, begun_ms;
    wadi_status status = wadi__state_files_restore(
        files, wadi_str_data(&stream->kept), stream->kept.len, &visitor, &time_ms, &begun_ms, err);
    wadi__state_files_unref(files);
    wadi__free(name);
    return status;
}
static int by_key(const void *a, const void *b) {
    return strcmp(((const entry *)a)->key, ((const entry *)b)->key);
}
/* Moves the rows over, in the order of their keys. */
static void sort_rows(table *from, wadi__cli_state *to) {
    size_t count = 0;
    for (size_t i = 0; i < from->room; i++)
        if (from->slots[i].key != NULL) from->slots[count++] = from->slots[i];
    from->room = count;
    if (count > 0) qsort(from->slots, count, sizeof *from->slots, by_key);
    for (size_t i = 0; i < count; i++) {
        if (from->slots[i].row == NULL) continue;
        if (!wadi__vec_push(&to->rows, from->slots[i].row)) wadi__cli_must(NULL);
        from->slots[i].row = NULL;
    }
}
wadi_status wadi__cli_state_read(wadi__env *env, const char *dir, const checkpoint_stream *stream,
                                 bool as_json, wadi__cli_state *state, wadi_error *err) {
    *state = (wadi__cli_state){.time_ms = stream->saved_ms};
    if (!stream->is_state || stream->kept.len == 0) return WADI_OK;
    state_snapshot head;
    char *op = NULL;
    const wadi__type *type = NULL;
    wadi_status status = read_head(stream, &head, &op, &type, err);
    reading into = {.as_json = as_json, .is_keyed = status == WADI_OK && head.is_keyed};
    if (status == WADI_OK) status = read_files(env, dir, stream, &head, op, type, &into, err);
    if (status == WADI_OK) {
        state->time_ms = head.time_ms;
        state->panes = into.panes;
        sort_rows(&into.rows, state);
    }
    table_fini(&into.rows);
    wadi__free(op);
    return status;
}
void wadi__cli_state_fini(wadi__cli_state *state) {
    for (size_t i = 0; i < state->rows.count; i++) wadi__free(state->rows.items[i]);
    wadi__vec_fini(&state->rows);
}
