/* SPDX-License-Identifier: Apache-2.0 */
/* env_unix.h: the entries of the real env for Unix sockets (env.h). */
#ifndef WADI_BASE_ENV_UNIX_H
#define WADI_BASE_ENV_UNIX_H
#include "base/env.h"

int wadi__unix_connect(wadi__env *env, const char *path);
int wadi__unix_listen(wadi__env *env, const char *path);
int wadi__unix_accept(wadi__env *env, int listener, int64_t deadline_ns, bool *is_own_user);
int wadi__unix_tell(wadi__env *env, const char *path, const void *bytes, size_t size);
#endif
