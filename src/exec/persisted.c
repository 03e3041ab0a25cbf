/* SPDX-License-Identifier: Apache-2.0 */
/* persisted.c: partitions of a persisted RDD, which the first task that wants one stores as the
 * RDD's level says. A task that was short of memory before stores on disk, or not at all. */
#include "exec/counting.h"
#include "exec/engine.h"
#include "exec/engine_listener.h"
#include "exec/memory.h"
#include "rdd/gather.h"

/* What cannot be computed again must not be dropped. */
static wadi_storage_level level_of(const wadi_rdd *rdd) {
    const wadi_storage_level level = (wadi_storage_level)rdd->level;
    return rdd->is_once && !wadi__storage_is_on_disk(level) ? WADI_MEMORY_AND_DISK : level;
}
static bool put_stored(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                       wadi__stored stored) {
    if (wadi__block_store_put(&task->sc->engine->blocks, rdd->id, level_of(rdd), partition,
                              rdd->partition_count, stored))
        return true;
    wadi__task_fail(task, WADI_E_NOMEM, "no memory to store a partition");
    return false;
}
/* Computes a partition of a persisted RDD whole, with its own copy of what its records point at. */
static wadi__block *store_in_memory(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    wadi__gather gather;
    if (!wadi__gather_init(&gather, task, rdd->type, UINT64_MAX)) return NULL;
    gather.sink.wants_hashes = true; /* whoever reads it */
    wadi__cursor *cursor = wadi__engine_open_operator(rdd, partition, task, &gather.sink);
    while (cursor != NULL && wadi__cursor_step(cursor, task)) continue;
    (void)wadi__memory_make_room(task->sc, gather.block->size_bytes);
    wadi__block *own = wadi__task_is_over(task) ? NULL : wadi__block_copy(gather.block);
    if (own == NULL && !task->user.failed)
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to store a partition");
    wadi__block_unref(gather.block);
    if (own != NULL && put_stored(rdd, partition, task, (wadi__stored){own, NULL})) {
        if (wadi__engine_tells_blocks(rdd->sc))
            wadi__tell_block_stored(rdd, partition, (int64_t)own->size_bytes, false);
        return own;
    }
    wadi__block_unref(own);
    return NULL;
}
typedef struct to_disk { /* a sink */
    wadi__sink sink;
    wadi__task *task;
    wadi__disk_block *block;
    wadi__chunk *chunk; /* of records that are written together */
} to_disk;
static void write_chunk(to_disk *self) {
    wadi_error err = WADI_ERROR_INIT;
    if (self->chunk->count > 0 && !self->task->user.failed &&
        wadi__disk_block_add(self->block, self->chunk->rows, self->chunk->count, &err) != WADI_OK)
        wadi__task_fail_err(self->task, &err);
    self->chunk->count = 0;
}
static void to_disk_push(wadi__sink *sink, const wadi__slice *in) {
    to_disk *self = (to_disk *)sink;
    wadi__chunk *chunk = self->chunk;
    const size_t size = chunk->record_size;
    for (uint32_t i = 0; i < in->count && !self->task->user.failed; i++) {
        if (chunk->count == chunk->capacity) write_chunk(self);
        uint32_t row = in->selected != NULL ? in->selected[i] : i;
        wadi__row_copy(chunk->rows + chunk->count++ * size, (const char *)in->rows + row * size,
                       size);
    }
}
static wadi__disk_block *store_on_disk(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    const size_t size = rdd->type->pub.size;
    to_disk to = {.sink.push = to_disk_push,
                  .task = task,
                  .block = wadi__disk_block_new(task->sc->engine->spill, rdd->type),
                  .chunk = wadi__chunk_new(size, wadi__chunk_rows_max(size), false)};
    if (to.block == NULL || to.chunk == NULL)
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to store a partition");
    wadi__cursor *cursor =
        task->user.failed ? NULL : wadi__engine_open_operator(rdd, partition, task, &to.sink);
    while (cursor != NULL && wadi__cursor_step(cursor, task)) continue;
    if (cursor != NULL) write_chunk(&to);
    wadi__chunk_unref(to.chunk);
    if (!wadi__task_is_over(task) &&
        put_stored(rdd, partition, task, (wadi__stored){NULL, to.block})) {
        if (wadi__engine_tells_blocks(rdd->sc))
            wadi__tell_block_stored(rdd, partition, wadi__disk_block_bytes(to.block), true);
        return to.block;
    }
    wadi__disk_block_unref(to.block);
    return NULL;
}
wadi__cursor *wadi__persisted_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                   wadi__sink *sink) {
    const wadi_storage_level level = level_of(rdd);
    wadi__stored stored = wadi__block_store_get(&task->sc->engine->blocks, rdd->id, partition);
    if (wadi__stored_is_there(stored)) {
        sink = wadi__counting_in(task, sink); /* else what it is computed from is counted */
    } else {
        const bool is_on_disk = wadi__storage_is_on_disk(level);
        if (task->is_short && !is_on_disk)
            return wadi__engine_open_operator(rdd, partition, task, sink); /* it is not kept */
        if (is_on_disk && (task->is_short || !wadi__storage_is_in_memory(level)))
            stored.disk = store_on_disk(rdd, partition, task);
        else
            stored.block = store_in_memory(rdd, partition, task);
        if (!wadi__stored_is_there(stored)) return NULL;
    }
    wadi__cursor *cursor = sink != NULL ? wadi__stored_open(stored, task, sink) : NULL;
    wadi__stored_unref(stored); /* the task's keep has one */
    return cursor;
}
