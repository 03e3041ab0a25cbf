/* SPDX-License-Identifier: Apache-2.0 */
/* replay_once.h: a program that `wadi replay` runs: it goes on from a copy of its checkpoint
 * directory, makes one batch, and stops. Told by the environment, so that any program can be run
 * so: WADI_REPLAY_DIR, in place of the directory that it names, and WADI_REPLAY_BATCH. */
#ifndef WADI_STREAM_REPLAY_ONCE_H
#define WADI_STREAM_REPLAY_ONCE_H
#include <stdint.h>

/* The directory that counts: `dir`, or the copy. */
const char *wadi__replay_once_dir(const char *dir);
/* The batch; 0: it is no such program. */
int64_t wadi__replay_once_batch(void);
#endif
