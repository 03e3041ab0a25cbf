/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h: small allocations, for objects and names. Records and their bytes come from pool.h.
 *
 * Every allocation is counted, and can be told to fail: wadi__mem_fail_at(n) lets the n-th request
 * from now on, here and in the pool, be refused, and each after it too if `for_good`. */
#ifndef WADI_BASE_MEM_H
#define WADI_BASE_MEM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All return NULL when there is no memory, also when a product overflows. Any thread. */
void *wadi__malloc(size_t size_bytes);
void *wadi__calloc(size_t count, size_t size_bytes); /* zeroed */
void *wadi__realloc(void *old, size_t count, size_t size_bytes);
char *wadi__strdup(const char *text);
char *wadi__memdup(const void *bytes, size_t size_bytes); /* with a zero after the bytes */
char *wadi__format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void wadi__free(void *p); /* NULL is fine */

/* Bytes handed out by the functions above and not freed yet. */
int64_t wadi__mem_in_use(void);

/* For tests. n counts from 1; 0 turns it off. */
void wadi__mem_fail_at(uint64_t n, bool for_good);
/* Whether this request is to be refused. Every allocator asks it once per request. */
bool wadi__mem_refused(void);
/* Requests so far, refused ones included. */
uint64_t wadi__mem_requests(void);
#endif
