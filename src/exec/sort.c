/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: records in the order of a field (sortByKey, sortBy).
 *
 * Partitions are ranges. Map tasks keep their records as they are, with a sample; from the samples
 * of all, each weighed by how many records it stands for, the driver takes the bounds of the ranges
 * (Spark's RangePartitioner); a second pass distributes the records, and each reduce task sorts its
 * own. So the parents are computed once, and nothing before the job runs. One partition needs no
 * bounds. */
#include "exec/sort_key.h"

#include "base/pool.h"
#include "data/value.h"
#include "exec/engine.h"
#include "exec/input.h"
#include "exec/part.h"

#include <string.h>

enum {
    SAMPLE_A_PARTITION = 20, /* records; as in Spark, together at most .. */
    SAMPLE_MAX = 1000000,
    SAMPLE_MIN = 1000, /* .. and so many, since a partition may have to be divided as well .. */
    SAMPLE_OVER = 3, /* .. and so many times as many, since map tasks have more and less */
    PREFETCH_AHEAD = 16,
};

static wadi__sort_key key_of(const wadi_rdd *rdd) {
    wadi__sort_key key;
    wadi__sort_key_init(&key, rdd->type, rdd->sort_field, rdd->is_descending);
    return key;
}

/* ---- The first pass: map tasks keep their records ---- */

typedef struct keeping {
    wadi__sink sink;
    wadi__map_side *side;
} keeping;

static void keep_push(wadi__sink *sink, const wadi__slice *slice) {
    wadi__partition_writer_push(&((keeping *)sink)->side->writer, slice, NULL);
}
/* splitmix64's last step: chance that depends on nothing but where it is used. */
static uint64_t scramble(uint64_t z) {
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}
/* The records of a piece, which stay as long as *loaded. NULL: the task has failed. */
static const char *rows_of(wadi__task *task, const wadi__piece *piece, const wadi__type *type,
                           wadi__block **loaded, uint64_t row) {
    const size_t size = type->pub.size;
    if (piece->chunk != NULL) return piece->chunk->rows + (piece->from + row) * size;
    if (*loaded == NULL && (*loaded = wadi__part_load(task, piece->disk, type)) == NULL) return NULL;
    size_t c = 0;
    while (row >= (*loaded)->chunks.items[c]->count) row -= (*loaded)->chunks.items[c++]->count;
    return (*loaded)->chunks.items[c]->rows + row * size;
}
/* One record by chance out of each of `wanted` equal stretches. */
static void take_sample(wadi__task *task, const wadi__map_output *output, const wadi__type *type,
                        wadi__chunk *sample, uint32_t wanted) {
    const size_t size = sample->record_size;
    uint64_t before = 0;
    size_t piece = 0;
    wadi__block *loaded = NULL;
    for (uint64_t i = 0; i < wanted; i++) {
        uint64_t from = output->row_count * i / wanted,
                 until = output->row_count * (i + 1) / wanted;
        uint64_t row = from + scramble((uint64_t)task->partition_index << 32 | i) % (until - from);
        for (; row - before >= output->pieces.items[piece].count; piece++) {
            before += output->pieces.items[piece].count;
            wadi__block_unref(loaded);
            loaded = NULL;
        }
        const char *at = rows_of(task, &output->pieces.items[piece], type, &loaded, row - before);
        if (at == NULL) break;
        wadi__row_copy(sample->rows + i * size, at, size);
        sample->count++;
    }
    wadi__block_unref(loaded);
}
/* Its own copy of what the sample points at: it stays when the output leaves memory. */
static bool own_sample(wadi__map_output *output, const wadi__type *type) {
    if (!type->has_outside) return true;
    output->sample_keep = wadi__keep_new();
    bool is_owned = output->sample_keep != NULL;
    for (uint32_t i = 0; is_owned && i < output->sample->count; i++)
        is_owned = wadi__value_own(type, output->sample->rows + (size_t)i * type->pub.size,
                                   &output->sample_keep->arena);
    return is_owned;
}
static void keep_end(wadi__map_side *side) {
    wadi__map_output *output = side->writer.output;
    wadi__task *task = side->task;
    const wadi__type *type = wadi__wide_carried(side->rdd, side->parent);
    wadi__partition_writer_end(&side->writer);
    uint64_t wanted = (uint64_t)side->rdd->partition_count * SAMPLE_A_PARTITION;
    uint32_t maps = side->rdd->parents[side->parent].rdd->partition_count;
    if (wanted > SAMPLE_MAX) wanted = SAMPLE_MAX;
    if (wanted < SAMPLE_MIN) wanted = SAMPLE_MIN;
    wanted = (wanted * SAMPLE_OVER + maps - 1) / maps;
    if (wanted > output->row_count) wanted = output->row_count;
    if (wanted == 0 || task->user.failed) return;
    output->sample = wadi__chunk_new(side->writer.record_size, (size_t)wanted, false);
    if (output->sample != NULL) take_sample(task, output, type, output->sample, (uint32_t)wanted);
    if (output->sample == NULL || !own_sample(output, type))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for a sample of %u records", (unsigned)wanted);
}
static bool sort_open_map(wadi__map_side *side) {
    static const wadi__partitioner one = {WADI__PARTITION_SPREAD, 1, 0, NULL};
    keeping *keep = wadi__task_scratch(side->task, sizeof *keep);
    side->writer.partitioner = &one;
    side->writer.is_loose = false;
    side->writer.open =
        keep != NULL ? wadi__task_scratch(side->task, sizeof *side->writer.open) : NULL;
    if (side->writer.open == NULL) return false;
    *keep = (keeping){{.push = keep_push}, side};
    side->sink = &keep->sink;
    side->end = keep_end;
    return true;
}

/* ---- Bounds ---- */

/* The samples of all map tasks, each with its weight behind it, in order. `entries` has room for
 * twice as many. */
static void sort_samples(const wadi_rdd *rdd, const wadi__shuffle_data *data, char *rows,
                         size_t stride, wadi__sort_entry *entries, size_t count) {
    const size_t size = rdd->type->pub.size;
    size_t n = 0;
    for (uint32_t m = 0; m < data->map_count; m++) {
        const wadi__map_output *output = &data->outputs[m];
        for (uint32_t i = 0; output->sample != NULL && i < output->sample->count; i++, n++) {
            double weight = (double)output->row_count / output->sample->count;
            char *row = rows + n * stride;
            memcpy(row, output->sample->rows + i * size, size);
            memcpy(row + stride - sizeof weight, &weight, sizeof weight);
            entries[n].row = row;
        }
    }
    wadi__sort_key key = key_of(rdd);
    wadi__sort_entries(&key, entries, entries + count, count);
}
/* Every so much weight a bound, if it is past the one before. */
static void choose_bounds(const wadi_rdd *rdd, const wadi__sort_entry *entries, size_t count,
                          size_t stride, wadi__chunk *bounds) {
    const wadi__sort_key key = key_of(rdd);
    const size_t size = rdd->type->pub.size;
    double all = 0, sum = 0, weight;
    for (size_t i = 0; i < count; i++) {
        memcpy(&weight, entries[i].row + stride - sizeof weight, sizeof weight);
        all += weight;
    }
    const double step = all / rdd->partition_count;
    double target = step;
    for (size_t i = 0; i < count && bounds->count + 1 < rdd->partition_count; i++) {
        memcpy(&weight, entries[i].row + stride - sizeof weight, sizeof weight);
        sum += weight;
        if (sum < target) continue;
        char *end = bounds->rows + bounds->count * size;
        if (bounds->count > 0 && wadi__sort_key_compare(&key, end - size, entries[i].row) >= 0) continue;
        memcpy(end, entries[i].row, size);
        bounds->count++;
        target += step;
    }
}
static bool sort_between(const wadi_rdd *rdd, uint32_t parent, wadi__shuffle_data *data) {
    (void)parent;
    size_t count = 0;
    for (uint32_t m = 0; m < data->map_count; m++)
        count += data->outputs[m].sample != NULL ? data->outputs[m].sample->count : 0;
    size_t stride = ((rdd->type->pub.size + 7u) & ~(size_t)7) + sizeof(double);
    size_t rows_bytes = count * stride, entries_bytes = 2 * count * sizeof(wadi__sort_entry);
    char *rows = wadi__pool_get(rows_bytes);
    wadi__sort_entry *entries = wadi__pool_get(entries_bytes);
    data->bounds = wadi__chunk_new(rdd->type->pub.size, rdd->partition_count - 1, true);
    bool made = rows != NULL && entries != NULL && data->bounds != NULL;
    if (made) {
        sort_samples(rdd, data, rows, stride, entries, count);
        choose_bounds(rdd, entries, count, stride, data->bounds);
        wadi__sort_bounds bounds;
        const wadi__sort_key key = key_of(rdd);
        wadi__sort_bounds_init(&bounds, &key, data->bounds->rows, data->bounds->record_size,
                               data->bounds->count, data->bounds->hashes, false);
    }
    wadi__pool_put(entries, entries_bytes);
    wadi__pool_put(rows, rows_bytes);
    return made;
}

/* ---- The second pass: what map tasks kept is distributed ---- */

static void distribute_rows(const wadi__sort_bounds *bounds, wadi__partition_writer *writer,
                            const char *rows, uint32_t row_count) {
    const size_t size = writer->record_size;
    const uint32_t rows_max = wadi__chunk_rows_max(size);
    uint32_t *partitions = wadi__partition_writer_room(writer);
    for (uint32_t at = 0; partitions != NULL && at < row_count && !wadi__task_is_over(writer->task);
         at += rows_max) {
        uint32_t count = row_count - at < rows_max ? row_count - at : rows_max;
        const char *some = rows + at * size;
        for (uint32_t i = 0; i < count; i++)
            partitions[i] = wadi__sort_bounds_below(bounds, some + i * size);
        wadi__slice slice = {some, count, NULL, NULL, NULL};
        wadi__partition_writer_place(writer, &slice, NULL);
    }
}
static void distribute(const wadi__sort_bounds *bounds, wadi__partition_writer *writer,
                       const wadi__piece *piece, const wadi__type *type) {
    const wadi__chunk *chunk = piece->chunk;
    if (chunk != NULL) {
        distribute_rows(bounds, writer, chunk->rows + (size_t)piece->from * chunk->record_size, piece->count);
        return;
    }
    wadi__block *block = wadi__part_load(writer->task, piece->disk, type);
    for (size_t c = 0; block != NULL && c < block->chunks.count; c++)
        distribute_rows(bounds, writer, block->chunks.items[c]->rows, block->chunks.items[c]->count);
    wadi__block_unref(block);
}
static void sort_again(const wadi_rdd *rdd, uint32_t parent, const wadi__shuffle_data *data,
                       wadi__task *task, const wadi__map_output *first, wadi__map_output *output) {
    const wadi__sort_key key = key_of(rdd);
    const wadi__chunk *rows = data->bounds;
    wadi__sort_bounds bounds;
    wadi__partition_writer writer;
    wadi__sort_bounds_init(&bounds, &key, rows->rows, rows->record_size, rows->count, rows->hashes,
                           true);
    if (wadi__partition_writer_init(&writer, task, rdd, &rdd->parents[parent].shuffle.partitioner,
                                    rdd->type, false, output)) {
        for (size_t i = 0; i < first->pieces.count && !task->user.failed; i++)
            distribute(&bounds, &writer, &first->pieces.items[i], data->type);
        wadi__partition_writer_end(&writer);
    }
    wadi__partition_writer_fini(&writer);
}

/* ---- The reduce side ---- */

typedef struct sort_op {
    wadi__cursor cursor;
    wadi__at_close at_close;
    const wadi_rdd *rdd;
    uint32_t partition;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    wadi__held_input input;
    wadi__sort_entry *entries; /* twice as many as there are records */
    size_t count, next;
    bool is_sorted;
} sort_op;

static void release_entries(sort_op *op) {
    wadi__pool_put(op->entries, 2 * op->count * sizeof *op->entries);
    op->entries = NULL;
}
static void sort_close(wadi__at_close *at_close) {
    release_entries((sort_op *)(void *)((char *)at_close - offsetof(sort_op, at_close)));
}
static bool sort_all(sort_op *op) {
    wadi__task *task = op->task;
    if (!wadi__held_input_init(&op->input, op->rdd, 0, op->partition, task)) return false;
    op->count = (size_t)op->input.row_count;
    op->entries = wadi__pool_get(2 * op->count * sizeof *op->entries);
    if (op->entries == NULL) {
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to sort %zu records", op->count);
        return false;
    }
    size_t n = 0;
    for (size_t r = 0; r < op->input.runs.count; r++) {
        const wadi__run *run = &op->input.runs.items[r];
        for (size_t i = 0; i < run->count; i++)
            op->entries[n++].row = run->rows + i * op->input.row_size;
    }
    const wadi__sort_key key = key_of(op->rdd);
    wadi__sort_entries(&key, op->entries, op->entries + op->count, op->count);
    return !wadi__task_is_over(task);
}
static bool sort_step(wadi__cursor *cursor) {
    sort_op *op = (sort_op *)cursor;
    if (!op->is_sorted && !sort_all(op)) return false;
    op->is_sorted = true;
    const size_t size = op->rdd->type->pub.size, left = op->count - op->next;
    const uint32_t rows_max = wadi__chunk_rows_max(size),
                   count = left < rows_max ? (uint32_t)left : rows_max;
    if (count == 0) {
        release_entries(op);
        return false;
    }
    wadi__chunk *out = wadi__output_chunk(&op->output, op->task, size, count, false);
    if (out == NULL) return false;
    const wadi__sort_entry *entries = op->entries + op->next;
    for (uint32_t i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < left) __builtin_prefetch(entries[i + PREFETCH_AHEAD].row);
        wadi__row_copy(out->rows + i * size, entries[i].row, size);
    }
    op->next += count;
    out->count = count;
    wadi__slice slice = {out->rows, count, NULL, NULL, out};
    wadi__push(op->sink, &slice);
    return true;
}
static wadi__cursor *sort_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    sort_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = sort_step;
    op->rdd = rdd;
    op->partition = partition;
    op->task = task;
    op->sink = sink;
    op->at_close.close = sort_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}

