/* SPDX-License-Identifier: Apache-2.0 */
/* connections.c: the client library that connection_pool.c takes for granted: TCP connections to
 * the server that CONNECTION_SERVER names (host:port; localhost:9100), each record sent as a line.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

typedef struct connection {
    struct connection *next; /* in the pool */
    int socket;              /* -1: not connected */
    time_t returned;
} connection;

enum { IDLE_S_MAX = 60 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static connection *pool; /* the latest returned first; guarded by lock */

connection *connection_pool_take(void);
void connection_pool_return(connection *c);
bool connection_send(connection *c, const char *bytes, size_t len);

static int connect_to(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int made = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
    for (struct addrinfo *at = found; at != NULL && made < 0; at = at->ai_next) {
        made = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (made < 0 || connect(made, at->ai_addr, at->ai_addrlen) == 0) continue;
        close(made);
        made = -1;
    }
    freeaddrinfo(found);
    return made;
}
static connection *open_connection(void) {
    const char *server = getenv("CONNECTION_SERVER");
    char host[256] = "localhost", *port = "9100";
    if (server != NULL && strlen(server) < sizeof host) {
        strcpy(host, server);
        char *colon = strrchr(host, ':');
        if (colon != NULL) {
            *colon = 0;
            port = colon + 1;
        }
    }
    connection *c = malloc(sizeof *c);
    if (c != NULL) *c = (connection){.socket = connect_to(host, port)};
    return c;
}
static void close_connection(connection *c) {
    if (c->socket >= 0) close(c->socket);
    free(c);
}

connection *connection_pool_take(void) {
    time_t now = time(NULL);
    connection *taken = NULL, *old = NULL;
    pthread_mutex_lock(&lock);
    if (pool != NULL && now - pool->returned <= IDLE_S_MAX) {
        taken = pool;
        pool = pool->next;
    } else {
        old = pool; /* the latest is idle for long, so all are */
        pool = NULL;
    }
    pthread_mutex_unlock(&lock);
    while (old != NULL) {
        connection *next = old->next;
        close_connection(old);
        old = next;
    }
    return taken != NULL ? taken : open_connection();
}
void connection_pool_return(connection *c) {
    if (c == NULL) return;
    if (c->socket < 0) {
        close_connection(c);
        return;
    }
    c->returned = time(NULL);
    pthread_mutex_lock(&lock);
    c->next = pool;
    pool = c;
    pthread_mutex_unlock(&lock);
}
bool connection_send(connection *c, const char *bytes, size_t len) {
    if (c == NULL || c->socket < 0) return false;
    struct iovec parts[2] = {{(void *)(uintptr_t)bytes, len}, {"\n", 1}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    for (size_t left = len + 1; left > 0;) {
        ssize_t sent = sendmsg(c->socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            close(c->socket);
            c->socket = -1;
            return false;
        }
        left -= (size_t)sent;
        for (int i = 0; i < 2; i++) {
            size_t part = (size_t)sent < parts[i].iov_len ? (size_t)sent : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            sent -= (ssize_t)part;
        }
    }
    return true;
}
