/* SPDX-License-Identifier: Apache-2.0 */
/* fs.c: finding the table by the path, and what all file systems share. */
#include "fs/fs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void wadi__names_fini(wadi__names *names) {
    for (size_t i = 0; i < names->count; i++) wadi__free(names->items[i]);
    wadi__vec_fini(names);
}

/* ---- Errors ---- */

wadi_status wadi__fs_failed(wadi_error *err, int rc, const char *doing, const char *path) {
    if (rc == -ENOMEM) return wadi__fs_no_memory(err, path);
    char text[128];
    if (err != NULL)
        err->retriable = rc == -ENOSPC || rc == -EDQUOT || rc == -EMFILE || rc == -ENFILE ||
                         rc == -EIO || rc == -EAGAIN || rc == -ESTALE;
    if (rc == -ENOENT) return wadi_error_context(err, WADI_E_IO, "no such file: %s", path);
    const char *hint = rc == -EMFILE || rc == -ENFILE
                           ? " (the limit, ulimit -n, is too low, or files stay open)"
                           : "";
    return wadi_error_context(err, WADI_E_IO, "cannot %s %s: %s%s", doing, path,
                              strerror_r(-rc, text, sizeof text), hint);
}
wadi_status wadi__fs_no_memory(wadi_error *err, const char *path) {
    if (err != NULL) err->retriable = true;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory for file %s", path);
}

/* ---- Paths ---- */

/* The length of "scheme" in "scheme://.."; 0: the path has none. */
static size_t scheme_size(const char *path) {
    size_t n = 0;
    while ((path[n] >= 'a' && path[n] <= 'z') || (path[n] >= 'A' && path[n] <= 'Z') ||
           (n > 0 && ((path[n] >= '0' && path[n] <= '9') || path[n] == '+' || path[n] == '-' ||
                      path[n] == '.')))
        n++;
    return n > 0 && strncmp(path + n, "://", 3) == 0 ? n : 0;
}
const char *wadi__fs_path_part(const char *path) {
    size_t n = scheme_size(path);
    if (n == 0) return strncmp(path, "file:/", 6) == 0 ? path + 5 : path;
    path += n + 3;
    while (*path != 0 && *path != '/') path++;
    return path;
}
const wadi__fs_ops *wadi__fs_find(const char *path, wadi_error *err) {
    size_t n = scheme_size(path);
    if (path[0] == 0) {
        wadi_error_context(err, WADI_E_INVALID, "a path is empty");
        return NULL;
    }
    if (n == 0) return &wadi__fs_local_ops;
    if (n == 4 && strncmp(path, "file", 4) == 0) {
        const char *host = path + 7;
        if (host[0] == '/' || strncmp(host, "localhost/", 10) == 0) return &wadi__fs_local_ops;
        wadi_error_context(err, WADI_E_INVALID,
                           "%s names another host; write file:///path for a local file", path);
        return NULL;
    }
    bool is_hdfs = n == 4 && strncmp(path, "hdfs", 4) == 0;
    if (is_hdfs && wadi__fs_hdfs_has_root()) return &wadi__fs_hdfs_ops;
    wadi_error_context(err, WADI_E_INVALID,
                       "%s: file systems of the scheme '%.*s' are not built in yet%s", path, (int)n,
                       path,
                       is_hdfs ? "; for development, wadi.fs.hdfs.root names a local folder to use "
                                 "in its place"
                               : "");
    return NULL;
}
char *wadi__fs_join(const char *dir, const char *name) {
    const char *part =
        wadi__fs_path_part(dir); /* a slash in the scheme's "://" is none of the path */
    size_t len = strlen(part);
    return wadi__format("%s%s%s", dir, len > 0 && part[len - 1] == '/' ? "" : "/", name);
}
const char *wadi__fs_last(const char *path, size_t *len) {
    const char *part = wadi__fs_path_part(path), *end = part + strlen(part);
    while (end > part && end[-1] == '/') end--;
    const char *at = end;
    while (at > part && at[-1] != '/') at--;
    *len = (size_t)(end - at);
    return at;
}
char *wadi__fs_parent(const char *path) {
    size_t len;
    const char *last = wadi__fs_last(path, &len), *part = wadi__fs_path_part(path);
    while (last > part + 1 && last[-1] == '/') last--;
    if (last > part) return wadi__memdup(path, (size_t)(last - path));
    return wadi__format("%.*s%s", (int)(part - path), path,
                        part[0] == '/' || part > path ? "/" : ".");
}

