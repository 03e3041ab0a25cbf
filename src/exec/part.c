/* SPDX-License-Identifier: Apache-2.0 */
/* part.c: distributing, and running the operator for each part. */
#include "exec/part.h"

#include "data/print.h"
#include "data/value.h"
#include "exec/engine.h"
#include "exec/input.h"
#include "exec/memory.h"

#include <inttypes.h>
#include <string.h>

enum {
    BITS_MAX = 6,
    BITS_UNKNOWN = 4,            /* where nobody knows how much there is */
    DEPTH_MAX = 9,               /* 54 bits of the hash */
    FRAME_BYTES_MAX = 256 << 10, /* of records in memory */
    FRAME_BYTES_MIN = 4 << 10,
    STRING_BYTES = 256, /* about as much as most records point at */
};

/* What a task has while it works on a part, or its own meanwhile. */
typedef struct task_scope {
    wadi__arena scratch;
    wadi__keep *keep;
    wadi__chunks chunks;
    wadi__at_close *closes;
    struct wadi__task_broadcasts *broadcasts;
    const wadi__part *part;
    bool is_in_part;
} task_scope;

typedef struct parts_op {
    wadi__cursor cursor;
    wadi__sink from_part; /* where the operator puts its records */
    wadi__sink *sink;
    wadi__at_close at_close;
    const wadi_rdd *rdd;
    const wadi__wide_ops *ops;
    uint32_t partition;
    wadi__task *task;
    wadi__part *parts; /* still to be done, in order; the first one is worked on */
    wadi__cursor *inner;
    task_scope aside; /* the part's, or while that is in use the task's own */
    wadi__output output;
    bool is_begun;
} parts_op;

/* ---- Scopes ---- */

static void swap_scopes(parts_op *op) {
    wadi__task *task = op->task;
    task_scope other = op->aside;
    op->aside = (task_scope){
        .scratch = task->scratch,
        .keep = task->keep,
        .chunks = task->chunks,
        .closes = task->closes,
        .broadcasts = task->broadcasts,
        .part = task->part,
        .is_in_part = task->is_in_part,
    };
    task->scratch = other.scratch;
    task->keep = other.keep;
    task->chunks = other.chunks;
    task->closes = other.closes;
    task->broadcasts = other.broadcasts;
    task->part = other.part;
    task->is_in_part = other.is_in_part;
}
/* False: the task has failed. */
static bool begin_scope(parts_op *op, const wadi__part *part) {
    op->aside = (task_scope){.keep = wadi__keep_new(), .part = part, .is_in_part = true};
    if (op->aside.keep == NULL)
        wadi__task_fail(op->task, WADI_E_NOMEM, "no memory for a part of a partition");
    return op->aside.keep != NULL;
}
static void end_scope(parts_op *op) {
    if (op->aside.keep == NULL) return;
    swap_scopes(op);
    wadi__task_end_scope(op->task);
    swap_scopes(op);
    op->aside = (task_scope){0};
}

/* ---- Parts ---- */

static wadi__spill *spill_of(const wadi__task *task) { return task->sc->engine->spill; }

