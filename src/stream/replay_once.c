/* SPDX-License-Identifier: Apache-2.0 */
/* replay_once.c: what `wadi replay` has told. */
#include "stream/replay_once.h"

#include <stddef.h>
#include <stdlib.h>

const char *wadi__replay_once_dir(const char *dir) {
    const char *copy = getenv("WADI_REPLAY_DIR");
    return dir != NULL && copy != NULL && copy[0] != 0 ? copy : dir;
}
int64_t wadi__replay_once_batch(void) {
    const char *batch = getenv("WADI_REPLAY_BATCH");
    return batch != NULL ? strtoll(batch, NULL, 10) : 0;
}
