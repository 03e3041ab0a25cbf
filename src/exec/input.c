/* SPDX-License-Identifier: Apache-2.0 */
/* input.c: reading the pieces of a shuffle, or a parent's partition. */
#include "exec/input.h"

#include "data/value.h"
#include "exec/engine.h"
#include "exec/part.h"

#include <string.h>

/* ---- One after another ---- */

enum {
    SMALL_PIECE = 64,   /* a piece of fewer records is put together with those after it .. */
    TOGETHER_MAX = 512, /* .. up to so many */
    PIECES_AHEAD = 16,
};

typedef struct pieces_op {
    wadi__cursor cursor;
    const wadi__piece *const *at, *const *end;
    uint32_t row; /* of the next piece */
    const wadi__type *type;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
} pieces_op;

static void push_some(pieces_op *op) {
    const wadi__piece *piece = *op->at;
    const wadi__chunk *chunk = piece->chunk;
    uint32_t rows_max = wadi__chunk_rows_max(chunk->record_size), from = piece->from + op->row;
    uint32_t count = piece->count - op->row < rows_max ? piece->count - op->row : rows_max;
    wadi__slice slice = {chunk->rows + (size_t)from * chunk->record_size, count, NULL,
                         piece->with_hashes ? chunk->hashes + from : NULL, piece->chunk};
    op->row += count;
    op->task->rows_in.rows += count;
    if (op->row == piece->count) {
        op->row = 0;
        op->at++;
    }
    wadi__push(op->sink, &slice);
}
static bool is_small(const wadi__piece *piece) {
    return piece->count < SMALL_PIECE && piece->chunk != NULL &&
           piece->count <= wadi__chunk_rows_max(piece->chunk->record_size) / 2;
}
/* Pieces of one partition lie far apart: what comes is asked for, and where it points a little later. */
static void prefetch_pieces(const pieces_op *op) {
    if (op->end - op->at <= PIECES_AHEAD) return;
    __builtin_prefetch(op->at[PIECES_AHEAD]);
    const wadi__piece *piece = op->at[PIECES_AHEAD / 2];
    const wadi__chunk *chunk = piece->chunk;
    if (chunk == NULL) return;
    __builtin_prefetch(chunk->rows + (size_t)piece->from * chunk->record_size);
    if (piece->with_hashes) __builtin_prefetch(chunk->hashes + piece->from);
}
/* What many map tasks wrote may be a few records each: together they are worth a call. */
static void push_together(pieces_op *op) {
    const wadi__piece *first = *op->at;
    const size_t size = first->chunk->record_size;
    uint32_t rows_max =
        wadi__chunk_rows_max(size) < TOGETHER_MAX ? wadi__chunk_rows_max(size) : TOGETHER_MAX;
    wadi__chunk *out = wadi__output_chunk(&op->output, op->task, size, rows_max, true);
    if (out == NULL) return;
    for (; op->at < op->end; op->at++) {
        prefetch_pieces(op);
        const wadi__piece *piece = *op->at;
        bool fits = is_small(piece) && piece->count <= rows_max - out->count &&
                    piece->with_hashes == first->with_hashes;
        if (!fits) break;
        const char *from = piece->chunk->rows + (size_t)piece->from * size;
        if (piece->count == 1)
            wadi__row_copy(out->rows + out->count * size, from, size);
        else
            memcpy(out->rows + out->count * size, from, piece->count * size);
        if (piece->with_hashes)
            memcpy(out->hashes + out->count, piece->chunk->hashes + piece->from,
                   piece->count * sizeof *out->hashes);
        out->count += piece->count;
    }
    op->task->rows_in.rows += out->count;
    wadi__slice slice = {out->rows, out->count, NULL, first->with_hashes ? out->hashes : NULL,
                         NULL};
    wadi__push(op->sink, &slice);
}
static bool pieces_step(wadi__cursor *cursor) {
    pieces_op *op = (pieces_op *)cursor;
    if (op->at == op->end) return false;
    if (op->at[0]->chunk == NULL) {
        op->task->rows_in.rows += op->at[0]->count;
        (void)wadi__part_push(op->task, (*op->at++)->disk, op->type, op->sink);
    } else if (op->row == 0 && is_small(op->at[0]) && op->end - op->at > 1 && is_small(op->at[1]))
        push_together(op);
    else
        push_some(op);
    return true;
}
wadi__cursor *wadi__input_open(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                               wadi__task *task, wadi__sink *sink) {
    const wadi__parent *from = &rdd->parents[parent];
    const wadi__part *part = wadi__part_of(task, rdd);
    if (part != NULL) return wadi__part_read(part, parent, task, sink);
    if (!from->is_wide) return wadi__engine_used->open(from->rdd, partition, task, sink);
    pieces_op *op = wadi__task_scratch(task, sizeof *op);
    const wadi__shuffle_data *data =
        op != NULL ? wadi__engine_shuffle(task, from->shuffle.id) : NULL;
    if (data == NULL) return NULL;
    op->cursor.step = pieces_step;
    op->at = data->by_partition + data->first[partition];
    op->end = data->by_partition + data->first[partition + 1];
    op->type = data->type;
    op->task = task;
    op->sink = sink;
    return &op->cursor;
}
void wadi__input_drain(const wadi_rdd *rdd, uint32_t parent, uint32_t partition, wadi__task *task,
                       wadi__sink *sink) {
    wadi__cursor *cursor = wadi__input_open(rdd, parent, partition, task, sink);
    while (cursor != NULL && wadi__cursor_step(cursor, task)) continue;
}
uint64_t wadi__input_row_count(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                               wadi__task *task) {
    const wadi__part *part = wadi__part_of(task, rdd);
    if (part != NULL) return part->sides[parent].row_count;
    if (!rdd->parents[parent].is_wide) return UINT64_MAX;
    const wadi__shuffle_data *data = wadi__engine_shuffle(task, rdd->parents[parent].shuffle.id);
    uint64_t count = 0;
    if (data != NULL)
        for (size_t i = data->first[partition]; i < data->first[partition + 1]; i++)
            count += data->by_partition[i]->count;
    return count;
}

