/* SPDX-License-Identifier: Apache-2.0 */
/* raw_socket.c: blocks of records from a peer that has encoded them already: a length of 4 bytes,
 * the highest first, and that many bytes of a frame. */
#include "base/buffer.h"
#include "base/pool.h"
#include "data/frame.h"
#include "source/receiver_stream.h"
#include "stream/conn.h"
#include "stream/receiver_frame.h"

#include <string.h>

/* The length of the next frame. False: the connection is at its end, or what comes is no frame. */
static bool read_length(wadi_receiver *receiver, wadi_conn *conn, size_t *length) {
    unsigned char bytes[4];
    if (!wadi_conn_read(conn, bytes, sizeof bytes)) {
        wadi_receiver_restart(receiver, "%s:%d closed the connection", receiver->host,
                              receiver->port);
        return false;
    }
    *length = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
    if (*length >= WADI__FRAME_HEAD_BYTES) return true;
    wadi_receiver_restart(receiver, "%s:%d sent a length of %zu bytes, which no frame has",
                          receiver->host, receiver->port, *length);
    return false;
}
/* A frame of that length must say so itself, before memory is spent on it. */
static bool check_head(wadi_receiver *receiver, const void *head, size_t length) {
    wadi_error err = WADI_ERROR_INIT;
    uint64_t own = 0;
    wadi_status status = wadi__frame_size(head, WADI__FRAME_HEAD_BYTES, &own, &err);
    if (status == WADI_OK && own != length)
        status = wadi_error_context(&err, WADI_E_CORRUPT, "a frame of %llu bytes comes as %zu",
                                    (unsigned long long)own, length);
    size_t bound = wadi__pool_limit();
    if (status == WADI_OK && bound != 0 && length > bound / 4)
        status = wadi_error_context(&err, WADI_E_NOMEM,
                                    "a frame of %zu bytes is too large for a memory bound of %zu",
                                    length, bound);
    if (status == WADI_OK) return true;
    wadi_receiver_restart(receiver, "%s:%d: %s", receiver->host, receiver->port, err.message);
    return false;
}
static wadi__buffer *buffer_for(wadi_receiver *receiver, size_t size) {
    wadi__buffer *made;
    while ((made = wadi__buffer_new(size)) == NULL && !wadi_receiver_stopped(receiver)) {
        wadi_receiver_report(receiver,
                             "no memory for a frame of %zu bytes; reading waits for batches to "
                             "release some",
                             size);
        wadi__receiver_wait_turn(receiver);
    }
    return made;
}
/* False: the frame is damaged or foreign, or the receiver is to stop. */
static bool store(wadi_receiver *receiver, wadi__buffer *buffer, size_t length) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status;
    while ((status = wadi__receiver_add_frame(receiver, buffer->bytes, length, &buffer->counted,
                                              &err)) == WADI_E_NOMEM &&
           !wadi_receiver_stopped(receiver)) {
        wadi_receiver_report(receiver, "%s; reading waits for batches to release some",
                             err.message);
        err = (wadi_error)WADI_ERROR_INIT;
        wadi__receiver_wait_turn(receiver);
    }
    if (status != WADI_OK)
        wadi_receiver_restart(receiver, "%s:%d: %s", receiver->host, receiver->port, err.message);
    return status == WADI_OK;
}
/* Reads one frame and stores its records. False: the connection is of no more use. */
static bool take_frame(wadi_receiver *receiver, wadi_conn *conn) {
    char head[WADI__FRAME_HEAD_BYTES];
    size_t length;
    if (!read_length(receiver, conn, &length)) return false;
    bool is_whole = wadi_conn_read(conn, head, sizeof head);
    if (is_whole && !check_head(receiver, head, length)) return false;
    wadi__buffer *buffer = is_whole ? buffer_for(receiver, length) : NULL;
    if (buffer != NULL) {
        memcpy(buffer->bytes, head, sizeof head);
        is_whole = wadi_conn_read(conn, buffer->bytes + sizeof head, length - sizeof head);
    }
    bool stored = is_whole && buffer != NULL && store(receiver, buffer, length);
    wadi__buffer_unref(buffer);
    if (!is_whole)
        wadi_receiver_restart(receiver, "%s:%d closed the connection in the middle of a frame",
                              receiver->host, receiver->port);
    return stored;
}
static void raw_socket_run(wadi_receiver *receiver) {
    wadi_conn *conn = wadi__conn_open(receiver, receiver->host, receiver->port);
    while (conn != NULL && !wadi_receiver_stopped(receiver) && take_frame(receiver, conn)) continue;
}
wadi_dstream *wadi__raw_socket_stream(wadi_stream_context *ssc, const wadi_type *pub,
                                      const char *host, int port,
                                      const wadi_source_options *options) {
    static const wadi__receiver_ops ops = {"raw_socket_stream", raw_socket_run};
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi_dstream *self = wadi__receiver_stream_new(
        ssc, &ops, type != NULL ? type : wadi__type_int64(), &(wadi__peer){host, port}, options);
    if (type == NULL) wadi__dstream_mistake(self, err.status, "%s", err.message);
    return self;
}
