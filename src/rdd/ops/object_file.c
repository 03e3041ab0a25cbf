/* SPDX-License-Identifier: Apache-2.0 */
/* object_file.c: files of frames, one behind the other, as saveAsObjectFile writes them; a
 * partition each. */
#include "data/frame.h"
#include "fs/reader.h"
#include "rdd/ops/file_parts.h"
#include "rdd/ops/files.h"

#include <inttypes.h>
#include <string.h>

typedef struct object_state {
    wadi__file_parts files;
} object_state;

typedef struct object_op {
    wadi__cursor cursor;
    wadi__at_close at_close;
    wadi__task *task;
    wadi__sink *sink;
    const wadi__type *type;
    wadi__reader reader;
    uint64_t offset; /* of the next frame, in what is unpacked */
    bool is_packed;
} object_op;

/* Fills `size` bytes; *got is less at the end of the file. */
static wadi_status read_fully(object_op *op, char *bytes, size_t size, size_t *got,
                              wadi_error *err) {
    size_t some = 1;
    for (*got = 0; *got < size && some > 0; *got += some) {
        wadi_status status = wadi__reader_read(&op->reader, bytes + *got, size - *got, &some, err);
        if (status != WADI_OK) return status;
    }
    return WADI_OK;
}
static wadi_status read_body(object_op *op, const char *head, uint64_t frame_bytes,
                             wadi__block **block, wadi_error *err) {
    uint64_t file_bytes = (uint64_t)op->reader.size_bytes;
    if (!op->is_packed && frame_bytes > file_bytes - op->offset)
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: it is cut off");
    wadi__buffer *buffer = wadi__buffer_new((size_t)frame_bytes);
    if (buffer == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a frame of %" PRIu64 " bytes",
                                  frame_bytes);
    memcpy(buffer->bytes, head, WADI__FRAME_HEAD_BYTES);
    size_t got;
    wadi_status status = read_fully(op, buffer->bytes + WADI__FRAME_HEAD_BYTES,
                                    (size_t)frame_bytes - WADI__FRAME_HEAD_BYTES, &got, err);
    if (status == WADI_OK)
        status = wadi__frame_read(op->type, buffer->bytes, WADI__FRAME_HEAD_BYTES + got,
                                  &buffer->counted, block, NULL, err);
    wadi__buffer_unref(buffer);
    return status;
}
/* The next frame's records; NULL at the end. */
static wadi_status read_frame(object_op *op, wadi__block **block, wadi_error *err) {
    char head[WADI__FRAME_HEAD_BYTES];
    uint64_t frame_bytes = 0;
    size_t got;
    wadi_status status = read_fully(op, head, sizeof head, &got, err);
    if (status != WADI_OK || got == 0) return status;
    status = wadi__frame_size(head, got, &frame_bytes, err);
    if (status == WADI_OK) status = read_body(op, head, frame_bytes, block, err);
    if (status != WADI_OK)
        return wadi_error_context(err, status, "in %s at byte %" PRIu64, op->reader.file->path,
                                  op->offset);
    op->offset += frame_bytes;
    return WADI_OK;
}
static bool object_step(wadi__cursor *cursor) {
    object_op *op = (object_op *)cursor;
    wadi__block *block = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (read_frame(op, &block, &err) != WADI_OK) wadi__task_fail_err(op->task, &err);
    bool is_kept = block != NULL && wadi__task_keep(op->task, &block->counted);
    for (size_t c = 0; is_kept && c < block->chunks.count && !wadi__task_is_over(op->task); c++) {
        wadi__chunk *chunk = block->chunks.items[c];
        wadi__slice slice = {chunk->rows, chunk->count, NULL, NULL, chunk};
        wadi__push(op->sink, &slice);
    }
    wadi__block_unref(block); /* the task's keep has one */
    return is_kept;
}
static void object_close(wadi__at_close *at_close) {
    wadi__reader_close(
        &((object_op *)(void *)((char *)at_close - offsetof(object_op, at_close)))->reader);
}
static wadi__cursor *object_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    const object_state *state = (const object_state *)rdd->state;
    const wadi__file_part *part = &state->files.parts.items[partition];
    object_op *op = wadi__task_scratch(task, sizeof *op);
    wadi_error err = WADI_ERROR_INIT;
    if (op == NULL) return NULL;
    op->cursor.step = object_step;
    op->task = task;
    op->sink = sink;
    op->type = rdd->type;
    op->is_packed = wadi__packing_of(part->path) != WADI__PACKING_NONE;
    if (wadi__reader_open(&op->reader, task->env, part->path, part->size_bytes, 0, &err) !=
        WADI_OK) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    op->at_close.close = object_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
static void object_destroy(void *p) { wadi__file_parts_fini(&((object_state *)p)->files); }

const wadi__rdd_ops wadi__rdd_object_file_ops = {
    .name = "object_file",
    .state_size = sizeof(object_state),
    .open = object_open,
    .destroy = object_destroy,
};

static wadi_rdd *make(wadi_context *sc, const wadi__type *type, const wadi_error *type_err,
                      const wadi__file_list *files, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_OBJECT_FILE, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    object_state *state = (object_state *)rdd->state;
    wadi__rdd_retype(rdd, type != NULL ? type : wadi__type_int64());
    if (type == NULL && type_err != NULL)
        wadi__rdd_set_error(rdd, type_err->status, "%s", type_err->message);
    else if (wadi__rdd_list_files(rdd, &state->files, files))
        wadi__rdd_take_parts(rdd, &state->files, wadi__file_parts_whole(&state->files));
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__object_file(wadi_context *sc, const wadi_type *pub, const char *path,
                            const wadi_op_options *options) {
    wadi_error err = WADI_ERROR_INIT;
    return make(sc, wadi__type_intern(pub, &err), &err, &(wadi__file_list){path, NULL, 1}, options);
}
wadi_rdd *wadi__rdd_make_object_files(wadi_context *sc, const wadi__type *type,
                                      const wadi__input *files, size_t n,
                                      const wadi_op_options *options) {
    return make(sc, type, NULL, &(wadi__file_list){NULL, files, n}, options);
}
