/* SPDX-License-Identifier: Apache-2.0 */
/* lag.h: a word when batches take longer than they last, again and again, and when that is over.
 * Generator's thread. */
#ifndef WADI_STREAM_LAG_H
#define WADI_STREAM_LAG_H
#include "stream/batch.h"

enum { WADI__LAG_BATCHES = 10 }; /* one behind the other, before it is told */

typedef struct wadi__lag { /* zeros: none */
    uint32_t slow_count;   /* batches so far, one behind the other */
    bool is_told;
} wadi__lag;

/* A batch of this interval has been completed, after those before it. */
void wadi__lag_completed(wadi__lag *lag, const wadi__batch *batch, int64_t interval_ms);
#endif
