/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c: text search on top of one kernel, the bit mask of where a byte occurs in 64 bytes.
 *
 * Each vector loop is a function compiled for its instruction set; a table chosen at start points at
 * them. Loads are masked or bounded, so nothing beyond the given bytes is touched. */
#include "data/scan.h"

#include <wadi/str.h>

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_AVX512 1
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,lzcnt,popcnt")))
#endif

typedef struct scan_ops {
    const char *name;
    uint64_t (*split_mask)(const char *at, const char *end, char separator);
    size_t (*lines)(const char *bytes, size_t size, wadi_str *rows, size_t rows_max, size_t *used);
    size_t (*count_lines)(const char *bytes, size_t size);
    const char *(*find)(const char *bytes, size_t size, const char *part, size_t part_size);
} scan_ops;

/* A line without its end, from `start` to the '\n' at `stop`. */
static inline wadi_str line_of(const char *start, const char *stop) {
    if (stop > start && stop[-1] == '\r') stop--;
    return wadi_str_view(start, (size_t)(stop - start));
}

/* ---- Plain ---- */

static uint64_t plain_split_mask(const char *at, const char *end, char separator) {
    size_t left = (size_t)(end - at), n = left < 64 ? left : 64;
    uint64_t mask = left < 64 ? 1ull << left : 0;
#ifdef __SSE2__
    char padded[64];
    if (left < 64) {
        memset(padded, separator == 0, sizeof padded); /* anything but the separator */
        memcpy(padded, at, n);
        at = padded;
    }
    const __m128i wanted = _mm_set1_epi8(separator);
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * (size_t)i));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted)) << (16 * i);
    }
    if (left < 64) mask &= ~0ull >> (63 - left);
#else
    for (size_t i = 0; i < n; i++) mask |= (uint64_t)(at[i] == separator) << i;
#endif
    return mask;
}
static size_t plain_lines(const char *bytes, size_t size, wadi_str *rows, size_t rows_max, size_t *used) {
    const char *at = bytes, *end = bytes + size;
    size_t count = 0;
    while (count < rows_max && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) break;
        rows[count++] = line_of(at, stop);
        at = stop + 1;
    }
    *used = (size_t)(at - bytes);
    return count;
}
static size_t plain_count_lines(const char *bytes, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += bytes[i] == '\n';
    return count;
}
static const char *plain_find(const char *bytes, size_t size, const char *part, size_t part_size) {
    return memmem(bytes, size, part, part_size);
}
static const scan_ops plain_ops = {"plain", plain_split_mask, plain_lines, plain_count_lines, plain_find};

/* ---- AVX-512 ---- */

#ifdef HAS_AVX512
AVX512 static inline uint64_t first_bits(size_t n) { return n >= 64 ? ~0ull : _bzhi_u64(~0ull, (unsigned)n); }

AVX512 static uint64_t avx512_split_mask(const char *at, const char *end, char separator) {
    size_t left = (size_t)(end - at);
    __mmask64 inside = first_bits(left);
    uint64_t mask = _mm512_mask_cmpeq_epi8_mask(inside, _mm512_maskz_loadu_epi8(inside, at),
                                                _mm512_set1_epi8(separator));
    return left >= 64 ? mask : mask | 1ull << left;
}
AVX512 static size_t avx512_lines(const char *bytes, size_t size, wadi_str *rows, size_t rows_max,
                                  size_t *used) {
    const __m512i wanted = _mm512_set1_epi8('\n');
    const char *start = bytes;
    size_t count = 0;
    for (size_t i = 0; i < size && count < rows_max; i += 64) {
        __mmask64 inside = first_bits(size - i);
        uint64_t mask =
            _mm512_mask_cmpeq_epi8_mask(inside, _mm512_maskz_loadu_epi8(inside, bytes + i), wanted);
        for (; mask != 0 && count < rows_max; mask &= mask - 1) {
            const char *stop = bytes + i + __builtin_ctzll(mask);
            rows[count++] = line_of(start, stop);
            start = stop + 1;
        }
    }
    *used = (size_t)(start - bytes);
    return count;
}
AVX512 static size_t avx512_count_lines(const char *bytes, size_t size) {
    const __m512i wanted = _mm512_set1_epi8('\n');
    size_t count = 0;
    for (size_t i = 0; i < size; i += 64) {
        __mmask64 inside = first_bits(size - i);
        count += (size_t)__builtin_popcountll(
            _mm512_mask_cmpeq_epi8_mask(inside, _mm512_maskz_loadu_epi8(inside, bytes + i), wanted));
    }
    return count;
}
/* Places in 64 where the part's first and last byte stand; `last` is how far behind the first. */
AVX512 static inline uint64_t ends_mask(const char *at, size_t behind, __m512i first, __m512i last) {
    uint64_t mask = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(at), first);
    return _mm512_mask_cmpeq_epi8_mask(mask, _mm512_loadu_si512(at + behind), last);
}
/* Compares first and last byte of the part at 128 places at once, and the rest where both agree. */
AVX512 static const char *avx512_find(const char *bytes, size_t size, const char *part, size_t part_size) {
    if (part_size > size) return NULL;
    const __m512i first = _mm512_set1_epi8(part[0]), last = _mm512_set1_epi8(part[part_size - 1]);
    size_t places = size - part_size + 1, behind = part_size - 1, i = 0;
    while (i < places) {
        uint64_t mask, next = 0;
        size_t step = 64;
        if (places - i >= 128) {
            mask = ends_mask(bytes + i, behind, first, last);
            next = ends_mask(bytes + i + 64, behind, first, last);
            step = 128;
            if (__builtin_expect((mask | next) == 0, true)) {
                i += 128;
                continue;
            }
        } else {
            __mmask64 inside = first_bits(places - i);
            mask = _mm512_mask_cmpeq_epi8_mask(inside, _mm512_maskz_loadu_epi8(inside, bytes + i), first);
            mask = _mm512_mask_cmpeq_epi8_mask(
                mask, _mm512_maskz_loadu_epi8(inside, bytes + i + behind), last);
        }
        for (const char *at = bytes + i; mask != 0; mask &= mask - 1)
            if (memcmp(at + __builtin_ctzll(mask), part, part_size) == 0) return at + __builtin_ctzll(mask);
        for (const char *at = bytes + i + 64; next != 0; next &= next - 1)
            if (memcmp(at + __builtin_ctzll(next), part, part_size) == 0) return at + __builtin_ctzll(next);
        i += step;
    }
    return NULL;
}
static const scan_ops avx512_ops = {"avx512", avx512_split_mask, avx512_lines, avx512_count_lines,
                                    avx512_find};
