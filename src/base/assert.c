/* SPDX-License-Identifier: Apache-2.0 */
/* assert.c: the end of a process whose own invariants do not hold. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void wadi__assert_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "wadi: %s:%d: this does not hold: %s\n", file, line, condition);
    abort();
}