/* ---- By parts: ranges of the partition, from the same samples ---- */

static uint64_t sort_need(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    return wadi__input_rows_guess(rdd, 0, partition, task) *
           (rdd->type->pub.size + 2 * sizeof(wadi__sort_entry));
}
typedef struct ranges {
    wadi__sort_key key;
    wadi__sort_bounds bounds;
} ranges;
static void place_in_ranges(const wadi__part_split *split, const wadi__slice *slice,
                            uint32_t *numbers) {
    const ranges *self = split->state;
    const size_t size = self->bounds.row_size;
    for (uint32_t i = 0; i < slice->count; i++) {
        size_t row = slice->selected != NULL ? slice->selected[i] : i;
        numbers[i] = wadi__sort_bounds_below(&self->bounds, (const char *)slice->rows + row * size);
    }
}
/* The entries of those samples that belong to the partition; returns how many. */
static size_t list_samples(const wadi_rdd *rdd, const wadi__shuffle_data *data, uint32_t partition,
                           const wadi__sort_key *key, wadi__sort_entry *entries) {
    const size_t size = rdd->type->pub.size;
    wadi__sort_bounds bounds = {0};
    if (data->bounds != NULL)
        wadi__sort_bounds_init(&bounds, key, data->bounds->rows, size, data->bounds->count,
                               data->bounds->hashes, true);
    size_t n = 0;
    for (uint32_t m = 0; m < data->map_count; m++) {
        const wadi__chunk *sample = data->outputs[m].sample;
        for (uint32_t i = 0; sample != NULL && i < sample->count; i++) {
            const char *row = sample->rows + i * size;
            uint32_t at = data->bounds != NULL ? wadi__sort_bounds_below(&bounds, row) : 0;
            if (at == partition) entries[n++].row = row;
        }
    }
    return n;
}
/* Up to `count` bounds of about equal distance. */
static void choose_ranges(ranges *self, const wadi__sort_entry *entries, size_t sample_count,
                          size_t count, char *rows, size_t size, uint64_t *words) {
    size_t n = 0;
    for (size_t i = 1; i <= count && sample_count > 0; i++) {
        const char *row = entries[sample_count * i / (count + 1)].row;
        if (n > 0 && wadi__sort_key_compare(&self->key, rows + (n - 1) * size, row) >= 0) continue;
        memcpy(rows + n++ * size, row, size);
    }
    wadi__sort_bounds_init(&self->bounds, &self->key, rows, size, (uint32_t)n, words, false);
}
/* Without samples all is one range. */
static void sort_split(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                       wadi__part_split *split) {
    const bool is_wide = rdd->parents[0].is_wide;
    const wadi__shuffle_data *data =
        is_wide ? wadi__engine_shuffle(task, rdd->parents[0].shuffle.id) : NULL;
    const size_t size = rdd->type->pub.size, wanted = ((size_t)1 << split->bits) - 1;
    size_t count = 0;
    for (uint32_t m = 0; data != NULL && m < data->map_count; m++)
        count += data->outputs[m].sample != NULL ? data->outputs[m].sample->count : 0;
    ranges *self = wadi__task_scratch(task, sizeof *self);
    char *rows = wadi__task_room(task, wanted * size);
    uint64_t *words = wadi__task_room(task, wanted * sizeof *words);
    wadi__sort_entry *entries = wadi__task_room(task, 2 * (count + 1) * sizeof *entries);
    if (self == NULL || rows == NULL || words == NULL || entries == NULL) return;
    self->key = key_of(rdd);
    if (data != NULL) count = list_samples(rdd, data, partition, &self->key, entries);
    wadi__sort_entries(&self->key, entries, entries + count, count);
    choose_ranges(self, entries, count, wanted, rows, size, words);
    split->state = self;
    split->place = place_in_ranges;
}
const wadi__wide_ops wadi__wide_sort_ops = {.open_map = sort_open_map,
                                            .open = sort_open,
                                            .between = sort_between,
                                            .again = sort_again,
                                            .need = sort_need,
                                            .split = sort_split};
