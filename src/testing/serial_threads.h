/* SPDX-License-Identifier: Apache-2.0 */
/* serial_threads.h: an env whose threads run one at a time, and a seed picks which goes on.
 *
 * A thread runs until it waits, wakes another one, starts one or ends; then the seed says whose
 * turn it is. So the same program has the same fate with the same seed, whatever else the machine
 * does. Put it below a manual clock. The thread that makes the env is one of its threads; all
 * others must be started, waited for and woken through it or an env on top of it, and nobody may
 * spin: who waits for something else than a wake stops them all. When all of them wait without a
 * deadline nothing can go on: then it says so and aborts. Deadlines pass only then, the earliest
 * first, in no time. */
#ifndef WADI_TESTING_SERIAL_THREADS_H
#define WADI_TESTING_SERIAL_THREADS_H
#include "base/env.h"

wadi__env *wadi__serial_threads_new(wadi__env *below, uint64_t seed);
/* By the thread that made it, when the others have ended. */
void wadi__serial_threads_free(wadi__env *env);
/* Another thread may go on first: for a test env above, in its own calls. The caller must have no
 * lock. */
void wadi__serial_threads_pass(wadi__env *env);
#endif
