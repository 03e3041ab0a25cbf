/* SPDX-License-Identifier: Apache-2.0 */
/* event_test.c: nobody misses a wake. */
#include "base/event.h"

#include "testing/unit.h"

#include <errno.h>

typedef struct ball { /* two threads throw a number to and fro */
    pthread_mutex_t lock;
    wadi__event changed;
    wadi__env *env;
    unsigned turn, turns_max;
} ball;

static void play(ball *game, unsigned side) {
    for (;;) {
        pthread_mutex_lock(&game->lock);
        while (game->turn < game->turns_max && game->turn % 2 != side)
            wadi__event_wait(&game->changed, &game->lock, game->env, WADI__DEADLINE_NONE);
        bool is_over = game->turn == game->turns_max;
        if (!is_over) game->turn++;
        pthread_mutex_unlock(&game->lock);
        wadi__event_wake_all(&game->changed, game->env);
        if (is_over) return;
    }
}
static void *play_odd(void *arg) {
    play(arg, 1);
    return NULL;
}
static void test_no_wake_is_missed(void **state) {
    (void)state;
    ball game = {.lock = PTHREAD_MUTEX_INITIALIZER, .env = &wadi__env_real, .turns_max = 20000};
    wadi__thread *odd;
    assert_int_equal(game.env->thread_start(game.env, "odd", play_odd, &game, &odd), 0);
    play(&game, 0);
    game.env->thread_join(game.env, odd);
    assert_int_equal(game.turn, 20000);
    assert_int_equal(atomic_load(&game.changed.waiters), 0);
}

static void test_deadline(void **state) {
    (void)state;
    wadi__env *env = &wadi__env_real;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    wadi__event event = {0};
    int64_t deadline_ns = env->monotonic_ns(env) + 3000000;
    pthread_mutex_lock(&lock);
    while (wadi__event_wait(&event, &lock, env, deadline_ns)) {}
    assert_true(env->monotonic_ns(env) >= deadline_ns);
    assert_int_equal(pthread_mutex_trylock(&lock), EBUSY); /* it holds the lock again */
    pthread_mutex_unlock(&lock);
}

typedef struct gate { /* many wait until it is open; each that came through is counted */
    pthread_mutex_t lock;
    wadi__event changed;
    wadi__env *env;
    unsigned open, through;
} gate;
static void *pass(void *arg) {
    gate *at = arg;
    pthread_mutex_lock(&at->lock);
    while (at->open == 0) wadi__event_wait(&at->changed, &at->lock, at->env, WADI__DEADLINE_NONE);
    at->open--;
    at->through++;
    pthread_mutex_unlock(&at->lock);
    return NULL;
}
static void test_wake_some(void **state) {
    (void)state;
    gate at = {.lock = PTHREAD_MUTEX_INITIALIZER, .env = &wadi__env_real};
    wadi__thread *threads[6];
    for (int i = 0; i < 6; i++)
        assert_int_equal(at.env->thread_start(at.env, "pass", pass, &at, &threads[i]), 0);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&at.lock);
        at.open += 2;
        pthread_mutex_unlock(&at.lock);
        wadi__event_wake_some(&at.changed, at.env, 2);
    }
    for (int i = 0; i < 6; i++) at.env->thread_join(at.env, threads[i]);
    assert_int_equal(at.through, 6);
    assert_int_equal(at.open, 0);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_no_wake_is_missed);
    wadi__unit_add(&unit, test_deadline);
    wadi__unit_add(&unit, test_wake_some);
    return wadi__unit_run(&unit, "event");
}
