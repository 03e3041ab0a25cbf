/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_dir.c: listing, reading, writing, locking. */
#include "stream/checkpoint_dir.h"

#include "base/log.h"
#include "base/machine.h"
#include "stream/state_files.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t FILE_BYTES_MAX = (size_t)1 << 31;

/* ---- Which there are ---- */

/* checkpoint-1000, checkpoint-1000.bk */
static bool parse_name(const char *name, wadi__checkpoint_entry *entry) {
    if (strncmp(name, "checkpoint-", 11) != 0 || !isdigit((unsigned char)name[11])) return false;
    char *end;
    entry->time_ms = strtoll(name + 11, &end, 10);
    entry->is_backup = *end != 0;
    while (isalnum((unsigned char)*end) || *end == '_' || *end == '.') end++;
    return *end == 0;
}
static int by_age(const void *a, const void *b) {
    const wadi__checkpoint_entry *x = a, *y = b;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? -1 : 1;
    if (x->is_backup != y->is_backup) return x->is_backup ? -1 : 1;
    return strcmp(x->name, y->name);
}
void wadi__checkpoint_list_fini(wadi__checkpoint_list *list) {
    for (size_t i = 0; i < list->count; i++) wadi__free(list->items[i].name);
    wadi__vec_fini(list);
}
static wadi_status no_memory(wadi_error *err, const char *dir) {
    return wadi__fs_no_memory(err, dir);
}
static wadi_status is_plain(wadi__env *env, const char *dir, const char *name, bool *plain,
                            wadi_error *err) {
    wadi__file_stat stat = {0};
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return no_memory(err, dir);
    wadi_status status = wadi__fs_stat(env, path, &stat, plain, err);
    *plain = status == WADI_OK && *plain && stat.kind == WADI__FILE_PLAIN;
    wadi__free(path);
    return status;
}
wadi_status wadi__checkpoint_dir_list(wadi__env *env, const char *dir, wadi__checkpoint_list *list,
                                      wadi_error *err) {
    wadi__names names = {0};
    wadi_status status = wadi__fs_list_if_any(env, dir, &names, err);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++) {
        wadi__checkpoint_entry entry = {0};
        bool plain = parse_name(names.items[i], &entry);
        if (plain) status = is_plain(env, dir, names.items[i], &plain, err);
        if (status != WADI_OK || !plain) continue;
        entry.name = names.items[i];
        if (wadi__vec_push(list, entry))
            names.items[i] = NULL;
        else
            status = no_memory(err, dir);
    }
    wadi__names_fini(&names);
    if (status != WADI_OK)
        wadi__checkpoint_list_fini(list);
    else if (list->count > 1)
        qsort(list->items, list->count, sizeof list->items[0], by_age);
    return status;
}

/* ---- Reading ---- */

