/* SPDX-License-Identifier: Apache-2.0 */
/* state_writer.h: the thread that writes the states of a program's streams to files, beside the
 * processing of batches and behind it: wadi-state. It belongs to the stream context, from start to
 * stop. */
#ifndef WADI_STREAM_STATE_WRITER_H
#define WADI_STREAM_STATE_WRITER_H
#include "stream/state_files.h"

typedef struct wadi__state_writer wadi__state_writer;

/* NULL: no memory, or no thread. */
wadi__state_writer *wadi__state_writer_new(wadi__env *env);
/* Ends the thread when it has written what waits; what is being merged is left. NULL is fine. */
void wadi__state_writer_free(wadi__state_writer *writer);
/* As wadi__state_files_spec.wake. `writer`: one of them. */
void wadi__state_writer_wake(void *writer, wadi__state_files *files);
#endif
