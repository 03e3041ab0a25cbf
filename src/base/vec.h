/* SPDX-License-Identifier: Apache-2.0 */
/* vec.h: a growing array. WADI__VEC(int) numbers = {0}; pushing doubles the room when it is full.
 */
#ifndef WADI_BASE_VEC_H
#define WADI_BASE_VEC_H
#include "base/mem.h"

#define WADI__VEC(T)        \
    struct {                \
        T *items;           \
        size_t count, room; \
    }

/* Appends a value. False: no memory, and nothing changed. */
#define wadi__vec_push(vec, ...)                                                             \
    ((bool)(wadi__vec_reserve(vec, 1) ? ((vec)->items[(vec)->count++] = (__VA_ARGS__), true) \
                                      : false))
/* Makes room for `more` further items. */
#define wadi__vec_reserve(vec, more)                                                    \
    ((vec)->room - (vec)->count >= (size_t)(more) ||                                    \
     wadi__vec_grow((void **)&(vec)->items, &(vec)->room, (vec)->count, (size_t)(more), \
                    sizeof *(vec)->items))
#define wadi__vec_fini(vec) \
    (wadi__free((vec)->items), (vec)->items = NULL, (vec)->count = (vec)->room = 0, (void)0)

/* Room for count + more items, at least twice that of before. False: no memory, or the sum
 * overflows. */
bool wadi__vec_grow(void **items, size_t *room, size_t count, size_t more, size_t item_size);
#endif
