/* SPDX-License-Identifier: Apache-2.0 */
/* env.c: which env is in force, and memory from the kernel. */
#include "base/env.h"

#include <sys/mman.h>

static _Atomic(wadi__env *) current;

void wadi__env_use(wadi__env *env) { atomic_store(&current, env); }
wadi__env *wadi__env_current(void) {
    wadi__env *env = atomic_load(&current);
    return env != NULL ? env : &wadi__env_real;
}

void *wadi__env_map(size_t size_bytes) {
    const size_t align = (size_t)2 << 20;
    size_t size = size_bytes + align;
    if (size < size_bytes) return NULL;
    char *raw = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (raw == MAP_FAILED) return NULL;
    char *base = (char *)(((uintptr_t)raw + align - 1) & ~(uintptr_t)(align - 1));
    if (base > raw) munmap(raw, (size_t)(base - raw));
    size_t tail = (size_t)(raw + size - (base + size_bytes));
    if (tail > 0) munmap(base + size_bytes, tail);
    madvise(base, size_bytes, MADV_HUGEPAGE); /* a wish */
    return base;
}
void wadi__env_unmap(void *base, size_t size_bytes) { munmap(base, size_bytes); }
