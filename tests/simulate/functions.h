/* SPDX-License-Identifier: Apache-2.0 */
/* functions.h: what the nodes of a plan do to a value; the program and the interpreter use the same
 * ones, since not they are under test. */
#ifndef SIMULATE_FUNCTIONS_H
#define SIMULATE_FUNCTIONS_H
#include "bag.h"

static inline int64_t mapped_value(int64_t a, int64_t b, int64_t value) {
    return (value * b + a) % 10007;
}
static inline int64_t mapped_key(int64_t a, int64_t b, int64_t key) { return (key * b + a) % KEYS; }
static inline bool is_kept(int64_t b, int64_t value) { return value % b != 0; }
static inline int64_t copies_of(int64_t value) { return (value % 3 + 3) % 3; }
static inline int64_t joined_value(int64_t left, int64_t right) { return left * 3 - right; }
static inline bool keeps_state(int64_t b, int64_t value) { return value % b != 1; }
static inline int64_t timed_out_value(int64_t value) { return -1000000 - value; }
#endif
