/* SPDX-License-Identifier: Apache-2.0 */
/* process.h: processes of the real machine, as env.h describes them; entries of its env. */
#ifndef WADI_BASE_PROCESS_H
#define WADI_BASE_PROCESS_H
#include "base/env.h"

int wadi__process_start(wadi__env *env, const char *command, wadi__process **process);
int wadi__process_poll(wadi__env *env, wadi__process *process, int wanted);
ssize_t wadi__process_write(wadi__env *env, wadi__process *process, const void *bytes, size_t size);
ssize_t wadi__process_read(wadi__env *env, wadi__process *process, int from, void *bytes,
                           size_t size);
void wadi__process_close_in(wadi__env *env, wadi__process *process);
void wadi__process_end(wadi__env *env, wadi__process *process, bool is_killed, int *status);
#endif
