/* SPDX-License-Identifier: Apache-2.0 */
/* sim_net.c: connections as two queues. All waiting is for one event of the whole net: simple, and
 * fast enough for tests. */
#include "testing/sim_net.h"

#include "base/event.h"
#include "testing/chance.h"
#include "testing/env_layer.h"
#include "testing/must.h"

#include <errno.h>

enum { HANDLE_BASE = 1 << 21, SEND_ROOM = 256 << 10 };

typedef struct piece { /* bytes under way to the program; none overtakes another */
    struct piece *next;
    int64_t arrives_ns;
    size_t at, size;
    char bytes[];
} piece;

/* A socket of the program and its peer. */
struct wadi__sim_peer {
    wadi__sim_peer *next_of_net, *next_of_server;
    wadi__sim_server *server; /* NULL until it is known that there is one */
    struct sim_net *net;
    int socket;
    bool is_connected;       /* the program was told so */
    bool is_shut, is_closed; /* by the program */
    bool is_ended, is_reset; /* by the peer */
    bool is_stalled;
    piece *first, **last; /* to the program */
    char *sent;           /* by the program, not read yet by the peer */
    size_t sent_bytes;
};
struct wadi__sim_server {
    wadi__sim_server *next;
    struct sim_net *net;
    char *host;
    int port;
    wadi__sim_manners manners;
    wadi__sim_peer *waiting, **waiting_end; /* connected, not accepted */
    unsigned connections;
};
typedef struct sim_net {
    wadi__env_layer layer;
    pthread_mutex_t
        lock; /* guards what follows and all peers and servers; not held over env calls */
    wadi__event changed;
    wadi__chance chance;
    wadi__sim_server *servers;
    wadi__sim_peer *peers;
    int next_socket;
    unsigned open_sockets;
} sim_net;

static sim_net *net_of(wadi__env *env) { return env->state; }
static void lock_net(sim_net *net) { pthread_mutex_lock(&net->lock); }
static void unlock_net(sim_net *net) { pthread_mutex_unlock(&net->lock); }
static void unlock_and_tell(sim_net *net) {
    unlock_net(net);
    wadi__event_wake_all(&net->changed, net->layer.below);
}
static int64_t now_ns(sim_net *net) { return net->layer.below->monotonic_ns(net->layer.below); }
/* Waits for a change, or the earlier of two times on the clock. The lock is let go meanwhile. */
static void wait_for_change(sim_net *net, int64_t until_ns, int64_t deadline_ns) {
    if (until_ns == WADI__DEADLINE_NONE ||
        (deadline_ns != WADI__DEADLINE_NONE && deadline_ns < until_ns))
        until_ns = deadline_ns;
    wadi__event_wait(&net->changed, &net->lock, net->layer.below, until_ns);
}
static bool has_passed(int64_t now, int64_t deadline_ns) {
    return deadline_ns != WADI__DEADLINE_NONE && now >= deadline_ns;
}
static wadi__sim_peer *peer_of(sim_net *net, int socket) {
    wadi__sim_peer *at = net->peers;
    while (at != NULL && (at->socket != socket || at->is_closed)) at = at->next_of_net;
    return at;
}
static wadi__sim_server *server_of(sim_net *net, const char *host, int port) {
    wadi__sim_server *at = net->servers;
    while (at != NULL && (at->port != port || strcmp(at->host, host) != 0)) at = at->next;
    return at;
}

/* ---- Connecting ---- */

