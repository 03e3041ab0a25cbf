/* SPDX-License-Identifier: Apache-2.0 */
/* block_cursor.c: pushing the records of a stored block. */
#include "rdd/block_cursor.h"

typedef struct block_cursor {
    wadi__cursor cursor;
    const wadi__block *block;
    wadi__sink *sink;
    size_t chunk;
    uint32_t row, rows_max;
} block_cursor;

static bool block_step(wadi__cursor *cursor) {
    block_cursor *self = (block_cursor *)cursor;
    if (self->block == NULL || self->chunk == self->block->chunks.count) return false;
    wadi__chunk *chunk = self->block->chunks.items[self->chunk];
    uint32_t count = chunk->count - self->row < self->rows_max ? chunk->count - self->row : self->rows_max;
    wadi__slice slice = {chunk->rows + (size_t)self->row * chunk->record_size, count, NULL,
                         chunk->hashes != NULL ? chunk->hashes + self->row : NULL, chunk};
    self->row += count;
    if (self->row == chunk->count) {
        self->row = 0;
        self->chunk++;
    }
    if (count > 0) wadi__push(self->sink, &slice);
    return true;
}
wadi__cursor *wadi__block_open(wadi__block *block, wadi__task *task, wadi__sink *sink) {
    block_cursor *self = wadi__task_scratch(task, sizeof *self);
    if (self == NULL) return NULL;
    self->cursor.step = block_step;
    self->sink = sink;
    if (block == NULL) return &self->cursor;
    self->block = block;
    self->rows_max = wadi__chunk_rows_max(block->type->pub.size);
    return wadi__task_keep(task, &block->counted) ? &self->cursor : NULL;
}
