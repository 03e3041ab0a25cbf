/* SPDX-License-Identifier: Apache-2.0 */
/* manual_clock_test.c: who wakes when, and when all is still. */
#include "testing/manual_clock.h"

#include "base/event.h"
#include "testing/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static wadi__env *new_clock(void) { return wadi__manual_clock_new(&wadi__env_real, 1000000); }

static void test_time_stands_still(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    assert_int_equal(clock->monotonic_ns(clock), 1000000000);
    assert_int_equal(clock->wall_ms(clock), 1000000);
    wadi__manual_clock_advance_ms(clock, 1500);
    assert_int_equal(clock->monotonic_ns(clock), 2500000000);
    assert_int_equal(clock->wall_ms(clock), 1001500);
    wadi__manual_clock_advance_ns(clock, 999999); /* less than a millisecond */
    assert_int_equal(clock->wall_ms(clock), 1001500);
    assert_int_equal(wadi__env_wall_ns(clock), 1001500999999);
    wadi__manual_clock_advance_ns(clock, 1);
    assert_int_equal(clock->wall_ms(clock), 1001501);
    wadi__manual_clock_free(clock);
    wadi__manual_clock_free(NULL);
}
static void test_wall_clock_jumps(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    static const int64_t jumps_ms[] = {4600000, 500, -3600000};
    for (size_t i = 0; i < 3; i++) {
        int64_t before_ns = clock->monotonic_ns(clock);
        wadi__manual_clock_set_wall_ms(clock, jumps_ms[i]);
        assert_int_equal(clock->wall_ms(clock), jumps_ms[i]);
        assert_int_equal(clock->monotonic_ns(clock), before_ns);
        wadi__manual_clock_advance_ms(clock, 10);
        assert_int_equal(clock->wall_ms(clock), jumps_ms[i] + 10);
    }
    wadi__manual_clock_free(clock);
}

/* A thread that waits, once. */
typedef struct waiter {
    wadi__env *env;
    atomic_uint *word;
    int64_t deadline_ns;
    int rc;
    atomic_bool is_over;
    wadi__thread *thread;
} waiter;
static void *wait_once(void *arg) {
    waiter *at = arg;
    at->rc = at->env->wait(at->env, at->word, 0, at->deadline_ns);
    atomic_store(&at->is_over, true);
    return NULL;
}
static void start(waiter *at, wadi__env *env, atomic_uint *word, int64_t deadline_ns) {
    *at = (waiter){.env = env, .word = word, .deadline_ns = deadline_ns, .rc = 99};
    assert_int_equal(env->thread_start(env, "waiter", wait_once, at, &at->thread), 0);
}
static int finish(waiter *at) {
    at->env->thread_join(at->env, at->thread);
    return at->rc;
}
static int64_t at_ms(int64_t ms) { return 1000000000 + ms * 1000000; }

