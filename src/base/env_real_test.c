/* SPDX-License-Identifier: Apache-2.0 */
/* env_real_test.c: the calls of the real machine, with real files and a real TCP peer. */
#include "base/env.h"
#include "base/event.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static wadi__env *const env = &wadi__env_real;
static int64_t soon(void) { return wadi__env_deadline(env, 5); }

/* ---- Clock and waiting ---- */

static void test_clocks(void **state) {
    (void)state;
    int64_t now_ns = env->monotonic_ns(env), wall_s = env->wall_ms(env) / 1000,
            time_s = (int64_t)time(NULL);
    assert_true(env->monotonic_ns(env) >= now_ns);
    assert_true(wall_s >= time_s - 5 && wall_s <= time_s + 5);
}
static void test_deadlines(void **state) {
    (void)state;
    int64_t before_ns = env->monotonic_ns(env), deadline_ns = wadi__env_deadline(env, 1000);
    assert_true(deadline_ns >= before_ns + 1000000000 &&
                deadline_ns <= env->monotonic_ns(env) + 1000000000);
    assert_true(wadi__env_deadline(env, -5) <= env->monotonic_ns(env));
    assert_int_equal(wadi__env_deadline(env, INT64_MAX), WADI__DEADLINE_NONE);
    assert_int_equal(wadi__env_deadline(env, INT64_MAX / 1000000), WADI__DEADLINE_NONE);
}
static void test_wait_ends(void **state) {
    (void)state;
    atomic_uint word = 7;
    assert_int_equal(env->wait(env, &word, 8, WADI__DEADLINE_NONE), 0); /* it is not 8 */
    int64_t deadline_ns = soon();
    while (env->wait(env, &word, 7, deadline_ns) == 0) {}
    assert_true(env->monotonic_ns(env) >= deadline_ns);
    assert_int_equal(env->wait(env, &word, 7, 0), -ETIMEDOUT);     /* long ago */
    assert_int_equal(env->wait(env, &word, 7, -1000), -ETIMEDOUT); /* before the clock began */
}
static void *set_and_wake(void *arg) {
    atomic_uint *word = arg;
    atomic_store(word, 1);
    env->wake(env, word, 1);
    return NULL;
}
static void test_wake(void **state) {
    (void)state;
    atomic_uint word = 0;
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "waker", set_and_wake, &word, &thread), 0);
    while (atomic_load(&word) == 0)
        assert_int_equal(env->wait(env, &word, 0, WADI__DEADLINE_NONE), 0);
    env->thread_join(env, thread);
}

/* ---- Threads and chance ---- */

