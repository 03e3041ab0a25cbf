/* SPDX-License-Identifier: Apache-2.0 */
/* user_program.c: a program outside the tree, built against the installed library: counts words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wadi/wadi.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));

WADI_FLAT_MAP(split_words, wadi_str, wadi_str) {
    wadi_split words = wadi_split_on(in, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
}
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
WADI_REDUCE(add_counts, word_count) { acc->count += in->count; }

int main(void) {
    static const char text[] = "to be or not to be\nthat is the question\n";
    wadi_context *sc = wadi_context_new("local[2]", "UserProgram");
    wadi_rdd *words = wadi_flat_map(wadi_text(sc, text, strlen(text)), split_words);
    wadi_rdd *counts = wadi_reduce_by_key(wadi_map(words, pair_with_one), add_counts);
    size_t n;
    const word_count *rows = wadi_collect(counts, word_count, &n);
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) total += rows[i].count;
    printf("%zu words, %" PRId64 " in all\n", n, total);
    return wadi_finish(sc) != 0 || n != 8 || total != 10;
}
