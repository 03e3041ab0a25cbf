/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk.c: the file calls of a simulated disk: handles, faults, space. */
#include "testing/sim_disk.h"

#include "testing/env_layer.h"
#include "testing/must.h"
#include "testing/sim_disk_tree.h"

#include <errno.h>
#include <pthread.h>

/* Handles are far from those of the real machine, so that one in the wrong place is found. */
enum { HANDLE_BASE = 1 << 20, KINDS = 6, FAULTS = 8 };

typedef wadi__sim_inode inode;
typedef struct handle {
    inode *inode; /* NULL: free */
    int how;
    int64_t offset;
} handle;
typedef struct fault {
    int kinds; /* 0: free */
    uint64_t left, times;
    int error;
} fault;
typedef struct sim_disk {
    wadi__env_layer layer;
    pthread_mutex_t lock; /* guards what follows; no env call is made while it is held */
    wadi__sim_tree tree;
    wadi__chance chance;
    handle *handles;
    size_t handle_room;
    unsigned open_files, files_max;
    int64_t capacity_bytes; /* -1: no limit */
    bool is_short, is_stopped;
    int stop_kinds;
    uint64_t stop_left;
    fault faults[FAULTS];
    uint64_t calls[KINDS];
} sim_disk;

static sim_disk *disk_of(wadi__env *env) { return env->state; }
static void lock_disk(sim_disk *disk) { pthread_mutex_lock(&disk->lock); }
static void unlock_disk(sim_disk *disk) { pthread_mutex_unlock(&disk->lock); }

/* ---- Faults: every call is begin(); its work, if it may; end() ---- */

typedef struct call {
    sim_disk *disk;
    int64_t now_ms;
    int error;       /* what it is to return, negated; 0: nothing stands against it */
    bool is_useless; /* nothing is to be done */
    bool is_dead;    /* the machine had stopped before */
} call;

static int injected(sim_disk *disk, int kind) {
    int error = 0;
    for (fault *at = disk->faults; at < disk->faults + FAULTS; at++) {
        if ((at->kinds & kind) == 0 || (at->left > 0 && --at->left > 0)) continue;
        error = at->error;
        if (at->times != UINT64_MAX && --at->times == 0) at->kinds = 0;
    }
    return error;
}
static call begin(wadi__env *env, int kind) {
    sim_disk *disk = disk_of(env);
    wadi__env *below = disk->layer.below;
    call made = {.disk = disk, .now_ms = below->wall_ms(below)};
    lock_disk(disk);
    if (disk->is_stopped) {
        made.error = EIO;
        made.is_useless = made.is_dead = true;
        return made;
    }
    disk->calls[__builtin_ctz((unsigned)kind)]++;
    made.error = injected(disk, kind);
    made.is_useless = made.error != 0;
    if ((disk->stop_kinds & kind) != 0 && disk->stop_left > 0 && --disk->stop_left == 0) {
        disk->is_stopped = true;
        made.error = EIO;
        made.is_useless |= wadi__chance_is(&disk->chance, 1, 2);
    }
    return made;
}
/* `result` is what the work gave: a number, or -errno. */
static ssize_t end(call *made, ssize_t result) {
    unlock_disk(made->disk);
    return made->error != 0 ? -made->error : result;
}
static int end_int(call *made, int result) { return (int)end(made, result); }

/* A read or write of `size` may move less. */
static size_t shortened(sim_disk *disk, size_t size) {
    return disk->is_short && size > 1 && wadi__chance_is(&disk->chance, 1, 3)
               ? 1 + (size_t)wadi__chance_below(&disk->chance, size)
               : size;
}

/* ---- Handles ---- */

