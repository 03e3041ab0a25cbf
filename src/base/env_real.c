/* SPDX-License-Identifier: Apache-2.0 */
/* env_real.c: the env of the real machine: Linux system calls, retried when a signal interrupts
 * them. */
#include "base/env.h"
#include "base/mem.h"
#include "base/crash.h"
#include "base/env_unix.h"
#include "base/process.h"
#include "base/resolve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { GIVE_WAY_NICE = 10 }; /* about a tenth of a core that others want whole */

/* rc of a system call as -errno. */
static int result(int rc) { return rc < 0 ? -errno : rc; }
static ssize_t size_result(ssize_t rc) { return rc < 0 ? -errno : rc; }

/* ---- Clock ---- */

static int64_t real_wall_ns(wadi__env *env) {
    (void)env;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
static int64_t real_wall_ms(wadi__env *env) {
    (void)env;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
static int64_t real_monotonic_ns(wadi__env *env) {
    (void)env;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- Waiting ---- */

static int real_wait(wadi__env *env, atomic_uint *word, unsigned expected, int64_t deadline_ns) {
    (void)env;
    if (deadline_ns < 0 && deadline_ns != WADI__DEADLINE_NONE) return -ETIMEDOUT;
    struct timespec at = {deadline_ns / 1000000000, deadline_ns % 1000000000};
    long rc =
        syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
                deadline_ns == WADI__DEADLINE_NONE ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
    return rc < 0 && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}
static void real_wake(wadi__env *env, atomic_uint *word, int count_max) {
    (void)env;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count_max, NULL, NULL, 0);
}

/* ---- Threads ---- */

struct wadi__thread {
    pthread_t id;
    void *(*run)(void *arg);
    void *arg;
    char name[16];
};
static void *thread_main(void *p) {
    wadi__thread *thread = p;
    pthread_setname_np(pthread_self(), thread->name);
    prctl(PR_SET_TIMERSLACK, 1UL); /* batch times are kept to the microsecond */
    void *stack = wadi__crash_stack_new();
    void *result = thread->run(thread->arg);
    wadi__crash_stack_free(stack);
    return result;
}
static int real_thread_start(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                             wadi__thread **thread) {
    (void)env;
    wadi__thread *made = wadi__malloc(sizeof *made);
    if (made == NULL) return -ENOMEM;
    made->run = run;
    made->arg = arg;
    snprintf(made->name, sizeof made->name, "%s", name);
    sigset_t others, old;
    wadi__crash_other_signals(&others);
    pthread_sigmask(SIG_SETMASK, &others, &old);
    int rc = pthread_create(&made->id, NULL, thread_main, made);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        wadi__free(made);
        return -rc;
    }
    *thread = made;
    return 0;
}
static void real_thread_join(wadi__env *env, wadi__thread *thread) {
    (void)env;
    pthread_join(thread->id, NULL);
    wadi__free(thread);
}
static void real_thread_give_way(wadi__env *env) {
    (void)env;
    id_t own = (id_t)gettid(); /* on Linux, of the thread alone */
    setpriority(PRIO_PROCESS, own, getpriority(PRIO_PROCESS, own) + GIVE_WAY_NICE);
}

static void real_random(wadi__env *env, void *bytes, size_t size) {
    (void)env;
    for (char *at = bytes; size > 0;) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR) abort(); /* kernels since 3.17 have it */
        if (got > 0) at += got, size -= (size_t)got;
    }
}

/* ---- Files ---- */