static wadi__part *part_new(parts_op *op, uint32_t depth) {
    uint32_t sides = op->rdd->parent_count;
    wadi__part *part = wadi__calloc(1, sizeof *part + sides * sizeof part->sides[0]);
    if (part == NULL) {
        wadi__task_fail(op->task, WADI_E_NOMEM, "no memory for a part of a partition");
        return NULL;
    }
    part->rdd = op->rdd;
    part->side_count = sides;
    part->depth = depth;
    part->hash_min = UINT64_MAX;
    return part;
}
static void part_free(wadi__part *part) {
    for (uint32_t s = 0; s < part->side_count; s++) {
        for (size_t i = 0; i < part->sides[s].frames.count; i++)
            wadi__spill_release(&part->sides[s].frames.items[i]);
        wadi__vec_fini(&part->sides[s].frames);
    }
    wadi__free(part);
}
static void drop_first(parts_op *op) {
    wadi__part *part = op->parts;
    op->parts = part->next;
    part_free(part);
}
static const wadi__type *type_of_side(const wadi_rdd *rdd, uint32_t side) {
    const wadi__parent *parent = &rdd->parents[side];
    return parent->is_wide ? wadi__wide_carried(rdd, side) : parent->rdd->type;
}
wadi__block *wadi__part_frame(wadi__task *task, const wadi__spilled *frame,
                              const wadi__type *type) {
    wadi__block *block = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__spill_read(spill_of(task), frame, type, &block, &err) == WADI_OK) return block;
    wadi__task_fail_err(task, &err);
    return NULL;
}
/* Before what so many records point at is copied into a keep. If there is no room, the copy tells. */
static void make_room_for_strings(const wadi__task *task, uint32_t rows) {
    (void)wadi__memory_make_room(task->sc, rows * (uint64_t)STRING_BYTES);
}
/* Copies what the chunk's records point at into the task's keep. False: the task has failed. */
static bool own_chunk(wadi__task *task, wadi__chunk *chunk, const wadi__type *type) {
    if (!type->has_outside) return true;
    make_room_for_strings(task, chunk->count);
    for (uint32_t i = 0; i < chunk->count; i++)
        if (!wadi__value_own(type, chunk->rows + (size_t)i * type->pub.size, &task->keep->arena)) {
            wadi__task_fail(task, WADI_E_NOMEM, "no memory for the strings of spilled records");
            return false;
        }
    return true;
}
wadi__block *wadi__part_load(wadi__task *task, const wadi__spilled *frame, const wadi__type *type) {
    wadi__block *block = wadi__part_frame(task, frame, type);
    bool is_owned = block != NULL;
    for (size_t c = 0; is_owned && c < block->chunks.count; c++)
        is_owned = own_chunk(task, block->chunks.items[c], type);
    if (is_owned) return block;
    wadi__block_unref(block);
    return NULL;
}
/* Chunk by chunk: whoever takes them may release the strings of those before. */
bool wadi__part_push(wadi__task *task, const wadi__spilled *frame, const wadi__type *type,
                     wadi__sink *sink) {
    wadi__block *block = wadi__part_frame(task, frame, type);
    for (size_t c = 0; block != NULL && c < block->chunks.count && !wadi__task_is_over(task); c++) {
        wadi__chunk *chunk = block->chunks.items[c];
        wadi__slice slice = {chunk->rows, chunk->count, NULL, NULL, chunk};
        if (own_chunk(task, chunk, type)) wadi__push(sink, &slice);
    }
    wadi__block_unref(block);
    return !wadi__task_is_over(task);
}

/* ---- Reading a side ---- */

typedef struct part_cursor {
    wadi__cursor cursor;
    const wadi__part_side *side;
    const wadi__type *type;
    wadi__task *task;
    wadi__sink *sink;
    size_t next;
} part_cursor;

static bool part_read_step(wadi__cursor *cursor) {
    part_cursor *self = (part_cursor *)cursor;
    if (self->next == self->side->frames.count) return false;
    return wadi__part_push(self->task, &self->side->frames.items[self->next++], self->type,
                           self->sink);
}
wadi__cursor *wadi__part_read(const wadi__part *part, uint32_t side, wadi__task *task,
                              wadi__sink *sink) {
    part_cursor *self = wadi__task_scratch(task, sizeof *self);
    if (self == NULL) return NULL;
    self->cursor.step = part_read_step;
    self->side = &part->sides[side];
    self->type = type_of_side(part->rdd, side);
    self->task = task;
    self->sink = sink;
    return &self->cursor;
}

/* ---- Distributing ---- */

typedef struct spreading { /* of one side; in the scratch of a scope of its own */
    wadi__sink sink;
    parts_op *op;
    uint32_t side, depth;
    const wadi__type *type;
    const wadi__part_split *split;
    wadi__key_hashes hashes;
    uint32_t *numbers, rows_max;
    wadi__part **parts; /* 2^bits of them */
    wadi__chunk **open; /* what goes to each next */
    size_t strings_max; /* bytes of strings that records in `open` may point at, or SIZE_MAX */
} spreading;

