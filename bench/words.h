/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: the functions of the guide's word count, for all programs that count words. */
#ifndef WORDS_H
#define WORDS_H
#include "bench.h"

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));

WADI_FLAT_MAP(split_words, wadi_str, wadi_str) {
    wadi_split words = wadi_split_on(in, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
}
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
WADI_REDUCE(add_counts, word_count) { acc->count += in->count; }

/* Of an RDD or a stream of words. */
#define count_words(words) wadi_reduce_by_key(wadi_map((words), pair_with_one), add_counts)

/* Collects the counts and adds them up. */
static inline uint64_t collect_total(wadi_rdd *counts) {
    size_t n;
    const word_count *rows = wadi_collect(counts, word_count, &n);
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++) total += (uint64_t)rows[i].count;
    return total;
}
#endif
