/* SPDX-License-Identifier: Apache-2.0 */
/* env.h: the one seam to everything outside: clock, waiting, threads, chance, files, sockets,
 * memory.
 *
 * Library code never calls the system itself. A context holds the env that it was made in, and
 * tests give it another one: a manual clock, a disk that tears writes, a network that loses bytes,
 * or a simulation in which a seed decides which thread runs next. Such a simulation hands over only
 * inside an env call, so no lock is ever held over one. Entries are called per system call or per
 * arena block, never per record.
 *
 * Calls on files and sockets return -errno on failure, like the kernel itself. */
#ifndef WADI_BASE_ENV_H
#define WADI_BASE_ENV_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wadi/macro.h>

typedef struct wadi__env wadi__env;
typedef struct wadi__thread wadi__thread;   /* an env's own */
typedef struct wadi__process wadi__process; /* an env's own */

enum { WADI__DEADLINE_NONE = -1 };

typedef enum wadi__file_kind { WADI__FILE_PLAIN, WADI__FILE_DIR, WADI__FILE_OTHER } wadi__file_kind;
typedef struct wadi__file_stat {
    wadi__file_kind kind;
    int64_t size_bytes;
    int64_t modified_ms; /* since the epoch */
    uint64_t inode;
} wadi__file_stat;
enum { /* how a file is opened; create and truncate as in open(2) */
       WADI__OPEN_READ = 1,
       WADI__OPEN_WRITE = 2,
       WADI__OPEN_CREATE = 4,
       WADI__OPEN_TRUNCATE = 8,
       WADI__OPEN_APPEND = 16,
       WADI__OPEN_EXCLUSIVE = 32,
};
enum { /* what may be done with a process without waiting */
       WADI__PROCESS_IN = 1,    /* write to its standard input, or find it closed */
       WADI__PROCESS_OUT = 2,   /* read its standard output, or find its end */
       WADI__PROCESS_ERR = 4,   /* the same of its standard error */
       WADI__PROCESS_ENDED = 8, /* take its exit status */
};
/* Called for each entry of a directory, without . and ..; false ends the listing. */
typedef bool wadi__env_list_fn(const char *name, void *arg);

struct wadi__env {
    const char *name;

    /* ---- Clock ---- */
    int64_t (*wall_ms)(wadi__env *env);      /* since the epoch; may jump */
    int64_t (*wall_ns)(wadi__env *env);      /* the same, finer; NULL: whole milliseconds are all there is */
    int64_t (*monotonic_ns)(wadi__env *env); /* never goes back */

    /* ---- Waiting: a word that says whether to wait, as in futex(2) ----
     * Blocks while *word == expected, until a wake for the word or the deadline on the monotonic
     * clock. Returns 0, or -ETIMEDOUT. May return early for no reason. */
    int (*wait)(wadi__env *env, atomic_uint *word, unsigned expected, int64_t deadline_ns);
    void (*wake)(wadi__env *env, atomic_uint *word, int count_max);

    /* ---- Threads: named, with all signals blocked but those of crashes; join waits for the end and releases. ---- */
    int (*thread_start)(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                        wadi__thread **thread);
    void (*thread_join)(wadi__env *env, wadi__thread *thread);
    /* The calling thread lets others run first where cores are short. NULL: it does not. */
    void (*thread_give_way)(wadi__env *env);

    /* ---- Chance: size bytes that nobody can guess (a simulation: that its seed gives). ---- */
    void (*random)(wadi__env *env, void *bytes, size_t size);

    /* ---- Files; a handle is an int >= 0 ---- */
    int (*file_open)(wadi__env *env, const char *path, int how, unsigned mode);
    ssize_t (*file_read)(wadi__env *env, int file, void *bytes, size_t size);
    ssize_t (*file_pread)(wadi__env *env, int file, void *bytes, size_t size, int64_t offset);
    ssize_t (*file_write)(wadi__env *env, int file, const void *bytes, size_t size);
    int (*file_sync)(wadi__env *env, int file); /* data and size are safe when it returns 0 */
    /* What was synced of these bytes need not stay in memory. NULL: it does not matter. */
    void (*file_uncache)(wadi__env *env, int file, int64_t offset, int64_t size);
    int (*file_truncate)(wadi__env *env, int file, int64_t size_bytes);
    int (*file_lock)(wadi__env *env, int file); /* -EWOULDBLOCK: another process holds it */
    int (*file_close)(wadi__env *env, int file);
    int (*file_stat)(wadi__env *env, const char *path, wadi__file_stat *stat);
    int (*file_rename)(wadi__env *env, const char *from, const char *to);
    int (*file_unlink)(wadi__env *env, const char *path);
    int (*dir_make)(wadi__env *env, const char *path, unsigned mode);
    int (*dir_remove)(wadi__env *env, const char *path);
    int (*dir_list)(wadi__env *env, const char *path, wadi__env_list_fn *each, void *arg);
    int (*dir_sync)(wadi__env *env, const char *path); /* its renames and new names are safe */

