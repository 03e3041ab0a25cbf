/* SPDX-License-Identifier: Apache-2.0 */
/* env_unix.c: Unix sockets of the real env: a program listens for `wadi`, and tells its supervisor
 * how it is. */
#include "base/env_unix.h"

#include "base/resolve.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* '@' in front: a name of its own kind, which is in no directory. */
static int fill(const char *path, struct sockaddr_un *to, socklen_t *size) {
    size_t length = strlen(path);
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length == 0 || length >= sizeof to->sun_path) return -ENAMETOOLONG;
    memcpy(to->sun_path, path, length);
    if (path[0] == '@') to->sun_path[0] = 0;
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '@' ? 0 : 1));
    return 0;
}
int wadi__unix_connect(wadi__env *env, const char *path) {
    (void)env;
    struct sockaddr_un to;
    socklen_t size;
    int rc = fill(path, &to, &size);
    if (rc < 0) return rc;
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0) return -errno;
    if (connect(made, (struct sockaddr *)&to, size) == 0) return made;
    rc = -errno;
    close(made);
    return rc;
}
/* The name of a process that is gone is free again. */
static bool is_stale(wadi__env *env, const char *path) {
    int found = wadi__unix_connect(env, path);
    if (found >= 0) close(found);
    return found == -ECONNREFUSED;
}
int wadi__unix_listen(wadi__env *env, const char *path) {
    struct sockaddr_un to;
    socklen_t size;
    int rc = fill(path, &to, &size);
    if (rc < 0) return rc;
    if (is_stale(env, path)) unlink(path);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0) return -errno;
    if (bind(made, (struct sockaddr *)&to, size) == 0 && chmod(path, 0600) == 0 &&
        listen(made, 16) == 0)
        return made;
    rc = -errno;
    close(made);
    return rc;
}
/* A socket that was shut down says so by poll alone: accept would wait. */
static bool is_shut(int listener) {
    struct pollfd state = {.fd = listener, .events = POLLIN};
    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
int wadi__unix_accept(wadi__env *env, int listener, int64_t deadline_ns, bool *is_own_user) {
    for (;;) {
        int made = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (made >= 0) {
            struct ucred peer;
            socklen_t size = sizeof peer;
            *is_own_user = getsockopt(made, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                           peer.uid == geteuid();
            return made;
        }
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return -errno;
        if (is_shut(listener)) return -EINVAL;
        int rc = wadi__poll_until(env, listener, POLLIN, deadline_ns);
        if (rc < 0) return rc;
    }
}
int wadi__unix_tell(wadi__env *env, const char *path, const void *bytes, size_t size) {
    (void)env;
    struct sockaddr_un to;
    socklen_t to_size;
    int rc = fill(path, &to, &to_size);
    if (rc < 0) return rc;
    int made = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0) return -errno;
    if (sendto(made, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&to, to_size) < 0) rc = -errno;
    close(made);
    return rc;
}
