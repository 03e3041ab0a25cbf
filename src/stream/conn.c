/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c: connections of receivers. */
#include "stream/conn.h"

#include "base/conf.h"
#include "stream/receiver.h"

#include <wadi/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CONNECT_MS = 30000, READ_BYTES = 64 << 10 };

struct wadi_conn {
    wadi_receiver *receiver;
    wadi__env *env;
    atomic_int socket; /* -1: none (yet) */
    char *bytes;       /* read ahead; NULL: nothing yet */
    size_t room, from, until; /* of `bytes`; from..until are unread */
    bool is_at_end;
};

/* Under the lock, so that whoever shuts a socket down does not meet the next one of its number. */
static void opened(int socket, void *arg) {
    wadi_conn *conn = arg;
    pthread_mutex_lock(&conn->receiver->lock);
    atomic_store(&conn->socket, socket);
    pthread_mutex_unlock(&conn->receiver->lock);
    if (socket >= 0 && wadi_receiver_stopped(conn->receiver)) conn->env->socket_shutdown(conn->env, socket);
}
static bool list(wadi_receiver *receiver, wadi_conn *conn) {
    pthread_mutex_lock(&receiver->lock);
    bool listed = wadi__vec_push(&receiver->conns, conn);
    pthread_mutex_unlock(&receiver->lock);
    return listed;
}
static void unlist(wadi_receiver *receiver, wadi_conn *conn) {
    pthread_mutex_lock(&receiver->lock);
    for (size_t i = 0; i < receiver->conns.count; i++)
        if (receiver->conns.items[i] == conn) receiver->conns.items[i] = receiver->conns.items[--receiver->conns.count];
    pthread_mutex_unlock(&receiver->lock);
}
/* What the errno of a connect means to whoever runs the program, and what to look at. */
static void reason_of(int rc, const char *host, char *text, size_t size) {
    switch (-rc) {
    case ENXIO: snprintf(text, size, "no host of the name '%s' is known", host); break;
    case EAGAIN: snprintf(text, size, "the name service does not tell the address of '%s'", host); break;
    case ETIMEDOUT: snprintf(text, size, "nothing answers within %d s", CONNECT_MS / 1000); break;
    case ECONNREFUSED: snprintf(text, size, "Connection refused (is the server running there?)"); break;
    case EMFILE:
    case ENFILE: snprintf(text, size, "%s (the limit, ulimit -n, is too low, or files stay open)", strerror(-rc)); break;
    default: snprintf(text, size, "%s", strerror(-rc)); break;
    }
}
static void report_no_connection(wadi_receiver *receiver, const char *host, int port, int rc) {
    char reason[160], next[48] = "";
    reason_of(rc, host, reason, sizeof reason);
    if (host == receiver->host) /* else its body knows what comes next */
        snprintf(next, sizeof next, "; the next try is in %" PRId64 " ms", wadi__receiver_restart_delay_ms(receiver));
    wadi_receiver_report(receiver, "cannot connect to %s:%d: %s%s", host, port, reason, next);
}
wadi_conn *wadi__conn_open(wadi_receiver *receiver, const char *host, int port) {
    wadi__env *env = receiver->ssc->env;
    if (wadi_receiver_stopped(receiver)) return NULL;
    wadi_conn *conn = wadi__calloc(1, sizeof *conn);
    if (conn != NULL) {
        conn->receiver = receiver;
        conn->env = env;
        atomic_init(&conn->socket, -1);
    }
    if (conn == NULL || !list(receiver, conn)) {
        wadi__free(conn);
        wadi_receiver_report(receiver, "no memory to connect to %s:%d", host, port);
        return NULL;
    }
    int rc = env->socket_connect(env, host, port, wadi__env_deadline(env, CONNECT_MS), opened, conn);
    if (rc >= 0) {
        atomic_store(&conn->socket, rc);
        return conn;
    }
    atomic_store(&conn->socket, -1);
    unlist(receiver, conn);
    wadi__conn_free(conn);
    if (!wadi_receiver_stopped(receiver))
        report_no_connection(receiver, host, port, rc);
    return NULL;
}
ssize_t wadi__conn_recv(wadi_conn *conn, void *bytes, size_t size) {
    if (wadi_receiver_stopped(conn->receiver)) return 0;
    return conn->env->socket_recv(conn->env, atomic_load(&conn->socket), bytes, size, WADI__DEADLINE_NONE);
}
void wadi__conn_shutdown(wadi_conn *conn) {
    int socket = atomic_load(&conn->socket);
    if (socket >= 0) conn->env->socket_shutdown(conn->env, socket);
}
void wadi__conn_free(wadi_conn *conn) {
    int socket = atomic_exchange(&conn->socket, -1);
    if (socket >= 0) conn->env->socket_close(conn->env, socket);
    wadi__free(conn->bytes);
    wadi__free(conn);
}

