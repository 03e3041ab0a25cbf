/* SPDX-License-Identifier: Apache-2.0 */
/* keep.h: what keeps the bytes alive that strings and sequences of some records point at.
 *
 * Records never own what they point at. Instead whoever holds records holds a keep: an arena for
 * new strings, and references to further counted objects, such as the buffer that a receiver filled or
 * the keep of the block that was read. A task fills one keep; every block that it makes refers to it.
 * One thread adds; once others see it, it is immutable. */
#ifndef WADI_DATA_KEEP_H
#define WADI_DATA_KEEP_H
#include "base/arena.h"
#include "base/counted.h"
#include "base/vec.h"

typedef struct wadi__keep {
    wadi__counted counted;
    wadi__arena arena;
    WADI__VEC(wadi__counted *) held;
} wadi__keep;

wadi__keep *wadi__keep_new(void);
/* Takes one more reference to `object`, which may be NULL. False: no memory. */
bool wadi__keep_add(wadi__keep *keep, wadi__counted *object);
/* Bytes of the buffers that it holds itself. NULL: 0. */
size_t wadi__keep_buffer_bytes(const wadi__keep *keep);
static inline void wadi__keep_unref(wadi__keep *keep) {
    if (keep != NULL) wadi__counted_unref(&keep->counted);
}
#endif
