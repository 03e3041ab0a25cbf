/* SPDX-License-Identifier: Apache-2.0 */
/* manual_clock.h: an env whose clock stands still until the test turns it.
 *
 * A wait with a deadline ends when the test moves the clock up to it, whether the wait began before
 * or begins after; waits for a word end by its wake as ever. So nothing in a test depends on how
 * fast it runs. A test turns the clock once the threads are where it wants them:
 *
 *     wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0);
 *     .. start the thread that ticks, with this env ..
 *     wadi__manual_clock_await_idle(clock);
 *     wadi__manual_clock_advance_ms(clock, 1000);
 *     wadi__manual_clock_await_idle(clock);   the tick is done
 *
 * Threads must be started, waited for and woken through this env or one on top of it. Its chance
 * gives the same bytes in every run. Any thread may call; free it when no thread uses it any more.
 */
#ifndef WADI_TESTING_MANUAL_CLOCK_H
#define WADI_TESTING_MANUAL_CLOCK_H
#include "base/env.h"

/* The monotonic clock begins at 1 s, the wall clock at wall_ms. */
wadi__env *wadi__manual_clock_new(wadi__env *below, int64_t wall_ms);
void wadi__manual_clock_free(wadi__env *clock);

/* Both clocks go on by ms >= 0. Returns when everyone whose deadline passed is told, not when they
 * ran. */
void wadi__manual_clock_advance_ms(wadi__env *clock, int64_t ms);
void wadi__manual_clock_advance_ns(wadi__env *clock, int64_t ns);
/* The wall clock jumps, the monotonic one does not: someone set it, or the machine was asleep. */
void wadi__manual_clock_set_wall_ms(wadi__env *clock, int64_t wall_ms);

/* Returns when every thread that was started through this env, and has not ended, waits for a word
 * or blocks in a socket call. A thread counts as running from the moment that it is woken. */
void wadi__manual_clock_await_idle(wadi__env *clock);
/* Returns when at least `count` threads, whoever started them, wait with a deadline. */
void wadi__manual_clock_await_sleepers(wadi__env *clock, unsigned count);
/* The earliest deadline that a thread waits for now; WADI__DEADLINE_NONE: there is none. */
int64_t wadi__manual_clock_next_ns(wadi__env *clock);
/* Moves the clock to that deadline. False: there is none. */
bool wadi__manual_clock_advance_to_next(wadi__env *clock);
#endif
