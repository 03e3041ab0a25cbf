/* SPDX-License-Identifier: Apache-2.0 */
/* 11_bind_of_nothing.c: binds what captures nothing. */
#include "words.h"

wadi_dstream *f(wadi_dstream *words) { return wadi_filter(words, wadi_bind(is_long, .min = 5)); }