static void test_wait_that_need_not(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    atomic_uint word = 0;
    assert_int_equal(clock->wait(clock, &word, 1, WADI__DEADLINE_NONE), 0); /* it is not 1 */
    assert_int_equal(clock->wait(clock, &word, 0, at_ms(0)), -ETIMEDOUT);   /* it is now */
    assert_int_equal(clock->wait(clock, &word, 0, -5), -ETIMEDOUT);
    wadi__manual_clock_free(clock);
}
static void test_exactly_those_whose_deadline_passed(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    atomic_uint words[5] = {0};
    waiter waiters[5];
    static const int64_t deadlines_ms[5] = {10, 20, 20, 30, -1};
    for (int i = 0; i < 5; i++)
        start(&waiters[i], clock, &words[i],
              deadlines_ms[i] < 0 ? WADI__DEADLINE_NONE : at_ms(deadlines_ms[i]));
    wadi__manual_clock_await_idle(clock);
    assert_int_equal(wadi__manual_clock_next_ns(clock), at_ms(10));
    static const struct {
        int64_t advance_ms;
        int over;
    } steps[] = {{9, 0}, {1, 1}, {9, 1}, {2, 3}, {1000, 4}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        wadi__manual_clock_advance_ms(clock, steps[i].advance_ms);
        wadi__manual_clock_await_idle(clock);
        for (int j = 0; j < 5; j++)
            assert_int_equal(atomic_load(&waiters[j].is_over), j < steps[i].over);
    }
    atomic_store(&words[4], 1);
    clock->wake(clock, &words[4], 1);
    for (int i = 0; i < 4; i++) assert_int_equal(finish(&waiters[i]), -ETIMEDOUT);
    assert_int_equal(finish(&waiters[4]), 0);
    wadi__manual_clock_free(clock);
}
static void test_waits_that_begin_later(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    atomic_uint word = 0;
    waiter late, early;
    wadi__manual_clock_advance_ms(clock, 50);
    start(&late, clock, &word, at_ms(40)); /* has passed already */
    assert_int_equal(finish(&late), -ETIMEDOUT);
    start(&early, clock, &word, at_ms(60));
    wadi__manual_clock_await_sleepers(clock, 1);
    assert_false(atomic_load(&early.is_over));
    wadi__manual_clock_advance_ms(clock, 10);
    assert_int_equal(finish(&early), -ETIMEDOUT);
    wadi__manual_clock_free(clock);
}
static void test_wakes(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    atomic_uint word = 0, other = 0;
    waiter waiters[4];
    for (int i = 0; i < 4; i++) start(&waiters[i], clock, i < 3 ? &word : &other, at_ms(10));
    wadi__manual_clock_await_idle(clock);
    clock->wake(clock, &word, 2); /* as many, of that word alone */
    wadi__manual_clock_await_idle(clock);
    int over = 0;
    for (int i = 0; i < 4; i++) over += atomic_load(&waiters[i].is_over);
    assert_int_equal(over, 2);
    assert_false(atomic_load(&waiters[3].is_over));
    clock->wake(clock, &word, 5);
    clock->wake(clock, &word, 5);
    wadi__manual_clock_await_idle(clock);
    assert_int_equal(wadi__manual_clock_next_ns(clock), at_ms(10)); /* of the last one */
    clock->wake(clock, &other, 1);
    for (int i = 0; i < 4; i++) assert_int_equal(finish(&waiters[i]), 0);
    assert_int_equal(wadi__manual_clock_next_ns(clock), WADI__DEADLINE_NONE);
    wadi__manual_clock_free(clock);
}

/* A ticker, as a generator of batches is one: every 10 ms it notes the time. */
typedef struct ticker {
    wadi__env *env;
    pthread_mutex_t lock;
    wadi__event stopped;
    bool is_stopped;
    int ticks;
    int64_t next_ns, noted_ns[1000];
} ticker;
static void *tick(void *arg) {
    ticker *at = arg;
    pthread_mutex_lock(&at->lock);
    while (!at->is_stopped) {
        if (wadi__event_wait(&at->stopped, &at->lock, at->env, at->next_ns)) continue;
        at->noted_ns[at->ticks++ % 1000] = at->env->monotonic_ns(at->env);
        at->next_ns += 10000000;
    }
    pthread_mutex_unlock(&at->lock);
    return NULL;
}
static void stop(ticker *at) {
    pthread_mutex_lock(&at->lock);
    at->is_stopped = true;
    pthread_mutex_unlock(&at->lock);
    wadi__event_wake_all(&at->stopped, at->env);
}
static void test_ticker(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    ticker at = {.env = clock, .lock = PTHREAD_MUTEX_INITIALIZER, .next_ns = at_ms(10)};
    wadi__thread *thread;
    assert_int_equal(clock->thread_start(clock, "ticker", tick, &at, &thread), 0);
    for (int i = 0; i < 500; i++) {
        wadi__manual_clock_await_idle(clock);
        assert_int_equal(at.ticks, i);
        assert_true(wadi__manual_clock_advance_to_next(clock));
    }
    wadi__manual_clock_await_idle(clock);
    for (int i = 0; i < 500; i++) assert_int_equal(at.noted_ns[i], at_ms(10 * ((int64_t)i + 1)));
    wadi__manual_clock_advance_ms(clock, 95); /* late ticks come one after the other */
    wadi__manual_clock_await_idle(clock);
    assert_int_equal(at.ticks, 509);
    stop(&at);
    clock->thread_join(clock, thread);
    assert_false(wadi__manual_clock_advance_to_next(clock));
    wadi__manual_clock_free(clock);
}