static void write_out(spreading *self, uint32_t number) {
    wadi__chunk *chunk = self->open[number];
    wadi__task *task = self->op->task;
    wadi__part_side *side = &self->parts[number]->sides[self->side];
    wadi__row_run run = {chunk->rows, chunk->record_size, chunk->count};
    wadi_error err = WADI_ERROR_INIT;
    if (chunk->count == 0 || task->user.failed) return;
    if (!wadi__vec_push(&side->frames, (wadi__spilled){0}))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to list what was spilled");
    else if (wadi__spill_write(spill_of(task), self->type, &run, 1,
                               &side->frames.items[side->frames.count - 1], &err) != WADI_OK)
        wadi__task_fail_err(task, &err);
    side->row_count += chunk->count;
    chunk->count = 0;
}
static void write_all_out(spreading *self) {
    for (uint32_t p = 0; p < 1u << self->split->bits; p++)
        if (self->open[p] != NULL) write_out(self, p);
}
static void spread_rows(spreading *self, const wadi__slice *in, const uint64_t *hashes) {
    const size_t size = self->type->pub.size;
    for (uint32_t i = 0; i < in->count; i++) {
        uint32_t number = self->numbers[i], row = in->selected != NULL ? in->selected[i] : i;
        wadi__part *part = self->parts[number];
        wadi__chunk *to = self->open[number];
        if (to == NULL) {
            to = self->open[number] = wadi__chunk_new(size, self->rows_max, false);
            if (to == NULL) {
                wadi__task_fail(self->op->task, WADI_E_NOMEM, "no memory to distribute records");
                return;
            }
        }
        if (to->count == self->rows_max) write_out(self, number);
        wadi__row_copy(to->rows + to->count++ * size, (const char *)in->rows + row * size, size);
        if (hashes == NULL) continue;
        if (hashes[i] < part->hash_min) part->hash_min = hashes[i];
        if (hashes[i] > part->hash_max) part->hash_max = hashes[i];
    }
}
static void spread_push(wadi__sink *sink, const wadi__slice *in) {
    spreading *self = (spreading *)sink;
    wadi__task *task = self->op->task;
    if (in->count == 0 || wadi__task_is_over(task)) return;
    const uint64_t *hashes = NULL;
    if (self->split->place != NULL) {
        self->split->place(self->split, in, self->numbers);
    } else {
        hashes = wadi__key_hashes_of(&self->hashes, in);
        if (hashes == NULL) return;
        for (uint32_t i = 0; i < in->count; i++)
            self->numbers[i] = wadi__part_number(hashes[i], self->depth, self->split->bits);
    }
    spread_rows(self, in, hashes);
    if (task->keep->arena.size_bytes <= self->strings_max) return;
    write_all_out(self);
    wadi__arena_fini(&task->keep->arena); /* all that points at it has been written */
}
/* Distributes what the input of a side has; in a scope of its own. */
static void spread_side(parts_op *op, uint32_t side, const wadi__part_split *split, uint32_t depth,
                        wadi__part **parts) {
    wadi__task *task = op->task;
    const bool is_wide = op->rdd->parents[side].is_wide;
    const uint32_t count = 1u << split->bits;
    spreading *self = wadi__task_scratch(task, sizeof *self);
    wadi__chunk **open = wadi__task_scratch(task, count * sizeof(wadi__chunk *));
    uint32_t *numbers = wadi__task_room(task, WADI__CHUNK_ROWS * sizeof *numbers);
    if (self == NULL || open == NULL || numbers == NULL) return;
    *self = (spreading){.sink = {.push = spread_push, .wants_hashes = true},
                        .op = op,
                        .side = side,
                        .depth = depth,
                        .type = type_of_side(op->rdd, side),
                        .split = split,
                        .hashes = wadi__key_hashes_for(op->rdd, side, is_wide, task),
                        .numbers = numbers,
                        .parts = parts,
                        .open = open};
    size_t share = wadi__memory_share(task), frame_bytes = share / 4 >> split->bits;
    if (frame_bytes > FRAME_BYTES_MAX) frame_bytes = FRAME_BYTES_MAX;
    if (frame_bytes < FRAME_BYTES_MIN) frame_bytes = FRAME_BYTES_MIN;
    self->rows_max = (uint32_t)(frame_bytes / self->type->pub.size) + 1;
    /* A parent that is computed here may hold records back that point at older strings. */
    self->strings_max = is_wide || task->part != NULL ? share / 4 : SIZE_MAX;
    wadi__input_drain(op->rdd, side, op->partition, task, &self->sink);
    if (!wadi__task_is_over(task)) write_all_out(self);
    for (uint32_t p = 0; p < count; p++) wadi__chunk_unref(open[p]);
}
static unsigned bits_for(parts_op *op) {
    wadi__task *task = op->task;
    uint64_t need = op->ops->need(op->rdd, op->partition, task);
    size_t share = wadi__memory_share(task);
    unsigned bits = 1;
    for (uint32_t s = 0; task->part == NULL && s < op->rdd->parent_count; s++)
        if (!op->rdd->parents[s].is_wide) bits = BITS_UNKNOWN;
    while (bits < BITS_MAX && need >> bits > share / 2) bits++;
    return bits;
}
/* Puts parts of the records of `from`, or with NULL of the whole partition, in front of the others.
 */
