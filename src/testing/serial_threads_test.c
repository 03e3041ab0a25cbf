/* SPDX-License-Identifier: Apache-2.0 */
/* serial_threads_test.c: one thread at a time, in an order that the seed alone decides. */
#include "testing/serial_threads.h"

#include "base/event.h"
#include "testing/unit.h"

#include <errno.h>

enum { THREADS = 4, TURNS = 20 };

typedef struct world {
    wadi__env *env;
    pthread_mutex_t lock;
    wadi__event changed;
    int inside, count; /* threads between two calls; entries of `order` */
    char order[THREADS * TURNS + 1];
} world;
typedef struct player {
    world *in;
    char name;
} player;

static void *play(void *arg) {
    const player *self = arg;
    world *in = self->in;
    for (int i = 0; i < TURNS; i++) {
        assert_int_equal(in->inside++, 0);
        in->order[in->count++] = self->name;
        in->inside--;
        wadi__event_wake_all(&in->changed, in->env);
        wadi__serial_threads_pass(in->env);
    }
    return NULL;
}
/* The order in which threads came to their turns. */
static world run(uint64_t seed) {
    world in = {.lock = PTHREAD_MUTEX_INITIALIZER};
    player players[THREADS];
    wadi__thread *threads[THREADS];
    in.env = wadi__serial_threads_new(&wadi__env_real, seed);
    for (int i = 0; i < THREADS; i++) {
        players[i] = (player){&in, (char)('a' + i)};
        assert_int_equal(in.env->thread_start(in.env, "player", play, &players[i], &threads[i]), 0);
    }
    pthread_mutex_lock(&in.lock);
    while (in.count < THREADS * TURNS / 2)
        wadi__event_wait(&in.changed, &in.lock, in.env, WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&in.lock);
    for (int i = 0; i < THREADS; i++) in.env->thread_join(in.env, threads[i]);
    wadi__serial_threads_free(in.env);
    assert_int_equal(in.count, THREADS * TURNS);
    return in;
}
static void test_a_seed_is_an_order(void **state) {
    (void)state;
    world first = run(1), again = run(1), other = run(2);
    assert_string_equal(first.order, again.order);
    assert_string_not_equal(first.order, other.order);
}
/* A deadline passes once nobody can go on. */
static void test_deadlines_pass_when_all_wait(void **state) {
    (void)state;
    wadi__env *env = wadi__serial_threads_new(&wadi__env_real, 1);
    atomic_uint word = 0;
    assert_int_equal(env->wait(env, &word, 1, WADI__DEADLINE_NONE), 0); /* it is another value */
    assert_int_equal(env->wait(env, &word, 0, INT64_MAX - 1), -ETIMEDOUT);
    wadi__serial_threads_free(env);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_a_seed_is_an_order);
    wadi__unit_add(&unit, test_deadlines_pass_when_all_wait);
    return wadi__unit_run(&unit, "serial_threads");
}
