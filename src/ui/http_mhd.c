/* SPDX-License-Identifier: Apache-2.0 */
/* http_mhd.c: the module wadi-ui.so: one thread that serves all connections by libmicrohttpd's
 * epoll.
 *
 * Besides the library's own limits a connection has a time by which a whole head must be there, or
 * the answer be taken: who sends or takes a byte now and then is dropped too. */
#include "ui/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 32,       /* clients that wait for events */
    EVENTS_EVERY_MS = 250, /* at most one event in this time */
    QUIET_MS = 15000,      /* after so long without news a line says that the connection is alive */
    TICK_MS = 250,         /* how often connections are looked through while there are any */
    BODY_MAX = 4096,
};

typedef struct server server;

typedef struct connection { /* of the socket; lives as long as that */
    struct connection *next, **at;
    int socket;
    int64_t since_ms; /* when the request began, or what is done about it */
    bool is_waiting;  /* for events: as long as it likes */
} connection;

typedef struct listener { /* a client of events */
    struct listener *next, **at;
    struct server *server;
    struct MHD_Connection *connection;
    uint64_t told;   /* the number of changes that it was told of */
    int64_t told_ms; /* when; 0: never */
    bool is_suspended;
    char text[64]; /* what is being sent */
    size_t size, sent;
} listener;

struct server {
    wadi__http_callbacks callbacks;
    wadi__http_options options;
    struct MHD_Daemon *daemon;
    int listens, wake, epoll;
    connection *connections;
    listener *listeners;
    int listener_count;
    bool is_ending; /* written by any thread, with __atomic */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Connections ---- */

static void on_connection(void *arg, struct MHD_Connection *mhd, void **state,
                          enum MHD_ConnectionNotificationCode what) {
    server *self = arg;
    connection *of = *state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED && of == NULL) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info == NULL || (of = self->callbacks.alloc(sizeof *of)) == NULL) return;
        *of = (connection){.next = self->connections,
                           .at = &self->connections,
                           .socket = info->connect_fd,
                           .since_ms = now_ms()};
        if (of->next != NULL) of->next->at = &of->next;
        self->connections = of;
        *state = of;
    } else if (what == MHD_CONNECTION_NOTIFY_CLOSED && of != NULL) {
        *of->at = of->next;
        if (of->next != NULL) of->next->at = of->at;
        self->callbacks.release(of);
        *state = NULL;
    }
}
static connection *connection_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}
/* Those who take too long find their connection shut. */
static void drop_slow(server *self, int64_t now) {
    for (connection *each = self->connections; each != NULL; each = each->next)
        if (!each->is_waiting && now - each->since_ms > self->options.request_ms_max)
            shutdown(each->socket, SHUT_RDWR);
}

/* ---- Events ---- */

static void next_text(listener *self, uint64_t changes, int64_t now) {
    bool is_new = changes != self->told || self->told_ms == 0;
    int size = is_new ? snprintf(self->text, sizeof self->text, "data: %llu\n\n",
                                 (unsigned long long)changes)
                      : snprintf(self->text, sizeof self->text, ": nothing new\n\n");
    self->told = changes;
    self->told_ms = now;
    self->size = (size_t)size;
    self->sent = 0;
}
static ssize_t read_events(void *arg, uint64_t position, char *bytes, size_t room) {
    listener *self = arg;
    (void)position;
    if (self->sent == self->size) { /* look_after_listeners() goes on */
        MHD_suspend_connection(self->connection);
        self->is_suspended = true;
        return 0;
    }
    size_t size = self->size - self->sent < room ? self->size - self->sent : room;
    memcpy(bytes, self->text + self->sent, size);
    self->sent += size;
    return (ssize_t)size;
}
static void free_listener(void *arg) {
    listener *self = arg;
    *self->at = self->next;
    if (self->next != NULL) self->next->at = self->at;
    self->server->callbacks.release(self);
}
static void look_after_listeners(server *self, int64_t now) {
    uint64_t changes = self->listeners != NULL ? self->callbacks.changes(self->callbacks.arg) : 0;
    self->listener_count = 0;
    for (listener *each = self->listeners; each != NULL; each = each->next) {
        self->listener_count++;
        int64_t quiet_ms = now - each->told_ms;
        bool is_due =
            (changes != each->told && quiet_ms >= EVENTS_EVERY_MS) || quiet_ms >= QUIET_MS;
        if (!each->is_suspended || !is_due) continue;
        next_text(each, changes, now);
        each->is_suspended = false;
        MHD_resume_connection(each->connection);
    }
}
static struct MHD_Response *begin_events(server *self, struct MHD_Connection *mhd) {
    listener *made = self->listener_count < EVENTS_MAX ? self->callbacks.alloc(sizeof *made) : NULL;
    if (made == NULL) return NULL;
    made->server = self;
    made->connection = mhd;
    made->next = self->listeners;
    made->at = &self->listeners;
    next_text(made, self->callbacks.changes(self->callbacks.arg), now_ms());
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 256, read_events, made, free_listener);
    if (response == NULL) {
        self->callbacks.release(made);
        return NULL;
    }
    if (made->next != NULL) made->next->at = &made->next;
    self->listeners = made;
    self->listener_count++;
    connection *of = connection_of(mhd);
    if (of != NULL) of->is_waiting = true;
    return response;
}