static wadi_status read_file(wadi__env *env, const char *dir, const char *name, char **bytes,
                             size_t *size, wadi_error *err) {
    char *path = wadi__fs_join(dir, name);
    if (path == NULL) return no_memory(err, dir);
    wadi_status status = wadi__fs_read_all(env, path, FILE_BYTES_MAX, bytes, size, err);
    wadi__free(path);
    return status;
}
/* Whether what streams keep in files of their own is there and whole. */
static wadi_status check_states(wadi__env *env, const char *dir, const wadi__checkpoint *checkpoint,
                                wadi_error *err) {
    wadi_status status = WADI_OK;
    for (size_t i = 0; i < checkpoint->streams.count && status == WADI_OK; i++) {
        const checkpoint_stream *stream = &checkpoint->streams.items[i];
        if (stream->is_state && stream->kept.len > 0)
            status = wadi__state_files_check(env, dir, stream->name, stream->kept, err);
    }
    return status;
}
/* Reads a file if its epoch is above *epoch, which 0 always is. */
static wadi_status read_newer(wadi__env *env, const char *dir, const char *name,
                              wadi__checkpoint *checkpoint, bool *is_newer, wadi_error *err) {
    char *bytes = NULL;
    size_t size = 0;
    checkpoint_head head = {0};
    wadi__checkpoint found = {0};
    wadi_status status = read_file(env, dir, name, &bytes, &size, err);
    if (status == WADI_OK) status = wadi__checkpoint_read_head(&head, bytes, size, err);
    *is_newer = status == WADI_OK && head.epoch > checkpoint->head.epoch;
    if (*is_newer) status = wadi__checkpoint_read(&found, bytes, size, err);
    if (*is_newer && status == WADI_OK) status = check_states(env, dir, &found, err);
    wadi__free(bytes);
    if (status != WADI_OK || !*is_newer) {
        wadi__checkpoint_fini(&found);
        return status == WADI_OK ? status
                                 : wadi_error_context(err, status, "read %s/%s", dir, name);
    }
    wadi__checkpoint_fini(checkpoint);
    *checkpoint = found;
    return WADI_OK;
}
/* Whether going on with an older one is better than stopping. */
static bool may_pass_over(wadi_status status) {
    return status == WADI_E_CORRUPT || status == WADI_E_IO;
}
static wadi_status read_best(wadi__env *env, const char *dir, const wadi__checkpoint_list *list,
                             wadi__checkpoint *checkpoint, wadi_error *err) {
    wadi_error first = WADI_ERROR_INIT;
    for (size_t i = list->count; i > 0; i--) { /* the newest of an epoch comes first */
        wadi_error own = WADI_ERROR_INIT;
        bool is_newer = false;
        wadi_status status =
            read_newer(env, dir, list->items[i - 1].name, checkpoint, &is_newer, &own);
        if (status == WADI_OK) continue;
        if (first.status == WADI_OK) first = own;
        if (!may_pass_over(status)) return wadi_error_context(err, status, "%s", own.message);
        wadi__log_warn("stream", "a checkpoint is passed over: %s", own.message);
    }
    if (checkpoint->head.epoch > 0 || list->count == 0) return WADI_OK;
    return wadi_error_context(err, first.status, "none of the %zu checkpoints can be read; %s",
                              list->count, first.message);
}
wadi_status wadi__checkpoint_dir_read(wadi__env *env, const char *dir, wadi__checkpoint *checkpoint,
                                      bool *found, wadi_error *err) {
    wadi__checkpoint_list list = {0};
    *checkpoint = (wadi__checkpoint){0};
    wadi_status status = wadi__checkpoint_dir_list(env, dir, &list, err);
    if (status == WADI_OK) status = read_best(env, dir, &list, checkpoint, err);
    *found = status == WADI_OK && list.count > 0;
    if (status != WADI_OK) wadi__checkpoint_fini(checkpoint);
    wadi__checkpoint_list_fini(&list);
    return status;
}

/* ---- Writing ---- */

/* A file of which all bytes are safe, though its name need not be. */
static wadi_status write_file(wadi__env *env, const char *path, const wadi__text *bytes,
                              wadi_error *err) {
    wadi__file *file = NULL;
    wadi_status status = wadi__fs_open(
        env, path, WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_TRUNCATE, &file, err);
    if (status != WADI_OK) return status;
    status = wadi__fs_write(file, bytes->bytes, bytes->size, err);
    if (status == WADI_OK) status = wadi__fs_sync(file, err);
    wadi_status closed = wadi__fs_close(&file, status == WADI_OK ? err : NULL);
    return status != WADI_OK ? status : closed;
}
/* Puts `temp` in the place of `path`, which is kept as `backup`. */
static wadi_status put_in_place(wadi__env *env, const char *temp, const char *path,
                                const char *backup, wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status == WADI_OK && exists) status = wadi__fs_rename(env, path, backup, err);
    return status == WADI_OK ? wadi__fs_rename(env, temp, path, err) : status;
}
wadi_status wadi__checkpoint_dir_write(wadi__env *env, const char *dir, int64_t time_ms,
                                       const wadi__text *bytes, wadi_error *err) {
    char *temp = wadi__fs_join(dir, "temp");
    char *path = wadi__format("%s/checkpoint-%" PRId64, dir, time_ms);
    char *backup = wadi__format("%s/checkpoint-%" PRId64 ".bk", dir, time_ms);
    wadi_status status = WADI_E_NOMEM;
    if (temp == NULL || path == NULL || backup == NULL)
        no_memory(err, dir);
    else
        status = write_file(env, temp, bytes, err);
    if (status == WADI_OK) status = put_in_place(env, temp, path, backup, err);
    if (status == WADI_OK) status = wadi__fs_sync_dir(env, dir, err);
    wadi__free(temp);
    wadi__free(path);
    wadi__free(backup);
    return status;
}
wadi_status wadi__checkpoint_dir_prune(wadi__env *env, const char *dir, int64_t *oldest_ms,
                                       wadi_error *err) {
    wadi__checkpoint_list list = {0};
    wadi_status status = wadi__checkpoint_dir_list(env, dir, &list, err);
    size_t old =
        list.count > WADI__CHECKPOINT_FILES_MAX ? list.count - WADI__CHECKPOINT_FILES_MAX : 0;
    *oldest_ms = list.count > 0 ? list.items[0].time_ms : INT64_MIN;
    for (size_t i = 0; i < old && status == WADI_OK; i++) {
        char *path = wadi__fs_join(dir, list.items[i].name);
        status = path != NULL ? wadi__fs_remove(env, path, err) : no_memory(err, dir);
        wadi__free(path);
        if (status == WADI_OK) *oldest_ms = list.items[i + 1].time_ms;
    }
    wadi__checkpoint_list_fini(&list);
    return status;
}