static handle *handle_of(sim_disk *disk, int file) {
    size_t i = (size_t)(file - HANDLE_BASE);
    return file >= HANDLE_BASE && i < disk->handle_room && disk->handles[i].inode != NULL
               ? &disk->handles[i]
               : NULL;
}
static int new_handle(sim_disk *disk, inode *of, int how) {
    size_t i = 0;
    while (i < disk->handle_room && disk->handles[i].inode != NULL) i++;
    if (i == disk->handle_room) {
        size_t room = disk->handle_room * 2 + 16;
        disk->handles = wadi__must_realloc(disk->handles, room * sizeof *disk->handles);
        memset(disk->handles + disk->handle_room, 0,
               (room - disk->handle_room) * sizeof *disk->handles);
        disk->handle_room = room;
    }
    disk->handles[i] = (handle){of, how, 0};
    of->handles++;
    disk->open_files++;
    return HANDLE_BASE + (int)i;
}
static int open_work(const call *made, const char *path, int how) {
    sim_disk *disk = made->disk;
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(&disk->tree, path, &dir, last, &error);
    if (disk->files_max != 0 && disk->open_files >= disk->files_max) return -EMFILE;
    if (found == NULL && (dir == NULL || (how & WADI__OPEN_CREATE) == 0)) return -error;
    if (found != NULL && (how & WADI__OPEN_CREATE) != 0 && (how & WADI__OPEN_EXCLUSIVE) != 0)
        return -EEXIST;
    if (found != NULL && found->is_dir && (how & (WADI__OPEN_WRITE | WADI__OPEN_CREATE)) != 0)
        return -EISDIR;
    if (found == NULL) {
        found = wadi__sim_inode_new(&disk->tree, false, made->now_ms);
        wadi__sim_tree_set_name(&disk->tree, dir, last, found);
    } else if ((how & WADI__OPEN_TRUNCATE) != 0 && found->live.size > 0) {
        wadi__sim_tree_resize(&disk->tree, found, 0);
        found->modified_ms = made->now_ms;
    }
    return new_handle(disk, found, how);
}
static int disk_file_open(wadi__env *env, const char *path, int how, unsigned mode) {
    (void)mode;
    call made = begin(env, WADI__SIM_OPEN);
    int file = made.is_useless ? 0 : open_work(&made, path, how);
    return end_int(&made, file);
}
static int disk_file_close(wadi__env *env, int file) {
    call made = begin(env, WADI__SIM_OTHER);
    handle *open = made.is_dead ? NULL : handle_of(made.disk, file);
    int rc = open != NULL ? 0 : -EBADF;
    if (open != NULL) {
        if (open->inode->locked_by == file) open->inode->locked_by = -1;
        wadi__sim_tree_close(&made.disk->tree, open->inode);
        open->inode = NULL;
        made.disk->open_files--;
    }
    return end_int(&made, rc);
}

/* ---- Reading and writing ---- */

static ssize_t read_work(sim_disk *disk, const handle *open, void *bytes, size_t size,
                         int64_t offset) {
    if (open == NULL || (open->how & (WADI__OPEN_READ | WADI__OPEN_WRITE)) == WADI__OPEN_WRITE)
        return -EBADF;
    if (open->inode->is_dir) return -EISDIR;
    if (offset < 0) return -EINVAL;
    int64_t left = open->inode->live.size - offset;
    if (left <= 0) return 0;
    size_t got = shortened(disk, (int64_t)size < left ? size : (size_t)left);
    memcpy(bytes, open->inode->live.at + offset, got);
    return (ssize_t)got;
}
static ssize_t disk_file_read(wadi__env *env, int file, void *bytes, size_t size) {
    call made = begin(env, WADI__SIM_READ);
    handle *open = handle_of(made.disk, file);
    ssize_t got = made.is_useless
                      ? 0
                      : read_work(made.disk, open, bytes, size, open != NULL ? open->offset : 0);
    if (got > 0) open->offset += got;
    return end(&made, got);
}
static ssize_t disk_file_pread(wadi__env *env, int file, void *bytes, size_t size, int64_t offset) {
    call made = begin(env, WADI__SIM_READ);
    ssize_t got =
        made.is_useless ? 0 : read_work(made.disk, handle_of(made.disk, file), bytes, size, offset);
    return end(&made, got);
}
/* How far a file may grow. */
static int64_t room_left(const sim_disk *disk) {
    if (disk->capacity_bytes < 0) return INT64_MAX;
    return disk->capacity_bytes > disk->tree.used_bytes
               ? disk->capacity_bytes - disk->tree.used_bytes
               : 0;
}
static ssize_t write_work(const call *made, handle *open, const void *bytes, size_t size) {
    sim_disk *disk = made->disk;
    if (open == NULL || (open->how & WADI__OPEN_WRITE) == 0) return -EBADF;
    if (size == 0) return 0;
    if ((open->how & WADI__OPEN_APPEND) != 0) open->offset = open->inode->live.size;
    size = shortened(disk, size);
    int64_t old_size = open->inode->live.size, growth = open->offset + (int64_t)size - old_size,
            room = room_left(disk);
    if (growth > room) {
        if ((int64_t)size <= growth - room) return -ENOSPC;
        size -= (size_t)(growth - room);
    }
    wadi__sim_tree_write(&disk->tree, open->inode, open->offset, bytes, size);
    open->offset += (int64_t)size;
    open->inode->modified_ms = made->now_ms;
    return (ssize_t)size;
}
static ssize_t disk_file_write(wadi__env *env, int file, const void *bytes, size_t size) {
    call made = begin(env, WADI__SIM_WRITE);
    ssize_t put = made.is_useless ? 0 : write_work(&made, handle_of(made.disk, file), bytes, size);
    return end(&made, put);
}
static int disk_file_truncate(wadi__env *env, int file, int64_t size) {
    call made = begin(env, WADI__SIM_WRITE);
    handle *open = handle_of(made.disk, file);
    int rc = 0;
    if (made.is_useless)
        rc = 0;
    else if (open == NULL || (open->how & WADI__OPEN_WRITE) == 0 || size < 0)
        rc = -EINVAL;
    else if (size - open->inode->live.size > room_left(made.disk))
        rc = -ENOSPC;
    else
        wadi__sim_tree_resize(&made.disk->tree, open->inode, size);
    return end_int(&made, rc);
}
/* A sync in which the machine stops, or that fails, has written some of it. */
static void sync_work(const call *made, inode *of) {
    if (made->is_dead) return;
    bool is_whole = made->error == 0 || (made->disk->is_stopped && !made->is_useless);
    wadi__sim_tree_sync(&made->disk->tree, of, is_whole ? NULL : &made->disk->chance);
}
static int disk_file_sync(wadi__env *env, int file) {
    call made = begin(env, WADI__SIM_SYNC);
    handle *open = handle_of(made.disk, file);
    if (open != NULL) sync_work(&made, open->inode);
    return end_int(&made, open != NULL ? 0 : -EBADF);
}
static int disk_dir_sync(wadi__env *env, const char *path) {
    call made = begin(env, WADI__SIM_SYNC);
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(&made.disk->tree, path, &dir, last, &error);
    if (found != NULL && !found->is_dir) error = ENOTDIR, found = NULL;
    if (found != NULL) sync_work(&made, found);
    return end_int(&made, found != NULL ? 0 : -error);
}
static int disk_file_lock(wadi__env *env, int file) {
    call made = begin(env, WADI__SIM_OTHER);
    handle *open = handle_of(made.disk, file);
    int rc = open == NULL ? -EBADF : 0;
    if (rc == 0 && !made.is_useless) {
        if (open->inode->locked_by != -1 && open->inode->locked_by != file)
            rc = -EWOULDBLOCK;
        else
            open->inode->locked_by = file;
    }
    return end_int(&made, rc);
}

