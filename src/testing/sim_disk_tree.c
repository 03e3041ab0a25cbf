/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk_tree.c: inodes, names and pending changes of a simulated disk. */
#include "testing/sim_disk_tree.h"

#include "base/assert.h"
#include "testing/must.h"

#include <errno.h>

enum { SECTOR = 512, NAME_MAX_BYTES = 255, SWEEP_MIN = 1024 };
/* Past this the oldest changes are written back by themselves, as a kernel does after a while. */
enum { PENDING_MAX = 16 << 20 };

/* ---- Bytes and names ---- */

static void bytes_resize(wadi__sim_bytes *bytes, int64_t size) {
    if (size > bytes->room) {
        bytes->room = size > bytes->room * 2 ? size : bytes->room * 2;
        bytes->at = wadi__must_realloc(bytes->at, (size_t)bytes->room);
    }
    if (size > bytes->size) memset(bytes->at + bytes->size, 0, (size_t)(size - bytes->size));
    bytes->size = size;
}
static void bytes_write(wadi__sim_bytes *bytes, int64_t offset, const char *from, size_t size) {
    if (size == 0) return;
    int64_t end = offset + (int64_t)size;
    if (end > bytes->size) bytes_resize(bytes, end);
    memcpy(bytes->at + offset, from, size);
}
static void bytes_copy(wadi__sim_bytes *to, const wadi__sim_bytes *from) {
    bytes_resize(to, 0);
    if (from->size > 0) bytes_write(to, 0, from->at, (size_t)from->size);
}
wadi__sim_inode *wadi__sim_names_get(const wadi__sim_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i].name, name) == 0) return names->items[i].inode;
    return NULL;
}
static void names_set(wadi__sim_names *names, const char *name, wadi__sim_inode *inode) {
    size_t i = 0;
    while (i < names->count && strcmp(names->items[i].name, name) != 0) i++;
    if (i < names->count && inode != NULL) {
        names->items[i].inode = inode;
    } else if (i < names->count) {
        free(names->items[i].name);
        names->items[i] = names->items[--names->count];
    } else if (inode != NULL) {
        if (names->count == names->room) {
            names->room = names->room * 2 + 4;
            names->items = wadi__must_realloc(names->items, names->room * sizeof *names->items);
        }
        names->items[names->count++] = (wadi__sim_name){wadi__must_strdup(name), inode};
    }
}
static void names_fini(wadi__sim_names *names) {
    for (size_t i = 0; i < names->count; i++) free(names->items[i].name);
    free(names->items);
    *names = (wadi__sim_names){NULL, 0, 0};
}

/* ---- Inodes ---- */

wadi__sim_inode *wadi__sim_inode_new(wadi__sim_tree *tree, bool is_dir, int64_t now_ms) {
    wadi__sim_inode *inode = wadi__must_calloc(1, sizeof *inode);
    inode->number = tree->next_number++;
    inode->is_dir = is_dir;
    inode->modified_ms = now_ms;
    inode->locked_by = -1;
    inode->next = tree->inodes;
    tree->inodes = inode;
    tree->inode_count++;
    return inode;
}
static void inode_free(wadi__sim_inode *inode) {
    free(inode->live.at);
    free(inode->safe.at);
    names_fini(&inode->live_names);
    names_fini(&inode->safe_names);
    free(inode);
}
static void change_free(wadi__sim_change *change) {
    free(change->bytes);
    free(change->name);
    free(change->from_name);
    free(change);
}
void wadi__sim_tree_init(wadi__sim_tree *tree) {
    *tree = (wadi__sim_tree){.next_number = 2, .sweep_at = SWEEP_MIN};
    tree->changes_end = &tree->changes;
    tree->root = wadi__sim_inode_new(tree, true, 0);
    tree->root->parent = tree->root;
    tree->root->links = 1;
}
void wadi__sim_tree_fini(wadi__sim_tree *tree) {
    for (wadi__sim_change *at = tree->changes, *next; at != NULL; at = next) {
        next = at->next;
        change_free(at);
    }
    for (wadi__sim_inode *at = tree->inodes, *next; at != NULL; at = next) {
        next = at->next;
        inode_free(at);
    }
}

/* ---- Releasing inodes that nothing leads to ---- */