#endif

/* ---- The choice ---- */

static const scan_ops *ops = &plain_ops;

void wadi__scan_use_plain(bool plain) {
    ops = &plain_ops;
#ifdef HAS_AVX512
    __builtin_cpu_init();
    if (!plain && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2"))
        ops = &avx512_ops;
#endif
    (void)plain;
}
__attribute__((constructor)) static void choose(void) { wadi__scan_use_plain(false); }
const char *wadi__scan_variant(void) { return ops->name; }

uint64_t wadi__split_mask(const char *at, const char *end, char separator) {
    return ops->split_mask(at, end, separator);
}
size_t wadi__scan_lines(const char *bytes, size_t size, wadi_str *rows, size_t rows_max, size_t *used) {
    return ops->lines(bytes, size, rows, rows_max, used);
}
size_t wadi__scan_count_lines(const char *bytes, size_t size) { return ops->count_lines(bytes, size); }
const char *wadi__scan_find(const char *bytes, size_t size, const char *part, size_t part_size) {
    return ops->find(bytes, size, part, part_size);
}

/* Rows from..until lie side by side, with at most a line end between two: one search over them all. */
static size_t contain_in_run(const wadi_str *rows, const uint32_t *selected, size_t from, size_t until,
                             const char *part, size_t part_size, uint32_t *kept) {
#define ROW(i) (&rows[selected != NULL ? selected[i] : (i)])
    const char *at = ROW(from)->rest.data;
    const char *end = ROW(until - 1)->rest.data + ROW(until - 1)->len;
    size_t found = 0, row = from;
    while (at < end) {
        const char *hit = ops->find(at, (size_t)(end - at), part, part_size);
        if (hit == NULL) break;
        while (ROW(row)->rest.data + ROW(row)->len <= hit) row++;
        const char *row_end = ROW(row)->rest.data + ROW(row)->len;
        at = hit + 1;
        if (hit < ROW(row)->rest.data || hit + part_size > row_end) continue; /* over a row's end */
        kept[found++] = (uint32_t)(ROW(row) - rows);
        at = row_end;
    }
    return found;
}
size_t wadi__scan_containing(const wadi_str *rows, const uint32_t *selected, size_t count,
                             const char *part, size_t part_size, uint32_t *kept) {
    size_t found = 0;
    for (size_t i = 0; i < count;) {
        const wadi_str *row = ROW(i);
        if (row->len <= WADI_STR_IN_PLACE_MAX) {
            if (part_size <= row->len && memmem(wadi_str_data(row), row->len, part, part_size) != NULL)
                kept[found++] = (uint32_t)(row - rows);
            i++;
            continue;
        }
        size_t until = i + 1;
        const char *end = row->rest.data + row->len;
        for (; until < count; until++) {
            const wadi_str *next = ROW(until);
            if (next->len <= WADI_STR_IN_PLACE_MAX || next->rest.data < end || next->rest.data > end + 2) break;
            end = next->rest.data + next->len;
        }
        found += contain_in_run(rows, selected, i, until, part, part_size, kept + found);
        i = until;
    }
    return found;
#undef ROW
}

size_t wadi__scan_lines_containing(const char *text, size_t size, const char *part, size_t part_size,
                                   wadi_str *rows, size_t rows_max, size_t *used) {
    const char *at = text, *end = text + size;
    size_t count = 0;
    while (count < rows_max) {
        const char *hit = ops->find(at, (size_t)(end - at), part, part_size);
        if (hit == NULL) {
            at = end;
            break;
        }
        const char *before = memrchr(at, '\n', (size_t)(hit - at));
        const char *start = before != NULL ? before + 1 : at;
        const char *stop = memchr(hit, '\n', (size_t)(end - hit));
        wadi_str line = stop != NULL ? line_of(start, stop) : wadi_str_view(start, (size_t)(end - start));
        if (hit + part_size <= start + line.len) rows[count++] = line; /* else it is over the line's end */
        at = stop != NULL ? stop + 1 : end;
    }
    *used = (size_t)(at - text);
    return count;
}
