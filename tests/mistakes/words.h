/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: correct records and functions, for programs that go on to make one mistake each. */
#ifndef WORDS_H
#define WORDS_H
#include <wadi/wadi.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
WADI_RECORD(limit, (int64_t, min));
WADI_FILTER(is_long, wadi_str) { return in->len > 5; }
WADI_FILTER(at_least, word_count, limit) { return in->count >= env->min; }
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
#endif
