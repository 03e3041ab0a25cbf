/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor.h: tells the service manager that started the program how it is: sd_notify(3) by a
 * plain datagram to $NOTIFY_SOCKET. "READY=1" once the program is started, "STOPPING=1" when it
 * begins to stop, and with $WATCHDOG_USEC "WATCHDOG=1" at half that time, as long as batches
 * end: a program whose batches hang is started anew. */
#ifndef WADI_STREAM_SUPERVISOR_H
#define WADI_STREAM_SUPERVISOR_H
#include "stream/stream_context.h"

typedef struct wadi__supervisor wadi__supervisor;

/* Where nobody asked for it, or the env has no such sockets: NULL. */
wadi__supervisor *wadi__supervisor_start(wadi_stream_context *ssc);
void wadi__supervisor_stopping(const wadi__supervisor *supervisor);
/* Joins its thread. NULL is fine, here as above. */
void wadi__supervisor_stop(wadi__supervisor *supervisor);

/* Half of $WATCHDOG_USEC in ns, if it is meant for this process ($WATCHDOG_PID); 0: no watchdog. */
int64_t wadi__supervisor_interval_ns(const char *usec, const char *pid, int64_t own_pid);
#endif
