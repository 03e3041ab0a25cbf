/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: a buddy allocator over 2 MiB spans, and a cache of larger mappings.
 *
 * Free pieces of a span hang in lists by order, one list over all spans; a span's `state` has a
 * byte for each 4 KiB page: at the first page of a piece its order, and whether it is free. */
#include "base/pool.h"

#include "base/assert.h"
#include "base/env.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POOL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_ASAN 1
#endif
#endif
#ifdef POOL_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum {
    PAGE_BITS = 12,
    SPAN_BITS = 21,
    ORDERS = SPAN_BITS - PAGE_BITS + 1,
    PAGES = 1 << (ORDERS - 1)
};
enum { FREE = 0x80, NO_PIECE = 0x7f };

/* Free pieces are listed outside their memory, so that it may be poisoned. */
typedef struct free_piece {
    struct free_piece *next, **link;
    uint32_t page; /* its own index in the span */
} free_piece;
typedef struct span {
    char *base;
    struct span *next;        /* in its hash bucket */
    free_piece pieces[PAGES]; /* the node of the free piece that begins at each page */
    uint8_t state[PAGES];
} span;
typedef struct mapping { /* one of more than 2 MiB, in use or free */
    struct mapping *next;
    void *base;
    size_t bytes;
} mapping;

enum { BUCKETS = 1024 };
static pthread_mutex_t lock =
    PTHREAD_MUTEX_INITIALIZER; /* guards everything below but the atomics */
static span *buckets[BUCKETS];
static free_piece *free_lists[ORDERS];
static mapping *used_mappings, *free_mappings;
static size_t free_span_count, free_mapping_bytes, mapped_bytes, peak_bytes;
static size_t recent_peak_bytes; /* decays, and bounds what is kept free */
static uint64_t refused;
static atomic_size_t in_use_bytes; /* written with the lock held */
static atomic_size_t limit_bytes;

