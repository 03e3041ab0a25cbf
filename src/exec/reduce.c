/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: one record per key (reduceByKey, combineByKey, aggregateByKey, foldByKey, distinct).
 *
 * Map tasks merge records of a key where keys repeat, in a hash table; when the first records of a
 * partition show that they do not, the rest goes on as it is to the reduce tasks, which merge
 * anyway. */
#include "exec/engine.h"
#include "exec/input.h"
#include "exec/memory.h"
#include "exec/part.h"
#include "exec/reducer.h"

enum {
    SAMPLE_ROWS = 4 << 10, /* after so many rows a map task decides .. */
    REPEATED_MIN = 4,      /* .. to go on when at least one row in so many met its key again */
};

/* ---- Map side ---- */

typedef struct reduce_map {
    wadi__sink sink;
    wadi__map_side *side;
    wadi__reducer reducer;
    wadi__key_hashes hashes;
    wadi__output output;
    size_t share;    /* bytes that the table may have */
    bool is_passing; /* keys do not repeat: records go straight on */
} reduce_map;

static void flush(reduce_map *map) {
    wadi__task *task = map->side->task;
    size_t size = map->reducer.table.record_size, at = 0, left = map->reducer.table.count;
    uint32_t rows_max = wadi__chunk_rows_max(size);
    while (left > 0 && !task->user.failed) {
        uint32_t rows = left < rows_max ? (uint32_t)left : rows_max;
        wadi__chunk *out = wadi__output_chunk(&map->output, task, size, rows, true);
        if (out == NULL) return;
        wadi__reducer_emit(&map->reducer, &at, out, rows);
        left -= out->count;
        wadi__slice slice = {out->rows, out->count, NULL, out->hashes, out};
        wadi__partition_writer_push(&map->side->writer, &slice, out->hashes);
    }
    wadi__engine_note_keys(task, map->side->rdd, map->reducer.table.count);
    wadi__hash_table_fini(&map->reducer.table);
}
/* Keys do not repeat: an accumulator of each record, or the record itself. */
static void pass(reduce_map *map, const wadi__slice *in, const uint64_t *hashes) {
    if (map->side->rdd->acc == NULL) {
        wadi__partition_writer_push(&map->side->writer, in, hashes);
        return;
    }
    wadi__chunk *out = wadi__output_chunk(&map->output, map->side->task,
                                          map->side->writer.record_size, in->count, false);
    if (out == NULL) return;
    wadi__reducer_lift(&map->reducer, in, map->hashes.row_size, out);
    wadi__slice slice = {out->rows, out->count, NULL, NULL, NULL};
    wadi__partition_writer_push(&map->side->writer, &slice, hashes);
}
/* Whether the table would have to grow beyond the task's share. */
static bool is_full(const reduce_map *map, uint32_t more) {
    const wadi__hash_table *table = &map->reducer.table;
    if ((table->count + more) * 2 <= table->capacity) return false;
    return table->capacity * table->slot_size * 3 > map->share;
}
/* Hands on what the table has, and begins an empty one. False: the task has failed. */
static bool start_again(reduce_map *map) {
    const wadi__hash_table before = map->reducer.table;
    map->side->writer.output->is_aggregated = false;
    flush(map);
    if (map->side->task->user.failed) return false;
    if (wadi__hash_table_init(&map->reducer.table, before.key, before.record_size, before.count / 2,
                              UINT64_MAX, before.keys))
        return true;
    wadi__task_fail(map->side->task, WADI_E_NOMEM, "no memory for a table of keys");
    return false;
}
static void map_push(wadi__sink *sink, const wadi__slice *in) {
    reduce_map *map = (reduce_map *)sink;
    wadi__reducer *self = &map->reducer;
    if (in->count == 0 || self->task->user.failed) return;
    const uint64_t *hashes = wadi__key_hashes_of(&map->hashes, in);
    if (hashes == NULL) return;
    if (map->is_passing) {
        pass(map, in, hashes);
        return;
    }
    if (is_full(map, in->count) && !start_again(map)) return;
    if (map->side->rdd->acc == NULL)
        wadi__reducer_merge(self, in, hashes);
    else
        wadi__reducer_combine(self, in, map->hashes.row_size, hashes);
    if (self->rows_in < SAMPLE_ROWS || self->rows_in - in->count >= SAMPLE_ROWS) return;
    uint64_t repeated = self->rows_in - self->table.count;
    if (repeated * REPEATED_MIN >= self->rows_in) return;
    map->is_passing = true;
    map->side->writer.output->is_aggregated = false;
    flush(map);
}
static void map_end(wadi__map_side *side) {
    reduce_map *map = (reduce_map *)side->sink;
    if (!map->is_passing) flush(map);
}
/* As they come, where nothing may be merged before the shuffle. */
static bool reduce_open_map(wadi__map_side *side) {
    const wadi_rdd *rdd = side->rdd;
    if (!rdd->is_map_side) return wadi__map_side_open_plain(side);
    reduce_map *map = wadi__task_scratch(side->task, sizeof *map);
    if (map == NULL) return false;
    map->sink = (wadi__sink){.push = map_push, .wants_hashes = true};
    map->side = side;
    map->share = wadi__memory_share(side->task);
    map->hashes = wadi__key_hashes_for(rdd, side->parent, false, side->task);
    size_t expected = wadi__engine_expected_keys(side->task->sc, rdd, true);
    const wadi__bound_fn *fn = rdd->is_first_only ? NULL : rdd->fn;
    const wadi__type *record = wadi__wide_carried(rdd, side->parent);
    if (!wadi__reducer_init(&map->reducer, rdd, fn, record, side->task, expected, UINT64_MAX))
        return false;
    side->writer.output->is_aggregated = true;
    side->sink = &map->sink;
    side->end = map_end;
    return true;
}