typedef struct seen {
    char name[16];
    sigset_t blocked;
} seen;
static void *look(void *arg) {
    seen *at = arg;
    pthread_getname_np(pthread_self(), at->name, sizeof at->name);
    pthread_sigmask(SIG_SETMASK, NULL, &at->blocked);
    return NULL;
}
static void test_thread(void **state) {
    (void)state;
    seen at = {.name = ""};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "a name that is longer", look, &at, &thread), 0);
    env->thread_join(env, thread);
    assert_string_equal(at.name, "a name that is ");
    assert_int_equal(sigismember(&at.blocked, SIGINT) + sigismember(&at.blocked, SIGTERM) +
                         sigismember(&at.blocked, SIGPROF) + sigismember(&at.blocked, SIGSEGV),
                     3);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
}
static void test_no_memory_for_a_thread(void **state) {
    (void)state;
    wadi__thread *thread = NULL;
    wadi__mem_fail_at(1, false);
    assert_int_equal(env->thread_start(env, "x", look, NULL, &thread), -ENOMEM);
    assert_null(thread);
}
static void test_random(void **state) {
    (void)state;
    static unsigned char a[1000], b[1000];
    env->random(env, a, sizeof a);
    env->random(env, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    env->random(env, a, 0);
}
static void test_which_env_is_in_force(void **state) {
    (void)state;
    wadi__env other = wadi__env_real;
    assert_ptr_equal(wadi__env_current(), &wadi__env_real);
    wadi__env_use(&other);
    assert_ptr_equal(wadi__env_current(), &other);
    wadi__env_use(NULL);
    assert_ptr_equal(wadi__env_current(), &wadi__env_real);
}
static void test_map(void **state) {
    (void)state;
    static const size_t sizes[] = {4096, 2 << 20, 5 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *base = wadi__env_map(sizes[i]);
        assert_int_equal((uintptr_t)base % (2 << 20), 0);
        assert_int_equal(base[0] + base[sizes[i] - 1], 0);
        memset(base, 1, sizes[i]);
        wadi__env_unmap(base, sizes[i]);
    }
    assert_null(wadi__env_map(SIZE_MAX));
    assert_null(wadi__env_map(SIZE_MAX / 2));
}

/* ---- Files ---- */

enum {
    R = WADI__OPEN_READ,
    W = WADI__OPEN_WRITE,
    C = WADI__OPEN_CREATE,
    T = WADI__OPEN_TRUNCATE,
    A = WADI__OPEN_APPEND,
    X = WADI__OPEN_EXCLUSIVE
};

static void test_file(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    const char *path = wadi__temp_path(&dir, "a");
    char bytes[16] = "";
    wadi__file_stat stat;
    assert_int_equal(env->file_open(env, path, R, 0), -ENOENT);
    int file = env->file_open(env, path, W | C | X, 0600);
    assert_true(file >= 0);
    assert_int_equal(fcntl(file, F_GETFD), FD_CLOEXEC);
    assert_int_equal(env->file_open(env, path, W | C | X, 0600), -EEXIST);
    assert_int_equal(env->file_write(env, file, "hello world", 11), 11);
    assert_int_equal(env->file_read(env, file, bytes, 1), -EBADF);
    assert_int_equal(env->file_truncate(env, file, 5), 0);
    assert_int_equal(env->file_sync(env, file), 0);
    env->file_uncache(env, file, 0, 5); /* it is still there */
    assert_int_equal(env->file_close(env, file), 0);
    assert_int_equal(env->file_stat(env, path, &stat), 0);
    assert_int_equal(stat.kind, WADI__FILE_PLAIN);
    assert_int_equal(stat.size_bytes, 5);
    assert_true(stat.modified_ms > env->wall_ms(env) - 60000 &&
                stat.modified_ms < env->wall_ms(env) + 60000);

    file = env->file_open(env, path, W | A, 0);
    assert_int_equal(env->file_write(env, file, "!", 1), 1);
    assert_int_equal(env->file_close(env, file), 0);
    file = env->file_open(env, path, R, 0);
    assert_int_equal(env->file_pread(env, file, bytes, sizeof bytes, 3), 3);
    assert_memory_equal(bytes, "lo!", 3);
    assert_int_equal(env->file_read(env, file, bytes, sizeof bytes), 6);
    assert_memory_equal(bytes, "hello!", 6);
    assert_int_equal(env->file_read(env, file, bytes, sizeof bytes), 0);
    assert_int_equal(env->file_write(env, file, "x", 1), -EBADF);
    assert_int_equal(env->file_close(env, file), 0);
    file = env->file_open(env, path, R | W | C | T, 0600);
    assert_int_equal(env->file_read(env, file, bytes, sizeof bytes), 0);
    assert_int_equal(env->file_write(env, file, "x", 1), 1);
    assert_int_equal(env->file_close(env, file), 0);
    assert_int_equal(env->file_close(env, file), -EBADF);
    wadi__temp_dir_remove(&dir);
}
static void test_lock(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    int a = env->file_open(env, wadi__temp_path(&dir, "lock"), W | C, 0600);
    int b = env->file_open(env, wadi__temp_path(&dir, "lock"), W | C, 0600);
    assert_int_equal(env->file_lock(env, a), 0);
    assert_int_equal(env->file_lock(env, a), 0); /* it has it already */
    assert_int_equal(env->file_lock(env, b), -EWOULDBLOCK);
    env->file_close(env, a);
    assert_int_equal(env->file_lock(env, b), 0);
    env->file_close(env, b);
    wadi__temp_dir_remove(&dir);
}
typedef struct listing {
    int count, count_max;
    bool has_a, has_b;
} listing;
static bool list_one(const char *name, void *arg) {
    listing *list = arg;
    list->has_a |= strcmp(name, "a") == 0;
    list->has_b |= strcmp(name, "b") == 0;
    return ++list->count < list->count_max;
}
static void test_names(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    const char *a = wadi__temp_path(&dir, "d/a"), *b = wadi__temp_path(&dir, "d/b"),
               *d = wadi__temp_path(&dir, "d");
    assert_int_equal(env->dir_make(env, d, 0700), 0);
    assert_int_equal(env->dir_make(env, d, 0700), -EEXIST);
    wadi__temp_text(&dir, "d/a", "1");
    wadi__temp_text(&dir, "d/b", "2");
    listing list = {.count_max = 100};
    assert_int_equal(env->dir_list(env, d, list_one, &list), 0);
    assert_int_equal(list.count, 2);
    assert_true(list.has_a && list.has_b);
    list = (listing){.count_max = 1};
    assert_int_equal(env->dir_list(env, d, list_one, &list), 0);
    assert_int_equal(list.count, 1);
    assert_int_equal(env->dir_list(env, a, list_one, &list), -ENOTDIR);
    assert_int_equal(env->dir_list(env, wadi__temp_path(&dir, "x"), list_one, &list), -ENOENT);
    assert_int_equal(env->file_rename(env, a, b), 0);
    assert_int_equal(env->file_rename(env, a, b), -ENOENT);
    assert_int_equal(env->dir_sync(env, d), 0);
    assert_int_equal(env->dir_sync(env, b), -ENOTDIR);
    wadi__file_stat stat;
    assert_int_equal(env->file_stat(env, a, &stat), -ENOENT);
    assert_int_equal(env->file_stat(env, d, &stat), 0);
    assert_int_equal(stat.kind, WADI__FILE_DIR);
    assert_int_equal(env->file_stat(env, "/dev/null", &stat), 0);
    assert_int_equal(stat.kind, WADI__FILE_OTHER);
    assert_int_equal(env->dir_remove(env, d), -ENOTEMPTY);
    assert_int_equal(env->file_unlink(env, b), 0);
    assert_int_equal(env->file_unlink(env, b), -ENOENT);
    assert_int_equal(env->dir_remove(env, d), 0);
    wadi__temp_dir_remove(&dir);
}

/* ---- Sockets ---- */

/* A listener on a free port of this machine. */
static int listen_somewhere(int backlog, int *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(listener, backlog), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return listener;
}
/* A connection: our side by the env, the peer's by the system. */
static int connected(int *peer) {
    int port, listener = listen_somewhere(8, &port);
    int ours = env->socket_connect(env, "127.0.0.1", port, WADI__DEADLINE_NONE, NULL, NULL);
    assert_true(ours >= 0);
    *peer = accept(listener, NULL, NULL);
    assert_true(*peer >= 0);
    close(listener);
    return ours;
}
static void test_bytes_go_both_ways(void **state) {
    (void)state;
    int peer, ours = connected(&peer);
    char bytes[16];
    assert_int_equal(fcntl(ours, F_GETFD), FD_CLOEXEC);
    assert_int_equal(send(peer, "hello", 5, 0), 5);
    assert_int_equal(env->socket_recv(env, ours, bytes, sizeof bytes, WADI__DEADLINE_NONE), 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(env->socket_send(env, ours, "world", 5, WADI__DEADLINE_NONE), 5);
    assert_int_equal(recv(peer, bytes, sizeof bytes, 0), 5);
    assert_memory_equal(bytes, "world", 5);
    close(peer);
    assert_int_equal(env->socket_recv(env, ours, bytes, sizeof bytes, WADI__DEADLINE_NONE), 0);
    env->socket_close(env, ours);
}
static void test_names_of_hosts(void **state) {
    (void)state;
    int port, listener = listen_somewhere(8, &port);
    int ours = env->socket_connect(env, "localhost", port, WADI__DEADLINE_NONE, NULL, NULL);
    assert_true(ours >= 0); /* also when localhost is ::1 first, where nobody listens */
    env->socket_close(env, ours);
    close(listener);
    assert_int_equal(
        env->socket_connect(env, "no such host", port, WADI__DEADLINE_NONE, NULL, NULL), -ENXIO);
    assert_int_equal(env->socket_connect(env, "127.0.0.1", -1, WADI__DEADLINE_NONE, NULL, NULL),
                     -EINVAL);
}
typedef struct told {
    int sockets[8];
    int count;
    bool shuts;
} told;
static void tell(int socket, void *arg) {
    told *at = arg;
    if (at->count < 8) at->sockets[at->count++] = socket;
    if (at->shuts && socket >= 0) env->socket_shutdown(env, socket);
}
static void test_refused(void **state) {
    (void)state;
    int port, listener = listen_somewhere(8, &port);
    close(listener);
    told at = {.count = 0};
    assert_int_equal(env->socket_connect(env, "127.0.0.1", port, WADI__DEADLINE_NONE, tell, &at),
                     -ECONNREFUSED);
    assert_int_equal(at.count, 2);
    assert_true(at.sockets[0] >= 0);
    assert_int_equal(at.sockets[1], -1);
}
static void test_recv_deadline(void **state) {
    (void)state;
    int peer, ours = connected(&peer);
    char bytes[4];
    int64_t deadline_ns = soon();
    assert_int_equal(env->socket_recv(env, ours, bytes, sizeof bytes, deadline_ns), -ETIMEDOUT);
    assert_true(env->monotonic_ns(env) >= deadline_ns);
    assert_int_equal(env->socket_recv(env, ours, bytes, sizeof bytes, 0), -ETIMEDOUT);
    assert_int_equal(send(peer, "late", 4, 0), 4);
    assert_int_equal(
        env->socket_recv(env, ours, bytes, sizeof bytes, wadi__env_deadline(env, 60000)), 4);
    close(peer);
    env->socket_close(env, ours);
}
static void test_send_deadline(void **state) {
    (void)state;
    int peer, ours = connected(&peer);
    static char bytes[1 << 20];
    ssize_t rc;
    size_t sent = 0;
    while ((rc = env->socket_send(env, ours, bytes, sizeof bytes, soon())) > 0) sent += (size_t)rc;
    assert_int_equal(rc, -ETIMEDOUT); /* the peer does not read */
    assert_true(sent > 0);
    close(peer);
    env->socket_close(env, ours);
}
static void test_reset(void **state) {
    (void)state;
    int peer, ours = connected(&peer);
    char byte;
    struct linger at_once = {1, 0};
    setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer);
    assert_int_equal(env->socket_recv(env, ours, &byte, 1, WADI__DEADLINE_NONE), -ECONNRESET);
    ssize_t rc = env->socket_send(env, ours, "x", 1, WADI__DEADLINE_NONE); /* and no SIGPIPE */
    assert_true(rc == -EPIPE || rc == -ECONNRESET);
    env->socket_close(env, ours);
}

typedef struct blocked { /* a call in a thread of its own */
    int socket, port;
    ssize_t rc;
    pthread_mutex_t lock;
    wadi__event opened;
    bool is_open; /* guarded by lock */
} blocked;
static void *block_in_recv(void *arg) {
    blocked *at = arg;
    char byte;
    at->rc = env->socket_recv(env, at->socket, &byte, 1, WADI__DEADLINE_NONE);
    return NULL;
}
static void test_shutdown_ends_recv(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) { /* before it, in it */
        int peer;
        blocked at = {.socket = connected(&peer), .rc = 99};
        wadi__thread *thread;
        assert_int_equal(env->thread_start(env, "recv", block_in_recv, &at, &thread), 0);
        if (i % 2 == 0) sched_yield();
        env->socket_shutdown(env, at.socket);
        env->thread_join(env, thread);
        assert_int_equal(at.rc, 0);
        env->socket_close(env, at.socket);
        close(peer);
    }
}
static void *block_in_send(void *arg) {
    blocked *at = arg;
    static char bytes[1 << 16];
    while ((at->rc = env->socket_send(env, at->socket, bytes, sizeof bytes, WADI__DEADLINE_NONE)) >
           0) {}
    return NULL;
}
static void test_shutdown_ends_send(void **state) {
    (void)state;
    int peer;
    blocked at = {.socket = connected(&peer)};
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "send", block_in_send, &at, &thread), 0);
    sched_yield();
    env->socket_shutdown(env, at.socket);
    env->thread_join(env, thread);
    assert_int_equal(at.rc, -EPIPE);
    env->socket_close(env, at.socket);
    close(peer);
}

