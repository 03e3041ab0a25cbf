/* SPDX-License-Identifier: Apache-2.0 */
/* str.h: working with strings inside functions.
 *
 * A string is a small struct that is passed and copied as a value (wadi_str, record.h); whoever has
 * bytes makes one over them. A string made in a function may point at: the bytes of any string the
 * function was given (cutting copies nothing), string literals, its captured values, or the task's
 * memory (wadi_str_copy, wadi_str_printf, wadi_alloc). Wadi keeps all of these alive as long as the
 * records that use them, and copies what a state keeps for later batches. A string must not point
 * at a local array; with WADI_CHECK=1 in the environment every emitted string is checked for that.
 *
 * All functions here may be called by any thread, in and outside functions, but for those that take
 * a task, which belongs to the body that sees it. Strings are bytes: nothing here knows of an
 * encoding. Pointers are never NULL, and arguments are borrowed for the call. Nothing fails but
 * where memory is taken. */
#ifndef WADI_STR_H
#define WADI_STR_H
#pragma GCC system_header
#include <wadi/record.h>

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/** The run of a body; see function.h. */
typedef struct wadi_task wadi_task;

/** Strings of up to so many bytes lie in the struct itself. */
enum { WADI_STR_IN_PLACE_MAX = 12 };

/** The bytes, not ended by a zero; s->len of them. Valid as long as *s itself, since short ones lie
 * in it. */
static inline const char *wadi_str_data(const wadi_str *s) {
    return s->len <= WADI_STR_IN_PLACE_MAX ? (const char *)s + offsetof(wadi_str, head) : s->rest.data;
}

/* Reading a few bytes past a string, inside its page, is how short strings are cut without
 * branches. Sanitizers and valgrind are told, or the careful way is taken. */
#if defined(__SSE2__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WADI__CAREFUL 1
#endif
#endif
#else
#define WADI__CAREFUL 1
#endif

/** wadi_str_view() where nothing past the string may be read. Not for users. */
static inline wadi_str wadi__str_view_carefully(const char *bytes, size_t len) {
    wadi_str s;
    memset(&s, 0, sizeof s);
    s.len = (uint32_t)len;
    char *place = (char *)&s + offsetof(wadi_str, head);
    if (len > WADI_STR_IN_PLACE_MAX) {
        memcpy(s.head, bytes, 4);
        s.rest.data = bytes;
    } else if (len >= 8) {
        memcpy(place, bytes, 8);
        memcpy(place + len - 4, bytes + len - 4, 4);
    } else if (len >= 4) {
        memcpy(place, bytes, 4);
        memcpy(place + len - 4, bytes + len - 4, 4);
    } else if (len > 0) {
        place[0] = bytes[0];
        place[len / 2] = bytes[len / 2];
        place[len - 1] = bytes[len - 1];
    }
    return s;
}

/** A string over `len` bytes, fewer than 4 GiB, that stay alive and unchanged as long as needed
 * (see above). Copies 12 of them at most: a short string needs its bytes no longer. */
static inline wadi_str wadi_str_view(const char *bytes, size_t len) {
#ifndef WADI__CAREFUL
    /* An empty string may lie behind the last byte that can be read. */
    if (!__builtin_constant_p(len) && len - 1 < WADI_STR_IN_PLACE_MAX &&
        ((uintptr_t)bytes & 4095) <= 4096 - 16) {
        static const int8_t kept[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
        const char *from = bytes;
        __asm__("" : "+r"(from)); /* compilers that see a smaller array would warn */
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)from);
        v = _mm_and_si128(v, _mm_loadu_si128((const __m128i *)(const void *)(kept + 16 - len)));
        v = _mm_or_si128(_mm_slli_si128(v, 4), _mm_cvtsi32_si128((int)len));
        wadi_str s;
        memcpy(&s, &v, sizeof s);
        return s;
    }
#endif
    return wadi__str_view_carefully(bytes, len);
}

/** A string over a literal, or over any C string that outlives its use; without the zero at its
 * end. */
static inline wadi_str wadi_str_of(const char *text) { return wadi_str_view(text, strlen(text)); }

/**
 * New strings in the task's memory: a copy of bytes, which may be any; a text as printf makes it;
 * and `s` with a to z as A to Z, other bytes as they are.
 *
 * Ownership: of the task; they live as long as the records that use them.
 * Threads:   the body's own.
 * Errors:    without memory, or for 4 GiB and more, the task fails (wadi_fail) and the string is
 *            empty.
 */
