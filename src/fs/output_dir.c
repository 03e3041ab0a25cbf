/* SPDX-License-Identifier: Apache-2.0 */
/* output_dir.c: writing beside, then renaming. */
#include "fs/output_dir.h"

#include "fs/glob.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

wadi__part_name wadi__part_name_of(uint32_t partition) {
    wadi__part_name name;
    snprintf(name.text, sizeof name.text, "part-%05" PRIu32, partition);
    return name;
}
static void release(wadi__output_dir *dir) {
    wadi__free(dir->path);
    wadi__free(dir->temporary);
    *dir = (wadi__output_dir){0};
}
static wadi_status check_free(const wadi__output_dir *dir, wadi_error *err) {
    wadi__file_stat stat;
    bool exists;
    wadi_status status = wadi__fs_stat(dir->env, dir->path, &stat, &exists, err);
    if (status != WADI_OK || !exists) return status;
    if (!dir->may_replace)
        return wadi_error_context(err, WADI_E_INVALID, "output directory %s exists already",
                                  dir->path);
    if (stat.kind != WADI__FILE_DIR)
        return wadi_error_context(err, WADI_E_INVALID, "%s exists and is no directory", dir->path);
    return WADI_OK;
}
/* parent/.name.RANDOM.tmp; where a run may be repeated parent/.name.tmp, so that the next one finds
 * what a crash has left. */
static char *temporary_name(const wadi__output_dir *dir) {
    uint64_t random;
    size_t len;
    dir->env->random(dir->env, &random, sizeof random);
    const char *last = wadi__fs_last(dir->path, &len);
    char *parent = wadi__fs_parent(dir->path),
         *name = dir->may_replace
                     ? wadi__format(".%.*s.tmp", (int)len, last)
                     : wadi__format(".%.*s.%016" PRIx64 ".tmp", (int)len, last, random);
    char *joined = parent != NULL && name != NULL ? wadi__fs_join(parent, name) : NULL;
    wadi__free(parent);
    wadi__free(name);
    return joined;
}
static wadi_status make_above(wadi__env *env, const char *path, wadi_error *err) {
    char *dir = wadi__fs_parent(path);
    if (dir == NULL) return wadi__fs_no_memory(err, path);
    wadi_status status = wadi__fs_make_safe_dirs(env, dir, err);
    wadi__free(dir);
    return status;
}
wadi_status wadi__output_dir_open(wadi__output_dir *dir, wadi__env *env, const char *path,
                                  bool may_replace, wadi_error *err) {
    size_t len;
    const char *last = wadi__fs_last(path, &len);
    *dir = (wadi__output_dir){.env = env, .may_replace = may_replace};
    if (wadi__fs_find(path, err) == NULL) return WADI_E_INVALID;
    if (len == 0)
        return wadi_error_context(err, WADI_E_INVALID, "'%s' is no name for a directory", path);
    dir->path = wadi__memdup(path, (size_t)(last + len - path));
    dir->temporary = dir->path != NULL ? temporary_name(dir) : NULL;
    wadi_status status =
        dir->temporary != NULL ? check_free(dir, err) : wadi__fs_no_memory(err, path);
    if (status == WADI_OK) status = make_above(env, dir->path, err);
    if (status == WADI_OK && may_replace) status = wadi__fs_remove_all(env, dir->temporary, err);
    if (status == WADI_OK) status = wadi__fs_make_dirs(env, dir->temporary, err);
    if (status != WADI_OK) release(dir);
    return status;
}
void wadi__output_dir_abort(wadi__output_dir *dir) {
    if (dir->temporary != NULL) wadi__fs_remove_all(dir->env, dir->temporary, NULL);
    release(dir);
}

/* ---- Commit ---- */

static wadi_status mark_success(const wadi__output_dir *dir, wadi_error *err) {
    char *path = wadi__fs_join(dir->temporary, "_SUCCESS");
    wadi__file *file = NULL;
    if (path == NULL) return wadi__fs_no_memory(err, dir->path);
    wadi_status status =
        wadi__fs_open(dir->env, path, WADI__OPEN_WRITE | WADI__OPEN_CREATE, &file, err);
    if (status == WADI_OK) status = wadi__fs_sync(file, err);
    wadi__fs_close(&file, NULL);
    wadi__free(path);
    return status == WADI_OK ? wadi__fs_sync_dir(dir->env, dir->temporary, err) : status;
}
/* temporary/name to path/name. */
static wadi_status move(const wadi__output_dir *dir, const char *name, wadi_error *err) {
    char *from = wadi__fs_join(dir->temporary, name), *to = wadi__fs_join(dir->path, name);
    wadi_status status = from != NULL && to != NULL ? wadi__fs_rename(dir->env, from, to, err)
                                                    : wadi__fs_no_memory(err, dir->path);
    wadi__free(from);
    wadi__free(to);
    return status;
}
/* Into the directory that is there. */
static wadi_status replace(const wadi__output_dir *dir, wadi_error *err) {
    wadi__names names = {0};
    char *success = wadi__fs_join(dir->path, "_SUCCESS");
    wadi_status status = success != NULL ? wadi__fs_remove(dir->env, success, err)
                                         : wadi__fs_no_memory(err, dir->path);
    wadi__free(success);
    if (status == WADI_OK) status = wadi__fs_sync_dir(dir->env, dir->path, err);
    if (status == WADI_OK) status = wadi__fs_list(dir->env, dir->temporary, &names, err);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++)
        if (!wadi__fs_is_hidden(names.items[i])) status = move(dir, names.items[i], err);
    wadi__names_fini(&names);
    if (status == WADI_OK) status = wadi__fs_sync_dir(dir->env, dir->path, err);
    if (status == WADI_OK) status = move(dir, "_SUCCESS", err);
    return status == WADI_OK ? wadi__fs_sync_dir(dir->env, dir->path, err) : status;
}
static wadi_status appear(const wadi__output_dir *dir, wadi_error *err) {
    wadi_status status = wadi__fs_rename(dir->env, dir->temporary, dir->path, err);
    char *parent = status == WADI_OK ? wadi__fs_parent(dir->path) : NULL;
    if (parent != NULL) status = wadi__fs_sync_dir(dir->env, parent, err);
    wadi__free(parent);
    return status;
}
wadi_status wadi__output_dir_commit(wadi__output_dir *dir, wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = mark_success(dir, err);
    if (status == WADI_OK) status = check_free(dir, err);
    if (status == WADI_OK) status = wadi__fs_stat(dir->env, dir->path, &stat, &exists, err);
    if (status == WADI_OK) status = exists ? replace(dir, err) : appear(dir, err);
    wadi__fs_remove_all(dir->env, dir->temporary, NULL);
    release(dir);
    return status;
}
