/* SPDX-License-Identifier: Apache-2.0 */
/* vec.c: how a growing array grows. */
#include "base/vec.h"

bool wadi__vec_grow(void **items, size_t *room, size_t count, size_t more, size_t item_size) {
    size_t needed;
    if (__builtin_add_overflow(count, more, &needed)) return false;
    size_t larger = *room < 4 ? 8 : *room * 2;
    if (larger < needed) larger = needed;
    void *moved = wadi__realloc(*items, larger, item_size);
    if (moved == NULL) return false;
    *items = moved;
    *room = larger;
    return true;
}