static int real_file_open(wadi__env *env, const char *path, int how, unsigned mode) {
    (void)env;
    int flags = O_CLOEXEC;
    flags |= (how & WADI__OPEN_WRITE) == 0  ? O_RDONLY
             : (how & WADI__OPEN_READ) != 0 ? O_RDWR
                                            : O_WRONLY;
    if ((how & WADI__OPEN_CREATE) != 0) flags |= O_CREAT;
    if ((how & WADI__OPEN_TRUNCATE) != 0) flags |= O_TRUNC;
    if ((how & WADI__OPEN_APPEND) != 0) flags |= O_APPEND;
    if ((how & WADI__OPEN_EXCLUSIVE) != 0) flags |= O_EXCL;
    int file;
    do file = open(path, flags, (mode_t)mode);
    while (file < 0 && errno == EINTR);
    return result(file);
}
static ssize_t real_file_read(wadi__env *env, int file, void *bytes, size_t size) {
    (void)env;
    ssize_t got;
    do got = read(file, bytes, size);
    while (got < 0 && errno == EINTR);
    return size_result(got);
}
static ssize_t real_file_pread(wadi__env *env, int file, void *bytes, size_t size, int64_t offset) {
    (void)env;
    ssize_t got;
    do got = pread(file, bytes, size, offset);
    while (got < 0 && errno == EINTR);
    return size_result(got);
}
static ssize_t real_file_write(wadi__env *env, int file, const void *bytes, size_t size) {
    (void)env;
    ssize_t put;
    do put = write(file, bytes, size);
    while (put < 0 && errno == EINTR);
    return size_result(put);
}
static int real_file_sync(wadi__env *env, int file) {
    (void)env;
    return result(fdatasync(file));
}
static void real_file_uncache(wadi__env *env, int file, int64_t offset, int64_t size) {
    (void)env;
    posix_fadvise(file, offset, size, POSIX_FADV_DONTNEED); /* else it stays */
}
static int real_file_truncate(wadi__env *env, int file, int64_t size_bytes) {
    (void)env;
    return result(ftruncate(file, size_bytes));
}
static int real_file_lock(wadi__env *env, int file) {
    (void)env;
    return result(flock(file, LOCK_EX | LOCK_NB));
}
static int real_file_close(wadi__env *env, int file) {
    (void)env;
    return close(file) < 0 && errno != EINTR ? -errno : 0; /* closed in any case */
}
static int real_file_stat(wadi__env *env, const char *path, wadi__file_stat *out) {
    (void)env;
    struct stat st;
    if (stat(path, &st) < 0) return -errno;
    out->kind = S_ISREG(st.st_mode)   ? WADI__FILE_PLAIN
                : S_ISDIR(st.st_mode) ? WADI__FILE_DIR
                                      : WADI__FILE_OTHER;
    out->size_bytes = st.st_size;
    out->modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    out->inode = st.st_ino;
    return 0;
}
static int real_file_rename(wadi__env *env, const char *from, const char *to) {
    (void)env;
    return result(rename(from, to));
}
static int real_file_unlink(wadi__env *env, const char *path) {
    (void)env;
    return result(unlink(path));
}
static int real_dir_make(wadi__env *env, const char *path, unsigned mode) {
    (void)env;
    return result(mkdir(path, (mode_t)mode));
}
static int real_dir_remove(wadi__env *env, const char *path) {
    (void)env;
    return result(rmdir(path));
}
static int real_dir_list(wadi__env *env, const char *path, wadi__env_list_fn *each, void *arg) {
    (void)env;
    DIR *dir = opendir(path);
    if (dir == NULL) return -errno;
    int rc = 0;
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            rc = -errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (!each(entry->d_name, arg)) break;
    }
    closedir(dir);
    return rc;
}
static int real_dir_sync(wadi__env *env, const char *path) {
    (void)env;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return -errno;
    int rc = result(fsync(dir));
    close(dir);
    return rc;
}

/* ---- TCP: sockets do not block; poll waits until the deadline ---- */