/* ---- For users' bodies ---- */

wadi_conn *wadi_receiver_connect(wadi_receiver *receiver, wadi_str host, int port) {
    char name[256];
    if (host.len >= sizeof name || port < 1 || port > 65535) {
        wadi_receiver_report(receiver, "no host and port to connect to: '%.*s', %d", WADI_STR_ARG(host), port);
        return NULL;
    }
    memcpy(name, wadi_str_data(&host), host.len);
    name[host.len] = 0;
    return wadi__conn_open(receiver, name, port);
}
/* Room for more behind what is unread. False: the receiver is to stop. */
static bool make_room(wadi_conn *conn) {
    if (conn->room - conn->until >= READ_BYTES / 2) return true;
    size_t room = conn->room == 0 ? READ_BYTES : conn->room * 2;
    char *moved;
    while ((moved = wadi__realloc(conn->bytes, room, 1)) == NULL) {
        if (wadi_receiver_stopped(conn->receiver)) return false;
        wadi_receiver_report(conn->receiver, "no memory for %zu bytes of a connection; reading waits for batches to release some", room);
        wadi__receiver_wait_turn(conn->receiver);
    }
    conn->bytes = moved;
    conn->room = room;
    return true;
}
/* Reads more behind what is unread. False: at the end. */
static bool read_more(wadi_conn *conn) {
    if (conn->is_at_end) return false;
    if (conn->from > 0) {
        memmove(conn->bytes, conn->bytes + conn->from, conn->until - conn->from);
        conn->until -= conn->from;
        conn->from = 0;
    }
    if (!make_room(conn)) return false;
    ssize_t got = wadi__conn_recv(conn, conn->bytes + conn->until, conn->room - conn->until);
    if (got > 0) {
        conn->until += (size_t)got;
        return true;
    }
    conn->is_at_end = true;
    if (got < 0 && !wadi_receiver_stopped(conn->receiver))
        wadi_receiver_report(conn->receiver, "reading failed: %s", strerror((int)-got));
    return false;
}
/* Always false. */
static bool end_at_long_line(wadi_conn *conn, size_t line_max) {
    wadi_receiver_report(conn->receiver, "a line of more than %zu bytes (wadi.source.line_max_bytes)", line_max);
    conn->is_at_end = true;
    conn->from = conn->until;
    return false;
}
bool wadi_conn_read_line(wadi_conn *conn, wadi_str *line) {
    size_t line_max = (size_t)wadi__conf_int(conn->receiver->ssc->sc->conf, WADI__CONF_LINE_MAX), seen = 0;
    for (;;) {
        size_t size = conn->until - conn->from;
        const char *stop = size > seen ? memchr(conn->bytes + conn->from + seen, '\n', size - seen) : NULL;
        bool is_last = false;
        if (stop == NULL) {
            seen = size;
            /* One byte more: it may be the carriage return of the line's end. */
            if (size <= line_max + 1 && read_more(conn)) continue;
            if (size > line_max) return end_at_long_line(conn, line_max);
            if (wadi_receiver_stopped(conn->receiver) || size == 0) return false;
            stop = conn->bytes + conn->until; /* the last line, without an end */
            is_last = true;
        }
        const char *begin = conn->bytes + conn->from;
        conn->from += (size_t)(stop - begin) + !is_last;
        if (stop > begin && stop[-1] == '\r' && !is_last) stop--;
        if ((size_t)(stop - begin) > line_max) return end_at_long_line(conn, line_max);
        *line = wadi_str_view(begin, (size_t)(stop - begin));
        return true;
    }
}
bool wadi_conn_read(wadi_conn *conn, void *bytes, size_t size) {
    char *to = bytes;
    while (size > 0) {
        size_t ready = conn->until - conn->from;
        if (ready == 0) {
            if (!read_more(conn)) return false;
            continue;
        }
        size_t some = ready < size ? ready : size;
        memcpy(to, conn->bytes + conn->from, some);
        conn->from += some;
        to += some;
        size -= some;
    }
    return true;
}
bool wadi_conn_write(wadi_conn *conn, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0 && !wadi_receiver_stopped(conn->receiver)) {
        ssize_t put = conn->env->socket_send(conn->env, atomic_load(&conn->socket), at, size, WADI__DEADLINE_NONE);
        if (put < 0) {
            wadi_receiver_report(conn->receiver, "writing failed: %s", strerror((int)-put));
            return false;
        }
        at += put;
        size -= (size_t)put;
    }
    return size == 0;
}
