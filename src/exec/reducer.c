/* SPDX-License-Identifier: Apache-2.0 */
/* reducer.c: looking a slice's keys up, and calling the function with what was found. */
#include "exec/reducer.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

static void reducer_close(wadi__at_close *at_close) {
    wadi__hash_table_fini(&((wadi__reducer *)(void *)at_close)->table);
}
bool wadi__reducer_init(wadi__reducer *self, const wadi_rdd *rdd, const wadi__bound_fn *fn,
                        const wadi__type *record, wadi__task *task, size_t expected_keys,
                        uint64_t row_count_max) {
    self->task = task;
    self->rdd = rdd;
    if (fn != NULL && !wadi__call_site_init(&self->site, rdd, fn, task)) return false;
    if (rdd->zero_keep != NULL && !wadi__task_keep(task, &rdd->zero_keep->counted)) return false;
    size_t batch =
        row_count_max < WADI__HASH_TABLE_BATCH ? (size_t)row_count_max : WADI__HASH_TABLE_BATCH;
    self->accs = wadi__task_room(task, batch * sizeof *self->accs);
    self->merged = wadi__task_room(task, batch * sizeof *self->merged);
    self->is_new = wadi__task_room(task, batch * sizeof *self->is_new);
    if (self->accs == NULL || self->merged == NULL || self->is_new == NULL) return false;
    if (wadi__hash_table_init(&self->table, rdd->key, record->pub.size, expected_keys,
                              row_count_max, &task->keep->arena)) {
        self->at_close.close = reducer_close;
        wadi__task_on_close(task, &self->at_close);
        return true;
    }
    wadi__task_fail(task, WADI_E_NOMEM, "no memory for a table of %zu keys", expected_keys);
    return false;
}
static void no_memory(const wadi__reducer *self) {
    wadi__task_fail(self->task, WADI_E_NOMEM, "no memory for a table of %zu keys",
                    self->table.count);
}
/* Records from number `from` on of a slice, as many as the table takes at once. */
static wadi__hash_batch batch_of(const wadi__reducer *self, const wadi__slice *in, size_t row_size,
                                 const uint64_t *hashes, uint32_t from) {
    size_t left = in->count - from,
           count = left < WADI__HASH_TABLE_BATCH ? left : WADI__HASH_TABLE_BATCH;
    return (wadi__hash_batch){
        .rows = in->selected != NULL ? in->rows : (const char *)in->rows + from * row_size,
        .row_size = row_size,
        .selected = in->selected != NULL ? in->selected + from : NULL,
        .hashes = hashes != NULL ? hashes + from : NULL,
        .count = count,
        .ahead = left - count,
        .accs = self->accs,
        .merged = self->merged,
        .is_new = self->is_new};
}
void wadi__reducer_merge(wadi__reducer *self, const wadi__slice *in, const uint64_t *hashes) {
    for (uint32_t from = 0; from < in->count && !self->task->user.failed;
         from += WADI__HASH_TABLE_BATCH) {
        wadi__hash_batch batch = batch_of(self, in, self->table.record_size, hashes, from);
        size_t merged = wadi__hash_table_merge(&self->table, &batch);
        if (merged == (size_t)-1) {
            no_memory(self);
            return;
        }
        if (self->site.code == NULL || merged == 0) continue;
        bool is_dense = merged == batch.count && in->selected == NULL;
        wadi_call call = {.count = merged,
                          .in = batch.rows,
                          .rows = is_dense ? NULL : self->merged,
                          .accs = self->accs};
        wadi__call_site_run(&self->site, &call);
    }
    self->rows_in += in->count;
}
/* What follows the key of a new accumulator. */
static void begin(const wadi__reducer *self, char *acc, size_t size) {
    size_t key_size = self->table.key->pub.size;
    if (self->rdd->zero != NULL)
        memcpy(acc + key_size, (const char *)self->rdd->zero + key_size, size - key_size);
}
void wadi__reducer_combine(wadi__reducer *self, const wadi__slice *in, size_t row_size,
                           const uint64_t *hashes) {
    for (uint32_t from = 0; from < in->count && !self->task->user.failed;
         from += WADI__HASH_TABLE_BATCH) {
        wadi__hash_batch batch = batch_of(self, in, row_size, hashes, from);
        if (!wadi__hash_table_find(&self->table, &batch)) {
            no_memory(self);
            return;
        }
        for (size_t i = 0; self->rdd->zero != NULL && i < batch.count; i++)
            if (self->is_new[i]) begin(self, self->accs[i], self->table.record_size);
        wadi_call call = {.count = batch.count,
                          .in = batch.rows,
                          .rows = batch.selected,
                          .accs = self->accs,
                          .is_new = self->is_new};
        wadi__call_site_run(&self->site, &call);
    }
    self->rows_in += in->count;
}
void wadi__reducer_lift(wadi__reducer *self, const wadi__slice *in, size_t row_size,
                        wadi__chunk *out) {
    const size_t size = out->record_size, key_size = self->table.key->pub.size;
    memset(out->rows, 0, in->count * size);
    memset(self->is_new, true, WADI__HASH_TABLE_BATCH);
    for (uint32_t from = 0; from < in->count && !self->task->user.failed;
         from += WADI__HASH_TABLE_BATCH) {
        wadi__hash_batch batch = batch_of(self, in, row_size, NULL, from);
        for (size_t i = 0; i < batch.count; i++) {
            char *acc = out->rows + (from + i) * size;
            size_t row = batch.selected != NULL ? batch.selected[i] : i;
            memcpy(acc, batch.rows + row * row_size, key_size);
            begin(self, acc, size);
            self->accs[i] = acc;
        }
        wadi_call call = {.count = batch.count,
                          .in = batch.rows,
                          .rows = batch.selected,
                          .accs = self->accs,
                          .is_new = self->is_new};
        wadi__call_site_run(&self->site, &call);
    }
    out->count = in->count;
    self->rows_in += in->count;
}
/* record_size 0: not known to the compiler. Whether a slot is empty is pure chance, so small
 * records are copied out of every slot, and the next one over them where it was. */
