/* SPDX-License-Identifier: Apache-2.0 */
/* state_load.c: states that were saved once. Keys are spread over the partitions anew: there may be
 * another number of them now, or another partitioner, and hashes have another seed. */
#include "data/value.h"
#include "rdd/pipeline.h"
#include "stream/state.h"

#include <string.h>

void wadi__state_follow(wadi__state *state, const wadi__capture_sink *saver) {
    state->saver = *saver;
    wadi__counted_ref(saver->self);
    for (uint32_t p = 0; p < state->partition_count; p++)
        wadi__state_store_note(&state->partitions[p].store);
}
static wadi_status no_memory(wadi_error *err) {
    wadi_error_context(err, WADI_E_NOMEM,
                       "no memory for a state that was saved; raise wadi.memory.max_bytes");
    return WADI_E_NOMEM;
}
wadi_status wadi__state_expect(wadi__state *state, uint64_t keys, wadi_error *err) {
    uint64_t each = keys / state->partition_count;
    for (uint32_t p = 0; p < state->partition_count; p++)
        if (!wadi__state_store_expect(&state->partitions[p].store, (size_t)(each + each / 64 + 1)))
            return no_memory(err);
    return WADI_OK;
}

/* ---- Which partition ---- */

typedef struct spreading { /* the records or keys of a chunk */
    wadi__state *state;
    const wadi__bound_fn *by;
    const wadi__type *key;
    const wadi__chunk *chunk;
    uint64_t hashes[WADI__CHUNK_ROWS];
    uint32_t partitions[WADI__CHUNK_ROWS];
    uint32_t order[WADI__CHUNK_ROWS]; /* rows, partition by partition */
    int64_t times_ms[WADI__CHUNK_ROWS];
    uint32_t *ends; /* by partition: where its rows end in `order` */
} spreading;

/* Runs the program's function on whole records, or on keys, as it was declared. */
static wadi_status ask_partitioner(spreading *self, const char *rows, wadi_error *err) {
    wadi__fn_entry entry;
    wadi__task task = {.sc = self->state->sc, .keep = wadi__keep_new()};
    wadi_status status = WADI_OK;
    if (task.keep == NULL) return no_memory(err);
    wadi_call call = {.count = self->chunk->count,
                      .in = rows,
                      .partitions = self->partitions,
                      .partition_count = self->state->partition_count,
                      .env = self->by->env,
                      .task = &task.user};
    if (wadi__fn_lookup(self->by->name, &entry)) {
        call.fn = entry.fn;
        entry.fn->run(&call);
        if (task.user.failed)
            status = wadi_error_context(err, WADI_E_USER, "partitioner '%s' failed: %s",
                                        self->by->name, task.err.message);
    } else {
        status = wadi_error_context(err, WADI_E_STATE, "function '%s' is not there any more",
                                    self->by->name);
    }
    wadi__keep_unref(task.keep);
    wadi__arena_fini(&task.scratch);
    return status;
}
static wadi_status by_user(spreading *self, wadi_error *err) {
    const wadi__type *in = self->by->in;
    bool takes_records = in == NULL || (in->pub.size == self->chunk->record_size &&
                                        wadi__type_matches(in, self->state->type));
    size_t size = self->key->pub.size;
    if (takes_records) return ask_partitioner(self, self->chunk->rows, err);
    char *keys = wadi__malloc(self->chunk->count * size);
    if (keys == NULL) return no_memory(err);
    for (uint32_t i = 0; i < self->chunk->count; i++)
        memcpy(keys + i * size, self->chunk->rows + (size_t)i * self->chunk->record_size, size);
    wadi_status status = ask_partitioner(self, keys, err);
    wadi__free(keys);
    return status;
}
static wadi_status find_partitions(spreading *self, wadi_error *err) {
    uint32_t count = self->state->partition_count;
    if (self->by == NULL) {
        for (uint32_t i = 0; i < self->chunk->count; i++)
            self->partitions[i] = wadi__partition_of(self->hashes[i], count);
        return WADI_OK;
    }
    wadi_status status = by_user(self, err);
    for (uint32_t i = 0; status == WADI_OK && i < self->chunk->count; i++)
        if (self->partitions[i] >= count)
            status = wadi_error_context(err, WADI_E_USER,
                                        "partitioner '%s' returned %u; there are %u partitions",
                                        self->by->name, self->partitions[i], count);
    return status;
}
static wadi_status spread(spreading *self, wadi_error *err) {
    uint32_t count = self->state->partition_count;
    wadi__value_hash_rows(self->key, self->chunk->rows, self->chunk->record_size, NULL,
                          self->chunk->count, self->hashes);
    wadi_status status = find_partitions(self, err);
    if (status != WADI_OK) return status;
    memset(self->ends, 0, (count + 1) * sizeof *self->ends);
    for (uint32_t i = 0; i < self->chunk->count; i++) self->ends[self->partitions[i] + 1]++;
    for (uint32_t p = 0; p < count; p++) self->ends[p + 1] += self->ends[p];
    for (uint32_t i = 0; i < self->chunk->count; i++)
        self->order[self->ends[self->partitions[i]]++] = i; /* from the begin of p to its end */
    return WADI_OK;
}

