/* SPDX-License-Identifier: Apache-2.0 */
/* env_layer.h: an env on top of another one. Every call goes on to the one below; a test env begins
 * with a layer and then replaces the entries that it simulates. Such envs stack: a network on a
 * disk on a clock. The clock is the lowest, so that the others wait by it. */
#ifndef WADI_TESTING_ENV_LAYER_H
#define WADI_TESTING_ENV_LAYER_H
#include "base/env.h"

typedef struct wadi__env_layer {
    wadi__env env;    /* what contexts are given */
    wadi__env *below; /* not owned */
} wadi__env_layer;

/* `layer` must be the first member of the test env, which finds itself by env->state. */
void wadi__env_layer_init(wadi__env_layer *layer, const char *name, wadi__env *below);
#endif