uint64_t wadi__input_rows_guess(const wadi_rdd *rdd, uint32_t parent, uint32_t partition,
                                wadi__task *task) {
    uint64_t rows = wadi__input_row_count(rdd, parent, partition, task);
    return rows != UINT64_MAX ? rows : 1;
}
uint64_t wadi__input_keys_guess(const wadi_rdd *rdd, uint64_t row_count, wadi__task *task) {
    uint64_t seen = wadi__engine_expected_keys(task->sc, rdd, false) * 3 / 2;
    return seen > 0 && seen < row_count ? seen : row_count;
}

/* ---- All at once ---- */

typedef struct holding {
    wadi__sink sink;
    wadi__held_input *into;
    wadi__key_hashes hashes;
    wadi__task *task;
} holding;

static void held_close(wadi__at_close *at_close) {
    wadi__held_input *self =
        (wadi__held_input *)(void *)((char *)at_close - offsetof(wadi__held_input, at_close));
    wadi__vec_fini(&self->runs);
}
static bool add_run(wadi__held_input *self, wadi__task *task, wadi__run run) {
    if (run.count == 0) return true;
    self->row_count += run.count;
    if (wadi__vec_push(&self->runs, run)) return true;
    wadi__task_fail(task, WADI_E_NOMEM, "no memory to list %zu pieces of a shuffle",
                    self->runs.count);
    return false;
}
/* Hands the chunk's reference to the task. */
static bool keep_chunk(wadi__task *task, wadi__chunk *chunk) {
    if (chunk != NULL && wadi__vec_push(&task->chunks, chunk)) return true;
    wadi__chunk_unref(chunk);
    wadi__task_fail(task, WADI_E_NOMEM, "no memory to hold a partition's records");
    return false;
}
/* A parent's own records stay only by a reference to their chunk, or as a copy. */
static void holding_push(wadi__sink *sink, const wadi__slice *in) {
    holding *self = (holding *)sink;
    if (in->count == 0 || wadi__task_is_over(self->task)) return;
    const uint64_t *hashes = self->hashes.are_brought ? in->hashes : NULL;
    if (in->chunk != NULL && in->selected == NULL && in->chunk->count >= in->chunk->capacity / 4) {
        wadi__chunk_ref(in->chunk);
        if (keep_chunk(self->task, in->chunk))
            add_run(self->into, self->task, (wadi__run){in->rows, hashes, in->count});
        return;
    }
    size_t size = self->into->row_size;
    wadi__chunk *copy = wadi__chunk_new(size, in->count, hashes != NULL);
    if (!keep_chunk(self->task, copy)) return;
    for (uint32_t i = 0; i < in->count; i++) {
        size_t row = in->selected != NULL ? in->selected[i] : i;
        wadi__row_copy(copy->rows + i * size, (const char *)in->rows + row * size, size);
        if (hashes != NULL) copy->hashes[i] = hashes[row];
    }
    copy->count = in->count;
    add_run(self->into, self->task, (wadi__run){copy->rows, copy->hashes, copy->count});
}
static bool hold_frame(wadi__held_input *self, const wadi__spilled *frame, const wadi__type *type,
                       wadi__task *task) {
    wadi__block *block = wadi__part_load(task, frame, type);
    for (size_t c = 0; block != NULL && c < block->chunks.count && !task->user.failed; c++) {
        wadi__chunk *chunk = block->chunks.items[c];
        wadi__chunk_ref(chunk);
        if (keep_chunk(task, chunk))
            add_run(self, task, (wadi__run){chunk->rows, NULL, chunk->count});
    }
    wadi__block_unref(block);
    return !wadi__task_is_over(task);
}
static bool hold_part(wadi__held_input *self, const wadi__part_side *side, const wadi__type *type,
                      wadi__task *task) {
    bool is_held = true;
    for (size_t i = 0; i < side->frames.count && is_held; i++)
        is_held = hold_frame(self, &side->frames.items[i], type, task);
    return is_held;
}
bool wadi__held_input_init(wadi__held_input *self, const wadi_rdd *rdd, uint32_t parent,
                           uint32_t partition, wadi__task *task) {
    self->at_close.close = held_close;
    wadi__task_on_close(task, &self->at_close);
    const wadi__part *part = wadi__part_of(task, rdd);
    if (part != NULL) {
        const wadi__type *type = rdd->parents[parent].is_wide ? wadi__wide_carried(rdd, parent)
                                                              : rdd->parents[parent].rdd->type;
        self->row_size = type->pub.size;
        return hold_part(self, &part->sides[parent], type, task);
    }
    if (!rdd->parents[parent].is_wide) {
        holding into = {{.push = holding_push, .wants_hashes = true},
                        self,
                        wadi__key_hashes_for(rdd, parent, false, task),
                        task};
        self->row_size = into.hashes.row_size;
        wadi__input_drain(rdd, parent, partition, task, &into.sink);
        return !wadi__task_is_over(task);
    }
    self->row_size = wadi__wide_carried(rdd, parent)->pub.size;
    const wadi__shuffle_data *data = wadi__engine_shuffle(task, rdd->parents[parent].shuffle.id);
    for (size_t i = data != NULL ? data->first[partition] : 0;
         data != NULL && i < data->first[partition + 1]; i++) {
        const wadi__piece *piece = data->by_partition[i];
        const wadi__chunk *chunk = piece->chunk;
        if (chunk == NULL) {
            if (!hold_frame(self, piece->disk, data->type, task)) return false;
            continue;
        }
        wadi__run run = {chunk->rows + (size_t)piece->from * chunk->record_size,
                         piece->with_hashes ? chunk->hashes + piece->from : NULL, piece->count};
        if (!add_run(self, task, run)) return false;
    }
    task->rows_in.rows += self->row_count;
    return data != NULL;
}
bool wadi__held_input_hash(wadi__held_input *self, const wadi__type *key, wadi__task *task) {
    uint64_t missing = 0;
    for (size_t i = 0; i < self->runs.count; i++)
        missing += self->runs.items[i].hashes == NULL ? self->runs.items[i].count : 0;
    if (missing == 0) return true;
    if (missing > SIZE_MAX / 16) return false;
    uint64_t *hashes = wadi__task_room(task, (size_t)missing * sizeof *hashes);
    if (hashes == NULL) return false;
    for (size_t i = 0; i < self->runs.count && !wadi__task_is_over(task); i++) {
        wadi__run *run = &self->runs.items[i];
        if (run->hashes != NULL) continue;
        wadi__value_hash_rows(key, run->rows, self->row_size, NULL, run->count, hashes);
        run->hashes = hashes;
        hashes += run->count;
    }
    return !wadi__task_is_over(task);
}
