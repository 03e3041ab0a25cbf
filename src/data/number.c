/* SPDX-License-Identifier: Apache-2.0 */
/* number.c: the common numbers by multiplying and adding; the rest by the C library. */
#include "data/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

bool wadi__number_uint64(const char *text, size_t size, uint64_t *value) {
    const char *at = text, *end = text + size;
    if (at < end && *at == '+') at++;
    if (at == end) return false;
    uint64_t sum = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10u, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}
bool wadi__number_int64(const char *text, size_t size, int64_t *value) {
    bool negative = size > 0 && text[0] == '-';
    uint64_t sum, limit = (uint64_t)INT64_MAX + negative;
    if (negative && size > 1 && text[1] == '+') return false;
    if (!wadi__number_uint64(text + negative, size - negative, &sum) || sum > limit) return false;
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

/* A decimal of at most 15 digits over or times a power of ten up to 22: both are exact as doubles,
 * so their quotient or product is rounded once and right (Clinger, "How to Read Floating Point
 * Numbers Accurately", 1990). */
static bool simple_double(const char *at, const char *end, double *value) {
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    uint64_t sum = 0;
    int digits = 0, scale = 0;
    bool is_behind_point = false;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit <= 9) {
            sum = sum * 10 + digit;
            scale -= is_behind_point;
            if (++digits > 15) return false;
        } else if (*at == '.' && !is_behind_point) {
            is_behind_point = true;
        } else {
            break;
        }
    }
    if (digits == 0) return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int64_t exponent;
        if (end - at > 4 || !wadi__number_int64(at + 1, (size_t)(end - at) - 1, &exponent))
            return false;
        scale += (int)exponent;
        at = end;
    }
    if (at != end || scale < -22 || scale > 22) return false;
    double v = scale < 0 ? (double)sum / tens[-scale] : (double)sum * tens[scale];
    *value = negative ? -v : v;
    return true;
}
static locale_t c_locale;
static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

bool wadi__number_double(const char *text, size_t size, double *value) {
    if (simple_double(text, text + size, value)) return true;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char copy[512], *end;
    if (size == 0 || size >= sizeof copy || text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r'))
        return false;
    memcpy(copy, text, size);
    copy[size] = 0;
    pthread_once(&once, make_c_locale);
    double parsed = c_locale != (locale_t)0 ? strtod_l(copy, &end, c_locale) : strtod(copy, &end);
    if (end != copy + size) return false;
    *value = parsed;
    return true;
}
