/* SPDX-License-Identifier: Apache-2.0 */
/* block_cursor.h: pushing the records of a stored block. */
#ifndef WADI_RDD_BLOCK_CURSOR_H
#define WADI_RDD_BLOCK_CURSOR_H
#include "rdd/pipeline.h"

/* The task keeps the block. NULL `block`: no records. NULL returned: the task has failed. */
wadi__cursor *wadi__block_open(wadi__block *block, wadi__task *task, wadi__sink *sink);
#endif
