/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h: the memory that records live in, recycled instead of freed.
 *
 * Pieces are powers of two from 4 KiB up. Up to 2 MiB they are cut from aligned spans of 2 MiB, for
 * which the kernel is asked for huge pages, by the buddy system; larger ones are mapped alone. Free
 * spans and mappings are kept for the next batch, at most as much as was in use at the last peak,
 * since touching fresh pages costs more than most work on them.
 *
 * The pool is one for the process and holds the memory bound (wadi.memory.max_bytes): a request
 * that would pass it is refused, and counted. All functions may be called by any thread. */
#ifndef WADI_BASE_POOL_H
#define WADI_BASE_POOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__POOL_PIECE_MIN = 4096, WADI__POOL_SPAN_BYTES = 2 << 20 };

/* The size of the piece that holds size_bytes. */
size_t wadi__pool_round(size_t size_bytes);
/* A piece of wadi__pool_round(size_bytes) bytes, its contents undefined, aligned to 4 KiB at least.
 * NULL: no memory, or the bound. */
void *wadi__pool_get(size_t size_bytes);
/* Takes a piece back; size_bytes as it was asked for, or rounded. NULL is fine. */
void wadi__pool_put(void *piece, size_t size_bytes);

/* The bound on bytes in use; 0: none. Taken pieces stay, also when it is passed already. */
void wadi__pool_set_limit(size_t bytes_max);
size_t wadi__pool_limit(void);

typedef struct wadi__pool_counts {
    size_t in_use_bytes, mapped_bytes, peak_bytes; /* peak of in_use since start */
    uint64_t refused;                              /* requests that the bound refused */
} wadi__pool_counts;
wadi__pool_counts wadi__pool_count(void);
/* Bytes in use, without a lock: to be asked often. */
size_t wadi__pool_in_use(void);

/* Whether an address lies in the pool's memory. For checks: slow. */
bool wadi__pool_has(const void *p);

/* Gives the kernel back what is free. For tests and for the end of a context. */
void wadi__pool_trim(void);
#endif