WADI_API wadi_str wadi_str_copy(wadi_task *task, const char *bytes, size_t len);
WADI_API wadi_str wadi_str_printf(wadi_task *task, const char *fmt, ...) WADI_PRINTF(2, 3);
WADI_API wadi_str wadi_str_upper(wadi_task *task, wadi_str s);

/** Whether two strings have the same bytes. */
static inline bool wadi_str_equal(wadi_str a, wadi_str b) {
    return memcmp(&a, &b, 8) == 0 &&
           (a.len <= WADI_STR_IN_PLACE_MAX ? memcmp(&a.rest, &b.rest, 8) == 0
                                           : memcmp(a.rest.data, b.rest.data, a.len) == 0);
}

/** Below 0, 0 or above 0 as `a` is less than, equal to or greater than `b`, byte by byte as
 * unsigned numbers; of two that begin alike the shorter one is less. */
WADI_API int wadi_str_compare(wadi_str a, wadi_str b);

/** Whether `part`, a C string, is in `s` anywhere, at its beginning, at its end. The empty one is,
 * always. */
WADI_API bool wadi_str_contains(wadi_str s, const char *part);
WADI_API bool wadi_str_starts_with(wadi_str s, const char *part);
WADI_API bool wadi_str_ends_with(wadi_str s, const char *part);

/** `s` without spaces, tabs, line ends, vertical tabs and form feeds at both ends. Points where `s`
 * points. */
WADI_API wadi_str wadi_str_trim(wadi_str s);

/**
 * Reads a decimal number, all of `s`: a sign or none and digits; for a double also a point, an
 * exponent, and what else strtod takes ("nan", "inf", 0x..), always with a point, whatever the
 * locale. No space is skipped. True: *value is set. False: it is no such number, or, of an int64_t,
 * too large; *value is as it was. A double too large is infinite, one of 512 characters or more is
 * refused.
 */
WADI_API bool wadi_str_to_int64(wadi_str s, int64_t *value);
WADI_API bool wadi_str_to_double(wadi_str s, double *value);

/** For printf: printf("%.*s", WADI_STR_ARG(s)). `s` is a variable of type wadi_str, shorter than 2
 * GiB. */
#define WADI_STR_ARG(s) ((int)(s).len), wadi_str_data(&(s))

/**
 * Cuts a string at a separator, without copying; empty pieces count, as in Python's split(" ").
 *
 *     wadi_split words = wadi_split_on(in, ' ');
 *     while (wadi_split_next(&words)) use(words.piece);
 *
 * Shapes:    a string with k separators has k + 1 pieces, the empty string one. wadi_split_next()
 *            sets .piece and returns true, or false when none is left, as often as it is asked.
 *            Only .piece is for users.
 * Ownership: the caller's, on its stack. *s must stay where it is while it is being cut. The pieces
 *            live as long as the bytes of the string, and those of up to 12 bytes by themselves.
 * Threads:   a wadi_split belongs to one thread.
 */
typedef struct wadi_split {
    wadi_str piece;
    const char *at, *end; /* where the next piece begins; at > end: none is left */
    const char *block;    /* `mask` tells of the 64 bytes from here .. */
    uint64_t mask;        /* .. which are separators, or the string's end */
    char separator;
} wadi_split;

/** Not for users. Bit i: at[i] is a separator, or the end; of the 64 bytes from `at`, which is at
 * most `end`. */
WADI_API uint64_t wadi__split_mask(const char *at, const char *end, char separator);

/** Begins to cut *s, and finds the next piece; see wadi_split. */
static inline wadi_split wadi_split_on(const wadi_str *s, char separator) {
    wadi_split split;
    memset(&split.piece, 0, sizeof split.piece);
    split.at = wadi_str_data(s);
    split.end = split.at + s->len;
    split.block = split.at;
    split.mask = wadi__split_mask(split.at, split.end, separator);
    split.separator = separator;
    return split;
}
static inline bool wadi_split_next(wadi_split *split) {
    if (WADI__UNLIKELY(split->at > split->end)) return false;
    while (WADI__UNLIKELY(split->mask == 0)) {
        split->block += 64;
        split->mask = wadi__split_mask(split->block, split->end, split->separator);
    }
    const char *stop = split->block + __builtin_ctzll(split->mask);
    split->mask &= split->mask - 1;
    split->piece = wadi_str_view(split->at, (size_t)(stop - split->at));
    split->at = stop + 1;
    return true;
}

/** sscanf for strings: fields of `s` into the variables, which fmt names as scanf has it; returns
 * how many were read, 0 also for the empty string and without memory for a copy of a long one. A
 * zero byte ends `s`. */
WADI_API int wadi_str_scan(wadi_str s, const char *fmt, ...) __attribute__((format(scanf, 2, 3)));
#endif