/* ---- The calls ---- */

wadi_status wadi__fs_open(wadi__env *env, const char *path, int how, wadi__file **file,
                          wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    return ops != NULL ? ops->open(env, path, how, file, err) : WADI_E_INVALID;
}
wadi_status wadi__fs_read(wadi__file *file, void *bytes, size_t size, size_t *got,
                          wadi_error *err) {
    return file->ops->read(file, bytes, size, got, err);
}
wadi_status wadi__fs_pread(wadi__file *file, void *bytes, size_t size, int64_t offset, size_t *got,
                           wadi_error *err) {
    return file->ops->pread(file, bytes, size, offset, got, err);
}
wadi_status wadi__fs_write(wadi__file *file, const void *bytes, size_t size, wadi_error *err) {
    return file->ops->write(file, bytes, size, err);
}
wadi_status wadi__fs_sync(wadi__file *file, wadi_error *err) { return file->ops->sync(file, err); }
void wadi__fs_uncache(wadi__file *file, int64_t offset, int64_t size) {
    if (file->ops->uncache != NULL) file->ops->uncache(file, offset, size);
}
wadi_status wadi__fs_lock(wadi__file *file, bool *is_taken, wadi_error *err) {
    return file->ops->lock(file, is_taken, err);
}
wadi_status wadi__fs_close(wadi__file **p_file, wadi_error *err) {
    wadi__file *file = *p_file;
    *p_file = NULL;
    return file != NULL ? file->ops->close(file, err) : WADI_OK;
}
wadi_status wadi__fs_stat(wadi__env *env, const char *path, wadi__file_stat *stat, bool *exists,
                          wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    return ops != NULL ? ops->stat(env, path, stat, exists, err) : WADI_E_INVALID;
}
static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
wadi_status wadi__fs_list(wadi__env *env, const char *path, wadi__names *names, wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    if (ops == NULL) return WADI_E_INVALID;
    wadi__names found = {0};
    wadi_status status = ops->list(env, path, &found, err);
    if (status == WADI_OK && found.count > 0 && !wadi__vec_reserve(names, found.count))
        status = wadi__fs_no_memory(err, path);
    if (status == WADI_OK && found.count > 0) {
        qsort(found.items, found.count, sizeof found.items[0], by_name);
        memcpy(names->items + names->count, found.items, found.count * sizeof found.items[0]);
        names->count += found.count;
        found.count = 0;
    }
    wadi__names_fini(&found);
    return status;
}
wadi_status wadi__fs_list_if_any(wadi__env *env, const char *path, wadi__names *names,
                                 wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    return status == WADI_OK && exists ? wadi__fs_list(env, path, names, err) : status;
}
wadi_status wadi__fs_make_dirs(wadi__env *env, const char *path, wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    if (ops == NULL) return WADI_E_INVALID;
    bool has_parent = true;
    wadi_status status = ops->make_dir(env, path, &has_parent, err);
    if (status != WADI_OK || has_parent) return status;
    char *parent = wadi__fs_parent(path);
    if (parent == NULL) return wadi__fs_no_memory(err, path);
    status = strcmp(parent, path) == 0 ? wadi__fs_failed(err, -ENOENT, "make directory", path)
                                       : wadi__fs_make_dirs(env, parent, err);
    wadi__free(parent);
    if (status == WADI_OK) status = ops->make_dir(env, path, &has_parent, err);
    return status == WADI_OK && !has_parent ? wadi__fs_failed(err, -ENOENT, "make directory", path)
                                            : status;
}
enum { REMOVE_TRIES = 5 }; /* a disk that fails once may do so again */
wadi_status wadi__fs_make_safe_dirs(wadi__env *env, const char *path, wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status != WADI_OK || exists) return status;
    char *above = wadi__fs_parent(path);
    if (above == NULL) return wadi__fs_no_memory(err, path);
    if (strcmp(above, path) != 0) status = wadi__fs_make_safe_dirs(env, above, err);
    if (status == WADI_OK) status = wadi__fs_make_dirs(env, path, err);
    if (status == WADI_OK && (status = wadi__fs_sync_dir(env, above, err)) != WADI_OK)
        for (int tries = 0; tries < REMOVE_TRIES && wadi__fs_remove(env, path, NULL) != WADI_OK;
             tries++)
            continue;
    wadi__free(above);
    return status;
}
wadi_status wadi__fs_rename(wadi__env *env, const char *from, const char *to, wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(from, err), *other = wadi__fs_find(to, err);
    if (ops == NULL || other == NULL) return WADI_E_INVALID;
    if (ops == other) return ops->rename(env, from, to, err);
    return wadi_error_context(err, WADI_E_INVALID,
                              "%s cannot be renamed to %s, which is another file system", from, to);
}
wadi_status wadi__fs_remove(wadi__env *env, const char *path, wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    wadi__file_stat stat;
    bool exists;
    if (ops == NULL) return WADI_E_INVALID;
    wadi_status status = ops->stat(env, path, &stat, &exists, err);
    return status == WADI_OK && exists ? ops->remove(env, path, stat.kind == WADI__FILE_DIR, err)
                                       : status;
}
wadi_status wadi__fs_remove_all(wadi__env *env, const char *path, wadi_error *err) {
    wadi__file_stat stat;
    bool exists;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status != WADI_OK || !exists) return status;
    if (stat.kind == WADI__FILE_DIR) {
        wadi__names names = {0};
        status = wadi__fs_list(env, path, &names, err);
        for (size_t i = 0; i < names.count && status == WADI_OK; i++) {
            char *child = wadi__fs_join(path, names.items[i]);
            status = child != NULL ? wadi__fs_remove_all(env, child, err)
                                   : wadi__fs_no_memory(err, path);
            wadi__free(child);
        }
        wadi__names_fini(&names);
    }
    return status == WADI_OK ? wadi__fs_remove(env, path, err) : status;
}
wadi_status wadi__fs_sync_dir(wadi__env *env, const char *path, wadi_error *err) {
    const wadi__fs_ops *ops = wadi__fs_find(path, err);
    return ops != NULL ? ops->sync_dir(env, path, err) : WADI_E_INVALID;
}
wadi_status wadi__fs_read_all(wadi__env *env, const char *path, size_t size_max, char **bytes,
                              size_t *size, wadi_error *err) {
    wadi__file *file = NULL;
    WADI__VEC(char) all = {0};
    size_t got = 0;
    wadi_status status = wadi__fs_open(env, path, WADI__OPEN_READ, &file, err);
    if (status != WADI_OK) return status;
    do {
        if (!wadi__vec_reserve(&all, 4096))
            status = wadi__fs_no_memory(err, path);
        else
            status =
                wadi__fs_read(file, all.items + all.count, all.room - all.count - 1, &got, err);
        if (status == WADI_OK) all.count += got;
        if (status == WADI_OK && all.count > size_max)
            status = wadi_error_context(err, WADI_E_INVALID, "%s is larger than %zu bytes", path,
                                        size_max);
    } while (status == WADI_OK && got > 0);
    wadi__fs_close(&file, NULL);
    if (status != WADI_OK) {
        wadi__vec_fini(&all);
        return status;
    }
    all.items[all.count] = 0;
    *bytes = all.items;
    *size = all.count;
    return WADI_OK;
}
