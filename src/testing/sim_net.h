/* SPDX-License-Identifier: Apache-2.0 */
/* sim_net.h: an env whose TCP connections are pipes inside the process, with faults under a seed.
 *
 * The program under test connects by env->socket_connect(); the test is the other side. It opens
 * servers, each with its manners, and takes their connections as peers:
 *
 *     wadi__env *net = wadi__sim_net_new(clock, seed);
 *     wadi__sim_server *server = wadi__sim_net_listen(net, "localhost", 9999, NULL);
 *     .. the program connects ..
 *     wadi__sim_peer *peer = wadi__sim_server_accept(server);
 *     wadi__sim_peer_send(peer, "hello\n", 6);
 *     wadi__sim_peer_close(peer);
 *
 * Bytes arrive in order, each send after a delay by the clock of the env below. Where no server is,
 * the connection is refused. Any thread may call. Servers and peers live as long as the net. */
#ifndef WADI_TESTING_SIM_NET_H
#define WADI_TESTING_SIM_NET_H
#include "base/env.h"

wadi__env *wadi__sim_net_new(wadi__env *below, uint64_t seed);
void wadi__sim_net_free(wadi__env *net);

typedef struct wadi__sim_server wadi__sim_server;
typedef struct wadi__sim_peer wadi__sim_peer;

/* How a server treats its connections; zero is a perfect network. */
typedef struct wadi__sim_manners {
    bool refuses;                               /* -ECONNREFUSED */
    bool never_accepts;                         /* connecting waits until its deadline */
    int64_t connect_delay_ms_max, delay_ms_max; /* each delay is from 0 to that */
    bool is_partial;          /* recv and send move less than they could, now and then */
    uint64_t reset_per_mille; /* of the peer's sends end in a reset instead */
    size_t send_room_bytes;   /* what the program may send before the peer reads; 0: 256 KiB */
} wadi__sim_manners;
/* manners NULL: perfect. A second call for the same host and port changes the manners of the
 * server. */
wadi__sim_server *wadi__sim_net_listen(wadi__env *net, const char *host, int port,
                                       const wadi__sim_manners *manners);
/* The next connection; waits for one. */
wadi__sim_peer *wadi__sim_server_accept(wadi__sim_server *server);
/* Connections that were made to it so far, accepted or not. */
unsigned wadi__sim_server_connections(wadi__sim_server *server);

/* Never blocks; what the program does not take waits without limit. */
void wadi__sim_peer_send(wadi__sim_peer *peer, const void *bytes, size_t size);
/* Waits for bytes of the program. 0: it closed its side, or is gone. */
size_t wadi__sim_peer_recv(wadi__sim_peer *peer, void *bytes, size_t size);
/* No more will come: the program gets what was sent, then an end. It may still send. */
void wadi__sim_peer_close(wadi__sim_peer *peer);
/* The program's calls end with -ECONNRESET, and what it did not take yet is lost. */
void wadi__sim_peer_reset(wadi__sim_peer *peer);
/* While it stalls nothing arrives, and nothing that the program sends is taken. */
void wadi__sim_peer_set_stalled(wadi__sim_peer *peer, bool is_stalled);
/* Whether the program has closed its socket. */
bool wadi__sim_peer_is_closed(wadi__sim_peer *peer);
/* Returns when the program has taken all that was sent, or can take no more. */
void wadi__sim_peer_await_taken(wadi__sim_peer *peer);
/* Sockets that the program holds open. */
unsigned wadi__sim_net_open_sockets(wadi__env *net);
#endif
