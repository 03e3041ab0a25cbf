/* SPDX-License-Identifier: Apache-2.0 */
/* file_saved.h: a file selection in a checkpoint: what each remembered batch took, so that another
 * run takes nothing twice, and makes a batch again of the same files. */
#ifndef WADI_SOURCE_FILE_SAVED_H
#define WADI_SOURCE_FILE_SAVED_H
#include "data/frame_rows.h"
#include "source/file_selection.h"

/* Appends frames. Batches from from_ms on are all remembered. */
wadi_status wadi__file_selection_save(const wadi__file_selection *selection, int64_t from_ms,
                                      wadi__text *out, wadi_error *err);
/* Takes back what was saved, into a selection that has taken nothing yet. The earlier start
 * threshold holds, so that files which came between the runs are found. */
wadi_status wadi__file_selection_restore(wadi__file_selection *selection, const void *bytes,
                                         size_t size, wadi_error *err);
#endif