static void before_fork(void) { pthread_mutex_lock(&lock); }
static void after_fork(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void watch_forks(void) { /* a child may allocate as well */
    pthread_atfork(before_fork, after_fork, after_fork);
}

static span **bucket_of(const void *base) {
    return &buckets[((uintptr_t)base >> SPAN_BITS) * 0x9E3779B97F4A7C15ull >> 54];
}
static span *span_of(const void *piece) {
    char *base = (char *)((uintptr_t)piece & ~((uintptr_t)WADI__POOL_SPAN_BYTES - 1));
    span *at = *bucket_of(base);
    while (at != NULL && at->base != base) at = at->next;
    WADI_ASSERT(at != NULL); /* the piece did not come from here */
    return at;
}
static int order_of(size_t bytes) { return __builtin_ctzll(bytes) - PAGE_BITS; }

size_t wadi__pool_round(size_t size_bytes) {
    if (size_bytes <= WADI__POOL_PIECE_MIN) return WADI__POOL_PIECE_MIN;
    if (size_bytes <= WADI__POOL_SPAN_BYTES)
        return (size_t)1 << (64 - __builtin_clzll((unsigned long long)size_bytes - 1));
    if (size_bytes > SIZE_MAX / 2) return SIZE_MAX & ~(size_t)(WADI__POOL_SPAN_BYTES - 1);
    /* Large ones waste an eighth at most. */
    size_t step = (size_t)1 << (60 - __builtin_clzll((unsigned long long)size_bytes - 1));
    if (step < WADI__POOL_SPAN_BYTES) step = WADI__POOL_SPAN_BYTES;
    return (size_bytes + step - 1) & ~(step - 1);
}

/* ---- Free pieces; all with the lock held ---- */

static void list_piece(span *in, uint32_t page, int order) {
    free_piece *node = &in->pieces[page];
    *node = (free_piece){free_lists[order], &free_lists[order], page};
    if (node->next != NULL) node->next->link = &node->next;
    free_lists[order] = node;
    in->state[page] = (uint8_t)(FREE | order);
    if (order == ORDERS - 1) free_span_count++;
}
static void unlist_piece(span *in, uint32_t page, int order) {
    free_piece *node = &in->pieces[page];
    *node->link = node->next;
    if (node->next != NULL) node->next->link = node->link;
    in->state[page] = (uint8_t)order;
    if (order == ORDERS - 1) free_span_count--;
}
static span *span_of_node(free_piece *node) {
    return (span *)(void *)((char *)(node - node->page) - offsetof(span, pieces));
}
static void trim_to(size_t keep_bytes);
/* Before fresh memory is mapped: what is kept free must not push the process past the bound. */
static void make_room(size_t bytes) {
    size_t limit = wadi__pool_limit();
    if (limit == 0 || mapped_bytes + bytes <= limit) return;
    size_t over = mapped_bytes + bytes - limit;
    size_t kept = free_mapping_bytes + free_span_count * WADI__POOL_SPAN_BYTES;
    trim_to(kept > over ? kept - over : 0);
}
static bool new_span(void) {
    make_room(WADI__POOL_SPAN_BYTES);
    span *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return false;
    made->base = wadi__env_map(WADI__POOL_SPAN_BYTES);
    if (made->base == NULL) {
        wadi__free(made);
        return false;
    }
    memset(made->state, NO_PIECE, sizeof made->state);
    list_piece(made, 0, ORDERS - 1);
    ASAN_POISON_MEMORY_REGION(made->base, WADI__POOL_SPAN_BYTES);
    span **bucket = bucket_of(made->base);
    made->next = *bucket;
    *bucket = made;
    mapped_bytes += WADI__POOL_SPAN_BYTES;
    return true;
}
static void drop_span(span *in) {
    unlist_piece(in, 0, ORDERS - 1);
    span **at = bucket_of(in->base);
    while (*at != in) at = &(*at)->next;
    *at = in->next;
    ASAN_UNPOISON_MEMORY_REGION(in->base, WADI__POOL_SPAN_BYTES);
    wadi__env_unmap(in->base, WADI__POOL_SPAN_BYTES);
    mapped_bytes -= WADI__POOL_SPAN_BYTES;
    wadi__free(in);
}
static void *get_small(int order) {
    int from = order;
    while (from < ORDERS && free_lists[from] == NULL) from++;
    if (from == ORDERS) {
        if (!new_span()) return NULL;
        from = ORDERS - 1;
    }
    span *in = span_of_node(free_lists[from]);
    uint32_t page = free_lists[from]->page;
    unlist_piece(in, page, from);
    while (from > order) { /* the upper halves stay free */
        from--;
        list_piece(in, page + (1u << from), from);
    }
    in->state[page] = (uint8_t)order;
    return in->base + ((size_t)page << PAGE_BITS);
}
static void put_small(void *piece, int asked_order) {
    span *in = span_of(piece);
    uint32_t page = (uint32_t)((size_t)((char *)piece - in->base) >> PAGE_BITS);
    int order = in->state[page];
    WADI_ASSERT(order == asked_order); /* else freed twice, or not a piece of this size */
    while (order < ORDERS - 1) {
        uint32_t buddy = page ^ (1u << order);
        if (in->state[buddy] != (FREE | order)) break;
        unlist_piece(in, buddy, order);
        in->state[page > buddy ? page : buddy] = NO_PIECE;
        page &= ~(1u << order);
        order++;
    }
    list_piece(in, page, order);
}
static void unmap_large(mapping *node) {
    ASAN_UNPOISON_MEMORY_REGION(node->base, node->bytes);
    wadi__env_unmap(node->base, node->bytes);
    mapped_bytes -= node->bytes;
    wadi__free(node);
}
static mapping *map_large(size_t bytes) {
    make_room(bytes);
    mapping *node = wadi__malloc(sizeof *node);
    if (node == NULL) return NULL;
    *node = (mapping){NULL, wadi__env_map(bytes), bytes};
    if (node->base == NULL) {
        wadi__free(node);
        return NULL;
    }
    mapped_bytes += bytes;
    return node;
}
static void *get_large(size_t bytes) {
    mapping **at = &free_mappings;
    while (*at != NULL && (*at)->bytes != bytes) at = &(*at)->next;
    mapping *node = *at;
    if (node != NULL) {
        *at = node->next;
        free_mapping_bytes -= bytes;
    } else if ((node = map_large(bytes)) == NULL) {
        return NULL;
    }
    node->next = used_mappings;
    used_mappings = node;
    return node->base;
}
static void put_large(void *base) {
    mapping **at = &used_mappings;
    while (*at != NULL && (*at)->base != base) at = &(*at)->next;
    WADI_ASSERT(*at != NULL); /* freed twice, or not from here */
    mapping *node = *at;
    *at = node->next;
    node->next = free_mappings;
    free_mappings = node;
    free_mapping_bytes += node->bytes;
}
/* Drops free memory beyond `keep_bytes`, the oldest mappings first. */
static void trim_to(size_t keep_bytes) {
    while (free_mapping_bytes > 0 &&
           free_mapping_bytes + free_span_count * WADI__POOL_SPAN_BYTES > keep_bytes) {
        mapping **last = &free_mappings;
        while ((*last)->next != NULL) last = &(*last)->next;
        mapping *node = *last;
        *last = NULL;
        free_mapping_bytes -= node->bytes;
        unmap_large(node);
    }
    while (free_span_count * WADI__POOL_SPAN_BYTES > keep_bytes)
        drop_span(span_of_node(free_lists[ORDERS - 1]));
}

/* ---- The interface ---- */

void *wadi__pool_get(size_t size_bytes) {
    if (size_bytes > SIZE_MAX / 4 || wadi__mem_refused()) return NULL;
    size_t bytes = wadi__pool_round(size_bytes), limit = wadi__pool_limit();
    void *piece = NULL;
    pthread_mutex_lock(&lock);
    size_t used = wadi__pool_in_use() + bytes;
    if (limit != 0 && used > limit)
        refused++;
    else
        piece = bytes > WADI__POOL_SPAN_BYTES ? get_large(bytes) : get_small(order_of(bytes));
    if (piece != NULL) {
        atomic_store_explicit(&in_use_bytes, used, memory_order_relaxed);
        if (used > peak_bytes) peak_bytes = used;
        if (used > recent_peak_bytes) recent_peak_bytes = used;
    }
    pthread_mutex_unlock(&lock);
    if (piece != NULL) ASAN_UNPOISON_MEMORY_REGION(piece, bytes);
    return piece;
}
void wadi__pool_put(void *piece, size_t size_bytes) {
    if (piece == NULL) return;
    size_t bytes = wadi__pool_round(size_bytes);
    ASAN_POISON_MEMORY_REGION(piece, bytes);
    pthread_mutex_lock(&lock);
    if (bytes > WADI__POOL_SPAN_BYTES)
        put_large(piece);
    else
        put_small(piece, order_of(bytes));
    size_t used = wadi__pool_in_use() - bytes;
    atomic_store_explicit(&in_use_bytes, used, memory_order_relaxed);
    size_t fading = recent_peak_bytes >> 14; /* slowly, and by small pieces more slowly still: */
    recent_peak_bytes -= fading < bytes >> 5 ? fading : bytes >> 5; /* a job may put many thousands */
    size_t keep = recent_peak_bytes > used ? recent_peak_bytes - used : 0;
    trim_to(keep + 2 * (size_t)WADI__POOL_SPAN_BYTES);
    pthread_mutex_unlock(&lock);
}
void wadi__pool_set_limit(size_t bytes_max) { atomic_store(&limit_bytes, bytes_max); }
size_t wadi__pool_limit(void) { return atomic_load_explicit(&limit_bytes, memory_order_relaxed); }
size_t wadi__pool_in_use(void) { return atomic_load_explicit(&in_use_bytes, memory_order_relaxed); }
wadi__pool_counts wadi__pool_count(void) {
    pthread_mutex_lock(&lock);
    wadi__pool_counts counts = {wadi__pool_in_use(), mapped_bytes, peak_bytes, refused};
    pthread_mutex_unlock(&lock);
    return counts;
}
bool wadi__pool_has(const void *p) {
    char *base = (char *)((uintptr_t)p & ~((uintptr_t)WADI__POOL_SPAN_BYTES - 1));
    pthread_mutex_lock(&lock);
    const span *in = *bucket_of(base);
    while (in != NULL && in->base != base) in = in->next;
    const mapping *at = used_mappings;
    while (in == NULL && at != NULL &&
           ((const char *)p < (const char *)at->base ||
            (const char *)p >= (const char *)at->base + at->bytes))
        at = at->next;
    pthread_mutex_unlock(&lock);
    return in != NULL || at != NULL;
}
void wadi__pool_trim(void) {
    pthread_mutex_lock(&lock);
    recent_peak_bytes = 0;
    trim_to(0);
    pthread_mutex_unlock(&lock);
}
