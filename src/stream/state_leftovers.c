/* SPDX-License-Identifier: Apache-2.0 */
/* state_leftovers.c: a look at the names below DIR/state. */
#include "stream/state_leftovers.h"

#include "base/log.h"
#include "fs/fs.h"
#include "stream/saved_name.h"

static bool is_taken(const wadi_stream_context *ssc, const char *name) {
    for (size_t i = 0; i < ssc->nodes.count; i++) {
        wadi_dstream *node = ssc->nodes.items[i];
        const char *own = node->is_reached ? wadi__dstream_saved_name(node) : NULL;
        if (own != NULL && strcmp(own, name) == 0) return true;
    }
    return false;
}
static wadi_status remove_one(const wadi_stream_context *ssc, const char *dir, const char *name,
                              wadi_error *err) {
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return wadi__fs_no_memory(err, name);
    wadi_status status = wadi__fs_remove_all(ssc->env, path, err);
    wadi__free(path);
    if (status == WADI_OK)
        wadi__log_info("stream", "the files of '%s', which the program no longer has, are removed",
                       name);
    return status;
}
void wadi__state_leftovers_remove(const wadi_stream_context *ssc) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__names names = {0};
    char *dir = wadi__fs_join(ssc->checkpoint_dir, "state");
    wadi_status status = dir != NULL ? wadi__fs_list_if_any(ssc->env, dir, &names, &err)
                                     : wadi__fs_no_memory(&err, ssc->checkpoint_dir);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++)
        if (!is_taken(ssc, names.items[i])) status = remove_one(ssc, dir, names.items[i], &err);
    if (status != WADI_OK)
        wadi__log_warn("stream", "states that the program no longer has stay on the disk: %s",
                       err.message);
    wadi__names_fini(&names);
    wadi__free(dir);
}
