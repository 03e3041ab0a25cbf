/* SPDX-License-Identifier: Apache-2.0 */
/* local.c: the files of this machine, over the env's calls. */
#include "fs/fs.h"

#include <errno.h>
#include <string.h>

typedef struct local_file {
    wadi__file base;
    int handle;
} local_file;

static wadi_status local_open(wadi__env *env, const char *path, int how, wadi__file **file,
                              wadi_error *err) {
    local_file *made = wadi__calloc(1, sizeof *made);
    if (made == NULL || (made->base.path = wadi__strdup(path)) == NULL) {
        wadi__free(made);
        return wadi__fs_no_memory(err, path);
    }
    made->base.ops = &wadi__fs_local_ops;
    made->base.env = env;
    made->handle = env->file_open(env, wadi__fs_path_part(path), how, 0666);
    if (made->handle >= 0) {
        *file = &made->base;
        return WADI_OK;
    }
    int rc = made->handle;
    wadi__free(made->base.path);
    wadi__free(made);
    return wadi__fs_failed(err, rc, "open", path);
}
static wadi_status local_read(wadi__file *file, void *bytes, size_t size, size_t *got,
                              wadi_error *err) {
    ssize_t rc = file->env->file_read(file->env, ((local_file *)file)->handle, bytes, size);
    *got = rc > 0 ? (size_t)rc : 0;
    return rc < 0 ? wadi__fs_failed(err, (int)rc, "read", file->path) : WADI_OK;
}
static wadi_status local_pread(wadi__file *file, void *bytes, size_t size, int64_t offset,
                               size_t *got, wadi_error *err) {
    ssize_t rc =
        file->env->file_pread(file->env, ((local_file *)file)->handle, bytes, size, offset);
    *got = rc > 0 ? (size_t)rc : 0;
    return rc < 0 ? wadi__fs_failed(err, (int)rc, "read", file->path) : WADI_OK;
}
static wadi_status local_write(wadi__file *file, const void *bytes, size_t size, wadi_error *err) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t rc = file->env->file_write(file->env, ((local_file *)file)->handle, at, size);
        if (rc <= 0) return wadi__fs_failed(err, rc < 0 ? (int)rc : -EIO, "write", file->path);
        at += rc;
        size -= (size_t)rc;
    }
    return WADI_OK;
}
static wadi_status local_sync(wadi__file *file, wadi_error *err) {
    int rc = file->env->file_sync(file->env, ((local_file *)file)->handle);
    return rc < 0 ? wadi__fs_failed(err, rc, "write", file->path) : WADI_OK;
}
static void local_uncache(wadi__file *file, int64_t offset, int64_t size) {
    if (file->env->file_uncache != NULL)
        file->env->file_uncache(file->env, ((local_file *)file)->handle, offset, size);
}
static wadi_status local_lock(wadi__file *file, bool *is_taken, wadi_error *err) {
    int rc = file->env->file_lock(file->env, ((local_file *)file)->handle);
    *is_taken = rc == -EWOULDBLOCK;
    return rc < 0 && !*is_taken ? wadi__fs_failed(err, rc, "lock", file->path) : WADI_OK;
}
static wadi_status local_close(wadi__file *file, wadi_error *err) {
    int rc = file->env->file_close(file->env, ((local_file *)file)->handle);
    wadi_status status = rc < 0 ? wadi__fs_failed(err, rc, "close", file->path) : WADI_OK;
    wadi__free(file->path);
    wadi__free(file);
    return status;
}
static wadi_status local_stat(wadi__env *env, const char *path, wadi__file_stat *stat, bool *exists,
                              wadi_error *err) {
    int rc = env->file_stat(env, wadi__fs_path_part(path), stat);
    *exists = rc == 0;
    if (rc == 0 || rc == -ENOENT || rc == -ENOTDIR) return WADI_OK;
    return wadi__fs_failed(err, rc, "look at", path);
}

typedef struct listing {
    wadi__names *names;
    bool has_no_memory;
} listing;
static bool add_name(const char *name, void *arg) {
    listing *list = arg;
    char *copy = wadi__strdup(name);
    if (copy != NULL && wadi__vec_push(list->names, copy)) return true;
    wadi__free(copy);
    list->has_no_memory = true;
    return false;
}
static wadi_status local_list(wadi__env *env, const char *path, wadi__names *names,
                              wadi_error *err) {
    listing list = {names, false};
    const char *dir = wadi__fs_path_part(path);
    int rc = env->dir_list(env, dir[0] != 0 ? dir : ".", add_name, &list);
    if (list.has_no_memory) return wadi__fs_no_memory(err, path);
    return rc < 0 ? wadi__fs_failed(err, rc, "list", path) : WADI_OK;
}
static wadi_status local_make_dir(wadi__env *env, const char *path, bool *has_parent,
                                  wadi_error *err) {
    int rc = env->dir_make(env, wadi__fs_path_part(path), 0777);
    *has_parent = rc != -ENOENT;
    if (rc == 0 || rc == -ENOENT) return WADI_OK;
    wadi__file_stat stat;
    if (rc == -EEXIST && env->file_stat(env, wadi__fs_path_part(path), &stat) == 0 &&
        stat.kind == WADI__FILE_DIR)
        return WADI_OK;
    return wadi__fs_failed(err, rc, "make directory", path);
}
static wadi_status local_rename(wadi__env *env, const char *from, const char *to, wadi_error *err) {
    int rc = env->file_rename(env, wadi__fs_path_part(from), wadi__fs_path_part(to));
    if (rc == 0) return WADI_OK;
    wadi__fs_failed(err, rc, "rename", from);
    return wadi_error_context(err, rc == -ENOMEM ? WADI_E_NOMEM : WADI_E_IO, "to %s", to);
}
static wadi_status local_remove(wadi__env *env, const char *path, bool is_dir, wadi_error *err) {
    int rc = is_dir ? env->dir_remove(env, wadi__fs_path_part(path))
                    : env->file_unlink(env, wadi__fs_path_part(path));
    return rc == 0 || rc == -ENOENT ? WADI_OK : wadi__fs_failed(err, rc, "remove", path);
}
static wadi_status local_sync_dir(wadi__env *env, const char *path, wadi_error *err) {
    int rc = env->dir_sync(env, wadi__fs_path_part(path));
    return rc < 0 ? wadi__fs_failed(err, rc, "write directory", path) : WADI_OK;
}

const wadi__fs_ops wadi__fs_local_ops = {
    .scheme = "file",
    .open = local_open,
    .read = local_read,
    .pread = local_pread,
    .write = local_write,
    .sync = local_sync,
    .uncache = local_uncache,
    .lock = local_lock,
    .close = local_close,
    .stat = local_stat,
    .list = local_list,
    .make_dir = local_make_dir,
    .rename = local_rename,
    .remove = local_remove,
    .sync_dir = local_sync_dir,
};
