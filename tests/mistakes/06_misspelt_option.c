/* SPDX-License-Identifier: Apache-2.0 */
/* 06_misspelt_option.c: an option misspelt. */
#include "words.h"

WADI_REDUCE(add_counts, word_count) { acc->count += in->count; }
wadi_dstream *f(wadi_dstream *pairs) { return wadi_reduce_by_key(pairs, add_counts, .partition = 2); }