/* ---- Who writes ---- */

enum { LOCK_BYTES = 160 }; /* within a sector, so that it is written whole or not at all */

/* The newest epoch that a checkpoint tells of. 0: none does. */
static uint64_t epoch_of_files(wadi__env *env, const char *dir) {
    wadi__checkpoint_list list = {0};
    uint64_t newest = 0;
    wadi__checkpoint_dir_list(env, dir, &list, NULL);
    for (size_t i = 0; i < list.count; i++) {
        checkpoint_head head = {0};
        char *bytes = NULL;
        size_t size = 0;
        wadi_status status = read_file(env, dir, list.items[i].name, &bytes, &size, NULL);
        if (status == WADI_OK) status = wadi__checkpoint_read_head(&head, bytes, size, NULL);
        if (status == WADI_OK && head.epoch > newest) newest = head.epoch;
        wadi__free(bytes);
    }
    wadi__checkpoint_list_fini(&list);
    return newest;
}
/* What is in the lock's file: its line as text, and the epoch; 0: it tells of none. */
static wadi_status read_lock(wadi__file *lock, char *text, uint64_t *epoch, wadi_error *err) {
    size_t got = 0;
    wadi_status status = wadi__fs_pread(lock, text, LOCK_BYTES, 0, &got, err);
    text[status == WADI_OK ? got : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' '; end--) text[end - 1] = 0;
    char *end = text;
    *epoch = strncmp(text, "epoch ", 6) == 0 ? strtoull(text + 6, &end, 10) : 0;
    if (strncmp(end, " pid ", 5) != 0) *epoch = 0;
    return status;
}
static wadi_status write_lock(wadi__file *lock, uint64_t epoch, wadi_error *err) {
    char text[LOCK_BYTES + 1], who[96];
    wadi__machine_process(who, sizeof who);
    int used = snprintf(text, sizeof text, "epoch %" PRIu64 " %s", epoch, who);
    memset(text + used, ' ', (size_t)(LOCK_BYTES - used)); /* over what a longer one left */
    text[LOCK_BYTES - 1] = '\n';
    wadi_status status = wadi__fs_write(lock, text, LOCK_BYTES, err);
    return status == WADI_OK ? wadi__fs_sync(lock, err) : status;
}
static wadi_status take_lock(wadi__env *env, const char *dir, wadi__file *lock, uint64_t *epoch,
                             wadi_error *err) {
    char text[LOCK_BYTES + 1];
    bool is_taken = false;
    wadi_status status = wadi__fs_lock(lock, &is_taken, err);
    if (status == WADI_OK) status = read_lock(lock, text, epoch, err);
    if (status != WADI_OK) return status;
    if (is_taken)
        return wadi_error_context(
            err, WADI_E_STATE,
            "another driver runs on the checkpoint directory %s: %s; stop it, or "
            "name another directory",
            dir, text[0] != 0 ? text : "it has not told who it is");
    if (*epoch == 0) *epoch = epoch_of_files(env, dir);
    ++*epoch;
    status = write_lock(lock, *epoch, err);
    return status == WADI_OK ? wadi__fs_sync_dir(env, dir, err) : status;
}
wadi_status wadi__checkpoint_dir_lock(wadi__env *env, const char *dir, wadi__file **lock,
                                      uint64_t *epoch, wadi_error *err) {
    char *path = wadi__fs_join(dir, "lock");
    wadi__file *file = NULL;
    wadi_status status =
        path != NULL ? wadi__fs_make_safe_dirs(env, dir, err) : no_memory(err, dir);
    if (status == WADI_OK)
        status = wadi__fs_open(env, path, WADI__OPEN_READ | WADI__OPEN_WRITE | WADI__OPEN_CREATE,
                               &file, err);
    wadi__free(path);
    if (status == WADI_OK) status = take_lock(env, dir, file, epoch, err);
    if (status == WADI_OK)
        *lock = file;
    else
        wadi__fs_close(&file, NULL);
    return status == WADI_OK
               ? status
               : wadi_error_context(err, status, "lock the checkpoint directory %s", dir);
}
