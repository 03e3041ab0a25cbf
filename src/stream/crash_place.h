/* SPDX-License-Identifier: Apache-2.0 */
/* crash_place.h: what the calling thread is at, for the report of a crash. */
#ifndef WADI_STREAM_CRASH_PLACE_H
#define WADI_STREAM_CRASH_PLACE_H
#include "base/crash.h"

/* Adds the batch and the operator, with its function, that the thread runs; nothing if it runs
 * none. Safe in a signal's handler. */
void wadi__crash_place(wadi__crash_text *text);
#endif
