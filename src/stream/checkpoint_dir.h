/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_dir.h: the files of a checkpoint directory: which there are, which is the newest good
 * one, and who may write.
 *
 *     DIR/checkpoint-TIME        of a batch time; checkpoint-TIME.bk the one before of the same
 *     DIR/temp                   what is being written
 *     DIR/lock                   the process that writes: "epoch 3 pid 4711 host box"
 *
 * A driver holds the lock of the system on DIR/lock for as long as it runs, so a second one is
 * refused, and the end of the process frees it. The epoch grows by one with each driver, and stands
 * in all that it writes. */
#ifndef WADI_STREAM_CHECKPOINT_DIR_H
#define WADI_STREAM_CHECKPOINT_DIR_H
#include "fs/fs.h"
#include "stream/checkpoint_file.h"

enum { WADI__CHECKPOINT_FILES_MAX = 10 }; /* that are kept */

typedef struct wadi__checkpoint_entry {
    int64_t time_ms;
    bool is_backup;
    char *name; /* within the directory */
} wadi__checkpoint_entry;
typedef WADI__VEC(wadi__checkpoint_entry) wadi__checkpoint_list;

/* The files of checkpoints, oldest first, a backup before its sibling. A directory that is not
 * there has none. */
wadi_status wadi__checkpoint_dir_list(wadi__env *env, const char *dir, wadi__checkpoint_list *list,
                                      wadi_error *err);
void wadi__checkpoint_list_fini(wadi__checkpoint_list *list);

/* Reads the newest good one: of the last epoch, then of the last time. What is skipped is logged.
 * *found is false, and nothing has failed, where there is none at all; if none is good that is an
 * error. */
wadi_status wadi__checkpoint_dir_read(wadi__env *env, const char *dir, wadi__checkpoint *checkpoint,
                                      bool *found, wadi_error *err);

/* Writes one, and makes it safe: "temp", then the name of its time, whose file so far becomes the
 * backup. One thread. */
wadi_status wadi__checkpoint_dir_write(wadi__env *env, const char *dir, int64_t time_ms,
                                       const wadi__text *bytes, wadi_error *err);
/* Removes all but the newest; *oldest_ms is the time of the oldest that is left. Failing to remove
 * is logged and does no harm. */
wadi_status wadi__checkpoint_dir_prune(wadi__env *env, const char *dir, int64_t *oldest_ms,
                                       wadi_error *err);

/* Takes the directory, which is made if need be, for this process. *epoch is one more than that of
 * the driver before. WADI_E_STATE: another driver has it, and is named. */
wadi_status wadi__checkpoint_dir_lock(wadi__env *env, const char *dir, wadi__file **lock,
                                      uint64_t *epoch, wadi_error *err);
#endif
