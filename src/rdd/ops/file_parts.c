/* SPDX-License-Identifier: Apache-2.0 */
/* file_parts.c: splitting files as Hadoop's FileInputFormat does. */
#include "rdd/ops/file_parts.h"

#include "base/log.h"
#include "fs/unpack.h"

#include <inttypes.h>

enum { PART_BYTES_MAX = 32 << 20 }; /* the block size of Hadoop's local files */

void wadi__file_parts_fini(wadi__file_parts *parts) {
    wadi__inputs_fini(&parts->inputs);
    wadi__vec_fini(&parts->parts);
}
/* A file that was found before is read as far as it went then. */
static wadi_status add_found(wadi__inputs *inputs, wadi__env *env, const wadi__input *found,
                             wadi_error *err) {
    wadi_status status = wadi__fs_input_file(env, found->path, inputs, err);
    if (status != WADI_OK || found->size_bytes < 0) return status;
    wadi__input *now = &inputs->items[inputs->count - 1];
    if (now->size_bytes < found->size_bytes)
        return wadi_error_context(err, WADI_E_CORRUPT,
                                  "%s had %" PRId64 " bytes when it was found, and has %" PRId64
                                  " now",
                                  found->path, found->size_bytes, now->size_bytes);
    if (now->modified_ms != found->modified_ms)
        wadi__log_warn("rdd",
                       "%s was changed since it was found; its first %" PRId64 " bytes are read",
                       found->path, found->size_bytes);
    now->size_bytes = found->size_bytes;
    return WADI_OK;
}
wadi_status wadi__file_parts_list(wadi__file_parts *parts, wadi__env *env,
                                  const wadi__file_list *files, wadi_error *err) {
    if (files->text != NULL) return wadi__fs_inputs(env, files->text, &parts->inputs, err);
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < files->count && status == WADI_OK; i++)
        status = add_found(&parts->inputs, env, &files->files[i], err);
    return status;
}
static bool add_whole(wadi__file_parts *parts, const wadi__input *input) {
    return wadi__vec_push(&parts->parts,
                          (wadi__file_part){input->path, input->size_bytes, 0, input->size_bytes});
}
bool wadi__file_parts_whole(wadi__file_parts *parts) {
    for (size_t i = 0; i < parts->inputs.count; i++)
        if (!add_whole(parts, &parts->inputs.items[i])) return false;
    return true;
}
/* A last part of up to 1.1 sizes is not cut again. */
static bool add_split(wadi__file_parts *parts, const wadi__input *input, int64_t part_bytes) {
    int64_t size = input->size_bytes, at = 0;
    for (; (double)(size - at) / (double)part_bytes > 1.1; at += part_bytes)
        if (!wadi__vec_push(&parts->parts,
                            (wadi__file_part){input->path, size, at, at + part_bytes}))
            return false;
    return wadi__vec_push(&parts->parts, (wadi__file_part){input->path, size, at, size});
}
bool wadi__file_parts_split(wadi__file_parts *parts, uint32_t part_count, int64_t unit_bytes) {
    int64_t total = 0;
    for (size_t i = 0; i < parts->inputs.count; i++) total += parts->inputs.items[i].size_bytes;
    int64_t part_bytes = total / (part_count > 0 ? part_count : 1);
    if (part_bytes > PART_BYTES_MAX) part_bytes = PART_BYTES_MAX;
    part_bytes -= part_bytes % unit_bytes;
    if (part_bytes < unit_bytes) part_bytes = unit_bytes;
    for (size_t i = 0; i < parts->inputs.count; i++) {
        const wadi__input *input = &parts->inputs.items[i];
        bool is_packed = wadi__packing_of(input->path) != WADI__PACKING_NONE;
        if (is_packed ? !add_whole(parts, input) : !add_split(parts, input, part_bytes))
            return false;
    }
    return true;
}

bool wadi__rdd_list_files(wadi_rdd *rdd, wadi__file_parts *parts, const wadi__file_list *files) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__rdd_is_broken(rdd)) return false;
    if (rdd->sc->conf == NULL)
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for a context");
    else if (files->text == NULL && files->files == NULL && files->count > 0)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "no path is given");
    else if (wadi__file_parts_list(parts, rdd->sc->env, files, &err) != WADI_OK)
        wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return !wadi__rdd_is_broken(rdd);
}
bool wadi__rdd_take_parts(wadi_rdd *rdd, const wadi__file_parts *parts, bool made) {
    if (!made)
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for the partitions of %zu files",
                            parts->inputs.count);
    else if (parts->parts.count > UINT32_MAX)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "too many partitions");
    else
        rdd->partition_count = (uint32_t)parts->parts.count;
    return !wadi__rdd_is_broken(rdd);
}
