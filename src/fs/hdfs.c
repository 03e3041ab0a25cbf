/* SPDX-License-Identifier: Apache-2.0 */
/* hdfs.c: a local folder that stands for a Hadoop file system.
 *
 * hdfs://host:port/a/b is a/b below the folder that wadi.fs.hdfs.root names; host and port are left
 * out. So programs whose paths name a cluster can be tried out, and tested, without one. Only paths
 * are translated; an open file is a local one. */
#include "fs/fs.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX]; /* guarded by lock; "": none */

bool wadi__fs_hdfs_set_root(const char *dir) {
    size_t len = dir != NULL ? strlen(dir) : 0;
    bool fits = len < sizeof root;
    pthread_mutex_lock(&lock);
    if (len > 0 && fits) memcpy(root, dir, len);
    root[fits ? len : 0] = 0;
    pthread_mutex_unlock(&lock);
    return fits;
}
bool wadi__fs_hdfs_has_root(void) {
    pthread_mutex_lock(&lock);
    bool has_root = root[0] != 0;
    pthread_mutex_unlock(&lock);
    return has_root;
}
/* From wadi__malloc; NULL: no memory, which err says. */
static char *local_path(const char *path, wadi_error *err) {
    pthread_mutex_lock(&lock);
    char *local = wadi__format("%s/%s", root, wadi__fs_path_part(path));
    pthread_mutex_unlock(&lock);
    if (local == NULL) wadi__fs_no_memory(err, path);
    return local;
}

static wadi_status hdfs_open(wadi__env *env, const char *path, int how, wadi__file **file,
                             wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.open(env, local, how, file, err);
    wadi__free(local);
    return status;
}
static wadi_status hdfs_stat(wadi__env *env, const char *path, wadi__file_stat *stat, bool *exists,
                             wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.stat(env, local, stat, exists, err);
    wadi__free(local);
    return status;
}
static wadi_status hdfs_list(wadi__env *env, const char *path, wadi__names *names,
                             wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.list(env, local, names, err);
    wadi__free(local);
    return status;
}
static wadi_status hdfs_make_dir(wadi__env *env, const char *path, bool *has_parent,
                                 wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.make_dir(env, local, has_parent, err);
    wadi__free(local);
    return status;
}
static wadi_status hdfs_rename(wadi__env *env, const char *from, const char *to, wadi_error *err) {
    char *local_from = local_path(from, err);
    char *local_to = local_from != NULL ? local_path(to, err) : NULL;
    wadi_status status = WADI_E_NOMEM;
    if (local_to != NULL) status = wadi__fs_local_ops.rename(env, local_from, local_to, err);
    wadi__free(local_to);
    wadi__free(local_from);
    return status;
}
static wadi_status hdfs_remove(wadi__env *env, const char *path, bool is_dir, wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.remove(env, local, is_dir, err);
    wadi__free(local);
    return status;
}
static wadi_status hdfs_sync_dir(wadi__env *env, const char *path, wadi_error *err) {
    char *local = local_path(path, err);
    if (local == NULL) return WADI_E_NOMEM;
    wadi_status status = wadi__fs_local_ops.sync_dir(env, local, err);
    wadi__free(local);
    return status;
}

/* What reads and writes an open file is of its own, local, table. */
const wadi__fs_ops wadi__fs_hdfs_ops = {
    .scheme = "hdfs",
    .open = hdfs_open,
    .stat = hdfs_stat,
    .list = hdfs_list,
    .make_dir = hdfs_make_dir,
    .rename = hdfs_rename,
    .remove = hdfs_remove,
    .sync_dir = hdfs_sync_dir,
};