static void reach(wadi__sim_inode *inode) {
    if (inode == NULL || inode->is_reached) return;
    inode->is_reached = true;
    for (size_t i = 0; i < inode->live_names.count; i++) reach(inode->live_names.items[i].inode);
    for (size_t i = 0; i < inode->safe_names.count; i++) reach(inode->safe_names.items[i].inode);
    reach(inode->parent);
}
static void sweep(wadi__sim_tree *tree) {
    for (wadi__sim_inode *at = tree->inodes; at != NULL; at = at->next) at->is_reached = false;
    reach(tree->root);
    for (wadi__sim_inode *at = tree->inodes; at != NULL; at = at->next)
        if (at->handles > 0) reach(at);
    for (const wadi__sim_change *at = tree->changes; at != NULL; at = at->next) {
        reach(at->inode);
        reach(at->value);
        reach(at->from);
    }
    for (wadi__sim_inode **at = &tree->inodes; *at != NULL;) {
        wadi__sim_inode *inode = *at;
        if (inode->is_reached) {
            at = &inode->next;
            continue;
        }
        *at = inode->next;
        inode_free(inode);
        tree->inode_count--;
    }
    tree->sweep_at = tree->inode_count * 2 > SWEEP_MIN ? tree->inode_count * 2 : SWEEP_MIN;
}

/* ---- Paths ---- */

wadi__sim_inode *wadi__sim_tree_find(wadi__sim_tree *tree, const char *path, wadi__sim_inode **dir,
                                     char *last, int *error) {
    wadi__sim_inode *at = tree->root;
    *dir = NULL;
    *error = ENOENT;
    if (path[0] == 0) return NULL;
    for (;;) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size == 0) return at;
        if (at == NULL || !at->is_dir) {
            if (at != NULL) *error = ENOTDIR;
            *dir = NULL;
            return NULL;
        }
        if (size > NAME_MAX_BYTES) {
            *error = ENAMETOOLONG;
            *dir = NULL;
            return NULL;
        }
        memcpy(last, path, size);
        last[size] = 0;
        path += size;
        if (strcmp(last, ".") == 0) continue;
        *dir = at;
        at = strcmp(last, "..") == 0 ? at->parent : wadi__sim_names_get(&at->live_names, last);
    }
}

/* ---- What is pending ---- */

static void apply_part(const wadi__sim_change *change, size_t size) {
    wadi__sim_inode *inode = change->inode;
    switch (change->kind) {
    case WADI__SIM_CHANGE_BYTES:
        bytes_write(&inode->safe, change->offset, change->bytes, size);
        break;
    case WADI__SIM_CHANGE_SIZE: bytes_resize(&inode->safe, change->offset); break;
    case WADI__SIM_CHANGE_NAME:
        names_set(&inode->safe_names, change->name, change->value);
        if (change->from != NULL) names_set(&change->from->safe_names, change->from_name, NULL);
        break;
    }
}
static void drop(wadi__sim_tree *tree, wadi__sim_change **at) {
    wadi__sim_change *change = *at;
    *at = change->next;
    if (*at == NULL) tree->changes_end = at;
    tree->pending_bytes -= sizeof *change + change->size;
    change_free(change);
}
static wadi__sim_change *add_change(wadi__sim_tree *tree, wadi__sim_change_kind kind,
                                    wadi__sim_inode *inode) {
    wadi__sim_change *change = wadi__must_calloc(1, sizeof *change);
    change->kind = kind;
    change->inode = inode;
    *tree->changes_end = change;
    tree->changes_end = &change->next;
    tree->pending_bytes += sizeof *change;
    return change;
}
static void write_back(wadi__sim_tree *tree) {
    while (tree->pending_bytes > PENDING_MAX) {
        apply_part(tree->changes, tree->changes->size);
        drop(tree, &tree->changes);
    }
    if (tree->inode_count > tree->sweep_at) sweep(tree);
}
void wadi__sim_tree_write(wadi__sim_tree *tree, wadi__sim_inode *file, int64_t offset,
                          const void *bytes, size_t size) {
    int64_t before = file->live.size;
    bytes_write(&file->live, offset, bytes, size);
    tree->used_bytes += file->live.size - before;
    wadi__sim_change *change = add_change(tree, WADI__SIM_CHANGE_BYTES, file);
    change->offset = offset;
    change->size = size;
    change->bytes = memcpy(wadi__must_calloc(1, size + 1), bytes, size);
    tree->pending_bytes += size;
    write_back(tree);
}
void wadi__sim_tree_resize(wadi__sim_tree *tree, wadi__sim_inode *file, int64_t size) {
    tree->used_bytes += size - file->live.size;
    bytes_resize(&file->live, size);
    add_change(tree, WADI__SIM_CHANGE_SIZE, file)->offset = size;
    write_back(tree);
}
static void unlink_live(wadi__sim_tree *tree, wadi__sim_inode *inode) {
    if (inode == NULL) return;
    inode->links--;
    if (inode->links == 0 && inode->handles == 0) tree->used_bytes -= inode->live.size;
}
static void set_live(wadi__sim_tree *tree, wadi__sim_inode *dir, const char *name,
                     wadi__sim_inode *value) {
    wadi__sim_inode *old = wadi__sim_names_get(&dir->live_names, name);
    if (value != NULL) {
        value->links++;
        if (value->is_dir) value->parent = dir;
    }
    names_set(&dir->live_names, name, value);
    unlink_live(tree, old);
}
void wadi__sim_tree_set_name(wadi__sim_tree *tree, wadi__sim_inode *dir, const char *name,
                             wadi__sim_inode *value) {
    wadi__sim_change *change = add_change(tree, WADI__SIM_CHANGE_NAME, dir);
    change->name = wadi__must_strdup(name);
    change->value = value;
    set_live(tree, dir, name, value);
    write_back(tree);
}
void wadi__sim_tree_rename(wadi__sim_tree *tree, wadi__sim_inode *from, const char *from_name,
                           wadi__sim_inode *to, const char *to_name) {
    wadi__sim_change *change = add_change(tree, WADI__SIM_CHANGE_NAME, to);
    change->name = wadi__must_strdup(to_name);
    change->value = wadi__sim_names_get(&from->live_names, from_name);
    change->from = from;
    change->from_name = wadi__must_strdup(from_name);
    set_live(tree, to, to_name, change->value);
    set_live(tree, from, from_name, NULL);
    write_back(tree);
}
void wadi__sim_tree_close(wadi__sim_tree *tree, wadi__sim_inode *inode) {
    inode->handles--;
    if (inode->links == 0 && inode->handles == 0) tree->used_bytes -= inode->live.size;
}