    /* ---- TCP; a handle is an int >= 0. Calls block until the deadline; socket_shutdown by another
     * thread ends them with 0 or an error. Sending never raises a signal.
     * socket_connect tells `opened` (NULL: nobody) each socket that it waits for, that of finding
     * the host's address first, and -1 before it closes one in vain; from then on socket_shutdown
     * reaches it, also from within `opened` itself. -ENXIO: no host has this name. ---- */
    int (*socket_connect)(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                          void (*opened)(int socket, void *arg), void *arg);
    ssize_t (*socket_recv)(wadi__env *env, int socket, void *bytes, size_t size,
                           int64_t deadline_ns);
    ssize_t (*socket_send)(wadi__env *env, int socket, const void *bytes, size_t size,
                           int64_t deadline_ns);
    void (*socket_shutdown)(wadi__env *env, int socket);
    void (*socket_close)(wadi__env *env, int socket);

    /* ---- Unix sockets; NULL, all of them: there are none. What connects is sent, received, shut
     * and closed as above. A path with '@' in front is in no directory. ---- */
    int (*unix_connect)(wadi__env *env, const char *path);
    /* Only its owner may connect. The name of a process that is gone is taken over. */
    int (*unix_listen)(wadi__env *env, const char *path);
    /* *is_own_user: who connects is the user that this process is. -EINVAL after
     * socket_shutdown(listener). */
    int (*unix_accept)(wadi__env *env, int listener, int64_t deadline_ns, bool *is_own_user);
    int (*unix_tell)(wadi__env *env, const char *path, const void *bytes, size_t size); /* a datagram */

    /* ---- Processes: a command of the shell with pipes on its standard input, output and error. It
     * has no other descriptor of ours, no signal blocked or ignored, and a process group of its
     * own. Reading and writing never block (-EAGAIN); a write that nobody reads is -EPIPE and
     * raises no signal. One thread at a time. ---- */
    int (*process_start)(wadi__env *env, const char *command, wadi__process **process);
    /* Waits until one of the `wanted` can be done, at most some 50 ms of real time, so that the
     * caller looks at whether it is to stop. Returns those that can, 0 for none. */
    int (*process_poll)(wadi__env *env, wadi__process *process, int wanted);
    ssize_t (*process_write)(wadi__env *env, wadi__process *process, const void *bytes,
                             size_t size);
    /* from: WADI__PROCESS_OUT or _ERR. Returns 0 at the end. */
    ssize_t (*process_read)(wadi__env *env, wadi__process *process, int from, void *bytes,
                            size_t size);
    void (*process_close_in)(wadi__env *env, wadi__process *process);
    /* Waits for its end, after killing its group if is_killed, and releases the handle. *status is
     * as waitpid(2) gives it, -1: not known; or NULL. */
    void (*process_end)(wadi__env *env, wadi__process *process, bool is_killed, int *status);

    void *state; /* the env's own */
};

/* The env of the real machine; also the default of contexts. */
extern wadi__env wadi__env_real;

/* The env that contexts made from now on take. Tests set it, those of users by libwadi-testing
 * (<wadi/testing.h>), for which the two can be seen; NULL: the real one. */
WADI_API void wadi__env_use(wadi__env *env);
WADI_API wadi__env *wadi__env_current(void);

/* Pages for the pool, zeroed, aligned to 2 MiB, with huge pages where the kernel has them. NULL:
 * refused. */
void *wadi__env_map(size_t size_bytes);
void wadi__env_unmap(void *base, size_t size_bytes);

static inline int64_t wadi__env_wall_ns(wadi__env *env) {
    return env->wall_ns != NULL ? env->wall_ns(env) : env->wall_ms(env) * 1000000;
}
/* Deadlines: milliseconds from now on the monotonic clock; too far to say: none. */
static inline int64_t wadi__env_deadline(wadi__env *env, int64_t ms_from_now) {
    int64_t now_ns = env->monotonic_ns(env);
    if (ms_from_now <= 0) return now_ns;
    if (ms_from_now > (INT64_MAX - now_ns) / 1000000) return WADI__DEADLINE_NONE;
    return now_ns + ms_from_now * 1000000;
}
#endif