/* ---- Names ---- */

static int disk_file_stat(wadi__env *env, const char *path, wadi__file_stat *stat) {
    call made = begin(env, WADI__SIM_OTHER);
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(&made.disk->tree, path, &dir, last, &error);
    if (found != NULL && !made.is_useless)
        *stat = (wadi__file_stat){found->is_dir ? WADI__FILE_DIR : WADI__FILE_PLAIN,
                                  found->live.size, found->modified_ms, found->number};
    return end_int(&made, found != NULL ? 0 : -error);
}
static bool is_within(const wadi__sim_tree *tree, const inode *dir, const inode *around) {
    while (dir != around && dir != tree->root) dir = dir->parent;
    return dir == around;
}
static int rename_work(wadi__sim_tree *tree, const char *from, const char *to) {
    char from_name[256], to_name[256];
    int error, to_error;
    inode *from_dir, *to_dir;
    inode *moved = wadi__sim_tree_find(tree, from, &from_dir, from_name, &error);
    inode *there = wadi__sim_tree_find(tree, to, &to_dir, to_name, &to_error);
    if (moved == NULL) return -error;
    if (there == NULL && to_dir == NULL) return -to_error;
    if (moved == tree->root || there == tree->root) return -EBUSY;
    if (moved == there) return 0;
    if (moved->is_dir && is_within(tree, to_dir, moved)) return -EINVAL;
    if (there != NULL && there->is_dir && !moved->is_dir) return -EISDIR;
    if (there != NULL && !there->is_dir && moved->is_dir) return -ENOTDIR;
    if (there != NULL && there->is_dir && there->live_names.count > 0) return -ENOTEMPTY;
    wadi__sim_tree_rename(tree, from_dir, from_name, to_dir, to_name);
    return 0;
}
static int disk_file_rename(wadi__env *env, const char *from, const char *to) {
    call made = begin(env, WADI__SIM_NAMES);
    int rc = made.is_useless ? 0 : rename_work(&made.disk->tree, from, to);
    return end_int(&made, rc);
}
static int remove_work(wadi__sim_tree *tree, const char *path, bool is_dir) {
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(tree, path, &dir, last, &error);
    if (found == NULL) return -error;
    if (found == tree->root) return -EBUSY;
    if (found->is_dir != is_dir) return is_dir ? -ENOTDIR : -EISDIR;
    if (is_dir && found->live_names.count > 0) return -ENOTEMPTY;
    wadi__sim_tree_set_name(tree, dir, last, NULL);
    return 0;
}
static int disk_file_unlink(wadi__env *env, const char *path) {
    call made = begin(env, WADI__SIM_NAMES);
    int rc = made.is_useless ? 0 : remove_work(&made.disk->tree, path, false);
    return end_int(&made, rc);
}
static int disk_dir_remove(wadi__env *env, const char *path) {
    call made = begin(env, WADI__SIM_NAMES);
    int rc = made.is_useless ? 0 : remove_work(&made.disk->tree, path, true);
    return end_int(&made, rc);
}
static int make_work(const call *made, const char *path) {
    wadi__sim_tree *tree = &made->disk->tree;
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(tree, path, &dir, last, &error);
    if (found != NULL) return -EEXIST;
    if (dir == NULL) return -error;
    wadi__sim_tree_set_name(tree, dir, last, wadi__sim_inode_new(tree, true, made->now_ms));
    return 0;
}
static int disk_dir_make(wadi__env *env, const char *path, unsigned mode) {
    (void)mode;
    call made = begin(env, WADI__SIM_NAMES);
    int rc = made.is_useless ? 0 : make_work(&made, path);
    return end_int(&made, rc);
}
/* The names begin at one that the seed picks: directories have no order. They are copied, since
 * `each` may call the disk. */
