/* SPDX-License-Identifier: Apache-2.0 */
/* binary_records.c: files of byte strings of one length, one behind the other. */
#include "fs/reader.h"
#include "rdd/ops/file_parts.h"
#include "rdd/ops/files.h"

#include <wadi/str.h>

#include <inttypes.h>

typedef struct binary_state {
    wadi__file_parts files;
    int64_t record_bytes;
} binary_state;

typedef struct binary_op {
    wadi__cursor cursor;
    wadi__at_close at_close;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    wadi__reader reader;
    size_t record_bytes, buffer_bytes; /* a multiple of the records' */
    int64_t left_bytes;                /* of the part; < 0: until the file ends */
} binary_op;

/* Fills a buffer with whole records. *size is 0 at the end. */
static wadi_status fill(binary_op *op, char *bytes, size_t *size, wadi_error *err) {
    size_t wanted = op->buffer_bytes, got = 1;
    if (op->left_bytes >= 0 && (uint64_t)op->left_bytes < wanted) wanted = (size_t)op->left_bytes;
    *size = 0;
    while (*size < wanted && got > 0) {
        wadi_status status =
            wadi__reader_read(&op->reader, bytes + *size, wanted - *size, &got, err);
        if (status != WADI_OK) return status;
        *size += got;
    }
    if (op->left_bytes >= 0) op->left_bytes -= (int64_t)*size;
    if (*size % op->record_bytes == 0) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT, "%s ends in the middle of a record of %zu bytes",
                              op->reader.file->path, op->record_bytes);
}
static void push_records(binary_op *op, const char *bytes, size_t size) {
    const char *end = bytes + size;
    while (bytes < end && !wadi__task_is_over(op->task)) {
        wadi__chunk *out =
            wadi__output_chunk(&op->output, op->task, sizeof(wadi_str), WADI__CHUNK_ROWS, false);
        if (out == NULL) return;
        wadi_str *rows = (wadi_str *)(void *)out->rows;
        for (; out->count < WADI__CHUNK_ROWS && bytes < end; bytes += op->record_bytes)
            rows[out->count++] = wadi_str_view(bytes, op->record_bytes);
        wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
        wadi__push(op->sink, &slice);
    }
}
static bool binary_step(wadi__cursor *cursor) {
    binary_op *op = (binary_op *)cursor;
    wadi__buffer *buffer = wadi__buffer_new(op->buffer_bytes);
    wadi_error err = WADI_ERROR_INIT;
    size_t size = 0;
    if (buffer == NULL)
        wadi__task_fail(op->task, WADI_E_NOMEM, "no memory for the records of a file");
    else if (fill(op, buffer->bytes, &size, &err) != WADI_OK)
        wadi__task_fail_err(op->task, &err);
    else if (size > 0 && wadi__task_keep(op->task, &buffer->counted))
        push_records(op, buffer->bytes, size);
    wadi__buffer_unref(buffer);
    return size > 0 && !wadi__task_is_over(op->task);
}
static void binary_close(wadi__at_close *at_close) {
    wadi__reader_close(
        &((binary_op *)(void *)((char *)at_close - offsetof(binary_op, at_close)))->reader);
}
static wadi__cursor *binary_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    const binary_state *state = (const binary_state *)rdd->state;
    const wadi__file_part *part = &state->files.parts.items[partition];
    binary_op *op = wadi__task_scratch(task, sizeof *op);
    wadi_error err = WADI_ERROR_INIT;
    if (op == NULL) return NULL;
    op->cursor.step = binary_step;
    op->task = task;
    op->sink = sink;
    op->record_bytes = (size_t)state->record_bytes;
    size_t at_once = WADI__READ_BYTES / op->record_bytes;
    op->buffer_bytes = op->record_bytes * (at_once > 0 ? at_once : 1);
    op->left_bytes =
        wadi__packing_of(part->path) != WADI__PACKING_NONE ? -1 : part->until - part->from;
    if (wadi__reader_open(&op->reader, task->env, part->path, part->size_bytes, part->from, &err) !=
        WADI_OK) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    op->at_close.close = binary_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
static void binary_destroy(void *p) { wadi__file_parts_fini(&((binary_state *)p)->files); }

const wadi__rdd_ops wadi__rdd_binary_records_ops = {
    .name = "binary_records",
    .state_size = sizeof(binary_state),
    .open = binary_open,
    .destroy = binary_destroy,
};

static void check_sizes(wadi_rdd *rdd, const binary_state *state) {
    for (size_t i = 0; i < state->files.inputs.count; i++) {
        const wadi__input *input = &state->files.inputs.items[i];
        if (wadi__packing_of(input->path) == WADI__PACKING_NONE &&
            input->size_bytes % state->record_bytes != 0)
            wadi__rdd_set_error(rdd, WADI_E_CORRUPT,
                                "%s has %" PRId64 " bytes, which is no multiple of the %" PRId64
                                " bytes of a record",
                                input->path, input->size_bytes, state->record_bytes);
    }
}
static wadi_rdd *make(wadi_context *sc, const wadi__file_list *files, size_t record_bytes,
                      uint32_t partitions, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_BINARY_RECORDS, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    binary_state *state = (binary_state *)rdd->state;
    wadi__rdd_retype(rdd, wadi__type_str());
    state->record_bytes = (int64_t)record_bytes;
    if (record_bytes == 0 || record_bytes > INT32_MAX)
        wadi__rdd_set_error(rdd, WADI_E_INVALID,
                            "records of %zu bytes; from 1 to 2147483647 will do", record_bytes);
    else if (wadi__rdd_list_files(rdd, &state->files, files)) {
        check_sizes(rdd, state);
        bool made = wadi__file_parts_split(&state->files, partitions, state->record_bytes);
        wadi__rdd_take_parts(rdd, &state->files, made);
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *(wadi_binary_records)(wadi_context *sc, const char *path, size_t record_bytes,
                                const wadi_op_options *options) {
    return make(sc, &(wadi__file_list){path, NULL, 1}, record_bytes,
                options->partitions != 0 ? options->partitions : 2, options);
}
wadi_rdd *wadi__rdd_make_binary_files(wadi_context *sc, const wadi__input *files, size_t n,
                                      size_t record_bytes, const wadi_op_options *options) {
    return make(sc, &(wadi__file_list){NULL, files, n}, record_bytes, options->partitions, options);
}