INLINE void emit(const wadi__hash_table *table, size_t *at, wadi__chunk *out, uint32_t rows_max,
                 size_t record_size, bool with_hashes) {
    const size_t size = record_size != 0 ? record_size : table->record_size;
    const size_t slot_size = record_size != 0 ? 8 + record_size : table->slot_size;
    const char *slot = table->slots + *at * slot_size;
    char *to = out->rows;
    uint32_t count = 0;
    size_t i = *at;
    for (; i < table->capacity && count < rows_max; i++, slot += slot_size) {
        const uint64_t hash = *(const uint64_t *)(const void *)slot;
        if (record_size == 0 && hash == 0) continue;
        memcpy(to, slot + sizeof hash, size);
        if (with_hashes) out->hashes[count] = hash;
        to += hash != 0 ? size : 0;
        count += hash != 0;
    }
    out->count = count;
    *at = i;
}
void wadi__reducer_emit(const wadi__reducer *self, size_t *at, wadi__chunk *out,
                        uint32_t rows_max) {
#define SIZES(with_hashes)                                                   \
    switch (self->table.record_size) {                                       \
    case 8: emit(&self->table, at, out, rows_max, 8, with_hashes); return;   \
    case 16: emit(&self->table, at, out, rows_max, 16, with_hashes); return; \
    case 24: emit(&self->table, at, out, rows_max, 24, with_hashes); return; \
    case 32: emit(&self->table, at, out, rows_max, 32, with_hashes); return; \
    default: emit(&self->table, at, out, rows_max, 0, with_hashes); return;  \
    }
    if (out->hashes != NULL) SIZES(true) else SIZES(false)
#undef SIZES
}
