/* SPDX-License-Identifier: Apache-2.0 */
/* 10_bind_unknown_value.c: binds an unknown value. */
#include "words.h"

wadi_dstream *f(wadi_dstream *counts) { return wadi_filter(counts, wadi_bind(at_least, .max = 5)); }
