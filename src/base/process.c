/* SPDX-License-Identifier: Apache-2.0 */
/* process.c: /bin/sh -c with pipes, by posix_spawn, which copies no memory. */
#include "base/process.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct wadi__process {
    pid_t pid;
    int in, out, err; /* our ends; -1: closed */
    int exited;       /* readable when it has ended; -1: the kernel has no such thing */
};

enum { POLL_MS = 50, POLL_EXIT_MS = 5 }; /* the latter where `exited` is missing */

static void close_one(int *file) {
    if (*file >= 0) close(*file);
    *file = -1;
}

/* ---- Starting ---- */

/* The pipes of a command that is being started: [0] to read from, [1] to write to. */
typedef struct pipes {
    int in[2], out[2], err[2];
} pipes;

static void close_pipes(pipes *made) {
    for (int side = 0; side < 2; side++) {
        close_one(&made->in[side]);
        close_one(&made->out[side]);
        close_one(&made->err[side]);
    }
}
/* Above the standard descriptors, which the child's ends are copied onto. */
static int move_up(int *file) {
    if (*file > STDERR_FILENO) return 0;
    int moved = fcntl(*file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) return -errno;
    close(*file);
    *file = moved;
    return 0;
}
/* ours: the end that stays here and must not block. */
static int make_pipe(int ends[2], int ours) {
    if (pipe2(ends, O_CLOEXEC) < 0) {
        ends[0] = ends[1] = -1;
        return -errno;
    }
    int rc = move_up(&ends[0]);
    if (rc == 0) rc = move_up(&ends[1]);
    if (rc == 0 && fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0) rc = -errno;
    return rc;
}
static int make_pipes(pipes *made) {
    *made = (pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    int rc = make_pipe(made->in, 1);
    if (rc == 0) rc = make_pipe(made->out, 0);
    if (rc == 0) rc = make_pipe(made->err, 0);
    return rc;
}
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0) rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0) rc = posix_spawnattr_setpgroup(attributes, 0);
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                      POSIX_SPAWN_SETPGROUP);
    return rc;
}
static int set_actions(posix_spawn_file_actions_t *actions, const pipes *made) {
    int rc = posix_spawn_file_actions_adddup2(actions, made->in[0], STDIN_FILENO);
    if (rc == 0) rc = posix_spawn_file_actions_adddup2(actions, made->out[1], STDOUT_FILENO);
    if (rc == 0) rc = posix_spawn_file_actions_adddup2(actions, made->err[1], STDERR_FILENO);
    return rc;
}
/* Returns 0 or an errno, as the functions of posix_spawn do. */
static int spawn(const char *command, const pipes *made, pid_t *pid) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int rc = posix_spawnattr_init(&attributes);
    if (rc != 0) return rc;
    rc = posix_spawn_file_actions_init(&actions);
    if (rc == 0) {
        rc = set_attributes(&attributes);
        if (rc == 0) rc = set_actions(&actions, made);
        char *words[] = {"sh", "-c", (char *)(uintptr_t)command, NULL};
        if (rc == 0) rc = posix_spawn(pid, "/bin/sh", &actions, &attributes, words, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return rc;
}
int wadi__process_start(wadi__env *env, const char *command, wadi__process **process) {
    (void)env;
    wadi__process *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return -ENOMEM;
    pipes ends;
    int rc = make_pipes(&ends);
    if (rc == 0) rc = -spawn(command, &ends, &made->pid);
    if (rc != 0) {
        close_pipes(&ends);
        wadi__free(made);
        return rc;
    }
    made->in = ends.in[1];
    made->out = ends.out[0];
    made->err = ends.err[0];
    ends.in[1] = ends.out[0] = ends.err[0] = -1;
    close_pipes(&ends);
    made->exited = (int)syscall(SYS_pidfd_open, made->pid, 0); /* close-on-exec by itself */
    *process = made;
    return 0;
}

/* ---- Bytes ---- */

/* Whether its exit status is there. It stays so until the end, and the number of its group with it.
 */
static bool has_ended(const wadi__process *process) {
    siginfo_t info = {.si_pid = 0};
    int rc = waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return rc < 0 ? errno != EINTR : info.si_pid != 0; /* an error: the program ignores SIGCHLD */
}
int wadi__process_poll(wadi__env *env, wadi__process *process, int wanted) {
    (void)env;
    bool asks_end = (wanted & WADI__PROCESS_ENDED) != 0;
    struct pollfd files[] = {
        {.fd = (wanted & WADI__PROCESS_IN) != 0 ? process->in : -1, .events = POLLOUT},
        {.fd = (wanted & WADI__PROCESS_OUT) != 0 ? process->out : -1, .events = POLLIN},
        {.fd = (wanted & WADI__PROCESS_ERR) != 0 ? process->err : -1, .events = POLLIN},
        {.fd = asks_end ? process->exited : -1, .events = POLLIN},
    };
    bool is_over = asks_end && has_ended(process);
    int limit_ms = is_over ? 0 : asks_end && process->exited < 0 ? POLL_EXIT_MS : POLL_MS;
    int rc = poll(files, sizeof files / sizeof files[0], limit_ms);
    if (rc < 0 && errno != EINTR) return -errno;
    int can = is_over || (asks_end && has_ended(process)) ? WADI__PROCESS_ENDED : 0;
    if (rc <= 0) return can;
    static const int bits[] = {WADI__PROCESS_IN, WADI__PROCESS_OUT, WADI__PROCESS_ERR};
    for (int i = 0; i < 3; i++)
        if (files[i].revents != 0) can |= bits[i];
    return can;
}
/* A pipe that nobody reads raises SIGPIPE, here of all places in the thread itself: it is kept
 * waiting and then taken, unless one waited before. */
ssize_t wadi__process_write(wadi__env *env, wadi__process *process, const void *bytes,
                            size_t size) {
    (void)env;
    sigset_t broken, old, waiting;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&waiting);
    bool had_one = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &broken, &old);
    ssize_t put;
    do put = write(process->in, bytes, size);
    while (put < 0 && errno == EINTR);
    if (put < 0) put = -errno;
    if (put == -EPIPE && !had_one) {
        const struct timespec at_once = {0, 0};
        while (sigtimedwait(&broken, NULL, &at_once) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return put;
}
ssize_t wadi__process_read(wadi__env *env, wadi__process *process, int from, void *bytes,
                           size_t size) {
    (void)env;
    ssize_t got;
    do got = read(from == WADI__PROCESS_ERR ? process->err : process->out, bytes, size);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}
void wadi__process_close_in(wadi__env *env, wadi__process *process) {
    (void)env;
    close_one(&process->in);
}

/* ---- The end ---- */

void wadi__process_end(wadi__env *env, wadi__process *process, bool is_killed, int *status) {
    (void)env;
    if (is_killed) kill(-process->pid, SIGKILL);
    close_one(&process->in);
    close_one(&process->out);
    close_one(&process->err);
    close_one(&process->exited);
    int got = -1;
    pid_t rc;
    do rc = waitpid(process->pid, &got, 0);
    while (rc < 0 && errno == EINTR);
    if (status != NULL) *status = rc == process->pid ? got : -1;
    wadi__free(process);
}