static int disk_dir_list(wadi__env *env, const char *path, wadi__env_list_fn *each, void *arg) {
    call made = begin(env, WADI__SIM_OTHER);
    char last[256];
    int error;
    inode *dir, *found = wadi__sim_tree_find(&made.disk->tree, path, &dir, last, &error);
    if (found != NULL && !found->is_dir) error = ENOTDIR, found = NULL;
    size_t count = found != NULL && !made.is_useless ? found->live_names.count : 0;
    size_t first = (size_t)wadi__chance_below(&made.disk->chance, count);
    char **names = wadi__must_calloc(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = wadi__must_strdup(found->live_names.items[(first + i) % count].name);
    int rc = end_int(&made, found != NULL ? 0 : -error);
    bool goes_on = true;
    for (size_t i = 0; i < count; i++) {
        goes_on = goes_on && each(names[i], arg);
        free(names[i]);
    }
    free(names);
    return rc;
}

/* ---- For the test ---- */

wadi__env *wadi__sim_disk_new(wadi__env *below, uint64_t seed) {
    sim_disk *disk = wadi__must_calloc(1, sizeof *disk);
    wadi__env_layer_init(&disk->layer, "simulated disk", below);
    pthread_mutex_init(&disk->lock, NULL);
    wadi__sim_tree_init(&disk->tree);
    disk->chance.at = seed;
    disk->capacity_bytes = -1;
    wadi__env *env = &disk->layer.env;
    env->file_open = disk_file_open;
    env->file_read = disk_file_read;
    env->file_pread = disk_file_pread;
    env->file_write = disk_file_write;
    env->file_sync = disk_file_sync;
    env->file_truncate = disk_file_truncate;
    env->file_lock = disk_file_lock;
    env->file_close = disk_file_close;
    env->file_stat = disk_file_stat;
    env->file_rename = disk_file_rename;
    env->file_unlink = disk_file_unlink;
    env->dir_make = disk_dir_make;
    env->dir_remove = disk_dir_remove;
    env->dir_list = disk_dir_list;
    env->dir_sync = disk_dir_sync;
    return env;
}
void wadi__sim_disk_free(wadi__env *env) {
    if (env == NULL) return;
    sim_disk *disk = disk_of(env);
    wadi__sim_tree_fini(&disk->tree);
    pthread_mutex_destroy(&disk->lock);
    free(disk->handles);
    free(disk);
}
void wadi__sim_disk_crash(wadi__env *env) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    for (size_t i = 0; i < disk->handle_room; i++) disk->handles[i].inode = NULL;
    disk->open_files = 0;
    disk->is_stopped = false;
    disk->stop_left = 0;
    wadi__sim_tree_crash(&disk->tree, &disk->chance);
    unlock_disk(disk);
}
void wadi__sim_disk_fail(wadi__env *env, int kinds, uint64_t n, uint64_t times, int error) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    fault *at = disk->faults;
    if (times == 0) {
        for (; at < disk->faults + FAULTS; at++)
            if (at->kinds == kinds) at->kinds = 0;
    } else {
        while (at < disk->faults + FAULTS && at->kinds != 0) at++;
        if (at == disk->faults + FAULTS) abort(); /* more faults at a time than the disk keeps */
        *at = (fault){kinds, n, times, error};
    }
    unlock_disk(disk);
}
void wadi__sim_disk_stop_at(wadi__env *env, int kinds, uint64_t n) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    disk->stop_kinds = kinds;
    disk->stop_left = n;
    unlock_disk(disk);
}
bool wadi__sim_disk_is_stopped(wadi__env *env) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    bool is_stopped = disk->is_stopped;
    unlock_disk(disk);
    return is_stopped;
}
uint64_t wadi__sim_disk_calls(wadi__env *env, int kinds) {
    sim_disk *disk = disk_of(env);
    uint64_t sum = 0;
    lock_disk(disk);
    for (int i = 0; i < KINDS; i++)
        if ((kinds & (1 << i)) != 0) sum += disk->calls[i];
    unlock_disk(disk);
    return sum;
}
void wadi__sim_disk_set_capacity(wadi__env *env, int64_t bytes) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    disk->capacity_bytes = bytes;
    unlock_disk(disk);
}
int64_t wadi__sim_disk_used(wadi__env *env) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    int64_t used_bytes = disk->tree.used_bytes;
    unlock_disk(disk);
    return used_bytes;
}
void wadi__sim_disk_set_files_max(wadi__env *env, unsigned files_max) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    disk->files_max = files_max;
    unlock_disk(disk);
}
unsigned wadi__sim_disk_open_files(wadi__env *env) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    unsigned open_files = disk->open_files;
    unlock_disk(disk);
    return open_files;
}
void wadi__sim_disk_set_short(wadi__env *env, bool is_short) {
    sim_disk *disk = disk_of(env);
    lock_disk(disk);
    disk->is_short = is_short;
    unlock_disk(disk);
}
void wadi__sim_disk_put(wadi__env *env, const char *path, const void *bytes, size_t size) {
    sim_disk *disk = disk_of(env);
    wadi__sim_tree *tree = &disk->tree;
    wadi__env *below = disk->layer.below;
    int64_t now_ms = below->wall_ms(below);
    char part[4096], last[256];
    int error;
    lock_disk(disk);
    wadi__sim_tree_sync_all(tree);
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        inode *dir, *found = wadi__sim_tree_find(tree, part, &dir, last, &error);
        if (found == NULL)
            wadi__sim_tree_set_name(tree, dir, last, wadi__sim_inode_new(tree, true, now_ms));
    }
    inode *dir, *file = wadi__sim_tree_find(tree, path, &dir, last, &error);
    if (file == NULL) {
        file = wadi__sim_inode_new(tree, false, now_ms);
        wadi__sim_tree_set_name(tree, dir, last, file);
    }
    wadi__sim_tree_resize(tree, file, 0);
    wadi__sim_tree_write(tree, file, 0, bytes, size);
    file->modified_ms = now_ms;
    wadi__sim_tree_sync_all(tree);
    unlock_disk(disk);
}
char *wadi__sim_disk_get(wadi__env *env, const char *path, size_t *size) {
    sim_disk *disk = disk_of(env);
    char last[256], *copy = NULL;
    int error;
    lock_disk(disk);
    inode *dir, *file = wadi__sim_tree_find(&disk->tree, path, &dir, last, &error);
    if (file != NULL && !file->is_dir) {
        *size = (size_t)file->live.size;
        copy = wadi__must_calloc(1, *size + 1);
        if (*size > 0) memcpy(copy, file->live.at, *size);
    }
    unlock_disk(disk);
    return copy;
}
bool wadi__sim_disk_damage(wadi__env *env, const char *path, int64_t offset, unsigned char bits) {
    sim_disk *disk = disk_of(env);
    char last[256];
    int error;
    lock_disk(disk);
    inode *dir, *file = wadi__sim_tree_find(&disk->tree, path, &dir, last, &error);
    bool is_there = file != NULL && !file->is_dir && offset >= 0 && offset < file->live.size;
    if (is_there) file->live.at[offset] = (char)(file->live.at[offset] ^ bits);
    if (is_there && offset < file->safe.size)
        file->safe.at[offset] = (char)(file->safe.at[offset] ^ bits);
    unlock_disk(disk);
    return is_there;
}