static void spread_all(parts_op *op, const wadi__part *from) {
    wadi__task *task = op->task;
    uint32_t depth = from != NULL ? from->depth + 1 : 1;
    wadi__part *parts[1 << BITS_MAX] = {NULL};
    if (!begin_scope(op, from)) return;
    swap_scopes(op);
    wadi__part_split split = {.bits = bits_for(op)};
    if (op->ops->split != NULL) op->ops->split(op->rdd, op->partition, task, &split);
    for (uint32_t p = 0; p < 1u << split.bits && !task->user.failed; p++)
        parts[p] = part_new(op, depth);
    for (uint32_t s = 0; s < op->rdd->parent_count && !wadi__task_is_over(task); s++)
        spread_side(op, s, &split, depth, parts);
    swap_scopes(op);
    end_scope(op);
    for (uint32_t p = 1u << split.bits; p-- > 0;) {
        if (parts[p] == NULL) continue;
        parts[p]->next = op->parts;
        op->parts = parts[p];
    }
}

/* ---- Running the operator ---- */

/* What of a part has to be in memory at once, of records alone: of a join the smaller side. */
static uint64_t held_bytes(const parts_op *op, const wadi__part *part, uint64_t *rows) {
    const bool is_join = op->rdd->wide == WADI__WIDE_JOIN;
    uint64_t bytes = is_join ? UINT64_MAX : 0;
    *rows = 0;
    for (uint32_t s = 0; s < part->side_count; s++) {
        uint64_t count = part->sides[s].row_count,
                 of_side = count * type_of_side(op->rdd, s)->pub.size;
        if (is_join && of_side >= bytes) continue;
        bytes = is_join ? of_side : bytes + of_side;
        *rows = is_join ? count : *rows + count;
    }
    return bytes;
}
static uint64_t rows_of(const wadi__part *part) {
    uint64_t rows = 0;
    for (uint32_t s = 0; s < part->side_count; s++) rows += part->sides[s].row_count;
    return rows;
}
static bool is_one_key(const wadi__part *part) { return part->hash_min >= part->hash_max; }

