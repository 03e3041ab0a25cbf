/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: vector search for delimiters, and the hash table (string to int64) of the jobs. */
#ifndef SCAN_H
#define SCAN_H
#include "lim.h"

/* Bit i of the result: p[i] is a or b (64 bytes). */
INLINE uint64_t mask_2(const char *p, char a, char b) {
#ifdef __AVX512BW__
    __m512i x = _mm512_loadu_si512(p);
    return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(a)) |
           _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(b));
#elif defined(__AVX2__)
    __m256i va = _mm256_set1_epi8(a), vb = _mm256_set1_epi8(b);
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    int low =
        _mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpeq_epi8(x, va), _mm256_cmpeq_epi8(x, vb)));
    int high =
        _mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpeq_epi8(y, va), _mm256_cmpeq_epi8(y, vb)));
    return (uint32_t)low | (uint64_t)(uint32_t)high << 32;
#else /* SSE2 */
    __m128i va = _mm_set1_epi8(a), vb = _mm_set1_epi8(b);
    uint64_t m = 0;
    for (int k = 0; k < 4; k++) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
        int part = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(x, va), _mm_cmpeq_epi8(x, vb)));
        m |= (uint64_t)(uint32_t)part << (16 * k);
    }
    return m;
#endif
}
INLINE uint64_t mask_1(const char *p, char a) {
#ifdef __AVX512BW__
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(a));
#else
    return mask_2(p, a, a);
#endif
}
/* Appends base + bit for every set bit; writes up to 16 entries past the end. */
INLINE uint32_t *flatten(uint64_t m, uint32_t base, uint32_t *out) {
#ifdef __AVX512VBMI2__
    static const uint8_t iota[64] __attribute__((aligned(64))) = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    unsigned count = (unsigned)__builtin_popcountll(m);
    __m512i ix = _mm512_maskz_compress_epi8(m, _mm512_load_si512(iota));
    __m512i b = _mm512_set1_epi32((int)base);
    _mm512_storeu_si512(out, _mm512_add_epi32(b, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(ix))));
    if (UNLIKELY(count > 16)) {
        _mm512_storeu_si512(
            out + 16, _mm512_add_epi32(b, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(ix, 1))));
        if (count > 32) {
            _mm512_storeu_si512(
                out + 32,
                _mm512_add_epi32(b, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(ix, 2))));
            _mm512_storeu_si512(
                out + 48,
                _mm512_add_epi32(b, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(ix, 3))));
        }
    }
    return out + count;
#else
    while (m != 0) {
        *out++ = base + (uint32_t)__builtin_ctzll(m);
        m &= m - 1;
    }
    return out;
#endif
}
/* Offsets of a in p[0..n); p is readable to the next multiple of 64. */
static inline uint32_t find_1(const char *p, uint32_t n, char a, uint32_t *out) {
    uint32_t *o = out, i = 0;
    for (; i + 64 <= n; i += 64) o = flatten(mask_1(p + i, a), i, o);
    if (i < n) o = flatten(mask_1(p + i, a) & (~0ull >> (64 - (n - i))), i, o);
    return (uint32_t)(o - out);
}

enum { CHUNK = 64 << 10 }; /* bytes of text that are worked on at a time */
/* The next chunk of whole lines. */
INLINE uint32_t chunk_len(const char *p, const char *end) {
    if ((size_t)(end - p) <= CHUNK) return (uint32_t)(end - p);
    return (uint32_t)((const char *)memrchr(p, '\n', CHUNK) + 1 - p);
}

/* ---- The table: 32-byte slots in place, two a cache line, found by the top bits of the stored
 * hash, linear probing; a hash of 0 marks an empty slot. ---- */

typedef struct slot {
    uint64_t h;
    gstr k;
    int64_t v;
} slot;
_Static_assert(sizeof(slot) == 32, "two slots a line");
typedef struct table {
    slot *slots;
    uint64_t mask, n;
    int shift;
    arena keys;
} table;
static inline table table_new(int log2_slots, size_t key_bytes) {
    return (table){big_alloc(sizeof(slot) << log2_slots), (1ull << log2_slots) - 1, 0,
                   64 - log2_slots, arena_new(key_bytes)};
}
static inline void table_clear(table *t) {
    memset(t->slots, 0, (t->mask + 1) * sizeof *t->slots);
    t->n = 0;
    t->keys.used = 0;
}
INLINE uint64_t hash_fix(uint64_t h) { return h | 1; }
/* Finds or makes the slot of a key; h is hash_fix(gstr_hash(k)). */
INLINE slot *table_slot(table *t, const gstr *k, uint64_t h) {
    for (uint64_t i = h >> t->shift;; i = (i + 1) & t->mask) {
        slot *s = &t->slots[i];
        if (s->h == h && LIKELY(gstr_eq(&s->k, k))) return s;
        if (s->h == 0) {
            s->h = h;
            s->k = *k;
            if (UNLIKELY(k->far.len > 12)) {
                char *copy = arena_get(&t->keys, k->far.len);
                memcpy(copy, k->far.ptr, k->far.len);
                s->k.far.ptr = copy;
            }
            s->v = 0;
            t->n++;
            return s;
        }
    }
}
INLINE slot *table_find(table *t, const gstr *k, uint64_t h) {
    for (uint64_t i = h >> t->shift;; i = (i + 1) & t->mask) {
        slot *s = &t->slots[i];
        if (s->h == h && gstr_eq(&s->k, k)) return s;
        if (s->h == 0) return NULL;
    }
}
#endif
