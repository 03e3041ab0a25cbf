/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk_tree.h: the two states of a simulated disk, and what is on its way from one to the
 * other.
 *
 * Each file and directory is an inode with its live state, which the program sees, and its safe
 * state, which a crash leaves. Between them lie the pending changes, in the order in which they
 * were made. */
#ifndef WADI_TESTING_SIM_DISK_TREE_H
#define WADI_TESTING_SIM_DISK_TREE_H
#include "testing/chance.h"

#include <stddef.h>

typedef struct wadi__sim_bytes {
    char *at;
    int64_t size, room;
} wadi__sim_bytes;
struct wadi__sim_inode;
typedef struct wadi__sim_name {
    char *name;
    struct wadi__sim_inode *inode;
} wadi__sim_name;
typedef struct wadi__sim_names {
    wadi__sim_name *items;
    size_t count, room;
} wadi__sim_names;

typedef struct wadi__sim_inode {
    struct wadi__sim_inode *next; /* of all */
    uint64_t number;
    bool is_dir;
    int64_t modified_ms;
    wadi__sim_bytes live, safe;             /* of a file */
    wadi__sim_names live_names, safe_names; /* of a directory */
    struct wadi__sim_inode *parent;         /* of a directory, live */
    unsigned links, handles;                /* live names of it, open files */
    int locked_by;                          /* a handle; -1: nobody */
    bool is_reached;                        /* while unreachable ones are looked for */
} wadi__sim_inode;

typedef enum wadi__sim_change_kind {
    WADI__SIM_CHANGE_BYTES,
    WADI__SIM_CHANGE_SIZE,
    WADI__SIM_CHANGE_NAME
} wadi__sim_change_kind;
typedef struct wadi__sim_change {
    struct wadi__sim_change *next;
    wadi__sim_change_kind kind;
    wadi__sim_inode *inode; /* that changes */
    int64_t offset;         /* BYTES; SIZE: the new size */
    char *bytes;            /* BYTES */
    size_t size;
    char *name; /* NAME: gets `value`; NULL: is gone */
    wadi__sim_inode *value;
    wadi__sim_inode *from; /* of a rename: there `from_name` goes */
    char *from_name;
} wadi__sim_change;

typedef struct wadi__sim_tree {
    wadi__sim_inode *inodes, *root;
    wadi__sim_change *changes, **changes_end; /* the oldest first */
    size_t pending_bytes;
    size_t inode_count, sweep_at; /* inodes at which unreachable ones are looked for */
    uint64_t next_number;
    int64_t used_bytes; /* live, of files that have a name or are open */
} wadi__sim_tree;

void wadi__sim_tree_init(wadi__sim_tree *tree);
void wadi__sim_tree_fini(wadi__sim_tree *tree);
wadi__sim_inode *wadi__sim_inode_new(wadi__sim_tree *tree, bool is_dir, int64_t now_ms);

/* The inode of a path, or NULL with *error set (ENOENT, ENOTDIR, ENAMETOOLONG). *dir and `last`, of
 * 256 bytes, get the directory and the name within it, also when only the last part is missing;
 * *dir is NULL when that cannot be, and for the root. */
wadi__sim_inode *wadi__sim_tree_find(wadi__sim_tree *tree, const char *path, wadi__sim_inode **dir,
                                     char *last, int *error);
wadi__sim_inode *wadi__sim_names_get(const wadi__sim_names *names, const char *name);

/* Changes of the live state that also become pending ones. */
void wadi__sim_tree_write(wadi__sim_tree *tree, wadi__sim_inode *file, int64_t offset,
                          const void *bytes, size_t size);
void wadi__sim_tree_resize(wadi__sim_tree *tree, wadi__sim_inode *file, int64_t size);
void wadi__sim_tree_set_name(wadi__sim_tree *tree, wadi__sim_inode *dir, const char *name,
                             wadi__sim_inode *value);
void wadi__sim_tree_rename(wadi__sim_tree *tree, wadi__sim_inode *from, const char *from_name,
                           wadi__sim_inode *to, const char *to_name);
void wadi__sim_tree_close(wadi__sim_tree *tree, wadi__sim_inode *inode); /* one handle less */

/* Makes what is pending for a file or a directory safe. With a chance: only some of it, for good.
 */
void wadi__sim_tree_sync(wadi__sim_tree *tree, wadi__sim_inode *inode, wadi__chance *failed);
void wadi__sim_tree_sync_all(wadi__sim_tree *tree);
void wadi__sim_tree_crash(wadi__sim_tree *tree, wadi__chance *chance);
#endif
