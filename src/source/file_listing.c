/* SPDX-License-Identifier: Apache-2.0 */
/* file_listing.c: looking into directories. */
#include "source/file_listing.h"

#include "fs/glob.h"

/* Takes `path` over. */
static wadi_status add_file(wadi__file_listing *self, wadi__env *env, char *path, wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = path != NULL ? wadi__fs_stat(env, path, &stat, &exists, err)
                                      : wadi__fs_no_memory(err, "a directory");
    bool is_file = status == WADI_OK && exists && stat.kind == WADI__FILE_PLAIN;
    if (is_file && wadi__vec_reserve(&self->files, 1) && wadi__vec_push(&self->paths, path)) {
        self->files.items[self->files.count++] =
            (wadi__candidate){path, stat.size_bytes, stat.modified_ms, false};
        return WADI_OK;
    }
    if (is_file) status = wadi__fs_no_memory(err, path);
    wadi__free(path);
    return status;
}
static wadi_status add_directory(wadi__file_listing *self, wadi__env *env, const char *dir,
                                 wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = wadi__fs_stat(env, dir, &stat, &exists, err);
    if (status != WADI_OK || !exists || stat.kind != WADI__FILE_DIR) return status;
    self->has_directory = true;
    wadi__names names = {0};
    status = wadi__fs_list(env, dir, &names, err);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++)
        status = add_file(self, env, wadi__fs_join(dir, names.items[i]), err);
    wadi__names_fini(&names);
    return status;
}
wadi_status wadi__file_listing_make(wadi__file_listing *self, wadi__env *env, const char *pattern,
                                    wadi_error *err) {
    wadi__names dirs = {0};
    wadi_status status = wadi__glob(env, pattern, &dirs, err);
    for (size_t i = 0; i < dirs.count && status == WADI_OK; i++)
        status = add_directory(self, env, dirs.items[i], err);
    wadi__names_fini(&dirs);
    return status;
}
void wadi__file_listing_fini(wadi__file_listing *self) {
    wadi__names_fini(&self->paths);
    wadi__vec_fini(&self->files);
}