static wadi__sim_peer *new_peer(sim_net *net) {
    wadi__sim_peer *peer = wadi__must_calloc(1, sizeof *peer);
    peer->net = net;
    peer->socket = net->next_socket++;
    peer->last = &peer->first;
    peer->next_of_net = net->peers;
    net->peers = peer;
    net->open_sockets++;
    return peer;
}
static void close_socket(sim_net *net, wadi__sim_peer *peer) {
    if (!peer->is_closed) net->open_sockets--;
    peer->is_closed = true;
}
/* Waits until the server takes the connection. Lock held; 0 or -errno. */
static int handshake(sim_net *net, wadi__sim_peer *peer, const char *host, int port,
                     int64_t deadline_ns, int64_t now) {
    wadi__sim_server *server = server_of(net, host, port);
    int64_t delay_ms = server == NULL ? 0 : server->manners.connect_delay_ms_max;
    int64_t ready_ns =
        now + 1000000 * (int64_t)wadi__chance_below(&net->chance, (uint64_t)delay_ms + 1);
    for (;;) {
        if (peer->is_shut) return -ECONNABORTED;
        if (now >= ready_ns && (server == NULL || server->manners.refuses)) return -ECONNREFUSED;
        if (now >= ready_ns && !server->manners.never_accepts) break;
        if (has_passed(now, deadline_ns)) return -ETIMEDOUT;
        wait_for_change(net, now < ready_ns ? ready_ns : WADI__DEADLINE_NONE, deadline_ns);
        unlock_net(net);
        now = now_ns(net);
        lock_net(net);
        if (server == NULL) server = server_of(net, host, port);
    }
    peer->is_connected = true;
    peer->server = server;
    *server->waiting_end = peer;
    server->waiting_end = &peer->next_of_server;
    server->connections++;
    return 0;
}
static int net_socket_connect(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                              void (*opened)(int socket, void *arg), void *arg) {
    sim_net *net = net_of(env);
    lock_net(net);
    wadi__sim_peer *peer = new_peer(net);
    unlock_net(net);
    if (opened != NULL) opened(peer->socket, arg);
    int64_t now = now_ns(net);
    lock_net(net);
    int rc = handshake(net, peer, host, port, deadline_ns, now);
    unlock_and_tell(net);
    if (rc == 0) return peer->socket;
    if (opened != NULL) opened(-1, arg);
    lock_net(net);
    close_socket(net, peer);
    unlock_and_tell(net);
    return rc;
}

/* ---- The program's side ---- */

