/* SPDX-License-Identifier: Apache-2.0 */
/* lim.h: what the limit programs share: clock, pinning, huge pages, random numbers, hashes, 16-byte
 * strings, and the measuring loop. A limit program does one job by hand, as fast as its author
 * could make it; the bars of bench/run are shares of that. Built with -O3 -march=native.
 *
 * Each takes a variant, sizes and seconds, and prints one line: seconds, records, bytes,
 * tab-separated. */
#ifndef LIM_H
#define LIM_H
#include <immintrin.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

/* ---- Clock and CPUs ---- */

static inline double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static inline void die(const char *what) {
    perror(what);
    exit(1);
}
static inline void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) perror("sched_setaffinity");
}

/* ---- Memory ---- */

enum { HUGE_PAGE = 2 << 20 };

/* Zeroed memory of huge pages, never given back: the programs are short-lived. 64 readable bytes
 * lie past the end, so that vector loads may overrun. */
static inline void *big_alloc(size_t size) {
    size = (size + 4096 + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) die("mmap");
    p = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    madvise(p, size, MADV_HUGEPAGE);
    return p;
}

/* ---- Random numbers: splitmix64 ---- */

typedef struct rng {
    uint64_t s;
} rng;
static inline uint64_t rng_next(rng *r) {
    uint64_t z = (r->s += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* ---- Hashes ---- */

static inline uint64_t mix64(uint64_t a, uint64_t b) { /* 64 x 64 to 128 bits, folded */
    __extension__ unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}
#define HASH_KEY_0 0xA0761D6478BD642Full
#define HASH_KEY_1 0xE7037ED1A0B428DBull
static inline uint64_t load_64(const void *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline uint32_t load_32(const void *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t hash_bytes(const char *p, size_t n) {
    uint64_t a = 0, b = 0, h = HASH_KEY_0 ^ n;
    if (LIKELY(n <= 16)) {
        if (n >= 8) {
            a = load_64(p);
            b = load_64(p + n - 8);
        } else if (n >= 4) {
            a = load_32(p);
            b = load_32(p + n - 4);
        } else if (n > 0) {
            a = (uint8_t)p[0] | (uint64_t)(uint8_t)p[n >> 1] << 8 |
                (uint64_t)(uint8_t)p[n - 1] << 16;
        }
    } else {
        size_t i = n;
        for (; i > 16; i -= 16, p += 16) h = mix64(load_64(p) ^ HASH_KEY_1, load_64(p + 8) ^ h);
        a = load_64(p + i - 16);
        b = load_64(p + i - 8);
    }
    return mix64(a ^ HASH_KEY_1, b ^ h);
}

/* ---- 16-byte strings: the length and 12 bytes in place, or a prefix of 4 and a pointer ---- */

typedef __m128i unaligned_vector
    __attribute__((aligned(8))); /* structs with a gstr must not grow padding */
typedef union gstr {
    struct {
        uint32_t len;
        char prefix[4];
        const char *ptr;
    } far;
    struct {
        uint32_t len;
        char bytes[12];
    } near;
    uint64_t w[2];
    unaligned_vector v;
} gstr;
_Static_assert(sizeof(gstr) == 16 && _Alignof(gstr) == 8, "gstr");

static inline const char *gstr_ptr(const gstr *g) {
    return g->far.len <= 12 ? g->near.bytes : g->far.ptr;
}
/* May read up to 16 bytes from p whatever n is (buffers are padded). */
INLINE gstr gstr_make(const char *p, uint32_t n) {
    gstr g;
    if (LIKELY(n <= 12)) {
#ifdef __AVX512BW__
        __m128i v = _mm_maskz_loadu_epi8((__mmask16)((1u << n) - 1), p);
        v = _mm_bslli_si128(v, 4);
        g.v = _mm_insert_epi32(v, (int)n, 0);
#else
        static const int8_t kept[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                        -1, -1, -1, -1, -1, -1, -1, -1};
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        v = _mm_and_si128(v, _mm_loadu_si128((const __m128i *)(const void *)(kept + 16 - n)));
        v = _mm_slli_si128(v, 4);
        g.v = _mm_or_si128(v, _mm_cvtsi32_si128((int)n));
#endif
    } else {
        g.far.len = n;
        memcpy(g.far.prefix, p, 4);
        g.far.ptr = p;
    }
    return g;
}
INLINE bool gstr_eq(const gstr *a, const gstr *b) {
    if (a->w[0] != b->w[0]) return false;
    if (LIKELY(a->w[1] == b->w[1])) return true;
    return a->far.len > 12 && memcmp(a->far.ptr, b->far.ptr, a->far.len) == 0;
}
INLINE uint64_t gstr_hash(const gstr *g) {
    if (LIKELY(g->far.len <= 12)) return mix64(g->w[0] ^ HASH_KEY_0, g->w[1] ^ HASH_KEY_1);
    return hash_bytes(g->far.ptr, g->far.len);
}

/* ---- Arena ---- */

typedef struct arena {
    char *base;
    size_t size, used;
} arena;
INLINE char *arena_get(arena *a, size_t n) {
    char *p = a->base + a->used;
    a->used += n;
    if (UNLIKELY(a->used > a->size)) {
        fprintf(stderr, "arena full\n");
        exit(1);
    }
    return p;
}
static inline arena arena_new(size_t size) { return (arena){big_alloc(size + 4096), size, 0}; }

/* ---- Threads: fn(arg, i) on n threads, each on CPU i; thread 0 is the caller, which is pinned
 * already ---- */

enum { THREADS_MAX = 2 };
typedef struct pinned {
    void (*fn)(void *, int);
    void *arg;
    int i;
} pinned;
static inline void *pinned_main(void *p) {
    pinned *t = p;
    t->fn(t->arg, t->i);
    return NULL;
}
/* A thread that began on its maker's CPU would wait there for its turn before it could move away.
 */
static inline void start_pinned(pthread_t *id, pinned *t) {
    pthread_attr_t attributes;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)t->i, &set);
    pthread_attr_init(&attributes);
    if (pthread_attr_setaffinity_np(&attributes, sizeof set, &set) != 0 ||
        pthread_create(id, &attributes, pinned_main, t) != 0)
        die("a thread on another CPU");
    pthread_attr_destroy(&attributes);
}
static inline void run_threads(int n, void (*fn)(void *, int), void *arg) {
    pthread_t id[THREADS_MAX];
    pinned t[THREADS_MAX];
    for (int i = 1; i < n; i++) {
        t[i] = (pinned){fn, arg, i};
        start_pinned(&id[i], &t[i]);
    }
    fn(arg, 0);
    for (int i = 1; i < n; i++) pthread_join(id[i], NULL);
}

/* ---- Measuring ---- */

/* Warms up, then repeats round(arg), of so many records and bytes, for about `seconds`, and prints
 * the line that bench/run reads. */
static inline void measure(double seconds, double records, double bytes, void (*round)(void *),
                           void *arg) {
    enum { WARM_UP_MS = 200 };
    double start = now_s(), spent;
    do round(arg);
    while (now_s() - start < WARM_UP_MS * 1e-3);
    double rounds = 0;
    start = now_s();
    do {
        round(arg);
        rounds++;
        spent = now_s() - start;
    } while (spent < seconds);
    printf("%.6f\t%.0f\t%.0f\n", spent, records * rounds, bytes * rounds);
}
/* A result that is wrong must not be fast. */
static inline void expect_total(const char *what, uint64_t actual, uint64_t expected) {
    if (actual == expected) return;
    fprintf(stderr, "%s: %llu, expected %llu\n", what, (unsigned long long)actual,
            (unsigned long long)expected);
    exit(1);
}
static inline int usage(const char *text) {
    fprintf(stderr, "usage: %s\n", text);
    return 2;
}
#endif