/* A listener whose queue is full does not answer, so that connecting waits. */
typedef struct deaf {
    int listener, port, fillers[16], filler_count;
} deaf;
static deaf listen_deafly(void) {
    deaf at = {.filler_count = 0};
    at.listener = listen_somewhere(0, &at.port);
    while (at.filler_count < 16) {
        int made =
            env->socket_connect(env, "127.0.0.1", at.port, wadi__env_deadline(env, 20), NULL, NULL);
        if (made < 0) break;
        at.fillers[at.filler_count++] = made;
    }
    return at;
}
static void stop_listening(const deaf *at) {
    for (int i = 0; i < at->filler_count; i++) close(at->fillers[i]);
    close(at->listener);
}
static void test_connect_deadline(void **state) {
    (void)state;
    deaf server = listen_deafly();
    int64_t deadline_ns = soon();
    told at = {.count = 0};
    assert_int_equal(env->socket_connect(env, "127.0.0.1", server.port, deadline_ns, tell, &at),
                     -ETIMEDOUT);
    assert_true(env->monotonic_ns(env) >= deadline_ns);
    assert_int_equal(at.sockets[at.count - 1], -1);
    stop_listening(&server);
}
static void tell_blocked(int socket, void *arg) {
    blocked *at = arg;
    if (socket < 0) return;
    pthread_mutex_lock(&at->lock);
    at->socket = socket;
    at->is_open = true;
    pthread_mutex_unlock(&at->lock);
    wadi__event_wake_all(&at->opened, env);
}
static void *block_in_connect(void *arg) {
    blocked *at = arg;
    at->rc = env->socket_connect(env, "127.0.0.1", at->port, WADI__DEADLINE_NONE, tell_blocked, at);
    return NULL;
}
static void test_shutdown_ends_connect(void **state) {
    (void)state;
    deaf server = listen_deafly();
    blocked at = {.port = server.port, .lock = PTHREAD_MUTEX_INITIALIZER};
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "connect", block_in_connect, &at, &thread), 0);
    pthread_mutex_lock(&at.lock);
    while (!at.is_open) wadi__event_wait(&at.opened, &at.lock, env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&at.lock);
    env->socket_shutdown(env, at.socket);
    env->thread_join(env, thread);
    assert_true(at.rc < 0);
    stop_listening(&server);
}
/* As a receiver does that was stopped meanwhile: then a connection that never answers ends, and one
 * that was made reads its end. */
