/* SPDX-License-Identifier: Apache-2.0 */
/* user_program.c [PLUGIN]: a program outside the tree, built against the installed library: counts words; the
 * short ones by a function of the plugin. */
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

/* How many of the words the plugin's function lets pass; -1: it is not there. */
static int64_t count_short(wadi_context *sc, wadi_rdd *words, const char *plugin) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_load_plugin(sc, plugin, &err) != WADI_OK) fprintf(stderr, "%s\n", err.message);
    wadi_filter_fn is_short = {.fn = wadi_fn_find("is_short")};
    return is_short.fn != NULL ? wadi_count(wadi_filter(words, is_short)) : -1;
}
int main(int argc, char **argv) {
    static const char text[] = "to be or not to be\nthat is the question\n";
    wadi_context *sc = wadi_context_new("local[2]", "UserProgram");
    wadi_rdd *words = wadi_flat_map(wadi_text(sc, text, strlen(text)), split_words);
    wadi_rdd *counts = wadi_reduce_by_key(wadi_map(words, pair_with_one), add_counts);
    size_t n;
    const word_count *rows = wadi_collect(counts, word_count, &n);
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) total += rows[i].count;
    printf("%zu words, %" PRId64 " in all\n", n, total);
    if (argc > 1 && count_short(sc, words, argv[1]) != 6) return 1;
    return wadi_finish(sc) != 0 || n != 8 || total != 10;
}
