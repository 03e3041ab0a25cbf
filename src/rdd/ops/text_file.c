/* SPDX-License-Identifier: Apache-2.0 */
/* text_file.c: lines of files, cut out of large buffers when they are needed. */
#include "base/conf.h"
#include "fs/lines.h"
#include "rdd/ops/file_parts.h"
#include "rdd/ops/files.h"

typedef struct text_file_state {
    wadi__file_parts files;
    int64_t line_max_bytes;
} text_file_state;

typedef struct text_file_op {
    wadi__cursor cursor;
    wadi__at_close at_close;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    wadi__lines lines;
} text_file_op;

static bool text_file_step(wadi__cursor *cursor) {
    text_file_op *op = (text_file_op *)cursor;
    const char *text;
    size_t size_bytes;
    if (op->sink->push_text != NULL && wadi__lines_take(&op->lines, &text, &size_bytes)) {
        op->sink->push_text(op->sink, text, size_bytes);
        return true;
    }
    wadi__chunk *out =
        wadi__output_chunk(&op->output, op->task, sizeof(wadi_str), WADI__CHUNK_ROWS, false);
    if (out == NULL) return false;
    wadi_error err = WADI_ERROR_INIT;
    size_t count;
    if (wadi__lines_next(&op->lines, (wadi_str *)(void *)out->rows, WADI__CHUNK_ROWS, &count,
                         &err) != WADI_OK) {
        wadi__task_fail_err(op->task, &err);
        return false;
    }
    if (count == 0) return false;
    out->count = (uint32_t)count;
    wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
    wadi__push(op->sink, &slice);
    return true;
}
static void text_file_close(wadi__at_close *at_close) {
    text_file_op *op =
        (text_file_op *)(void *)((char *)at_close - offsetof(text_file_op, at_close));
    wadi__lines_close(&op->lines);
}
static wadi__cursor *text_file_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                    wadi__sink *sink) {
    const text_file_state *state = (const text_file_state *)rdd->state;
    const wadi__file_part *part = &state->files.parts.items[partition];
    text_file_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = text_file_step;
    op->task = task;
    op->sink = sink;
    wadi_error err = WADI_ERROR_INIT;
    bool is_packed = wadi__packing_of(part->path) != WADI__PACKING_NONE;
    if (wadi__lines_open(&op->lines, task->env, part->path, part->size_bytes, part->from,
                         is_packed ? -1 : part->until, state->line_max_bytes, task->keep,
                         &err) != WADI_OK) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    op->at_close.close = text_file_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
static void text_file_destroy(void *p) { wadi__file_parts_fini(&((text_file_state *)p)->files); }

const wadi__rdd_ops wadi__rdd_text_file_ops = {
    .name = "text_file",
    .state_size = sizeof(text_file_state),
    .open = text_file_open,
    .destroy = text_file_destroy,
};

static wadi_rdd *make(wadi_context *sc, const wadi__file_list *files, uint32_t partitions,
                      const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_TEXT_FILE, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    text_file_state *state = (text_file_state *)rdd->state;
    wadi__rdd_retype(rdd, wadi__type_str());
    if (wadi__rdd_list_files(rdd, &state->files, files)) {
        state->line_max_bytes = wadi__conf_int(sc->conf, WADI__CONF_LINE_MAX);
        wadi__rdd_take_parts(rdd, &state->files,
                             wadi__file_parts_split(&state->files, partitions, 1));
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *(wadi_text_file)(wadi_context *sc, const char *path, const wadi_op_options *options) {
    return make(sc, &(wadi__file_list){path, NULL, 1},
                options->partitions != 0 ? options->partitions : 2, options);
}
wadi_rdd *wadi__rdd_make_text_files(wadi_context *sc, const wadi__input *files, size_t n,
                                    const wadi_op_options *options) {
    return make(sc, &(wadi__file_list){NULL, files, n}, options->partitions, options);
}
