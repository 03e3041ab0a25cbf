/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: lines of text in memory, cut when they are needed. */
#include "base/buffer.h"
#include "data/scan.h"
#include "rdd/ops/ops.h"

#include <wadi/str.h>

typedef struct text_state {
    wadi__buffer *text;
    size_t size;
} text_state;

typedef struct text_op {
    wadi__cursor cursor;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    const char *at, *end;
} text_op;

enum { STEP_BYTES = 64 << 10 }; /* of text: its lines and words stay in the second-level cache */

/* The whole lines of a step, or one longer line. */
static bool text_step_whole(text_op *op) {
    size_t left = (size_t)(op->end - op->at);
    size_t some = left < STEP_BYTES ? left : STEP_BYTES;
    const char *stop = memrchr(op->at, '\n', some);
    if (stop == NULL && some < left) stop = memchr(op->at + some, '\n', left - some);
    const char *at = op->at;
    op->at = stop != NULL ? stop + 1 : op->end;
    op->sink->push_text(op->sink, at, (size_t)(op->at - at));
    return true;
}
static bool text_step(wadi__cursor *cursor) {
    text_op *op = (text_op *)cursor;
    if (op->at == op->end) return false;
    if (op->sink->push_text != NULL) return text_step_whole(op);
    wadi__chunk *out =
        wadi__output_chunk(&op->output, op->task, sizeof(wadi_str), WADI__CHUNK_ROWS, false);
    if (out == NULL) return false;
    size_t left = (size_t)(op->end - op->at), used;
    size_t some = left < STEP_BYTES ? left : STEP_BYTES;
    out->count = (uint32_t)wadi__scan_lines(op->at, some, (wadi_str *)(void *)out->rows,
                                            WADI__CHUNK_ROWS, &used);
    if (out->count == 0) { /* a line longer than a step, or the last one without an end */
        const char *stop = memchr(op->at, '\n', left);
        const char *line_end = stop != NULL ? stop : op->end;
        used = (size_t)(line_end - op->at) + (stop != NULL);
        if (stop != NULL && line_end > op->at && line_end[-1] == '\r') line_end--;
        *(wadi_str *)(void *)out->rows = wadi_str_view(op->at, (size_t)(line_end - op->at));
        out->count = 1;
    }
    op->at += used;
    wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
    wadi__push(op->sink, &slice);
    return true;
}
/* The first line that begins at or after this share of the text. */
static const char *line_start(const text_state *state, uint64_t part, uint64_t parts) {
    const char *begin = state->text->bytes, *end = begin + state->size;
    size_t offset = (size_t)(state->size / parts * part + state->size % parts * part / parts);
    if (offset == 0) return begin;
    const char *stop = memchr(begin + offset - 1, '\n', state->size - offset + 1);
    return stop != NULL ? stop + 1 : end;
}
static wadi__cursor *text_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    const text_state *state = (const text_state *)rdd->state;
    text_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__task_keep(task, &state->text->counted)) return NULL;
    op->cursor.step = text_step;
    op->task = task;
    op->sink = sink;
    op->at = line_start(state, partition, rdd->partition_count);
    op->end = line_start(state, partition + 1ull, rdd->partition_count);
    return &op->cursor;
}
static void text_destroy(void *p) { wadi__buffer_unref(((text_state *)p)->text); }

const wadi__rdd_ops wadi__rdd_text_ops = {
    .name = "text",
    .state_size = sizeof(text_state),
    .open = text_open,
    .destroy = text_destroy,
};

wadi_rdd *(wadi_text)(wadi_context *sc, const char *bytes, size_t size, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_TEXT, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    wadi__rdd_retype(rdd, wadi__type_str());
    rdd->partition_count = wadi__rdd_partitions(sc, options);
    text_state *state = (text_state *)rdd->state;
    state->text = wadi__buffer_new(size);
    state->size = size;
    if (bytes == NULL && size > 0) wadi__rdd_set_error(rdd, WADI_E_INVALID, "%zu bytes of text at NULL", size);
    else if (state->text == NULL) wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for %zu bytes of text", size);
    else if (size > 0) memcpy(state->text->bytes, bytes, size);
    return wadi__rdd_done(rdd, options);
}