/* How much of a write reaches the disk when it is torn: up to some border of a sector. */
static size_t torn_size(const wadi__sim_change *change, wadi__chance *chance) {
    int64_t first = change->offset / SECTOR + 1,
            last = (change->offset + (int64_t)change->size) / SECTOR;
    if (last < first) return 0; /* within one sector: all or nothing */
    int64_t border = first + (int64_t)wadi__chance_below(chance, (uint64_t)(last - first + 1));
    return (size_t)(border * SECTOR - change->offset);
}
/* Whether and how much of a change reaches the disk, when nobody sees to it. */
static void apply_perhaps(const wadi__sim_change *change, wadi__chance *chance,
                          uint64_t kept_of_8) {
    if (!wadi__chance_is(chance, kept_of_8, 8)) return;
    bool is_torn =
        change->kind == WADI__SIM_CHANGE_BYTES && kept_of_8 < 8 && wadi__chance_is(chance, 1, 3);
    apply_part(change, is_torn ? torn_size(change, chance) : change->size);
}
void wadi__sim_tree_sync(wadi__sim_tree *tree, wadi__sim_inode *inode, wadi__chance *failed) {
    WADI_ASSERT(inode != NULL);
    for (wadi__sim_change **at = &tree->changes; *at != NULL;) {
        wadi__sim_change *change = *at;
        if (change->inode != inode && change->from != inode) {
            at = &change->next;
            continue;
        }
        if (failed != NULL)
            apply_perhaps(change, failed, 4);
        else
            apply_part(change, change->size);
        drop(tree, at);
    }
}
void wadi__sim_tree_sync_all(wadi__sim_tree *tree) {
    while (tree->changes != NULL) {
        apply_part(tree->changes, tree->changes->size);
        drop(tree, &tree->changes);
    }
}

/* ---- The crash ---- */

/* Some crashes lose all, some nothing, most each piece by itself. */
static void apply_some(wadi__sim_tree *tree, wadi__chance *chance) {
    uint64_t kept_of_8 = wadi__chance_below(chance, 9);
    while (tree->changes != NULL) {
        apply_perhaps(tree->changes, chance, kept_of_8);
        drop(tree, &tree->changes);
    }
}
/* A directory tree as the safe names have it; a directory keeps one place only. */
static void restore(wadi__sim_tree *tree, wadi__sim_inode *inode) {
    inode->is_reached = true;
    names_fini(&inode->live_names);
    bytes_copy(&inode->live, &inode->safe);
    if (!inode->is_dir) tree->used_bytes += inode->live.size;
    for (size_t i = 0; i < inode->safe_names.count; i++) {
        wadi__sim_name *name = &inode->safe_names.items[i];
        if (name->inode->is_dir && name->inode->is_reached) {
            names_set(&inode->safe_names, name->name, NULL);
            i--;
            continue;
        }
        names_set(&inode->live_names, name->name, name->inode);
        name->inode->links++;
        if (name->inode->is_dir) name->inode->parent = inode;
        if (!name->inode->is_reached) restore(tree, name->inode);
    }
}
void wadi__sim_tree_crash(wadi__sim_tree *tree, wadi__chance *chance) {
    apply_some(tree, chance);
    for (wadi__sim_inode *at = tree->inodes; at != NULL; at = at->next) {
        at->links = at->handles = 0;
        at->locked_by = -1;
        at->is_reached = false;
        if (at != tree->root) at->parent = NULL;
    }
    tree->used_bytes = 0;
    tree->root->links = 1;
    restore(tree, tree->root);
    sweep(tree);
}