/* ---- Loading ---- */

static wadi_status load_chunk(spreading *self, bool has_times, wadi_error *err) {
    wadi_status status = spread(self, err);
    for (uint32_t p = 0, from = 0; status == WADI_OK && p < self->state->partition_count; p++) {
        wadi__state_rows rows = {.rows = self->chunk->rows,
                                 .selected = self->order + from,
                                 .hashes = self->hashes,
                                 .times_ms = has_times ? self->times_ms : NULL,
                                 .count = self->ends[p] - from};
        from = self->ends[p];
        if (!wadi__state_store_load(&self->state->partitions[p].store, &rows))
            status = no_memory(err);
    }
    return status;
}
static wadi_status unload_chunk(spreading *self, wadi_error *err) {
    /* Of a key alone it is not known where a function of records has put it. */
    bool is_known =
        self->by == NULL || (self->by->in != NULL && wadi__type_matches(self->by->in, self->key));
    wadi_status status = WADI_OK;
    if (is_known)
        status = spread(self, err);
    else
        wadi__value_hash_rows(self->key, self->chunk->rows, self->chunk->record_size, NULL,
                              self->chunk->count, self->hashes);
    for (uint32_t i = 0; status == WADI_OK && i < self->chunk->count; i++) {
        const char *key = self->chunk->rows + (size_t)i * self->chunk->record_size;
        uint32_t first = is_known ? self->partitions[i] : 0;
        uint32_t end = is_known ? first + 1 : self->state->partition_count;
        for (uint32_t p = first; p < end; p++)
            wadi__state_store_unload(&self->state->partitions[p].store, key, self->hashes[i]);
    }
    return status;
}
wadi_status wadi__state_load(wadi__state *state, const wadi__bound_fn *by,
                             const wadi__section *section, wadi_error *err) {
    wadi__note_place note = {0};
    spreading *self = wadi__malloc(sizeof *self);
    uint32_t *ends = wadi__malloc((state->partition_count + 1) * sizeof *ends);
    wadi_status status = self != NULL && ends != NULL ? WADI_OK : no_memory(err);
    for (size_t c = 0; status == WADI_OK && c < section->rows->chunks.count; c++) {
        self->state = state;
        self->by = by;
        self->key = state->type->key;
        self->chunk = section->rows->chunks.items[c];
        self->ends = ends;
        if (section->notes != NULL)
            wadi__notes_read(section->notes, &note, self->times_ms, self->chunk->count);
        status = section->kind == WADI__SECTION_REMOVED
                     ? unload_chunk(self, err)
                     : load_chunk(self, section->notes != NULL, err);
    }
    wadi__free(self);
    wadi__free(ends);
    return status;
}
/* Where it was not known when a key was last touched, as the program had no time-out then, it
 * counts from now on. */
static void make_up_times(wadi__state_store *store, int64_t batch_ms) {
    for (size_t c = 0; store->keeps_times && c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++)
            if (chunk->times_ms[slot] == 0) chunk->times_ms[slot] = batch_ms;
    }
}
void wadi__state_go_on_from(wadi__state *state, int64_t batch_ms) {
    state->applied_ms = batch_ms;
    state->forgotten_ms = batch_ms - 1;
    for (uint32_t p = 0; p < state->partition_count; p++) {
        state->partitions[p].batch_ms = batch_ms;
        make_up_times(&state->partitions[p].store, batch_ms);
    }
}
