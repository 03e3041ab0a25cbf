/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c: blocks of the pool, the first of 4 KiB, each next one twice as large up to 256 KiB. */
#include "base/arena.h"

#include "base/pool.h"

#include <stdint.h>
#include <string.h>

typedef struct wadi__arena_block {
    struct wadi__arena_block *next;
    size_t size_bytes;
} wadi__arena_block;

enum { HEAD = 64, BLOCK_MAX = 256 << 10 };

void *wadi__arena_alloc(wadi__arena *arena, size_t size_bytes) {
    if (size_bytes > SIZE_MAX / 2) return NULL;
    size_t size = (size_bytes + 15) & ~(size_t)15;
    if (size == 0) size = 16;
    if ((size_t)(arena->end - arena->at) < size) {
        size_t wanted =
            arena->blocks == NULL ? WADI__POOL_PIECE_MIN : arena->blocks->size_bytes * 2;
        if (wanted > BLOCK_MAX) wanted = BLOCK_MAX;
        size_t needed = size + HEAD + WADI__ARENA_PADDING;
        wanted = wadi__pool_round(needed > wanted ? needed : wanted);
        wadi__arena_block *block = wadi__pool_get(wanted);
        if (block == NULL) return NULL;
        block->size_bytes = wanted;
        arena->size_bytes += wanted;
        /* A large one that holds nothing else leaves the current block in use. */
        if (needed > BLOCK_MAX && arena->blocks != NULL) {
            block->next = arena->blocks->next;
            arena->blocks->next = block;
            memset((char *)block + HEAD + size, 0, WADI__ARENA_PADDING);
            return (char *)block + HEAD;
        }
        block->next = arena->blocks;
        arena->blocks = block;
        arena->at = (char *)block + HEAD;
        arena->end = (char *)block + wanted - WADI__ARENA_PADDING;
        memset(arena->end, 0, WADI__ARENA_PADDING);
    }
    void *given = arena->at;
    arena->at += size;
    return given;
}
void *wadi__arena_zalloc(wadi__arena *arena, size_t size_bytes) {
    void *given = wadi__arena_alloc(arena, size_bytes);
    if (given != NULL) memset(given, 0, size_bytes);
    return given;
}
void wadi__arena_fini(wadi__arena *arena) {
    for (wadi__arena_block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        wadi__pool_put(block, block->size_bytes);
    }
    *arena = (wadi__arena){NULL, NULL, NULL, 0};
}
int wadi__arena_has(const wadi__arena *arena, const void *p) {
    for (const wadi__arena_block *block = arena->blocks; block != NULL; block = block->next)
        if ((const char *)p >= (const char *)block &&
            (const char *)p < (const char *)block + block->size_bytes)
            return 1;
    return 0;
}
