/* SPDX-License-Identifier: Apache-2.0 */
/* conn.h: a receiver's connection to a peer. The body of the receiver uses it in one thread; whoever stops
 * the receiver may shut it down from another. */
#ifndef WADI_STREAM_CONN_H
#define WADI_STREAM_CONN_H
#include "base/env.h"

#include <wadi/source.h>

/* Connects; what fails is reported by the receiver. NULL: no connection, or the receiver is to stop. The
 * connection is one of the receiver's, which frees it after the body. */
wadi_conn *wadi__conn_open(wadi_receiver *receiver, const char *host, int port);
/* Up to `size` bytes; 0: the peer closed, or the receiver stops; < 0: -errno. Blocks. */
ssize_t wadi__conn_recv(wadi_conn *conn, void *bytes, size_t size);
/* Ends what blocks on it. */
void wadi__conn_shutdown(wadi_conn *conn);
void wadi__conn_free(wadi_conn *conn);
#endif
