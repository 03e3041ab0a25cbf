/* SPDX-License-Identifier: Apache-2.0 */
/* index.c: zipWithIndex: parent 0 gives the records, and parent 1, through a shuffle, how many each
 * of its partitions has, in the order of the partitions. */
#include "exec/engine.h"
#include "exec/part.h"
#include "exec/wide.h"

#include <string.h>

typedef struct index_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__task *task;
    wadi__output output;
    size_t in_size, out_size, index_offset;
    uint32_t rows_max;
    int64_t index; /* of the next record */
} index_op;

static void index_push(wadi__sink *sink, const wadi__slice *in) {
    index_op *op = (index_op *)sink;
    for (uint32_t from = 0; from < in->count && !wadi__task_is_over(op->task);
         from += op->rows_max) {
        uint32_t count = in->count - from < op->rows_max ? in->count - from : op->rows_max;
        wadi__chunk *out = wadi__output_chunk(&op->output, op->task, op->out_size, count, false);
        if (out == NULL) return;
        char *to = out->rows;
        for (uint32_t i = 0; i < count; i++, to += op->out_size) {
            size_t row = in->selected != NULL ? in->selected[from + i] : from + i;
            wadi__row_copy(to, (const char *)in->rows + row * op->in_size, op->in_size);
            *(int64_t *)(void *)(to + op->index_offset) = op->index++;
        }
        out->count = count;
        wadi__slice slice = {out->rows, count, NULL, NULL, out};
        wadi__push(op->next, &slice);
    }
}
static int64_t sum_of(const char *rows, uint32_t count) {
    const int64_t *counts = (const int64_t *)(const void *)rows;
    int64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += counts[i];
    return sum;
}
/* Each map task of the counts has written one record. */
static int64_t count_before(const wadi__shuffle_data *counts, uint32_t partition, wadi__task *task) {
    int64_t sum = 0;
    for (uint32_t m = 0; m < partition; m++) {
        const wadi__map_output *output = &counts->outputs[m];
        for (size_t i = 0; i < output->pieces.count; i++) {
            const wadi__piece *piece = &output->pieces.items[i];
            if (piece->chunk != NULL) {
                sum += sum_of(piece->chunk->rows + piece->from * sizeof(int64_t), piece->count);
                continue;
            }
            wadi__block *block = wadi__part_load(task, piece->disk, counts->type);
            for (size_t c = 0; block != NULL && c < block->chunks.count; c++)
                sum += sum_of(block->chunks.items[c]->rows, block->chunks.items[c]->count);
            wadi__block_unref(block);
        }
    }
    return sum;
}
static wadi__cursor *index_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                wadi__sink *sink) {
    index_op *op = wadi__task_scratch(task, sizeof *op);
    const wadi__shuffle_data *counts =
        op != NULL ? wadi__engine_shuffle(task, rdd->parents[1].shuffle.id) : NULL;
    if (counts == NULL) return NULL;
    op->sink.push = index_push;
    op->next = sink;
    op->task = task;
    op->in_size = rdd->parents[0].rdd->type->pub.size;
    op->out_size = rdd->type->pub.size;
    op->index_offset = rdd->type->pub.fields[1].offset;
    op->rows_max = wadi__chunk_rows_max(op->out_size);
    op->index = count_before(counts, partition, task);
    if (task->user.failed) return NULL;
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
const wadi__wide_ops wadi__wide_index_ops = {.open = index_open};
