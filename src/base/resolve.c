/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.c: name service with a deadline.
 *
 * Asker and thread share a request and a pair of sockets. The thread writes the answer into the
 * request and shuts down its end; the asker polls the other one, which whoever stops it may shut
 * down too. The last of the two releases the request. */
#include "base/resolve.h"

#include "base/crash.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct request {
    atomic_uint refs;
    atomic_bool is_answered; /* rc and list are there */
    int rc, system_error;    /* of getaddrinfo(), and errno after it */
    struct addrinfo *list;   /* whoever takes it sets NULL */
    int theirs;              /* the thread's end of the pair */
    char *host;
    char service[16];
} request;

static void unref(request *self) {
    if (atomic_fetch_sub(&self->refs, 1) > 1) return;
    if (self->list != NULL) freeaddrinfo(self->list);
    wadi__free(self->host);
    wadi__free(self);
}
static int ask(const char *host, const char *service, int flags, struct addrinfo **list) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    return getaddrinfo(host, service, &hints, list);
}
static int result_of(int rc, int system_error) {
    switch (rc) {
    case 0: return 0;
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM: return system_error != 0 ? -system_error : -EIO;
    case EAI_AGAIN: return -EAGAIN; /* the name service does not answer */
    default: return -ENXIO;
    }
}
static void *resolver_main(void *arg) {
    request *self = arg;
    void *stack = wadi__crash_stack_new();
    self->rc = ask(self->host, self->service, 0, &self->list);
    self->system_error = errno;
    atomic_store(&self->is_answered, true);
    close(self->theirs);
    unref(self);
    wadi__crash_stack_free(stack);
    return NULL;
}
static int start_thread(request *self) {
    pthread_attr_t detached;
    pthread_t id;
    sigset_t others, old;
    int rc = pthread_attr_init(&detached);
    if (rc != 0) return -rc;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    wadi__crash_other_signals(&others);
    pthread_sigmask(SIG_SETMASK, &others, &old);
    rc = pthread_create(&id, &detached, resolver_main, self);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&detached);
    return -rc;
}
static request *request_new(const char *host, const char *service, int theirs) {
    request *self = wadi__calloc(1, sizeof *self);
    if (self == NULL || (self->host = wadi__strdup(host)) == NULL) {
        wadi__free(self);
        return NULL;
    }
    atomic_init(&self->refs, 2);
    self->theirs = theirs;
    snprintf(self->service, sizeof self->service, "%s", service);
    return self;
}
/* Takes the answer, if there is one. */
static int take(request *self, struct addrinfo **list) {
    if (!atomic_load(&self->is_answered)) return -ECONNABORTED;
    *list = self->list;
    self->list = NULL;
    return result_of(self->rc, self->system_error);
}
static int resolve_elsewhere(wadi__env *env, const char *host, const char *service,
                             int64_t deadline_ns, void (*opened)(int socket, void *arg), void *arg,
                             struct addrinfo **list) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    request *self = request_new(host, service, pair[1]);
    int rc = self != NULL ? start_thread(self) : -ENOMEM;
    if (rc < 0) {
        close(pair[1]);
        if (self != NULL) unref(self);
    } else {
        if (opened != NULL) opened(pair[0], arg);
        rc = wadi__poll_until(env, pair[0], POLLIN, deadline_ns);
        if (rc == 0) rc = take(self, list);
        if (opened != NULL) opened(-1, arg);
    }
    if (self != NULL) unref(self);
    close(pair[0]);
    return rc;
}
int wadi__resolve(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                  void (*opened)(int socket, void *arg), void *arg, struct addrinfo **list) {
    char service[16];
    *list = NULL;
    if (port < 0 || port > 65535) return -EINVAL;
    snprintf(service, sizeof service, "%d", port);
    int rc = ask(host, service, AI_NUMERICHOST | AI_NUMERICSERV, list); /* asks nobody */
    if (rc != EAI_NONAME) return result_of(rc, errno);
    return resolve_elsewhere(env, host, service, deadline_ns, opened, arg, list);
}

int wadi__poll_until(wadi__env *env, int socket, short events, int64_t deadline_ns) {
    for (;;) {
        struct timespec left = {0, 0}, *timeout = NULL;
        if (deadline_ns != WADI__DEADLINE_NONE) {
            int64_t ns = deadline_ns - env->monotonic_ns(env);
            if (ns < 0) ns = 0;
            left = (struct timespec){ns / 1000000000, ns % 1000000000};
            timeout = &left;
        }
        struct pollfd fd = {.fd = socket, .events = events};
        int rc = ppoll(&fd, 1, timeout, NULL);
        if (rc > 0) return 0;
        if (rc == 0) return -ETIMEDOUT;
        if (errno != EINTR) return -errno;
    }
}
