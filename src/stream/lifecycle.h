/* SPDX-License-Identifier: Apache-2.0 */
/* lifecycle.h: start, stop, await: from INITIALIZED through ACTIVE to STOPPED. */
#ifndef WADI_STREAM_LIFECYCLE_H
#define WADI_STREAM_LIFECYCLE_H
#include "stream/stream_context.h"

/* Ties a new stream context to its engine context, which frees it when it is finished. False: no memory. */
bool wadi__lifecycle_adopt(wadi_stream_context *ssc);
/* Gathers what only start can tell (validate.c): mistakes are kept. */
void wadi__validate(wadi_stream_context *ssc);
/* From here to _leave() the generator and all that it works on stay, whoever stops the program meanwhile.
 * False: there is none to be called; do not leave. Any thread. */
bool wadi__lifecycle_enter(wadi_stream_context *ssc);
void wadi__lifecycle_leave(wadi_stream_context *ssc);
/* Stops it from a thread of its own, for who must not wait: functions of the program, and `wadi stop`. */
wadi_status wadi__lifecycle_stop_elsewhere(wadi_stream_context *ssc, bool gracefully);
#endif
