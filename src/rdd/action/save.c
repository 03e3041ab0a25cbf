/* SPDX-License-Identifier: Apache-2.0 */
/* save.c: saveAsTextFile and saveAsObjectFile: each task writes its partition's part file, under a
 * name of its try until it is whole; the driver then lets the directory appear. */
#include "rdd/action/save.h"

#include "data/frame.h"
#include "fs/output_dir.h"
#include "fs/writer.h"
#include "rdd/action/job.h"

#include <wadi/str.h>

enum { TEXT_BYTES = 64 << 10, FRAME_BYTES = 1 << 20 };

typedef struct save_sink {
    wadi__sink sink;
    wadi__task *task;
    const wadi__type *type;
    wadi__writer writer;
    wadi__text text;    /* lines, or a frame, on their way to the writer */
    wadi__block *block; /* records of the next frame; NULL: none yet */
    bool has_frame;     /* one is written */
} save_sink;

static void fail(save_sink *save, const wadi_error *err) { wadi__task_fail_err(save->task, err); }
static void write_text(save_sink *save) {
    wadi_error err = WADI_ERROR_INIT;
    if (save->text.failed)
        wadi__task_fail(save->task, WADI_E_NOMEM, "no memory for the text of a record");
    else if (wadi__writer_add(&save->writer, save->text.bytes, save->text.size, &err) != WADI_OK)
        fail(save, &err);
    save->text.size = 0;
}

/* ---- Lines ---- */

static void text_push(wadi__sink *sink, const wadi__slice *in) {
    save_sink *save = (save_sink *)sink;
    size_t size = save->type->pub.size;
    for (uint32_t i = 0; i < in->count; i++) {
        const char *row =
            (const char *)in->rows + (in->selected != NULL ? in->selected[i] : i) * size;
        wadi__print_value(&save->text, save->type, row);
        wadi__text_add(&save->text, "\n", 1);
        if (save->text.size < TEXT_BYTES && !save->text.failed) continue;
        write_text(save);
        if (save->task->user.failed) return;
    }
}

/* ---- Frames ---- */

static void write_frame(save_sink *save) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__frame_write_block(&save->text, save->block, WADI__FRAME_ZSTD, &err) != WADI_OK)
        fail(save, &err);
    else
        write_text(save);
    save->has_frame = true;
    wadi__block_unref(save->block);
    save->block = NULL;
}
static bool open_block(save_sink *save) {
    if (save->block == NULL)
        save->block = wadi__block_new(save->type, NULL); /* the task keeps the strings */
    if (save->block == NULL) wadi__task_fail(save->task, WADI_E_NOMEM, "no memory for a block");
    return save->block != NULL;
}
static bool add_rows(save_sink *save, const wadi__slice *in) {
    if (in->selected == NULL) return wadi__block_append(save->block, in->rows, in->count);
    size_t size = save->type->pub.size;
    for (uint32_t i = 0; i < in->count; i++)
        if (!wadi__block_append(save->block, (const char *)in->rows + in->selected[i] * size, 1))
            return false;
    return true;
}
static void object_push(wadi__sink *sink, const wadi__slice *in) {
    save_sink *save = (save_sink *)sink;
    if (in->count == 0 || !open_block(save)) return;
    if (!add_rows(save, in))
        wadi__task_fail(save->task, WADI_E_NOMEM, "no memory for the records of a frame");
    else if (save->block->row_count >= WADI__FRAME_ROWS - WADI__CHUNK_ROWS ||
             save->block->row_count * save->type->pub.size >= FRAME_BYTES)
        write_frame(save);
}

/* ---- A partition ---- */

static wadi_status open_part(save_sink *save, const char *dir, wadi_error *err) {
    char try_name[32];
    snprintf(try_name, sizeof try_name, "try%u", save->task->attempt);
    char *path = wadi__fs_join(dir, wadi__part_name_of(save->task->partition_index).text);
    wadi_status status =
        path != NULL ? wadi__writer_open(&save->writer, save->task->env, path, try_name, err)
                     : wadi__fs_no_memory(err, dir);
    wadi__free(path);
    return status;
}
static void save_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                     wadi__task_result *result) {
    bool is_text = action->kind == WADI__ACTION_SAVE_TEXT;
    save_sink save = {.sink = {.push = is_text ? text_push : object_push}, .task = task, .type = rdd->type};
    wadi_error err = WADI_ERROR_INIT;
    (void)result;
    if (open_part(&save, action->path, &err) != WADI_OK)
        fail(&save, &err);
    else
        wadi__action_drive(rdd, task, &save.sink, NULL);
    if (!wadi__task_is_over(task)) {
        if (is_text)
            write_text(&save);
        else if ((save.block != NULL || !save.has_frame) && open_block(&save))
            write_frame(&save);
    }
    if (wadi__task_is_over(task))
        wadi__writer_abort(&save.writer);
    else if (wadi__writer_finish(&save.writer, &err) != WADI_OK)
        fail(&save, &err);
    wadi__block_unref(save.block);
    wadi__text_fini(&save.text);
}
const wadi__action_ops wadi__action_save_text_ops = {"save_as_text_file", save_run};
const wadi__action_ops wadi__action_save_object_ops = {"save_as_object_file", save_run};

/* ---- On the driver ---- */

static bool nothing(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
static bool run(wadi_rdd *rdd, wadi__action_kind kind, const char *path, bool may_replace) {
    wadi__output_dir dir;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_rdd_failed(rdd, NULL)) return false;
    wadi_status status = path != NULL
                             ? wadi__output_dir_open(&dir, rdd->sc->env, path, may_replace, &err)
                             : wadi_error_context(&err, WADI_E_INVALID, "no path is given");
    if (status == WADI_OK) {
        wadi__action action = {.kind = kind, .path = dir.temporary};
        if (!wadi__job_run(rdd, &action, nothing, NULL)) {
            wadi__output_dir_abort(&dir);
            return false;
        }
        status = wadi__output_dir_commit(&dir, &err);
    }
    if (status != WADI_OK) wadi__job_fail(rdd, wadi__action_ops_of(kind)->name, &err);
    return status == WADI_OK;
}
bool wadi__save_text(wadi_rdd *rdd, const char *path, bool may_replace) {
    return run(rdd, WADI__ACTION_SAVE_TEXT, path, may_replace);
}
bool wadi__save_objects(wadi_rdd *rdd, const char *path, bool may_replace) {
    return run(rdd, WADI__ACTION_SAVE_OBJECT, path, may_replace);
}
void wadi_save_as_text_file(wadi_rdd *rdd, const char *path) { wadi__save_text(rdd, path, false); }
void wadi_save_as_object_file(wadi_rdd *rdd, const char *path) {
    wadi__save_objects(rdd, path, false);
}
