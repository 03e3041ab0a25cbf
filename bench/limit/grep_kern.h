/* SPDX-License-Identifier: Apache-2.0 */
/* grep_kern.h: counts the lines that contain a needle of two bytes or more.
 *
 * The needle's first and last byte are compared at 64 places at a time, a candidate is checked in
 * full, and after a hit the rest of its line is skipped. p is readable 64 + k bytes past n. */
#ifndef GREP_KERN_H
#define GREP_KERN_H
#include "scan.h"

static inline uint64_t grep_simd(const char *p, size_t n, const char *needle, size_t k) {
    uint64_t count = 0;
#ifdef __AVX512BW__
    __m512i first = _mm512_set1_epi8(needle[0]), last = _mm512_set1_epi8(needle[k - 1]);
    for (size_t i = 0; i < n;) {
        uint64_t m = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p + i), first);
        m = _mm512_mask_cmpeq_epi8_mask(m, _mm512_loadu_si512(p + i + k - 1), last);
        size_t next = i + 64;
        while (UNLIKELY(m != 0)) {
            size_t j = i + (size_t)__builtin_ctzll(m);
            m &= m - 1;
            if (j + k > n || memcmp(p + j + 1, needle + 1, k - 2) != 0) continue;
            count++;
            for (next = j + k; next < n; next += 64) { /* to the next line */
                uint64_t end = mask_1(p + next, '\n');
                if (end == 0) continue;
                next += (size_t)__builtin_ctzll(end) + 1;
                break;
            }
            break;
        }
        i = next;
    }
#else
    for (const char *end = p + n, *hit; p < end; p = hit + 1) {
        hit = memmem(p, (size_t)(end - p), needle, k);
        if (hit == NULL) break;
        count++;
        hit = memchr(hit, '\n', (size_t)(end - hit));
        if (hit == NULL) break;
    }
#endif
    return count;
}
#endif
