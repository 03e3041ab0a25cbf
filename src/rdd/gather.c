/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: records into a block. */
#include "rdd/gather.h"

static bool add_copies(wadi__block *block, const wadi__slice *in, uint32_t count) {
    size_t size = block->type->pub.size;
    if (in->selected == NULL) return wadi__block_append(block, in->rows, count);
    for (uint32_t i = 0; i < count; i++)
        if (!wadi__block_append(block, (const char *)in->rows + in->selected[i] * size, 1)) return false;
    return true;
}
static void gather_push(wadi__sink *sink, const wadi__slice *in) {
    wadi__gather *gather = (wadi__gather *)sink;
    wadi__block *block = gather->block;
    uint64_t room = gather->limit - block->row_count;
    uint32_t count = in->count < room ? in->count : (uint32_t)room;
    bool is_whole = in->chunk != NULL && in->selected == NULL && in->rows == in->chunk->rows &&
                    count == in->chunk->count && count >= in->chunk->capacity / 4;
    bool added = count == 0 || (is_whole ? wadi__block_add(block, in->chunk) : add_copies(block, in, count));
    if (!added)
        wadi__task_fail(gather->task, WADI_E_NOMEM, "no memory for the records of a partition, %llu so far",
                        (unsigned long long)block->row_count);
    gather->is_full = block->row_count >= gather->limit;
}
bool wadi__gather_init(wadi__gather *gather, wadi__task *task, const wadi__type *type, uint64_t limit) {
    wadi__block *block = wadi__block_new(type, task->keep);
    *gather = (wadi__gather){{.push = gather_push}, task, block, limit, false};
    if (block == NULL) wadi__task_fail(task, WADI_E_NOMEM, "no memory for a block");
    return block != NULL;
}