/* ---- Reduce side ---- */

typedef struct reduce_op {
    wadi__cursor cursor;
    wadi__sink input; /* of the records to be merged */
    wadi__reducer reducer;
    wadi__key_hashes hashes;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__sink *sink;
    wadi__output output;
    size_t at;     /* the next slot to be emitted */
    size_t left;   /* records to be emitted */
    bool combines; /* records of another type come in */
    bool is_built;
} reduce_op;

static void input_push(wadi__sink *sink, const wadi__slice *in) {
    reduce_op *op = (reduce_op *)(void *)((char *)sink - offsetof(reduce_op, input));
    const uint64_t *hashes =
        op->reducer.task->user.failed ? NULL : wadi__key_hashes_of(&op->hashes, in);
    if (hashes == NULL) return;
    if (op->combines)
        wadi__reducer_combine(&op->reducer, in, op->hashes.row_size, hashes);
    else
        wadi__reducer_merge(&op->reducer, in, hashes);
}
static bool build(reduce_op *op) {
    const wadi_rdd *rdd = op->rdd;
    wadi__task *task = op->reducer.task;
    bool is_carried = rdd->parents[0].is_wide;
    bool is_acc = is_carried && rdd->acc != NULL;
    op->combines = rdd->wide == WADI__WIDE_COMBINE && !is_acc;
    op->hashes = wadi__key_hashes_for(rdd, 0, is_carried, task);
    size_t expected = wadi__engine_expected_keys(task->sc, rdd, false);
    const wadi__bound_fn *fn = rdd->is_first_only ? NULL : is_acc ? rdd->merge : rdd->fn;
    uint64_t rows = wadi__input_row_count(rdd, 0, op->partition, task);
    if (task->user.failed ||
        !wadi__reducer_init(&op->reducer, rdd, fn, rdd->type, task, expected, rows))
        return false;
    wadi__input_drain(rdd, 0, op->partition, task, &op->input);
    wadi__engine_note_keys(task, rdd, op->reducer.table.count);
    op->left = op->reducer.table.count;
    return !wadi__task_is_over(task);
}
static bool reduce_step(wadi__cursor *cursor) {
    reduce_op *op = (reduce_op *)cursor;
    wadi__task *task = op->reducer.task;
    if (!op->is_built && !build(op)) return false;
    op->is_built = true;
    if (op->left == 0) {
        wadi__hash_table_fini(&op->reducer.table);
        return false;
    }
    size_t size = op->rdd->type->pub.size;
    uint32_t rows_max = wadi__chunk_rows_max(size),
             rows = op->left < rows_max ? (uint32_t)op->left : rows_max;
    wadi__chunk *out =
        wadi__output_chunk(&op->output, task, size, rows, wadi__wide_key_is_first(op->rdd));
    if (out == NULL) return false;
    wadi__reducer_emit(&op->reducer, &op->at, out, rows);
    op->left -= out->count;
    wadi__slice slice = {out->rows, out->count, NULL, out->hashes, out};
    wadi__push(op->sink, &slice);
    return true;
}
/* Drops hashes that operators below would take for those of the first field. */
typedef struct unhashing {
    wadi__sink sink;
    wadi__sink *next;
} unhashing;
static void unhashing_push(wadi__sink *sink, const wadi__slice *in) {
    wadi__slice slice = *in;
    slice.hashes = NULL;
    slice.chunk = NULL;
    wadi__push(((unhashing *)sink)->next, &slice);
}
/* What comes from one map task alone is merged already. */
static bool is_merged(const wadi_rdd *rdd, wadi__task *task) {
    if (!rdd->parents[0].is_wide || wadi__part_of(task, rdd) != NULL) return false;
    const wadi__shuffle_data *data = wadi__engine_shuffle(task, rdd->parents[0].shuffle.id);
    return data != NULL && data->map_count == 1 && data->outputs[0].is_aggregated;
}
/* It goes through as it is. */
static wadi__cursor *open_merged(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    if (wadi__wide_key_is_first(rdd)) return wadi__input_open(rdd, 0, partition, task, sink);
    unhashing *through = wadi__task_scratch(task, sizeof *through);
    if (through == NULL) return NULL;
    *through = (unhashing){{.push = unhashing_push}, sink};
    return wadi__input_open(rdd, 0, partition, task, &through->sink);
}
static wadi__cursor *reduce_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    bool merged = is_merged(rdd, task);
    if (task->user.failed) return NULL;
    if (merged) return open_merged(rdd, partition, task, sink);
    reduce_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = reduce_step;
    op->input = (wadi__sink){.push = input_push, .wants_hashes = true};
    op->reducer.task = task;
    op->rdd = rdd;
    op->partition = partition;
    op->sink = sink;
    return &op->cursor;
}
/* A table of accumulators, which is twice as large as before while it grows. */
static uint64_t reduce_need(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    if (is_merged(rdd, task)) return 0;
    uint64_t rows = wadi__input_rows_guess(rdd, 0, partition, task);
    return wadi__input_keys_guess(rdd, rows, task) * 4 * (rdd->type->pub.size + sizeof(uint64_t));
}
const wadi__wide_ops wadi__wide_reduce_ops = {.open_map = reduce_open_map,
                                              .open = reduce_open,
                                              .with_hashes = true,
                                              .need = reduce_need};
