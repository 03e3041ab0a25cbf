/* SPDX-License-Identifier: Apache-2.0 */
/* grep.c: counts the lines, of about 100 bytes, that contain a rare word of eight letters.
 *   g1  a row at a time: a filter callback with memmem, then a counting callback
 *   d1  memmem over the whole text
 *   d2  vector search for first and last byte over the whole text */
#include "gen.h"
#include "grep_kern.h"

typedef struct text {
    const char *bytes;
    size_t size;
    const char *needle;
    size_t needle_size;
    uint64_t (*count)(const struct text *);
    uint64_t found;
} text;

typedef struct op {
    void (*push)(struct op *, const char *, uint32_t);
    struct op *next;
    bool (*keep)(const text *, const char *, uint32_t);
    const text *env;
    uint64_t count;
} op;
static NOINLINE bool contains(const text *env, const char *p, uint32_t n) {
    return memmem(p, n, env->needle, env->needle_size) != NULL;
}
static bool (*volatile contains_callback)(const text *, const char *, uint32_t) = contains;
static void push_filter(op *o, const char *p, uint32_t n) {
    if (o->keep(o->env, p, n)) o->next->push(o->next, p, n);
}
static void push_count(op *o, const char *p, uint32_t n) {
    (void)p, (void)n;
    o->count++;
}
static uint64_t count_g1(const text *t) {
    op counter = {push_count, NULL, NULL, NULL, 0},
       filter = {push_filter, &counter, contains_callback, t, 0};
    for (const char *p = t->bytes, *end = p + t->size; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        filter.push(&filter, p, (uint32_t)(stop - p));
        p = stop + 1;
    }
    return counter.count;
}
static uint64_t count_d1(const text *t) {
    uint64_t count = 0;
    for (const char *p = t->bytes, *end = p + t->size; p < end; count++) {
        const char *hit = memmem(p, (size_t)(end - p), t->needle, t->needle_size);
        if (hit == NULL) break;
        p = (const char *)memchr(hit, '\n', (size_t)(end - hit)) + 1;
    }
    return count;
}
static uint64_t count_d2(const text *t) {
    return grep_simd(t->bytes, t->size, t->needle, t->needle_size);
}

static void run_round(void *arg) {
    text *t = arg;
    t->found = t->count(t);
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("grep g1|d1|d2 BYTES SECONDS");
    vocab v = vocab_new(VOCABULARY);
    corpus c = corpus_new(&v, 42, strtoull(argv[2], NULL, 10));
    text t = {.bytes = c.bytes, .size = c.size};
    t.needle = gen_needle(&v, &t.needle_size);
    t.count = strcmp(argv[1], "g1") == 0   ? count_g1
              : strcmp(argv[1], "d1") == 0 ? count_d1
                                           : count_d2;
    pin(0);
    measure(strtod(argv[3], NULL), (double)c.lines, (double)c.size, run_round, &t);
    expect_total("lines", t.found, count_d1(&t));
    return 0;
}
