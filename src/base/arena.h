/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: memory that is given out piece by piece and released as a whole. One thread at a time.
 */
#ifndef WADI_BASE_ARENA_H
#define WADI_BASE_ARENA_H
#include <stddef.h>

typedef struct wadi__arena {
    char *at, *end;                   /* free bytes of the newest block */
    struct wadi__arena_block *blocks; /* newest first */
    size_t size_bytes;                /* of all blocks */
} wadi__arena;

/* A zeroed arena is empty and ready; WADI__ARENA_PADDING readable bytes follow whatever it gives.
 */
enum { WADI__ARENA_PADDING = 64 };
/* Aligned to 16 bytes, undefined contents. NULL: no memory. */
void *wadi__arena_alloc(wadi__arena *arena, size_t size_bytes);
void *wadi__arena_zalloc(wadi__arena *arena, size_t size_bytes); /* zeroed */
void wadi__arena_fini(wadi__arena *arena);                       /* leaves it empty and ready */
/* Where a pointer lies in one of the blocks, for checks. */
int wadi__arena_has(const wadi__arena *arena, const void *p);
#endif