/* ---- Requests ---- */

static const char *header(struct MHD_Connection *mhd, const char *name) {
    return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}
/* libmicrohttpd has taken path and query apart; this keeps the query as it came. */
typedef struct request_state {
    size_t body_size;
    bool has_begun, has_query;
    char query[];
} request_state;
static void *on_uri(void *arg, const char *uri, struct MHD_Connection *mhd) {
    server *self = arg;
    connection *of = connection_of(mhd);
    if (of != NULL) of->since_ms = now_ms();
    const char *mark = strchr(uri, '?');
    size_t size = mark != NULL ? strlen(mark + 1) : 0;
    request_state *made = self->callbacks.alloc(sizeof *made + size + 1);
    if (made == NULL) return NULL;
    made->has_query = mark != NULL;
    if (mark != NULL) memcpy(made->query, mark + 1, size);
    return made;
}
static void on_completed(void *arg, struct MHD_Connection *mhd, void **state,
                         enum MHD_RequestTerminationCode why) {
    server *self = arg;
    (void)why;
    self->callbacks.release(*state);
    *state = NULL;
    connection *of = connection_of(mhd);
    if (of != NULL) of->since_ms = now_ms();
}
static const char security_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
static struct MHD_Response *make(server *self, struct MHD_Connection *mhd,
                                 wadi__http_response *answer) {
    struct MHD_Response *made;
    if (answer->is_events) {
        made = begin_events(self, mhd);
    } else if (answer->own_body != NULL) {
        made = MHD_create_response_from_buffer_with_free_callback(
            answer->body_size, answer->own_body, self->callbacks.release);
        if (made == NULL) self->callbacks.release(answer->own_body);
    } else {
        made = MHD_create_response_from_buffer(answer->body_size, (void *)(uintptr_t)answer->body,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (made == NULL) return NULL;
    MHD_add_response_header(made, "Content-Type", answer->type);
    MHD_add_response_header(made, "Cache-Control", answer->etag != NULL ? "no-cache" : "no-store");
    MHD_add_response_header(made, "Content-Security-Policy", security_policy);
    MHD_add_response_header(made, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(made, "Referrer-Policy", "no-referrer");
    if (answer->etag != NULL) MHD_add_response_header(made, "ETag", answer->etag);
    if (answer->location != NULL) MHD_add_response_header(made, "Location", answer->location);
    if (answer->asks_for_basic)
        MHD_add_response_header(made, "WWW-Authenticate",
                                "Basic realm=\"wadi\", charset=\"UTF-8\"");
    return made;
}
static enum MHD_Result refuse(struct MHD_Connection *mhd, unsigned status, const char *text) {
    struct MHD_Response *made = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (made == NULL) return MHD_NO;
    MHD_add_response_header(made, "Content-Type", "text/plain; charset=utf-8");
    MHD_add_response_header(made, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(mhd, status, made);
    MHD_destroy_response(made);
    return result;
}
static enum MHD_Result answer(server *self, struct MHD_Connection *mhd, const char *path,
                              const char *method, const request_state *state) {
    wadi__http_request request = {
        .method = method,
        .path = path,
        .query = state->has_query ? state->query : NULL,
        .host = header(mhd, "Host"),
        .origin = header(mhd, "Origin"),
        .authorization = header(mhd, "Authorization"),
        .if_none_match = header(mhd, "If-None-Match"),
        .asked_by = header(mhd, "X-Wadi-Request"),
        .body_size = state->body_size,
    };
    wadi__http_response response = {.status = 500, .type = "text/plain; charset=utf-8", .body = ""};
    self->callbacks.answer(self->callbacks.arg, &request, &response);
    struct MHD_Response *made = make(self, mhd, &response);
    if (made == NULL) return refuse(mhd, 503, "too many clients, or no memory\n");
    enum MHD_Result result = MHD_queue_response(mhd, (unsigned)response.status, made);
    MHD_destroy_response(made);
    return result;
}
static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state) {
    server *self = arg;
    request_state *request = *state;
    (void)version, (void)upload;
    if (request == NULL) return MHD_NO;
    if (!request->has_begun) {
        request->has_begun = true;
        if (MHD_get_connection_values(mhd, MHD_HEADER_KIND, NULL, NULL) > self->options.headers_max)
            return refuse(mhd, 431, "too many headers\n");
        const char *length = header(mhd, "Content-Length");
        if (length != NULL && strtoull(length, NULL, 10) > BODY_MAX)
            return refuse(mhd, 413, "too large\n");
        return MHD_YES;
    }
    if (*upload_size > 0) {
        request->body_size += *upload_size;
        *upload_size = 0;
        return request->body_size <= BODY_MAX ? MHD_YES : MHD_NO;
    }
    return answer(self, mhd, path, method, request);
}

/* ---- Life ---- */

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;
static bool parse(const wadi__http_options *options, address *to, socklen_t *size) {
    memset(to, 0, sizeof *to);
    if (inet_pton(AF_INET, options->address, &to->v4.sin_addr) == 1) {
        to->v4.sin_family = AF_INET;
        to->v4.sin_port = htons((uint16_t)options->port);
        *size = sizeof to->v4;
        return true;
    }
    if (inet_pton(AF_INET6, options->address, &to->v6.sin6_addr) != 1) return false;
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_port = htons((uint16_t)options->port);
    *size = sizeof to->v6;
    return true;
}
static int listen_at(const wadi__http_options *options, int *port, bool *is_taken, char *why) {
    address at;
    socklen_t size;
    if (!parse(options, &at, &size)) {
        snprintf(why, 200, "'%.100s' is no address in numbers, as 127.0.0.1 or ::1",
                 options->address);
        return -1;
    }
    int listens = socket(at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
    if (listens >= 0) setsockopt(listens, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (listens < 0 || bind(listens, &at.any, size) != 0 || listen(listens, 64) != 0 ||
        getsockname(listens, &at.any, &size) != 0) {
        *is_taken = errno == EADDRINUSE;
        snprintf(why, 200, "listening at %.60s port %d: %.90s", options->address, options->port,
                 strerror(errno));
        if (listens >= 0) close(listens);
        return -1;
    }
    *port = ntohs(at.any.sa_family == AF_INET ? at.v4.sin_port : at.v6.sin6_port);
    return listens;
}
static struct MHD_Daemon *start(server *self) {
    const wadi__http_options *options = &self->options;
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (options->certificate == NULL) secure[0].option = MHD_OPTION_END;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    if (options->certificate != NULL) flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, self, MHD_OPTION_LISTEN_SOCKET,
                            self->listens, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                            (unsigned)options->connections_per_peer_max,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)options->head_bytes_max,
                            MHD_OPTION_URI_LOG_CALLBACK, on_uri, self, MHD_OPTION_NOTIFY_COMPLETED,
                            on_completed, self, MHD_OPTION_NOTIFY_CONNECTION, on_connection, self,
                            MHD_OPTION_ARRAY, secure, MHD_OPTION_END);
}
static void close_server(void *arg) {
    server *self = arg;
    for (listener *each = self->listeners; each != NULL; each = each->next)
        if (each->is_suspended) MHD_resume_connection(each->connection);
    if (self->daemon != NULL)
        MHD_stop_daemon(self->daemon); /* closes the socket too */
    else if (self->listens >= 0)
        close(self->listens);
    if (self->wake >= 0) close(self->wake);
    self->callbacks.release(self);
}
static void *open_server(const wadi__http_options *options, const wadi__http_callbacks *callbacks,
                         int *port, bool *is_taken, char *why) {
    *is_taken = false;
    server *self = callbacks->alloc(sizeof *self);
    if (self == NULL) {
        snprintf(why, 200, "no memory");
        return NULL;
    }
    self->callbacks = *callbacks;
    self->options = *options;
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->listens = listen_at(options, port, is_taken, why);
    if (self->listens >= 0 && self->wake >= 0 && (self->daemon = start(self)) != NULL) {
        self->epoll = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        return self;
    }
    if (self->listens >= 0)
        snprintf(why, 200, "libmicrohttpd does not start%s",
                 options->certificate != NULL ? ": is it certificate and key, in PEM?" : "");
    close_server(self);
    return NULL;
}
static void run(void *arg) {
    server *self = arg;
    int64_t looked_ms = 0;
    while (!__atomic_load_n(&self->is_ending, __ATOMIC_ACQUIRE)) {
        MHD_UNSIGNED_LONG_LONG limit = 0;
        int timeout = self->connections != NULL ? TICK_MS : -1;
        if (MHD_get_timeout(self->daemon, &limit) == MHD_YES && (timeout < 0 || limit < TICK_MS))
            timeout = (int)(limit < TICK_MS ? limit : TICK_MS);
        struct pollfd wanted[] = {{self->epoll, POLLIN, 0}, {self->wake, POLLIN, 0}};
        poll(wanted, 2, timeout);
        MHD_run(self->daemon);
        int64_t now = now_ms();
        if (now - looked_ms < TICK_MS / 2) continue;
        looked_ms = now;
        drop_slow(self, now);
        look_after_listeners(self, now);
    }
}
static void stop(void *arg) {
    server *self = arg;
    uint64_t one = 1;
    __atomic_store_n(&self->is_ending, true, __ATOMIC_RELEASE);
    if (write(self->wake, &one, sizeof one) < 0) return; /* full: it wakes up anyway */
}

extern const wadi__http_ops wadi__http_module;
__attribute__((visibility("default"))) const wadi__http_ops wadi__http_module = {
    .version = WADI__HTTP_OPS_VERSION,
    .open = open_server,
    .run = run,
    .stop = stop,
    .close = close_server,
};