static size_t shortened(sim_net *net, const wadi__sim_peer *peer, size_t size) {
    if (size < 2 || !peer->server->manners.is_partial || wadi__chance_is(&net->chance, 1, 3))
        return size;
    return 1 + (size_t)wadi__chance_below(&net->chance, size);
}
/* Takes bytes that have arrived. */
static size_t take(sim_net *net, wadi__sim_peer *peer, char *bytes, size_t size, int64_t now) {
    size_t taken = 0;
    size = shortened(net, peer, size);
    while (taken < size && peer->first != NULL && peer->first->arrives_ns <= now) {
        piece *from = peer->first;
        size_t part = from->size - from->at < size - taken ? from->size - from->at : size - taken;
        memcpy(bytes + taken, from->bytes + from->at, part);
        taken += part;
        from->at += part;
        if (from->at < from->size) break;
        peer->first = from->next;
        if (peer->first == NULL) peer->last = &peer->first;
        free(from);
    }
    return taken;
}
/* One look at the connection: bytes, or what else ends the call; -EAGAIN: nothing yet. */
static ssize_t try_recv(sim_net *net, wadi__sim_peer *peer, void *bytes, size_t size, int64_t now) {
    if (peer == NULL || !peer->is_connected) return -EBADF;
    if (peer->is_reset) return -ECONNRESET;
    if (peer->is_shut || size == 0) return 0;
    if (peer->is_stalled) return -EAGAIN;
    size_t taken = take(net, peer, bytes, size, now);
    if (taken > 0) return (ssize_t)taken;
    return peer->first == NULL && peer->is_ended ? 0 : -EAGAIN;
}
static ssize_t net_socket_recv(wadi__env *env, int socket, void *bytes, size_t size,
                               int64_t deadline_ns) {
    sim_net *net = net_of(env);
    for (;;) {
        int64_t now = now_ns(net);
        lock_net(net);
        wadi__sim_peer *peer = peer_of(net, socket);
        ssize_t got = try_recv(net, peer, bytes, size, now);
        if (got == -EAGAIN && has_passed(now, deadline_ns)) got = -ETIMEDOUT;
        if (got != -EAGAIN) {
            unlock_and_tell(net);
            return got;
        }
        bool is_coming = peer->first != NULL && !peer->is_stalled;
        wait_for_change(net, is_coming ? peer->first->arrives_ns : WADI__DEADLINE_NONE,
                        deadline_ns);
        unlock_net(net);
    }
}
static ssize_t try_send(sim_net *net, wadi__sim_peer *peer, const void *bytes, size_t size) {
    if (peer == NULL || !peer->is_connected) return -EBADF;
    if (peer->is_reset) return -ECONNRESET;
    if (peer->is_shut) return -EPIPE;
    if (size == 0) return 0;
    size_t room = peer->server->manners.send_room_bytes != 0 ? peer->server->manners.send_room_bytes
                                                             : SEND_ROOM;
    if (peer->is_stalled || peer->sent_bytes >= room) return -EAGAIN;
    size_t put =
        shortened(net, peer, size < room - peer->sent_bytes ? size : room - peer->sent_bytes);
    peer->sent = wadi__must_realloc(peer->sent, peer->sent_bytes + put);
    memcpy(peer->sent + peer->sent_bytes, bytes, put);
    peer->sent_bytes += put;
    return (ssize_t)put;
}
static ssize_t net_socket_send(wadi__env *env, int socket, const void *bytes, size_t size,
                               int64_t deadline_ns) {
    sim_net *net = net_of(env);
    for (;;) {
        int64_t now = now_ns(net);
        lock_net(net);
        ssize_t put = try_send(net, peer_of(net, socket), bytes, size);
        if (put == -EAGAIN && has_passed(now, deadline_ns)) put = -ETIMEDOUT;
        if (put != -EAGAIN) {
            unlock_and_tell(net);
            return put;
        }
        wait_for_change(net, WADI__DEADLINE_NONE, deadline_ns);
        unlock_net(net);
    }
}
static void net_socket_shutdown(wadi__env *env, int socket) {
    sim_net *net = net_of(env);
    lock_net(net);
    wadi__sim_peer *peer = peer_of(net, socket);
    if (peer != NULL) peer->is_shut = true;
    unlock_and_tell(net);
}
static void net_socket_close(wadi__env *env, int socket) {
    sim_net *net = net_of(env);
    lock_net(net);
    wadi__sim_peer *peer = peer_of(net, socket);
    if (peer != NULL) close_socket(net, peer);
    unlock_and_tell(net);
}

/* ---- The peer's side ---- */

