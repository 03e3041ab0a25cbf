/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c: lists of sections. */
#include "data/capture.h"

#include <string.h>

static void drop(const wadi__section *section) {
    wadi__block_unref(section->rows);
    wadi__block_unref(section->notes);
}
bool wadi__capture_add(wadi__capture *capture, wadi__section section) {
    if (wadi__vec_push(&capture->sections, section)) return true;
    drop(&section);
    return false;
}
void wadi__capture_put_first(wadi__capture *capture, wadi__section section) {
    wadi__section *items = capture->sections.items;
    memmove(items + 1, items, capture->sections.count++ * sizeof *items);
    items[0] = section;
}
void wadi__capture_skip(wadi__capture *capture, size_t count) {
    wadi__section *items = capture->sections.items;
    if (count == 0) return;
    for (size_t i = 0; i < count; i++) drop(&items[i]);
    capture->sections.count -= count;
    memmove(items, items + count, capture->sections.count * sizeof *items);
}
void wadi__capture_cut(wadi__capture *capture, size_t count) {
    while (capture->sections.count > count)
        drop(&capture->sections.items[--capture->sections.count]);
}
void wadi__capture_fini(wadi__capture *capture) {
    wadi__capture_cut(capture, 0);
    wadi__vec_fini(&capture->sections);
}
size_t wadi__capture_bytes(const wadi__capture *capture) {
    size_t bytes = 0;
    for (size_t i = 0; i < capture->sections.count; i++) {
        const wadi__section *section = &capture->sections.items[i];
        bytes += section->rows->size_bytes;
        if (section->notes != NULL) bytes += section->notes->size_bytes;
    }
    return bytes;
}

/* ---- Copying records ---- */

bool wadi__row_copies_begin(wadi__row_copies *copies, const wadi__type *type, wadi__keep *keep,
                            bool has_notes) {
    *copies = (wadi__row_copies){.row_size = type->pub.size,
                                 .rows_max = wadi__chunk_rows_max(type->pub.size)};
    copies->rows = wadi__block_new(type, keep);
    if (has_notes) copies->notes = wadi__block_new(wadi__type_int64(), NULL);
    return copies->rows != NULL && (!has_notes || copies->notes != NULL);
}
static bool close_chunks(wadi__row_copies *copies) {
    bool added = copies->row_chunk == NULL || wadi__block_add(copies->rows, copies->row_chunk);
    if (added && copies->note_chunk != NULL)
        added = wadi__block_add(copies->notes, copies->note_chunk);
    wadi__chunk_unref(copies->row_chunk);
    wadi__chunk_unref(copies->note_chunk);
    copies->row_chunk = copies->note_chunk = NULL;
    return added;
}
bool wadi__row_copies_turn(wadi__row_copies *copies) {
    if (!close_chunks(copies)) return false;
    copies->row_chunk = wadi__chunk_new(copies->row_size, copies->rows_max, false);
    if (copies->notes != NULL)
        copies->note_chunk = wadi__chunk_new(sizeof(int64_t), copies->rows_max, false);
    return copies->row_chunk != NULL && (copies->notes == NULL || copies->note_chunk != NULL);
}
bool wadi__row_copies_end(wadi__row_copies *copies, bool is_good, wadi__capture *to,
                          wadi__section_kind kind, int64_t time_ms) {
    is_good = close_chunks(copies) && is_good;
    wadi__section section = {kind, time_ms, copies->rows, copies->notes};
    *copies = (wadi__row_copies){0};
    if (is_good && section.rows->row_count > 0) return wadi__capture_add(to, section);
    drop(&section);
    return is_good;
}

/* ---- Notes ---- */

void wadi__notes_read(const wadi__block *notes, wadi__note_place *at, int64_t *to, uint32_t count) {
    while (count > 0) {
        const wadi__chunk *from = notes->chunks.items[at->chunk];
        uint32_t left = from->count - at->row, n = left < count ? left : count;
        memcpy(to, from->rows + at->row * sizeof *to, n * sizeof *to);
        to += n;
        count -= n;
        *at = n == left ? (wadi__note_place){at->chunk + 1, 0}
                        : (wadi__note_place){at->chunk, at->row + n};
    }
}
