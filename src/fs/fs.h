/* SPDX-License-Identifier: Apache-2.0 */
/* fs.h: file systems behind one table.
 *
 * A path begins with the name of its file system, "file:///data/x", or has none and is local.
 * Whoever uses files calls the functions below with such a path; they find the table by it. An open
 * file belongs to one thread at a time. Every failure names the path and says what the system said.
 */
#ifndef WADI_FS_FS_H
#define WADI_FS_FS_H
#include "base/env.h"
#include "base/vec.h"

#include <wadi/error.h>

typedef struct wadi__fs_ops wadi__fs_ops;

typedef struct wadi__file { /* the head of each kind's own struct */
    const wadi__fs_ops *ops;
    wadi__env *env;
    char *path; /* as it was given */
} wadi__file;

typedef WADI__VEC(char *) wadi__names; /* each from wadi__strdup */
void wadi__names_fini(wadi__names *names);

/* What a kind of file system can do. Paths come as the user gave them, scheme included. Entries
 * block. */
struct wadi__fs_ops {
    const char *scheme; /* "file" */
    /* Opens a file; `how` as in env.h. A missing one is an error that says so. */
    wadi_status (*open)(wadi__env *env, const char *path, int how, wadi__file **file,
                        wadi_error *err);
    /* Some bytes from where the last read ended, or from an offset; *got is 0 at the end only. */
    wadi_status (*read)(wadi__file *file, void *bytes, size_t size, size_t *got, wadi_error *err);
    wadi_status (*pread)(wadi__file *file, void *bytes, size_t size, int64_t offset, size_t *got,
                         wadi_error *err);
    /* All of the bytes. */
    wadi_status (*write)(wadi__file *file, const void *bytes, size_t size, wadi_error *err);
    /* What was written outlives a crash of the machine. */
    wadi_status (*sync)(wadi__file *file, wadi_error *err);
    /* What was synced of these bytes need not stay in memory. NULL: it does not matter. */
    void (*uncache)(wadi__file *file, int64_t offset, int64_t size);
    /* Takes the file for this process until it is closed. *is_taken: another one has it. */
    wadi_status (*lock)(wadi__file *file, bool *is_taken, wadi_error *err);
    /* Releases the file, also when it fails. */
    wadi_status (*close)(wadi__file *file, wadi_error *err);
    /* Of a file or directory. *exists is false, and nothing has failed, where there is none. */
    wadi_status (*stat)(wadi__env *env, const char *path, wadi__file_stat *stat, bool *exists,
                        wadi_error *err);
    /* The names in a directory, in no order; appends to `names`. */
    wadi_status (*list)(wadi__env *env, const char *path, wadi__names *names, wadi_error *err);
    /* One directory; fine if it is there already. Its parent must exist. */
    wadi_status (*make_dir)(wadi__env *env, const char *path, bool *has_parent, wadi_error *err);
    /* Takes the place of what `to` names, at once. */
    wadi_status (*rename)(wadi__env *env, const char *from, const char *to, wadi_error *err);
    /* A file, or an empty directory. Fine if there is none. */
    wadi_status (*remove)(wadi__env *env, const char *path, bool is_dir, wadi_error *err);
    /* New names in a directory outlive a crash of the machine. */
    wadi_status (*sync_dir)(wadi__env *env, const char *path, wadi_error *err);
};
extern const wadi__fs_ops wadi__fs_local_ops;

/* hdfs.c: a local folder in place of hdfs:// paths (wadi.fs.hdfs.root), for development and tests. It
 * is one for the process; NULL or "": none. False: its name is too long. */
extern const wadi__fs_ops wadi__fs_hdfs_ops;
bool wadi__fs_hdfs_set_root(const char *dir);
bool wadi__fs_hdfs_has_root(void);

/* The table for a path. NULL: there is none for its scheme; err says so. */
const wadi__fs_ops *wadi__fs_find(const char *path, wadi_error *err);

wadi_status wadi__fs_open(wadi__env *env, const char *path, int how, wadi__file **file,
                          wadi_error *err);
wadi_status wadi__fs_read(wadi__file *file, void *bytes, size_t size, size_t *got, wadi_error *err);
wadi_status wadi__fs_pread(wadi__file *file, void *bytes, size_t size, int64_t offset, size_t *got,
                           wadi_error *err);
wadi_status wadi__fs_write(wadi__file *file, const void *bytes, size_t size, wadi_error *err);
wadi_status wadi__fs_sync(wadi__file *file, wadi_error *err);
void wadi__fs_uncache(wadi__file *file, int64_t offset, int64_t size);
wadi_status wadi__fs_lock(wadi__file *file, bool *is_taken, wadi_error *err);
/* Makes *p_file NULL, which is fine to begin with. */
wadi_status wadi__fs_close(wadi__file **p_file, wadi_error *err);
wadi_status wadi__fs_stat(wadi__env *env, const char *path, wadi__file_stat *stat, bool *exists,
                          wadi_error *err);
/* Sorted by name. */
wadi_status wadi__fs_list(wadi__env *env, const char *path, wadi__names *names, wadi_error *err);
/* The same of a directory that need not be there. */
wadi_status wadi__fs_list_if_any(wadi__env *env, const char *path, wadi__names *names,
                                 wadi_error *err);
/* With all directories above it. */
wadi_status wadi__fs_make_dirs(wadi__env *env, const char *path, wadi_error *err);
/* The same, and a crash does not take them, with what is put into them. Where that fails the directory is removed:
 * a sync that failed has forgotten the name, so that only one made anew can become safe. */
wadi_status wadi__fs_make_safe_dirs(wadi__env *env, const char *path, wadi_error *err);
wadi_status wadi__fs_rename(wadi__env *env, const char *from, const char *to, wadi_error *err);
wadi_status wadi__fs_remove(wadi__env *env, const char *path, wadi_error *err);
/* A directory with all that is in it, or a file. */
wadi_status wadi__fs_remove_all(wadi__env *env, const char *path, wadi_error *err);
wadi_status wadi__fs_sync_dir(wadi__env *env, const char *path, wadi_error *err);

/* A whole small file, with a zero after it, from wadi__malloc; larger than size_max is an error. */
wadi_status wadi__fs_read_all(wadi__env *env, const char *path, size_t size_max, char **bytes,
                              size_t *size, wadi_error *err);

/* Where the path proper begins: past "scheme://authority" or "file:". */
const char *wadi__fs_path_part(const char *path);
/* dir + "/" + name, and the directory that a path lies in; from wadi__malloc, NULL: no memory. */
char *wadi__fs_join(const char *dir, const char *name);
char *wadi__fs_parent(const char *path);
/* The last part of a path: a pointer into it, and its length without slashes at the end. */
const char *wadi__fs_last(const char *path, size_t *len);

/* Fills in err for a call that failed with -errno: "no such file: /x", "cannot write /x: No space
 * left on device". Returns the status. */
wadi_status wadi__fs_failed(wadi_error *err, int rc, const char *doing, const char *path);
wadi_status wadi__fs_no_memory(wadi_error *err, const char *path);
#endif
