/* SPDX-License-Identifier: Apache-2.0 */
/* file_filter.c: filters of paths, run where the batch is made. */
#include "source/file_filter.h"

#include "exec/shared_vars.h"
#include "fs/fs.h"
#include "stream/stream_context.h"

#include <wadi/str.h>

#include <string.h>

static void drop_hidden(wadi__candidate *candidates, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t len;
        candidates[i].is_new &= wadi__fs_last(candidates[i].path, &len)[0] != '.';
    }
}
/* Runs the filter over all paths at once. It sees a task, as everywhere; none of the engine's. */
static void run_filter(wadi__task *task, const wadi__bound_fn *fn, const wadi_str *paths,
                       size_t count, uint32_t *selected, size_t *selected_count) {
    wadi__fn_entry entry;
    if (!wadi__fn_lookup(fn->name, &entry)) {
        wadi__task_fail(task, WADI_E_STATE, "function '%s' is not there any more", fn->name);
        return;
    }
    wadi_call call = {.fn = entry.fn,
                      .env = fn->env,
                      .task = &task->user,
                      .count = count,
                      .in = paths,
                      .selected = selected};
    entry.fn->run(&call);
    *selected_count = call.selected_count;
    wadi__shared_vars_forget(task); /* nothing is counted here */
}
static wadi_status ask_user(const wadi_dstream *stream, wadi__task *task,
                            wadi__candidate *candidates, const uint32_t *numbers,
                            const wadi_str *paths, size_t count, uint32_t *selected,
                            wadi_error *err) {
    size_t kept = 0;
    run_filter(task, stream->fn, paths, count, selected, &kept);
    if (task->user.failed)
        return wadi_error_context(err, task->err.status, "%s; in filter '%s' of paths",
                                  task->err.message, stream->fn->name);
    for (size_t i = 0; i < count; i++) candidates[numbers[i]].is_new = false;
    for (size_t i = 0; i < kept; i++) candidates[numbers[selected[i]]].is_new = true;
    return WADI_OK;
}
wadi_status wadi__file_filter(const wadi_dstream *stream, int64_t time_ms,
                              wadi__candidate *candidates, size_t count, wadi_error *err) {
    if (stream->fn == NULL) {
        drop_hidden(candidates, count);
        return WADI_OK;
    }
    wadi__task task = {.sc = stream->ssc->sc,
                       .env = stream->ssc->env,
                       .batch_ms = time_ms,
                       .err = WADI_ERROR_INIT};
    task.keep = wadi__keep_new();
    wadi_str *paths = wadi__calloc(count, sizeof *paths);
    uint32_t *numbers = wadi__calloc(count, sizeof *numbers);
    uint32_t *selected = wadi__calloc(count + 1, sizeof *selected); /* filters write one ahead */
    wadi_status status = WADI_OK;
    size_t asked = 0;
    if (task.keep == NULL || paths == NULL || numbers == NULL || selected == NULL) {
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory to filter %zu files", count);
    } else {
        for (size_t i = 0; i < count; i++) {
            if (!candidates[i].is_new) continue;
            numbers[asked] = (uint32_t)i;
            paths[asked++] = wadi_str_of(candidates[i].path);
        }
        if (asked > 0)
            status = ask_user(stream, &task, candidates, numbers, paths, asked, selected, err);
    }
    wadi__free(selected);
    wadi__free(numbers);
    wadi__free(paths);
    wadi__keep_unref(task.keep);
    wadi__arena_fini(&task.scratch);
    wadi__arena_fini(&task.lasting);
    return status;
}
