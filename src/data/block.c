/* SPDX-License-Identifier: Apache-2.0 */
/* block.c: gathering chunks into a block. */
#include "data/block.h"

#include "data/value.h"

#include <string.h>

static void block_destroy(wadi__counted *counted) {
    wadi__block *block = (wadi__block *)counted;
    for (size_t i = 0; i < block->chunks.count; i++) wadi__chunk_unref(block->chunks.items[i]);
    wadi__vec_fini(&block->chunks);
    wadi__keep_unref(block->keep);
    wadi__free(block);
}
wadi__block *wadi__block_new(const wadi__type *type, wadi__keep *keep) {
    wadi__block *block = wadi__calloc(1, sizeof *block);
    if (block == NULL) return NULL;
    wadi__counted_init(&block->counted, block_destroy);
    block->type = type;
    block->keep = keep;
    if (keep != NULL) wadi__counted_ref(&keep->counted);
    return block;
}
bool wadi__block_add(wadi__block *block, wadi__chunk *chunk) {
    if (!wadi__vec_push(&block->chunks, chunk)) return false;
    wadi__chunk_ref(chunk);
    block->row_count += chunk->count;
    block->size_bytes += chunk->piece_bytes;
    return true;
}
bool wadi__block_append(wadi__block *block, const void *rows, size_t count) {
    size_t size = block->type->pub.size, rows_max = wadi__chunk_rows_max(size);
    const char *from = rows;
    while (count > 0) {
        wadi__chunk *last = block->chunks.count > 0 ? block->chunks.items[block->chunks.count - 1] : NULL;
        if (last == NULL || last->count == last->capacity || !wadi__counted_is_unique(&last->counted)) {
            size_t room = last == NULL ? 64 : (size_t)last->count * 2;
            if (room < count) room = count;
            if (room > rows_max) room = rows_max;
            last = wadi__chunk_new(size, room, false);
            if (last == NULL) return false;
            bool added = wadi__block_add(block, last);
            wadi__chunk_unref(last);
            if (!added) return false;
        }
        size_t n = last->capacity - last->count < count ? last->capacity - last->count : count;
        memcpy(last->rows + (size_t)last->count * size, from, n * size);
        last->count += (uint32_t)n;
        block->row_count += n;
        from += n * size;
        count -= n;
    }
    return true;
}
bool wadi__block_own(wadi__block *block) {
    const wadi__type *type = block->type;
    if (!type->has_outside) return true;
    for (size_t c = 0; c < block->chunks.count; c++) {
        wadi__chunk *chunk = block->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++)
            if (!wadi__value_own(type, chunk->rows + (size_t)i * type->pub.size, &block->keep->arena)) return false;
    }
    return true;
}
wadi__block *wadi__block_copy(const wadi__block *block) {
    wadi__keep *keep = wadi__keep_new();
    wadi__block *copy = keep != NULL ? wadi__block_new(block->type, keep) : NULL;
    wadi__keep_unref(keep);
    bool copied = copy != NULL;
    for (size_t c = 0; copied && c < block->chunks.count; c++)
        copied = wadi__block_append(copy, block->chunks.items[c]->rows, block->chunks.items[c]->count);
    if (copied && wadi__block_own(copy)) return copy;
    wadi__block_unref(copy);
    return NULL;
}
void wadi__block_truncate(wadi__block *block, uint64_t row_count) {
    while (block->row_count > row_count) {
        wadi__chunk *last = block->chunks.items[block->chunks.count - 1];
        uint64_t surplus = block->row_count - row_count;
        uint32_t off = surplus < last->count ? (uint32_t)surplus : last->count;
        last->count -= off;
        block->row_count -= off;
        if (last->count > 0) continue;
        block->size_bytes -= last->piece_bytes;
        block->chunks.count--;
        wadi__chunk_unref(last);
    }
}