/* Idle means that a chain of threads, each waking the next, has run to its end. */
enum { LINKS = 20 };
typedef struct link {
    wadi__env *env;
    atomic_uint word;
    struct link *next;
    wadi__thread *thread;
    bool is_over;
} chain_link;
static void *pass_on(void *arg) {
    chain_link *at = arg;
    while (atomic_load(&at->word) == 0) at->env->wait(at->env, &at->word, 0, WADI__DEADLINE_NONE);
    at->is_over = true;
    if (at->next != NULL) {
        atomic_store(&at->next->word, 1);
        at->env->wake(at->env, &at->next->word, 1);
    }
    atomic_uint forever = 0;
    at->env->wait(at->env, &forever, 0, at_ms(1000));
    return NULL;
}
static void test_idle_is_the_end_of_a_chain(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    chain_link links[LINKS];
    for (int i = LINKS - 1; i >= 0; i--) {
        links[i] = (chain_link){.env = clock, .next = i + 1 < LINKS ? &links[i + 1] : NULL};
        assert_int_equal(clock->thread_start(clock, "link", pass_on, &links[i], &links[i].thread),
                         0);
    }
    atomic_store(&links[0].word, 1);
    clock->wake(clock, &links[0].word, 1);
    wadi__manual_clock_await_idle(clock);
    for (int i = 0; i < LINKS; i++) assert_true(links[i].is_over);
    wadi__manual_clock_advance_ms(clock, 1000);
    for (int i = 0; i < LINKS; i++) clock->thread_join(clock, links[i].thread);
    wadi__manual_clock_free(clock);
}
/* A counted thread that joins another, or asks for idleness itself, does not stand in the way. */
static void *join_and_ask(void *arg) {
    waiter *inner = arg;
    wadi__manual_clock_await_idle(inner->env);
    finish(inner);
    return NULL;
}
static void test_join_counts_as_waiting(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    atomic_uint word = 0;
    waiter inner;
    wadi__thread *outer;
    start(&inner, clock, &word, at_ms(10));
    assert_int_equal(clock->thread_start(clock, "outer", join_and_ask, &inner, &outer), 0);
    wadi__manual_clock_await_idle(clock);
    wadi__manual_clock_advance_ms(clock, 10);
    clock->thread_join(clock, outer);
    assert_int_equal(inner.rc, -ETIMEDOUT);
    wadi__manual_clock_free(clock);
}

/* .. and it runs from the moment that the other has ended: idleness is not seen between the two. */
typedef struct joiner {
    waiter inner;
    atomic_bool has_joined;
} joiner;
static void *join_and_note(void *arg) {
    joiner *self = arg;
    finish(&self->inner);
    atomic_store(&self->has_joined, true);
    return NULL;
}
static void test_joiner_goes_on_at_once(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        wadi__env *clock = new_clock();
        atomic_uint word = 0;
        joiner self = {.has_joined = false};
        wadi__thread *outer;
        start(&self.inner, clock, &word, at_ms(10));
        assert_int_equal(clock->thread_start(clock, "outer", join_and_note, &self, &outer), 0);
        wadi__manual_clock_await_idle(clock);
        wadi__manual_clock_advance_ms(clock, 10);
        wadi__manual_clock_await_idle(clock);
        assert_true(atomic_load(&self.has_joined));
        clock->thread_join(clock, outer);
        wadi__manual_clock_free(clock);
    }
}
static void test_chance_is_the_same_in_every_run(void **state) {
    (void)state;
    unsigned char a[32], b[32], c[32];
    wadi__env *clock = new_clock();
    clock->random(clock, a, sizeof a);
    clock->random(clock, b, sizeof b);
    wadi__manual_clock_free(clock);
    clock = new_clock();
    clock->random(clock, c, sizeof c);
    wadi__manual_clock_free(clock);
    assert_memory_equal(a, c, sizeof a);
    assert_memory_not_equal(a, b, sizeof a);
}