static void test_shutdown_within_opened(void **state) {
    (void)state;
    deaf server = listen_deafly();
    told at = {.shuts = true};
    assert_true(env->socket_connect(env, "127.0.0.1", server.port, WADI__DEADLINE_NONE, tell, &at) <
                0);
    stop_listening(&server);
    int port, listener = listen_somewhere(8, &port);
    char byte;
    int ours = env->socket_connect(env, "127.0.0.1", port, WADI__DEADLINE_NONE, tell, &at);
    if (ours >= 0) {
        assert_int_equal(env->socket_recv(env, ours, &byte, 1, WADI__DEADLINE_NONE), 0);
        env->socket_close(env, ours);
    }
    close(listener);
}

/* Signals that a program handles do not end a call early. */
static void on_signal(int number) { (void)number; }
typedef struct knocking {
    pthread_t at;
    atomic_bool is_over;
} knocking;
static void *knock(void *arg) {
    knocking *door = arg;
    while (!atomic_load(&door->is_over)) {
        pthread_kill(door->at, SIGUSR1);
        sched_yield();
    }
    return NULL;
}
static void test_signals_do_not_end_calls(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_signal}, old; /* without SA_RESTART */
    sigaction(SIGUSR1, &action, &old);
    int peer, ours = connected(&peer);
    char byte;
    knocking door = {.at = pthread_self()};
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "knock", knock, &door, &thread), 0);
    int64_t deadline_ns = soon();
    assert_int_equal(env->socket_recv(env, ours, &byte, 1, deadline_ns), -ETIMEDOUT);
    assert_true(env->monotonic_ns(env) >= deadline_ns);
    atomic_store(&door.is_over, true);
    env->thread_join(env, thread);
    sigaction(SIGUSR1, &old, NULL);
    env->socket_close(env, ours);
    close(peer);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_clocks);
    wadi__unit_add(&unit, test_deadlines);
    wadi__unit_add(&unit, test_wait_ends);
    wadi__unit_add(&unit, test_wake);
    wadi__unit_add(&unit, test_thread);
    wadi__unit_add(&unit, test_no_memory_for_a_thread);
    wadi__unit_add(&unit, test_random);
    wadi__unit_add(&unit, test_which_env_is_in_force);
    wadi__unit_add(&unit, test_map);
    wadi__unit_add(&unit, test_file);
    wadi__unit_add(&unit, test_lock);
    wadi__unit_add(&unit, test_names);
    wadi__unit_add(&unit, test_bytes_go_both_ways);
    wadi__unit_add(&unit, test_names_of_hosts);
    wadi__unit_add(&unit, test_refused);
    wadi__unit_add(&unit, test_recv_deadline);
    wadi__unit_add(&unit, test_send_deadline);
    wadi__unit_add(&unit, test_reset);
    wadi__unit_add(&unit, test_shutdown_ends_recv);
    wadi__unit_add(&unit, test_shutdown_ends_send);
    wadi__unit_add(&unit, test_connect_deadline);
    wadi__unit_add(&unit, test_shutdown_ends_connect);
    wadi__unit_add(&unit, test_shutdown_within_opened);
    wadi__unit_add(&unit, test_signals_do_not_end_calls);
    return wadi__unit_run(&unit, "env_real");
}