static bool is_to_be_split(parts_op *op) {
    wadi__part *part = op->parts;
    const wadi__part *before = op->task->part;
    if (part->depth >= (op->ops->split != NULL ? 1 : DEPTH_MAX)) return false;
    if (op->ops->split == NULL && is_one_key(part)) return false;
    op->task->part = part;
    uint64_t need = op->ops->need(op->rdd, op->partition, op->task);
    op->task->part = before;
    return need > wadi__memory_share(op->task);
}
static void split_first(parts_op *op) {
    wadi__part *part = op->parts;
    op->parts = part->next;
    spread_all(op, part);
    part_free(part);
}
/* Records on their way out of a part: what they point at is copied to where the task's own is. */
static void from_part_push(wadi__sink *sink, const wadi__slice *in) {
    parts_op *op = (parts_op *)(void *)((char *)sink - offsetof(parts_op, from_part));
    wadi__task *task = op->task;
    const wadi__type *type = op->rdd->type;
    const size_t size = type->pub.size;
    if (in->count == 0 || wadi__task_is_over(task)) return;
    swap_scopes(op);
    if (!type->has_outside) {
        wadi__push(op->sink, in);
        swap_scopes(op);
        return;
    }
    make_room_for_strings(task, in->count);
    wadi__chunk *out = wadi__output_chunk(&op->output, task, size, in->count, in->hashes != NULL);
    bool is_owned = out != NULL;
    for (uint32_t i = 0; is_owned && i < in->count; i++) {
        uint32_t row = in->selected != NULL ? in->selected[i] : i;
        wadi__row_copy(out->rows + i * size, (const char *)in->rows + row * size, size);
        if (in->hashes != NULL) out->hashes[i] = in->hashes[row];
        is_owned = wadi__value_own(type, out->rows + i * size, &task->keep->arena);
    }
    if (is_owned) {
        out->count = in->count;
        wadi__slice slice = {out->rows, out->count, NULL, in->hashes != NULL ? out->hashes : NULL,
                             out};
        wadi__push(op->sink, &slice);
    } else if (!task->user.failed) {
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for the strings of results");
    }
    swap_scopes(op);
}
static void open_first(parts_op *op) {
    wadi__task *task = op->task;
    if (rows_of(op->parts) == 0) {
        drop_first(op);
        return;
    }
    if (!begin_scope(op, op->parts)) return;
    swap_scopes(op);
    wadi__memory_make_room(task->sc, op->ops->need(op->rdd, op->partition, task));
    op->inner = op->ops->open(op->rdd, op->partition, task, &op->from_part);
    swap_scopes(op);
}
/* The key of a part that has only one. */
static void add_key(parts_op *op, wadi__text *text) {
    wadi__part *part = op->parts;
    for (uint32_t s = 0; s < part->side_count; s++) {
        if (part->sides[s].frames.count == 0) continue;
        wadi__block *block = NULL;
        if (wadi__spill_read(spill_of(op->task), &part->sides[s].frames.items[0],
                             type_of_side(op->rdd, s), &block, NULL) == WADI_OK &&
            block->row_count > 0)
            wadi__print_value(text, op->rdd->key, block->chunks.items[0]->rows);
        wadi__block_unref(block);
        return;
    }
}
/* Why a part did not fit. */
static void explain(parts_op *op) {
    const wadi__part *part = op->parts;
    wadi__task *task = op->task;
    uint64_t rows, bytes = held_bytes(op, part, &rows);
    if (!task->user.failed || task->err.status != WADI_E_NOMEM || op->ops->split != NULL ||
        !is_one_key(part) || bytes < wadi__memory_share(task) / 2)
        return;
    end_scope(op); /* whose memory the key may need */
    wadi__text text = {0};
    add_key(op, &text);
    task->err = (wadi_error)WADI_ERROR_INIT;
    wadi_error_context(&task->err, WADI_E_NOMEM,
                       "the group of key %.*s has %" PRIu64 " records of %" PRIu64
                       " bytes, which do not fit into wadi.memory.max_bytes",
                       (int)(text.size < 100 ? text.size : 100),
                       text.bytes != NULL ? text.bytes : "", rows, bytes);
    wadi__text_fini(&text);
}
static bool parts_step(wadi__cursor *cursor) {
    parts_op *op = (parts_op *)cursor;
    wadi__task *task = op->task;
    if (!op->is_begun) {
        op->is_begun = true;
        spread_all(op, NULL);
        return !task->user.failed;
    }
    if (op->parts == NULL) return false;
    if (op->inner == NULL) {
        if (is_to_be_split(op))
            split_first(op);
        else
            open_first(op);
        if (op->inner == NULL) return !task->user.failed;
    }
    swap_scopes(op);
    bool has_more = wadi__cursor_step(op->inner, task);
    swap_scopes(op);
    if (has_more) return true;
    explain(op);
    op->inner = NULL;
    end_scope(op);
    drop_first(op);
    return !task->user.failed;
}
static void parts_close(wadi__at_close *at_close) {
    parts_op *op = (parts_op *)(void *)((char *)at_close - offsetof(parts_op, at_close));
    end_scope(op);
    while (op->parts != NULL) drop_first(op);
}
wadi__cursor *wadi__part_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                              wadi__sink *sink) {
    const wadi__wide_ops *ops = wadi__wide_ops_of(rdd->wide);
    uint64_t need = ops->need != NULL ? ops->need(rdd, partition, task) : 0;
    if (task->user.failed) return NULL;
    bool is_by_parts =
        ops->need != NULL && (need > wadi__memory_share(task) || (task->is_short && need > 0));
    if (!is_by_parts) {
        wadi__memory_make_room(task->sc, need);
        return ops->open(rdd, partition, task, sink);
    }
    parts_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = parts_step;
    op->from_part = (wadi__sink){.push = from_part_push, .wants_hashes = sink->wants_hashes};
    op->sink = sink;
    op->rdd = rdd;
    op->ops = ops;
    op->partition = partition;
    op->task = task;
    op->at_close.close = parts_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
