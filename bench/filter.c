/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c: counts the lines that contain a rare word of eight letters.
 *   ready  by wadi_containing; the limit is grep d2
 *   user   by a declared function with memmem; the limit is grep g1 */
#include "bench.h"

WADI_RECORD(needle, (wadi_str, text));
WADI_FILTER(contains, wadi_str, needle) {
    return memmem(wadi_str_data(in), in->len, wadi_str_data(&env->text), env->text.len) != NULL;
}

typedef struct job {
    wadi_rdd *text;
    corpus c;
    char word[16];
    bool is_ready_made;
    int64_t found; /* by the first batch */
} job;

static bench_done run_tick(void *arg, uint64_t i) {
    job *j = arg;
    wadi_rdd *lines = j->is_ready_made
                          ? wadi_filter(j->text, wadi_containing(j->word))
                          : wadi_filter(j->text, wadi_bind(contains, wadi_str_of(j->word)));
    int64_t found = wadi_count(lines);
    if (i == 0) j->found = found;
    expect_total("lines", (uint64_t)found, (uint64_t)j->found);
    return (bench_done){(double)j->c.lines, (double)j->c.size};
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("filter ready|user BYTES SECONDS");
    static job j;
    wadi_context *sc = bench_context("1");
    vocab v = vocab_new(VOCABULARY);
    size_t len;
    const char *word = gen_needle(&v, &len);
    memcpy(j.word, word, len);
    j.is_ready_made = strcmp(argv[1], "ready") == 0;
    j.c = corpus_new(&v, 42, strtoull(argv[2], NULL, 10));
    j.text = wadi_text(sc, j.c.bytes, j.c.size);
    int status = bench_run(sc, strtod(argv[3], NULL), run_tick, &j);
    uint64_t expected = 0;
    for (const char *p = j.c.bytes, *end = p + j.c.size; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        expected += memmem(p, (size_t)(stop - p), j.word, len) != NULL;
        p = stop + 1;
    }
    expect_total("lines", (uint64_t)j.found, expected);
    return status;
}