wadi__sim_peer *wadi__sim_server_accept(wadi__sim_server *server) {
    sim_net *net = server->net;
    lock_net(net);
    while (server->waiting == NULL) wait_for_change(net, WADI__DEADLINE_NONE, WADI__DEADLINE_NONE);
    wadi__sim_peer *peer = server->waiting;
    server->waiting = peer->next_of_server;
    if (server->waiting == NULL) server->waiting_end = &server->waiting;
    unlock_net(net);
    return peer;
}
unsigned wadi__sim_server_connections(wadi__sim_server *server) {
    lock_net(server->net);
    unsigned connections = server->connections;
    unlock_net(server->net);
    return connections;
}
static void drop_pieces(wadi__sim_peer *peer) {
    for (piece *at = peer->first, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    peer->first = NULL;
    peer->last = &peer->first;
}
static void reset_peer(wadi__sim_peer *peer) {
    peer->is_reset = true;
    drop_pieces(peer);
}
void wadi__sim_peer_send(wadi__sim_peer *peer, const void *bytes, size_t size) {
    sim_net *net = peer->net;
    int64_t now = now_ns(net);
    if (size == 0) return;
    lock_net(net);
    const wadi__sim_manners *manners = &peer->server->manners;
    bool is_cut = wadi__chance_is(&net->chance, manners->reset_per_mille, 1000);
    uint64_t delay_ms = wadi__chance_below(&net->chance, (uint64_t)manners->delay_ms_max + 1);
    if (!peer->is_reset && !peer->is_ended && !is_cut) {
        piece *made = wadi__must_calloc(1, sizeof *made + size);
        memcpy(made->bytes, bytes, size);
        made->size = size;
        made->arrives_ns = now + (int64_t)delay_ms * 1000000;
        *peer->last = made;
        peer->last = &made->next;
    }
    if (is_cut) reset_peer(peer);
    unlock_and_tell(net);
}
size_t wadi__sim_peer_recv(wadi__sim_peer *peer, void *bytes, size_t size) {
    sim_net *net = peer->net;
    lock_net(net);
    while (peer->sent_bytes == 0 && !peer->is_shut && !peer->is_closed && !peer->is_reset)
        wait_for_change(net, WADI__DEADLINE_NONE, WADI__DEADLINE_NONE);
    size_t got = peer->sent_bytes < size ? peer->sent_bytes : size;
    if (got > 0) {
        memcpy(bytes, peer->sent, got);
        memmove(peer->sent, peer->sent + got, peer->sent_bytes - got);
        peer->sent_bytes -= got;
    }
    unlock_and_tell(net);
    return got;
}
void wadi__sim_peer_close(wadi__sim_peer *peer) {
    lock_net(peer->net);
    peer->is_ended = true;
    unlock_and_tell(peer->net);
}
void wadi__sim_peer_reset(wadi__sim_peer *peer) {
    lock_net(peer->net);
    reset_peer(peer);
    unlock_and_tell(peer->net);
}
void wadi__sim_peer_set_stalled(wadi__sim_peer *peer, bool is_stalled) {
    lock_net(peer->net);
    peer->is_stalled = is_stalled;
    unlock_and_tell(peer->net);
}
bool wadi__sim_peer_is_closed(wadi__sim_peer *peer) {
    lock_net(peer->net);
    bool is_closed = peer->is_closed;
    unlock_net(peer->net);
    return is_closed;
}
void wadi__sim_peer_await_taken(wadi__sim_peer *peer) {
    sim_net *net = peer->net;
    lock_net(net);
    while (peer->first != NULL && !peer->is_shut && !peer->is_closed)
        wait_for_change(net, WADI__DEADLINE_NONE, WADI__DEADLINE_NONE);
    unlock_net(net);
}

/* ---- The net ---- */

wadi__sim_server *wadi__sim_net_listen(wadi__env *env, const char *host, int port,
                                       const wadi__sim_manners *manners) {
    sim_net *net = net_of(env);
    lock_net(net);
    wadi__sim_server *server = server_of(net, host, port);
    if (server == NULL) {
        server = wadi__must_calloc(1, sizeof *server);
        server->net = net;
        server->host = wadi__must_strdup(host);
        server->port = port;
        server->waiting_end = &server->waiting;
        server->next = net->servers;
        net->servers = server;
    }
    server->manners = manners != NULL ? *manners : (wadi__sim_manners){0};
    unlock_and_tell(net);
    return server;
}
unsigned wadi__sim_net_open_sockets(wadi__env *env) {
    sim_net *net = net_of(env);
    lock_net(net);
    unsigned open_sockets = net->open_sockets;
    unlock_net(net);
    return open_sockets;
}
wadi__env *wadi__sim_net_new(wadi__env *below, uint64_t seed) {
    sim_net *net = wadi__must_calloc(1, sizeof *net);
    wadi__env_layer_init(&net->layer, "simulated network", below);
    pthread_mutex_init(&net->lock, NULL);
    net->chance.at = seed;
    net->next_socket = HANDLE_BASE;
    wadi__env *env = &net->layer.env;
    env->socket_connect = net_socket_connect;
    env->socket_recv = net_socket_recv;
    env->socket_send = net_socket_send;
    env->socket_shutdown = net_socket_shutdown;
    env->socket_close = net_socket_close;
    return env;
}
void wadi__sim_net_free(wadi__env *env) {
    if (env == NULL) return;
    sim_net *net = net_of(env);
    for (wadi__sim_peer *at = net->peers, *next; at != NULL; at = next) {
        next = at->next_of_net;
        drop_pieces(at);
        free(at->sent);
        free(at);
    }
    for (wadi__sim_server *at = net->servers, *next; at != NULL; at = next) {
        next = at->next;
        free(at->host);
        free(at);
    }
    pthread_mutex_destroy(&net->lock);
    free(net);
}
