/* SPDX-License-Identifier: Apache-2.0 */
/* socket_text.c: lines of text from a TCP server.
 *
 * Bytes are read into large buffers, lines are cut where they lie and refer to the buffer. A buffer is
 * filled up piece by piece, so that small reads do not waste it; only the unfinished last line is
 * copied, into the next buffer. */
#include "base/buffer.h"
#include "base/conf.h"
#include "data/scan.h"
#include "source/receiver_stream.h"
#include "stream/conn.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <string.h>

enum {
    HEAD_BYTES = 192, /* of a buffer and its padding, so that the whole is a piece of the pool */
    BUFFER_BYTES_MIN = 16 << 10, /* of the first buffer; each next one is twice as large .. */
    BUFFER_BYTES_MAX = 256 << 10, /* .. up to this, since a peer that filled one will fill more */
};

typedef struct reader {
    wadi_receiver *receiver;
    wadi_conn *conn;
    wadi__buffer *buffer;
    size_t line, filled;  /* where the unfinished line begins, and where unread room does */
    size_t next_bytes;    /* of the next buffer */
    size_t line_max;
    bool is_skipping;     /* the rest of a line that is too long */
    wadi_str rows[WADI__CHUNK_ROWS];
} reader;

/* Begins a new buffer with the unfinished line at its front. False: no memory, or it is to stop. */
static bool new_buffer(reader *self) {
    size_t carried = self->filled - self->line;
    while (self->next_bytes < carried * 2) self->next_bytes *= 2;
    size_t room = self->next_bytes - HEAD_BYTES;
    wadi__buffer *made;
    while ((made = wadi__buffer_new(room)) == NULL) {
        if (wadi_receiver_stopped(self->receiver)) return false;
        wadi_receiver_report(self->receiver, "no memory for a buffer of %zu bytes; reading waits for batches to release some", room);
        wadi__receiver_wait_turn(self->receiver);
    }
    if (self->buffer != NULL) memcpy(made->bytes, self->buffer->bytes + self->line, carried);
    wadi__buffer_unref(self->buffer);
    self->buffer = made;
    self->line = 0;
    self->filled = carried;
    self->next_bytes = self->next_bytes * 2 < BUFFER_BYTES_MAX ? self->next_bytes * 2 : BUFFER_BYTES_MAX;
    return true;
}
static bool store(reader *self, const wadi_str *rows, size_t count) {
    while (count > 0 && !wadi__receiver_add(self->receiver, rows, count, &self->buffer->counted)) {
        if (wadi_receiver_stopped(self->receiver)) return false;
        wadi_receiver_report(self->receiver, "no memory for received lines; reading waits for batches to release some");
        wadi__receiver_wait_turn(self->receiver);
    }
    return true;
}
static void say_too_long(reader *self, const char *line, size_t len) {
    wadi_receiver_report(self->receiver, "a line of more than %zu bytes (wadi.source.line_max_bytes) from %s:%d is skipped; it begins with: %.*s",
                         self->line_max, self->receiver->host, self->receiver->port, len < 80 ? (int)len : 80, line);
}
/* Takes lines that are too long out of rows; returns how many are left. */
static size_t drop_long(reader *self, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (self->rows[i].len > self->line_max) say_too_long(self, wadi_str_data(&self->rows[i]), self->rows[i].len);
        else self->rows[kept++] = self->rows[i];
    }
    return kept;
}
/* Of the unfinished line, whatever comes. A carriage return may be of its end. */
static bool is_too_long(const reader *self) {
    size_t size = self->filled - self->line;
    return size > self->line_max + 1 ||
           (size == self->line_max + 1 && self->buffer->bytes[self->filled - 1] != '\r');
}
/* Stores the whole lines that are there. */
static bool take_lines(reader *self) {
    for (;;) {
        size_t used, size = self->filled - self->line;
        const char *bytes = self->buffer->bytes + self->line;
        size_t count = wadi__scan_lines(bytes, size, self->rows, WADI__CHUNK_ROWS, &used);
        if (count == 0) break;
        self->line += used;
        size_t from = self->is_skipping; /* the first is the end of a line that was too long */
        self->is_skipping = false;
        if (from > 0) memmove(self->rows, self->rows + 1, --count * sizeof self->rows[0]);
        if (size > self->line_max) count = drop_long(self, count);
        if (!store(self, self->rows, count)) return false;
    }
    if (is_too_long(self)) {
        if (!self->is_skipping) say_too_long(self, self->buffer->bytes + self->line, self->filled - self->line);
        self->is_skipping = true;
        self->line = self->filled;
    }
    return true;
}
/* The last line may lack its end. */
static void take_rest(reader *self) {
    if (self->buffer == NULL || self->filled == self->line || self->is_skipping) return;
    wadi_str last = wadi_str_view(self->buffer->bytes + self->line, self->filled - self->line);
    if (last.len > self->line_max) say_too_long(self, self->buffer->bytes + self->line, self->filled - self->line);
    else store(self, &last, 1);
}
static void read_lines(reader *self) {
    for (;;) {
        bool needs_buffer = self->buffer == NULL ||
                            self->buffer->capacity_bytes - self->filled < self->buffer->capacity_bytes / 16;
        if (needs_buffer && !new_buffer(self)) return;
        ssize_t got = wadi__conn_recv(self->conn, self->buffer->bytes + self->filled,
                                      self->buffer->capacity_bytes - self->filled);
        if (got <= 0) {
            take_rest(self);
            if (got < 0) wadi_receiver_restart(self->receiver, "reading from %s:%d failed: %s", self->receiver->host,
                                               self->receiver->port, strerror((int)-got));
            else wadi_receiver_restart(self->receiver, "%s:%d closed the connection", self->receiver->host, self->receiver->port);
            return;
        }
        self->filled += (size_t)got;
        if (!take_lines(self)) return;
    }
}
static void socket_text_run(wadi_receiver *receiver) {
    reader *self = wadi__calloc(1, sizeof *self);
    if (self == NULL) {
        wadi_receiver_report(receiver, "no memory to read from %s:%d", receiver->host, receiver->port);
        return;
    }
    self->receiver = receiver;
    self->conn = wadi__conn_open(receiver, receiver->host, receiver->port);
    self->next_bytes = BUFFER_BYTES_MIN;
    self->line_max = (size_t)wadi__conf_int(receiver->ssc->sc->conf, WADI__CONF_LINE_MAX);
    if (self->conn != NULL) read_lines(self);
    wadi__buffer_unref(self->buffer);
    wadi__free(self);
}
wadi_dstream *(wadi_socket_text_stream)(wadi_stream_context *ssc, const char *host, int port,
                                        const wadi_source_options *options) {
    static const wadi__receiver_ops ops = {"socket_text_stream", socket_text_run};
    return wadi__receiver_stream_new(ssc, &ops, wadi__type_str(), &(wadi__peer){host, port}, options);
}
