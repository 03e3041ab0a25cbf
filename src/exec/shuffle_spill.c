/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_spill.c: many frames in a write. */
#include "exec/shuffle_spill.h"

#include "exec/shuffle_sort.h"

enum {
    REGION_BYTES = 1 << 20, /* of frames, that are written at once */
    LOOSE_ROWS = 64 << 10,  /* about as many are sorted at once .. */
    LOOSE_BYTES = 3 << 19,  /* .. or so much, where memory is short already */
};

void wadi__spilled_pieces_free(wadi__spilled_pieces *pieces) {
    if (pieces == NULL) return;
    for (size_t i = 0; i < pieces->regions.count; i++)
        wadi__spill_release(&pieces->regions.items[i]);
    wadi__vec_fini(&pieces->regions);
    wadi__vec_fini(&pieces->frames);
    wadi__vec_fini(&pieces->from_loose);
    wadi__free(pieces);
}
uint64_t wadi__map_output_bytes(const wadi__map_output *output) {
    uint64_t bytes = 0;
    const wadi__chunk *last = NULL; /* what lies in one chunk is listed together */
    for (size_t i = 0; i < output->pieces.count; i++) {
        const wadi__chunk *chunk = output->pieces.items[i].chunk;
        if (chunk != NULL && chunk != last) bytes += chunk->piece_bytes;
        last = chunk;
    }
    for (size_t i = 0; i < output->loose.count; i++) {
        const wadi__chunk *chunk = output->loose.items[i].chunk;
        if (chunk != last) bytes += chunk->piece_bytes;
        last = chunk;
    }
    return bytes;
}

/* ---- Writing ---- */

typedef struct writing {
    wadi__spilled_pieces *to;
    const wadi__type *type;
    wadi__text text; /* frames that wait .. */
    size_t first;    /* .. from this number on */
    wadi_error *err;
} writing;

static wadi_status no_memory(writing *self) {
    return wadi_error_context(self->err, WADI_E_NOMEM, "no memory to list what is spilled");
}
static wadi_status write_region(writing *self) {
    wadi__spilled_pieces *to = self->to;
    wadi__spilled region = {0};
    if (to->frames.count == self->first) return WADI_OK;
    if (!wadi__vec_reserve(&to->regions, 1)) return no_memory(self);
    wadi_status status = wadi__spill_write_bytes(to->spill, self->text.bytes, self->text.size, 0,
                                                 &region, self->err);
    if (status != WADI_OK) return status;
    (void)wadi__vec_push(&to->regions, region);
    for (; self->first < to->frames.count; self->first++) {
        to->frames.items[self->first].file = region.file;
        to->frames.items[self->first].offset += region.offset;
    }
    self->text.size = 0;
    return WADI_OK;
}
static wadi_status write_piece(writing *self, const wadi__piece *piece) {
    const size_t size = self->type->pub.size, begin = self->text.size;
    wadi__row_run run = {piece->chunk->rows + piece->from * size, size, piece->count};
    if (!wadi__vec_reserve(&self->to->frames, 1)) return no_memory(self);
    wadi_status status =
        wadi__frame_write(&self->text, self->type, &run, 1, WADI__FRAME_LZ4, self->err);
    if (status != WADI_OK) return status;
    (void)wadi__vec_push(
        &self->to->frames,
        (wadi__spilled){NULL, (int64_t)begin, (uint32_t)(self->text.size - begin), piece->count});
    return self->text.size >= REGION_BYTES ? write_region(self) : WADI_OK;
}
/* Writes some loose records, in order of partition. */
static wadi_status write_loose(writing *self, const wadi__loose *loose, size_t count,
                               uint32_t partition_count) {
    wadi__map_output sorted = {0};
    wadi_status status = WADI_OK;
    if (!wadi__shuffle_sort_some(loose, count, partition_count, &sorted) ||
        !wadi__vec_reserve(&self->to->from_loose, sorted.pieces.count))
        status = no_memory(self);
    for (size_t i = 0; i < sorted.pieces.count && status == WADI_OK; i++) {
        wadi__piece piece = sorted.pieces.items[i];
        status = write_piece(self, &piece);
        piece.chunk = NULL;
        (void)wadi__vec_push(&self->to->from_loose, piece);
    }
    wadi__map_output_fini(&sorted);
    return status;
}
static wadi_status write_all(writing *self, const wadi__map_output *output,
                             uint32_t partition_count) {
    wadi_status status = WADI_OK;
    const uint64_t rows_fit = LOOSE_BYTES / self->type->pub.size + 1,
                   rows_max = rows_fit < LOOSE_ROWS ? rows_fit : LOOSE_ROWS;
    for (size_t i = 0; i < output->pieces.count && status == WADI_OK; i++)
        if (output->pieces.items[i].chunk != NULL)
            status = write_piece(self, &output->pieces.items[i]);
    for (size_t i = 0, end; i < output->loose.count && status == WADI_OK; i = end) {
        uint64_t rows = 0;
        for (end = i; end < output->loose.count && rows < rows_max; end++)
            rows += output->loose.items[end].count;
        status = write_loose(self, output->loose.items + i, end - i, partition_count);
    }
    return status == WADI_OK ? write_region(self) : status;
}
wadi_status wadi__map_output_write(const wadi__map_output *output, wadi__spill *spill,
                                   const wadi__type *type, uint32_t partition_count,
                                   wadi__spilled_pieces **written, wadi_error *err) {
    writing self = {.to = wadi__calloc(1, sizeof *self.to), .type = type, .err = err};
    if (self.to == NULL) return no_memory(&self);
    self.to->spill = spill;
    wadi_status status = write_all(&self, output, partition_count);
    wadi__text_fini(&self.text);
    if (status == WADI_OK)
        *written = self.to;
    else
        wadi__spilled_pieces_free(self.to);
    return status;
}

/* ---- Leaving memory ---- */

static void put_on_disk(wadi__piece *piece, const wadi__spilled *frame) {
    wadi__chunk_unref(piece->chunk);
    piece->chunk = NULL;
    piece->from = 0;
    piece->with_hashes = false;
    piece->disk = frame;
}
bool wadi__map_output_leave(wadi__map_output *output, wadi__spilled_pieces *written) {
    size_t n = 0;
    if (!wadi__vec_reserve(&output->pieces, written->from_loose.count)) return false;
    for (size_t i = 0; i < output->pieces.count; i++)
        if (output->pieces.items[i].chunk != NULL)
            put_on_disk(&output->pieces.items[i], &written->frames.items[n++]);
    for (size_t i = 0; i < written->from_loose.count; i++) {
        wadi__piece piece = written->from_loose.items[i];
        put_on_disk(&piece, &written->frames.items[n++]);
        (void)wadi__vec_push(&output->pieces, piece);
    }
    for (size_t i = 0; i < output->loose.count; i++) wadi__loose_fini(&output->loose.items[i]);
    output->loose.count = 0;
    written->next = output->on_disk;
    output->on_disk = written;
    return true;
}
