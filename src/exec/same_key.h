/* SPDX-License-Identifier: Apache-2.0 */
/* same_key.h: whether two keys are equal, to be compiled into the loop of a table: `form` is known
 * there, so the commonest take two loads each. */
#ifndef WADI_EXEC_SAME_KEY_H
#define WADI_EXEC_SAME_KEY_H
#include "data/value.h"

#include <wadi/str.h>

#include <string.h>

static inline __attribute__((always_inline)) bool wadi__same_key(wadi__form form,
                                                                 const wadi__type *key,
                                                                 const void *a, const void *b) {
    if (form == WADI__FORM_STR) {
        uint64_t x[2], y[2];
        memcpy(x, a, 16);
        memcpy(y, b, 16);
        if (x[0] != y[0]) return false;
        if (__builtin_expect(x[1] == y[1], 1)) return true;
        const wadi_str *s = a, *t = b;
        return s->len > WADI_STR_IN_PLACE_MAX && memcmp(s->rest.data, t->rest.data, s->len) == 0;
    }
    if (form == WADI__FORM_8) return memcmp(a, b, 8) == 0;
    if (form == WADI__FORM_4) return memcmp(a, b, 4) == 0;
    return wadi__value_equal(key, a, b);
}
#endif
