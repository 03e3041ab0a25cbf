/* SPDX-License-Identifier: Apache-2.0 */
/* best.c: records are gathered in a chunk; when it is full it is sorted, and the better half stays.
 */
#include "rdd/action/best.h"

#include "data/value.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MIN = 1024 };

void wadi__best_init(wadi__best *best, const wadi__type *type, const wadi__type *by, size_t offset,
                     bool is_descending, size_t limit) {
    *best = (wadi__best){
        .type = type, .by = by, .offset = offset, .is_descending = is_descending, .limit = limit};
}
void wadi__best_fini(wadi__best *best) {
    wadi__chunk_unref(best->chunk);
    best->chunk = NULL;
}
static int compare(const wadi__best *best, const char *a, uint64_t a_rank, const char *b,
                   uint64_t b_rank) {
    int c =
        best->by != NULL ? wadi__value_compare(best->by, a + best->offset, b + best->offset) : 0;
    if (c != 0) return best->is_descending ? -c : c;
    return (a_rank > b_rank) - (a_rank < b_rank);
}
static int compare_rows(const void *x, const void *y, void *arg) {
    const wadi__best *best = arg;
    const wadi__chunk *chunk = best->chunk;
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return compare(best, chunk->rows + (size_t)a * chunk->record_size, chunk->hashes[a],
                   chunk->rows + (size_t)b * chunk->record_size, chunk->hashes[b]);
}
/* Moves the first `count` records in order to a new chunk with room for `room`. */
static bool sort_into(wadi__best *best, uint32_t count, size_t room) {
    wadi__chunk *from = best->chunk, *to = wadi__chunk_new(from->record_size, room, true);
    uint32_t *order = wadi__malloc(from->count * sizeof *order);
    bool done = to != NULL && order != NULL;
    if (done) {
        for (uint32_t i = 0; i < from->count; i++) order[i] = i;
        qsort_r(order, from->count, sizeof *order, compare_rows, best);
        for (uint32_t i = 0; i < count; i++) {
            memcpy(to->rows + (size_t)i * to->record_size,
                   from->rows + (size_t)order[i] * from->record_size, to->record_size);
            to->hashes[i] = from->hashes[order[i]];
        }
        to->count = count;
        best->chunk = to;
        wadi__chunk_unref(from);
    } else {
        wadi__chunk_unref(to);
    }
    wadi__free(order);
    return done;
}
/* Room for one more: twice as much as there was, until the better half is all that is wanted. */
static bool make_room(wadi__best *best) {
    wadi__chunk *chunk = best->chunk;
    if (chunk == NULL) {
        best->chunk = wadi__chunk_new(best->type->pub.size, ROWS_MIN, true);
        if (best->chunk != NULL) best->chunk->count = 0;
        return best->chunk != NULL;
    }
    if (chunk->count < chunk->capacity) return true;
    if (best->limit <= chunk->count / 2) {
        best->is_full = sort_into(best, (uint32_t)best->limit, chunk->count);
        return best->is_full;
    }
    wadi__chunk *larger = wadi__chunk_new(chunk->record_size, (size_t)chunk->capacity * 2, true);
    if (larger == NULL) return false;
    memcpy(larger->rows, chunk->rows, (size_t)chunk->count * chunk->record_size);
    memcpy(larger->hashes, chunk->hashes, chunk->count * sizeof *chunk->hashes);
    larger->count = chunk->count;
    wadi__chunk_unref(chunk);
    best->chunk = larger;
    return true;
}
bool wadi__best_add(wadi__best *best, const void *row, uint64_t rank) {
    size_t size = best->type->pub.size;
    if (best->is_full) {
        const char *worst = best->chunk->rows + (best->limit - 1) * size;
        if (compare(best, row, rank, worst, best->chunk->hashes[best->limit - 1]) > 0) return true;
    }
    if (!make_room(best)) return false;
    wadi__chunk *chunk = best->chunk;
    memcpy(chunk->rows + chunk->count * size, row, size);
    chunk->hashes[chunk->count++] = rank;
    return true;
}
bool wadi__best_finish(wadi__best *best) {
    if (best->chunk == NULL) return true;
    uint32_t count = best->limit < best->chunk->count ? (uint32_t)best->limit : best->chunk->count;
    return sort_into(best, count, count > 0 ? count : 1);
}
