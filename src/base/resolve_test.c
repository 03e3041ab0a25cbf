/* SPDX-License-Identifier: Apache-2.0 */
/* resolve_test.c: a name service that answers, does not know, fails, or never answers. It is this
 * file's own getaddrinfo(), which the library calls instead of the system's. */
#include "base/resolve.h"

#include "base/event.h"
#include "testing/unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static wadi__env *const env = &wadi__env_real;

/* ---- The name service ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static wadi__event changed;
static bool is_silent; /* it does not answer; guarded by lock, as all below */
static int answer;     /* what it returns otherwise; EAI_SYSTEM with errno EMFILE */
static unsigned asked, answered, freed;

static void set(bool silent, int rc) {
    pthread_mutex_lock(&lock);
    is_silent = silent;
    answer = rc;
    pthread_mutex_unlock(&lock);
    wadi__event_wake_all(&changed, env);
}
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **list) {
    struct in_addr address;
    bool is_number = inet_pton(AF_INET, host, &address) == 1;
    if (!is_number && (hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    pthread_mutex_lock(&lock);
    asked += !is_number;
    wadi__event_wake_all(&changed, env);
    while (!is_number && is_silent) wadi__event_wait(&changed, &lock, env, WADI__DEADLINE_NONE);
    int rc = is_number ? 0 : answer;
    answered += !is_number;
    pthread_mutex_unlock(&lock);
    wadi__event_wake_all(&changed, env);
    errno = EMFILE;
    if (rc != 0) return rc;
    struct sockaddr_in *to = calloc(1, sizeof *to + sizeof **list);
    *to = (struct sockaddr_in){.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)atoi(service)),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *list = (struct addrinfo *)(to + 1);
    **list = (struct addrinfo){
        .ai_family = AF_INET, .ai_addr = (struct sockaddr *)to, .ai_addrlen = sizeof *to};
    return 0;
}
void freeaddrinfo(struct addrinfo *list) {
    free(list->ai_addr);
    pthread_mutex_lock(&lock);
    freed++;
    pthread_mutex_unlock(&lock);
    wadi__event_wake_all(&changed, env);
}
/* Waits until *count, one of the above, is n. */
static void await(const unsigned *count, unsigned n) {
    pthread_mutex_lock(&lock);
    while (*count < n) wadi__event_wait(&changed, &lock, env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&lock);
}
static int setup(void **state) {
    (void)state;
    set(false, 0);
    asked = answered = freed = 0;
    return 0;
}
static unsigned open_files(void) {
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir) != NULL) count++;
    closedir(dir);
    return count;
}

/* ---- Answers ---- */

static int64_t later(int64_t ms) { return wadi__env_deadline(env, ms); }
static int resolve(const char *host, int64_t deadline_ns) {
    struct addrinfo *list = NULL;
    int rc = wadi__resolve(env, host, 7000, deadline_ns, NULL, NULL, &list);
    assert_int_equal(list != NULL, rc == 0);
    if (list != NULL) freeaddrinfo(list);
    return rc;
}
static void test_numbers_ask_nobody(void **state) {
    (void)state;
    set(true, 0);
    assert_int_equal(resolve("127.0.0.1", WADI__DEADLINE_NONE), 0);
    assert_int_equal(asked, 0);
}
typedef struct answer_case {
    const char *name;
    int rc, expected;
} answer_case;
static answer_case answers[] = {
    {"an address", 0, 0},
    {"no such name", EAI_NONAME, -ENXIO},
    {"no answer of the name service", EAI_AGAIN, -EAGAIN},
    {"no memory", EAI_MEMORY, -ENOMEM},
    {"no descriptors", EAI_SYSTEM, -EMFILE},
};
static void test_answer(void **state) {
    const answer_case *row = *state;
    unsigned before = open_files();
    setup(NULL);
    set(false, row->rc);
    assert_int_equal(resolve("somewhere", WADI__DEADLINE_NONE), row->expected);
    assert_int_equal(asked, 1);
    assert_int_equal(open_files(), before);
}
/* What comes too late is released by the thread that asked. */
static void test_deadline(void **state) {
    (void)state;
    unsigned before = open_files();
    setup(NULL);
    set(true, 0);
    assert_int_equal(resolve("somewhere", later(20)), -ETIMEDOUT);
    await(&asked, 1);
    assert_int_equal(answered, 0);
    set(false, 0);
    await(&freed, 1);
    while (open_files() != before || wadi__mem_in_use() > 0) sched_yield();
}
static void test_no_memory(void **state) {
    (void)state;
    setup(NULL);
    for (uint64_t n = 1; n <= 2; n++) {
        unsigned before = open_files();
        wadi__mem_fail_at(n, false);
        assert_int_equal(resolve("somewhere", WADI__DEADLINE_NONE), -ENOMEM);
        wadi__mem_fail_at(0, false);
        assert_int_equal(open_files(), before);
    }
    assert_int_equal(asked, 0);
}

/* ---- Being told to stop ---- */

typedef struct stopping {
    wadi__event opened;
    pthread_mutex_t lock;
    int socket; /* -2: none yet; guarded by lock */
    int rc;
} stopping;
static void tell(int socket, void *arg) {
    stopping *at = arg;
    pthread_mutex_lock(&at->lock);
    at->socket = socket;
    pthread_mutex_unlock(&at->lock);
    wadi__event_wake_all(&at->opened, env);
}
static void *block_in_connect(void *arg) {
    stopping *at = arg;
    at->rc = env->socket_connect(env, "somewhere", 7000, WADI__DEADLINE_NONE, tell, at);
    return NULL;
}
static void test_shutdown_ends_it(void **state) {
    (void)state;
    setup(NULL);
    set(true, 0);
    stopping at = {.lock = PTHREAD_MUTEX_INITIALIZER, .socket = -2};
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "connect", block_in_connect, &at, &thread), 0);
    pthread_mutex_lock(&at.lock);
    while (at.socket == -2) wadi__event_wait(&at.opened, &at.lock, env, WADI__DEADLINE_NONE);
    env->socket_shutdown(env, at.socket);
    pthread_mutex_unlock(&at.lock);
    env->thread_join(env, thread);
    assert_int_equal(at.rc, -ECONNABORTED);
    assert_int_equal(at.socket, -1);
    await(&asked, 1);
    assert_int_equal(answered, 0);
    set(false, 0);
    await(&freed, 1);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_numbers_ask_nobody);
    wadi__unit_rows(&unit, test_answer, answers);
    wadi__unit_add(&unit, test_deadline);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_shutdown_ends_it);
    return wadi__unit_run(&unit, "name service");
}