/* Real sockets with deadlines of this clock. */
typedef struct reader {
    wadi__env *env;
    int socket;
    ssize_t rc;
    atomic_bool is_over;
} reader;
static void *read_one(void *arg) {
    reader *at = arg;
    char byte;
    at->rc = at->env->socket_recv(at->env, at->socket, &byte, 1, at_ms(100));
    atomic_store(&at->is_over, true);
    return NULL;
}
static void test_socket_deadline_is_of_this_clock(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    assert_int_equal(bind(listener, (struct sockaddr *)&name, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&name, &size), 0);
    reader at = {.env = clock};
    at.socket =
        clock->socket_connect(clock, "127.0.0.1", ntohs(name.sin_port), at_ms(100000), NULL, NULL);
    assert_true(at.socket >= 0);
    wadi__thread *thread;
    assert_int_equal(clock->thread_start(clock, "reader", read_one, &at, &thread), 0);
    wadi__manual_clock_advance_ms(clock, 99);
    wadi__manual_clock_await_idle(clock); /* it blocks in the call, or has begun none */
    assert_false(atomic_load(&at.is_over));
    wadi__manual_clock_advance_ms(clock, 1);
    clock->thread_join(clock, thread);
    assert_int_equal(at.rc, -ETIMEDOUT);
    assert_int_equal(clock->socket_send(clock, at.socket, "x", 1, at_ms(200)), 1);
    char byte;
    int peer = accept(listener, NULL, NULL);
    assert_int_equal(recv(peer, &byte, 1, 0), 1);
    assert_int_equal(send(peer, "y", 1, 0), 1);
    assert_int_equal(clock->socket_recv(clock, at.socket, &byte, 1, at_ms(200)), 1);
    clock->socket_close(clock, at.socket);
    close(peer);
    close(listener);
    wadi__manual_clock_free(clock);
}
static void test_no_thread_can_start(void **state) {
    (void)state;
    wadi__env *clock = new_clock();
    wadi__thread *thread;
    wadi__mem_fail_at(1, false);
    assert_int_equal(clock->thread_start(clock, "x", pass_on, NULL, &thread), -ENOMEM);
    wadi__manual_clock_await_idle(clock);
    wadi__manual_clock_free(clock);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_time_stands_still);
    wadi__unit_add(&unit, test_wall_clock_jumps);
    wadi__unit_add(&unit, test_wait_that_need_not);
    wadi__unit_add(&unit, test_exactly_those_whose_deadline_passed);
    wadi__unit_add(&unit, test_waits_that_begin_later);
    wadi__unit_add(&unit, test_wakes);
    wadi__unit_add(&unit, test_ticker);
    wadi__unit_add(&unit, test_idle_is_the_end_of_a_chain);
    wadi__unit_add(&unit, test_join_counts_as_waiting);
    wadi__unit_add(&unit, test_joiner_goes_on_at_once);
    wadi__unit_add(&unit, test_chance_is_the_same_in_every_run);
    wadi__unit_add(&unit, test_socket_deadline_is_of_this_clock);
    wadi__unit_add(&unit, test_no_thread_can_start);
    return wadi__unit_run(&unit, "manual_clock");
}
