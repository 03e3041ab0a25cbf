/* SPDX-License-Identifier: Apache-2.0 */
/* number.h: numbers out of text, whatever the locale. The whole text must be the number; spaces are
 * none of it. */
#ifndef WADI_DATA_NUMBER_H
#define WADI_DATA_NUMBER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal, with or without a sign. False: it is none, or does not fit. */
bool wadi__number_int64(const char *text, size_t size, int64_t *value);
bool wadi__number_uint64(const char *text, size_t size, uint64_t *value);
/* As strtod(3) reads them in the C locale: 1, -2.5e3, 0x1p3, inf, NaN, and Java's Infinity. At most
 * 511 bytes. */
bool wadi__number_double(const char *text, size_t size, double *value);
#endif