/* The socket becomes known once it is connecting: a shutdown before that would do nothing. */
static int connect_one(wadi__env *env, int socket, const struct addrinfo *to, int64_t deadline_ns,
                       void (*opened)(int socket, void *arg), void *arg) {
    int rc = result(connect(socket, to->ai_addr, to->ai_addrlen)), failed = 0;
    if (opened != NULL) opened(socket, arg);
    if (rc < 0 && rc != -EINPROGRESS && rc != -EINTR) return rc;
    if (rc < 0) rc = wadi__poll_until(env, socket, POLLOUT, deadline_ns);
    if (rc < 0) return rc;
    socklen_t size = sizeof failed;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &failed, &size) < 0) return -errno;
    if (failed != 0) return -failed;
    struct sockaddr_storage peer; /* a socket that was shut down meanwhile has no peer */
    size = sizeof peer;
    return getpeername(socket, (struct sockaddr *)&peer, &size) < 0 ? -ECONNABORTED : 0;
}
static int try_addresses(wadi__env *env, const struct addrinfo *list, int64_t deadline_ns,
                         void (*opened)(int socket, void *arg), void *arg) {
    int rc = -EHOSTUNREACH;
    for (const struct addrinfo *at = list; at != NULL; at = at->ai_next) {
        int made = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (made < 0) {
            rc = -errno;
            continue;
        }
        rc = connect_one(env, made, at, deadline_ns, opened, arg);
        if (rc == 0) {
            int on = 1;
            setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return made;
        }
        if (opened != NULL) opened(-1, arg);
        close(made);
    }
    return rc;
}
static int real_socket_connect(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                               void (*opened)(int socket, void *arg), void *arg) {
    struct addrinfo *list = NULL;
    int rc = wadi__resolve(env, host, port, deadline_ns, opened, arg, &list);
    if (rc < 0) return rc;
    rc = try_addresses(env, list, deadline_ns, opened, arg);
    freeaddrinfo(list);
    return rc;
}
static ssize_t real_socket_recv(wadi__env *env, int socket, void *bytes, size_t size,
                                int64_t deadline_ns) {
    for (;;) {
        ssize_t got = recv(socket, bytes, size, 0);
        if (got >= 0) return got;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return -errno;
        int rc = wadi__poll_until(env, socket, POLLIN, deadline_ns);
        if (rc < 0) return rc;
    }
}
static ssize_t real_socket_send(wadi__env *env, int socket, const void *bytes, size_t size,
                                int64_t deadline_ns) {
    for (;;) {
        ssize_t put = send(socket, bytes, size, MSG_NOSIGNAL);
        if (put >= 0) return put;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return -errno;
        int rc = wadi__poll_until(env, socket, POLLOUT, deadline_ns);
        if (rc < 0) return rc;
    }
}
static void real_socket_shutdown(wadi__env *env, int socket) {
    (void)env;
    shutdown(socket, SHUT_RDWR);
}
static void real_socket_close(wadi__env *env, int socket) {
    (void)env;
    close(socket);
}

wadi__env wadi__env_real = {
    .name = "real",
    .wall_ms = real_wall_ms,
    .wall_ns = real_wall_ns,
    .monotonic_ns = real_monotonic_ns,
    .wait = real_wait,
    .wake = real_wake,
    .thread_start = real_thread_start,
    .thread_join = real_thread_join,
    .thread_give_way = real_thread_give_way,
    .random = real_random,
    .file_open = real_file_open,
    .file_read = real_file_read,
    .file_pread = real_file_pread,
    .file_write = real_file_write,
    .file_sync = real_file_sync,
    .file_uncache = real_file_uncache,
    .file_truncate = real_file_truncate,
    .file_lock = real_file_lock,
    .file_close = real_file_close,
    .file_stat = real_file_stat,
    .file_rename = real_file_rename,
    .file_unlink = real_file_unlink,
    .dir_make = real_dir_make,
    .dir_remove = real_dir_remove,
    .dir_list = real_dir_list,
    .dir_sync = real_dir_sync,
    .socket_connect = real_socket_connect,
    .socket_recv = real_socket_recv,
    .socket_send = real_socket_send,
    .socket_shutdown = real_socket_shutdown,
    .socket_close = real_socket_close,
    .unix_connect = wadi__unix_connect,
    .unix_listen = wadi__unix_listen,
    .unix_accept = wadi__unix_accept,
    .unix_tell = wadi__unix_tell,
    .process_start = wadi__process_start,
    .process_poll = wadi__process_poll,
    .process_write = wadi__process_write,
    .process_read = wadi__process_read,
    .process_close_in = wadi__process_close_in,
    .process_end = wadi__process_end,
};
