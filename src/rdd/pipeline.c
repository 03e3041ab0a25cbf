/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.c: cursors, output chunks, emitting. */
#include "rdd/pipeline.h"

#include "rdd/check.h"
#include "rdd/rdd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Cursors ---- */

void wadi__cursor_on_end(wadi__cursor *cursor, wadi__at_end *at_end) {
    at_end->next = NULL;
    if (cursor->last_end == NULL) cursor->first_end = at_end;
    else cursor->last_end->next = at_end;
    cursor->last_end = at_end;
}
bool wadi__cursor_step(wadi__cursor *cursor, wadi__task *task) {
    if (wadi__task_is_over(task)) return false;
    if (cursor->step(cursor)) return !wadi__task_is_over(task);
    for (wadi__at_end *at = cursor->first_end; at != NULL && !wadi__task_is_over(task); at = at->next)
        at->end(at);
    cursor->first_end = cursor->last_end = NULL; /* a further step does nothing */
    return false;
}

/* ---- Tasks ---- */

void wadi__task_fail_err(wadi__task *task, const wadi_error *err) {
    if (!task->user.failed) task->err = *err;
    task->user.failed = true;
}
void wadi__task_fail(wadi__task *task, wadi_status status, const char *fmt, ...) {
    wadi_error err = WADI_ERROR_INIT;
    char message[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    wadi_error_context(&err, status, "%s", message);
    wadi__task_fail_err(task, &err);
}
void *wadi__task_scratch(wadi__task *task, size_t size_bytes) {
    void *given = wadi__arena_zalloc(&task->scratch, size_bytes);
    if (given == NULL) wadi__task_fail(task, WADI_E_NOMEM, "no memory for an operator");
    return given;
}
void *wadi__task_lasting(wadi__task *task, size_t size_bytes) {
    void *given = wadi__arena_zalloc(&task->lasting, size_bytes);
    if (given == NULL) wadi__task_fail(task, WADI_E_NOMEM, "no memory for a task");
    return given;
}
void *wadi__task_room(wadi__task *task, size_t size_bytes) {
    void *given = wadi__arena_alloc(&task->scratch, size_bytes);
    if (given == NULL) wadi__task_fail(task, WADI_E_NOMEM, "no memory for %zu bytes of an operator", size_bytes);
    return given;
}
bool wadi__task_keep(wadi__task *task, wadi__counted *object) {
    if (wadi__keep_add(task->keep, object)) return true;
    wadi__task_fail(task, WADI_E_NOMEM, "no memory to keep strings alive");
    return false;
}

/* ---- Output chunks ---- */

wadi__chunk *wadi__output_chunk(wadi__output *output, wadi__task *task, size_t record_size, size_t count,
                                bool with_hashes) {
    wadi__chunk *chunk = output->chunk;
    if (chunk != NULL && chunk->capacity >= count && wadi__counted_is_unique(&chunk->counted) &&
        (!with_hashes || chunk->hashes != NULL)) {
        chunk->count = 0;
        return chunk;
    }
    if (output->slot == 0) {
        if (!wadi__vec_push(&task->chunks, NULL)) goto nomem;
        output->slot = task->chunks.count;
    }
    wadi__chunk_unref(chunk);
    output->chunk = task->chunks.items[output->slot - 1] = NULL;
    chunk = wadi__chunk_new(record_size, count, with_hashes);
    if (chunk == NULL) goto nomem;
    output->chunk = task->chunks.items[output->slot - 1] = chunk;
    return chunk;
nomem:
    wadi__task_fail(task, WADI_E_NOMEM, "no memory for %zu records of %zu bytes", count, record_size);
    return NULL;
}

/* ---- Emitting ---- */

static void emit_at_end(wadi__at_end *at_end) {
    wadi__emit_op_flush((wadi__emit_op *)(void *)((char *)at_end - offsetof(wadi__emit_op, at_end)));
}
/* Points the emitter at an empty chunk. Without memory the task fails, and the one before, which others
 * read, cannot be written again: so a body that emits on writes over a reserve, in vain. */
static void emit_open(wadi__emit_op *emit) {
    size_t size = emit->type->pub.size, rows = wadi__chunk_rows_max(size);
    wadi__chunk *chunk = wadi__output_chunk(&emit->output, emit->task, size, rows, false);
    emit->base.at = chunk != NULL ? chunk->rows : emit->reserve;
    emit->base.end = chunk != NULL ? chunk->rows + rows * size : emit->reserve + size;
}
bool wadi__emit_op_init(wadi__emit_op *emit, wadi__task *task, const wadi__type *type, wadi__sink *next) {
    emit->task = task;
    emit->next = next;
    emit->type = type;
    emit->at_end.end = emit_at_end;
    emit->reserve = wadi__task_scratch(task, type->pub.size);
    if (emit->reserve == NULL) return false;
    emit_open(emit);
    return emit->output.chunk != NULL;
}
void wadi__emit_op_flush(wadi__emit_op *emit) {
    wadi__chunk *chunk = emit->output.chunk;
    size_t size = emit->type->pub.size;
    if (chunk == NULL) {
        emit->base.at = emit->reserve;
        return;
    }
    uint32_t count = (uint32_t)((size_t)((char *)emit->base.at - chunk->rows) / size);
    if (count == 0) return;
    if (!emit->is_probing && !wadi__task_is_over(emit->task)) {
        if (emit->before_push != NULL) emit->before_push(emit, chunk->rows, count);
        if (emit->task->is_checked) wadi__check_rows(emit->task, emit->type, chunk->rows, count);
        chunk->count = count;
        emit->emitted += count;
        wadi__slice slice = {chunk->rows, count, NULL, NULL, chunk};
        wadi__push(emit->next, &slice);
    }
    emit->base.at = chunk->rows;
    if (!wadi__counted_is_unique(&chunk->counted)) emit_open(emit);
}
void wadi__emit_more(wadi_emitter *emitter) { wadi__emit_op_flush((wadi__emit_op *)(void *)emitter); }
