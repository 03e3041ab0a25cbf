/* SPDX-License-Identifier: Apache-2.0 */
/* counting.c: a sink between two others. Of text that nobody has cut into lines it does not count
 * any: that would take as long as what is done with it. */
#include "exec/counting.h"

typedef struct counting {
    wadi__sink sink;
    wadi__sink *next;
    wadi__row_count *count;
} counting;

static void count_rows(wadi__sink *sink, const wadi__slice *slice) {
    counting *self = (counting *)sink;
    self->count->rows += slice->count;
    wadi__push(self->next, slice);
}
static void count_text(wadi__sink *sink, const char *text, size_t size_bytes) {
    counting *self = (counting *)sink;
    self->count->is_unknown = true;
    self->next->push_text(self->next, text, size_bytes);
}
static wadi__sink *put_before(wadi__task *task, wadi__sink *next, wadi__row_count *count) {
    if (!task->is_counted) return next;
    counting *self = wadi__task_scratch(task, sizeof *self);
    if (self == NULL) return NULL;
    self->sink.push = count_rows;
    self->sink.push_text = next->push_text != NULL ? count_text : NULL;
    self->next = next;
    self->count = count;
    return &self->sink;
}
wadi__sink *wadi__counting_in(wadi__task *task, wadi__sink *next) {
    return put_before(task, next, &task->rows_in);
}
wadi__sink *wadi__counting_out(wadi__task *task, wadi__sink *next) {
    return put_before(task, next, &task->rows_out);
}
