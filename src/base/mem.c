/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c: malloc with a count of bytes and a way to fail on demand. */
#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes are counted in stripes, a cache line pair each, so that threads seldom share one. */
enum { STRIPES = 16 };
static struct stripe { _Alignas(128) atomic_llong bytes; } stripes[STRIPES];

static atomic_llong *own_stripe(void) {
    static atomic_uint threads;
    static _Thread_local atomic_llong *own;
    if (own == NULL)
        own =
            &stripes[atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % STRIPES].bytes;
    return own;
}
static void count(const void *p, int sign) {
    if (p != NULL)
        atomic_fetch_add_explicit(own_stripe(), sign * (long long)malloc_usable_size((void *)p),
                                  memory_order_relaxed);
}
int64_t wadi__mem_in_use(void) {
    int64_t sum = 0;
    for (size_t i = 0; i < STRIPES; i++)
        sum += atomic_load_explicit(&stripes[i].bytes, memory_order_relaxed);
    return sum;
}

static atomic_ullong fail_at; /* 0: never */
static atomic_bool fail_for_good;
static atomic_ullong requests;

void wadi__mem_fail_at(uint64_t n, bool for_good) {
    atomic_store(&fail_for_good, for_good);
    atomic_store(&fail_at, n == 0 ? 0 : atomic_load(&requests) + n);
}
bool wadi__mem_refused(void) {
    unsigned long long number = atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed) + 1;
    unsigned long long at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (__builtin_expect(at == 0, 1)) return false;
    return number == at || (number > at && atomic_load(&fail_for_good));
}
uint64_t wadi__mem_requests(void) { return atomic_load_explicit(&requests, memory_order_relaxed); }

void *wadi__malloc(size_t size_bytes) {
    void *p = wadi__mem_refused() ? NULL : malloc(size_bytes != 0 ? size_bytes : 1);
    count(p, 1);
    return p;
}
void *wadi__calloc(size_t n, size_t size_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size_bytes, &bytes) || wadi__mem_refused()) return NULL;
    void *p = calloc(1, bytes != 0 ? bytes : 1);
    count(p, 1);
    return p;
}
void *wadi__realloc(void *old, size_t n, size_t size_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(n, size_bytes, &bytes) || wadi__mem_refused()) return NULL;
    size_t before = old != NULL ? malloc_usable_size(old) : 0;
    void *p = realloc(old, bytes != 0 ? bytes : 1);
    if (p == NULL) return NULL;
    atomic_fetch_sub_explicit(own_stripe(), (long long)before, memory_order_relaxed);
    count(p, 1);
    return p;
}
char *wadi__memdup(const void *bytes, size_t size_bytes) {
    if (size_bytes == SIZE_MAX) return NULL;
    char *p = wadi__malloc(size_bytes + 1);
    if (p == NULL) return NULL;
    if (size_bytes > 0) memcpy(p, bytes, size_bytes);
    p[size_bytes] = 0;
    return p;
}
char *wadi__strdup(const char *text) { return wadi__memdup(text, strlen(text)); }
char *wadi__format(const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = len < 0 ? NULL : wadi__malloc((size_t)len + 1);
    if (p != NULL) vsnprintf(p, (size_t)len + 1, fmt, again);
    va_end(again);
    return p;
}
void wadi__free(void *p) {
    count(p, -1);
    free(p);
}
