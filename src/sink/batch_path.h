/* SPDX-License-Identifier: Apache-2.0 */
/* batch_path.h: the directory that a batch is saved in: prefix-TIME_IN_MS.suffix. */
#ifndef WADI_SINK_BATCH_PATH_H
#define WADI_SINK_BATCH_PATH_H
#include <stdint.h>

/* From wadi__malloc. An empty or NULL prefix leaves out "prefix-", such a suffix ".suffix". NULL:
 * no memory. */
char *wadi__batch_path(const char *prefix, const char *suffix, int64_t batch_ms);
#endif
