/* SPDX-License-Identifier: Apache-2.0 */
/* pull.c: an iterator over what a cursor pushes.
 *
 * One step of the cursor at a time; what it pushes is listed by reference to its chunks, or copied
 * when the rows are somebody's own, few of a large chunk, or only some of them count. */
#include "rdd/context.h"
#include "rdd/rdd.h"

#include <inttypes.h>

static void list_rows(wadi__pull *pull, wadi__pulled pulled) {
    if (wadi__vec_push(&pull->waiting, pulled)) return;
    wadi__chunk_unref(pulled.chunk);
    wadi__task_fail(pull->task, WADI_E_NOMEM, "no memory to list the records of a partition");
}
static void pull_push(wadi__sink *sink, const wadi__slice *in) {
    wadi__pull *pull = (wadi__pull *)(void *)((char *)sink - offsetof(wadi__pull, sink));
    if (in->count == 0) return;
    if (in->chunk != NULL && in->selected == NULL && in->chunk->count >= in->chunk->capacity / 4) {
        wadi__chunk_ref(in->chunk);
        list_rows(pull, (wadi__pulled){in->chunk, in->rows, in->count});
        return;
    }
    wadi__chunk *copy = wadi__chunk_new(pull->record_size, in->count, false);
    if (copy == NULL) {
        wadi__task_fail(pull->task, WADI_E_NOMEM, "no memory to list the records of a partition");
        return;
    }
    for (uint32_t i = 0; i < in->count; i++) {
        size_t row = in->selected != NULL ? in->selected[i] : i;
        wadi__row_copy(copy->rows + i * pull->record_size,
                       (const char *)in->rows + row * pull->record_size, pull->record_size);
    }
    copy->count = in->count;
    list_rows(pull, (wadi__pulled){copy, copy->rows, copy->count});
}
bool wadi__next_more(wadi_iterator *iterator) {
    wadi__pull *pull = (wadi__pull *)(void *)iterator;
    pull->rows_before += pull->current.count;
    wadi__chunk_unref(pull->current.chunk);
    pull->current = (wadi__pulled){NULL, NULL, 0};
    while (pull->next == pull->waiting.count) {
        pull->next = pull->waiting.count = 0;
        if (pull->is_at_end || wadi__task_is_over(pull->task)) {
            iterator->at = iterator->end = NULL;
            return false;
        }
        pull->is_at_end = !wadi__cursor_step(pull->cursor, pull->task);
    }
    pull->current = pull->waiting.items[pull->next++];
    iterator->at = pull->current.rows;
    iterator->end = pull->current.rows + (size_t)pull->current.count * pull->record_size;
    return true;
}
wadi__pull *wadi__pull_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    wadi__pull *pull = wadi__task_scratch(task, sizeof *pull);
    if (pull == NULL) return NULL;
    pull->sink.push = pull_push;
    pull->task = task;
    pull->record_size = rdd->type->pub.size;
    pull->cursor = wadi__engine_used->open(rdd, partition, task, &pull->sink);
    return pull->cursor != NULL ? pull : NULL;
}
uint64_t wadi__pull_handed_out(const wadi__pull *pull) {
    if (pull->current.chunk == NULL) return pull->rows_before;
    size_t left =
        (size_t)((const char *)pull->base.end - (const char *)pull->base.at) / pull->record_size;
    return pull->rows_before + pull->current.count - left;
}
void wadi__pull_explain(const wadi__pull *pull) {
    wadi__task *task = pull->task;
    if (task->user.failed && task->err.status == WADI_E_USER)
        wadi_error_context(&task->err, WADI_E_USER,
                           "after %" PRIu64 " records of the partition were handed to it",
                           wadi__pull_handed_out(pull));
}
void wadi__pull_close(wadi__pull *pull) {
    wadi__chunk_unref(pull->current.chunk);
    pull->current = (wadi__pulled){NULL, NULL, 0};
    for (; pull->next < pull->waiting.count; pull->next++)
        wadi__chunk_unref(pull->waiting.items[pull->next].chunk);
    wadi__vec_fini(&pull->waiting);
}
