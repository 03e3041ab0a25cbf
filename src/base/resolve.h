/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h: the addresses of a host, found within a deadline, for env_real.c.
 *
 * The system's name service blocks for as long as it likes and cannot be told to end. So it is
 * asked by a thread of its own, which nobody waits for once the deadline has passed or the asker is
 * to stop. */
#ifndef WADI_BASE_RESOLVE_H
#define WADI_BASE_RESOLVE_H
#include "base/env.h"

#include <netdb.h>

/* The addresses of host:port, to be released by freeaddrinfo(). `opened` is that of socket_connect:
 * it is told a socket whose shutdown ends the waiting, and -1 in the end. Returns 0, -ENXIO (there
 * is no such host), -ETIMEDOUT, -ECONNABORTED (it was shut down), or another -errno. */
int wadi__resolve(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                  void (*opened)(int socket, void *arg), void *arg, struct addrinfo **list);

/* Waits for the events of poll(2), or until the deadline. 0, -ETIMEDOUT, or -errno. */
int wadi__poll_until(wadi__env *env, int socket, short events, int64_t deadline_ns);
#endif
