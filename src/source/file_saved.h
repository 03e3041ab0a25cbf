/* SPDX-License-Identifier: Apache-2.0 */
/* file_saved.h: a file selection in a checkpoint: what each remembered batch took, so that another
 * run takes nothing twice, and makes a batch again of the same files. */
#ifndef WADI_SOURCE_FILE_SAVED_H
#define WADI_SOURCE_FILE_SAVED_H
#include "data/frame_rows.h"
#include "source/file_selection.h"

/* The frame of the files, which stays the same as long as none is taken or forgotten: directories
 * are large, and checkpoints many. Starts as zeros. */
typedef struct wadi__saved_files {
    wadi__text frame;
    uint64_t changes; /* of the selection, when it was made */
} wadi__saved_files;
static inline void wadi__saved_files_fini(wadi__saved_files *saved) {
    wadi__text_fini(&saved->frame);
}

/* Appends frames. Batches from from_ms on are all remembered. */
wadi_status wadi__file_selection_save(const wadi__file_selection *selection, int64_t from_ms,
                                      wadi__saved_files *saved, wadi__text *out, wadi_error *err);
/* Takes back what was saved, into a selection that has taken nothing yet. The earlier start
 * threshold holds, so that files which came between the runs are found. */
wadi_status wadi__file_selection_restore(wadi__file_selection *selection, const void *bytes,
                                         size_t size, wadi_error *err);
#endif
