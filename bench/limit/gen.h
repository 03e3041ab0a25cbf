/* SPDX-License-Identifier: Apache-2.0 */
/* gen.h: the input of all benchmarks: lines of about 100 bytes, of words drawn by Zipf's law (1.0)
 * from a vocabulary, with one space between them.
 *
 * A word's text depends only on its rank, a block's only on (seed, block number). The draw is
 * exact, by Walker's alias method: one random number and one look-up per word. Wadi's programs and
 * the limit programs call the same functions, so both read the same bytes. */
#ifndef GEN_H
#define GEN_H
#include "lim.h"

enum { VOCABULARY = 100000 };

typedef struct vocab_word { /* 32 bytes: copied at once */
    char text[31];
    uint8_t len;
} vocab_word;
typedef struct alias {
    uint32_t prob, other;
} alias;
typedef struct vocab {
    uint32_t n;
    vocab_word *words;
    alias *aliases;
} vocab;

/* Spells rank i: frequent words are short, 1 in 64 is long (13 to 20 letters). Words of one length
 * differ in the base-26 digits of their rank. */
static inline void vocab_spell(vocab_word *w, uint32_t i) {
    rng r = {0xC0FFEE + i};
    uint64_t h = rng_next(&r);
    uint64_t len = i < 16 ? 2 + h % 2 : i < 256 ? 3 + h % 3 : i < 4096 ? 4 + h % 5 : 5 + h % 8;
    if ((h >> 32) % 64 == 0 && i >= 16) len = 13 + (h >> 8) % 8;
    uint64_t digits = len < 5 ? len : 5, residues = 1;
    for (uint64_t k = 0; k < digits; k++) residues *= 26;
    /* an odd multiplier not divisible by 13 permutes the residues mod 26^digits */
    uint64_t x = (uint64_t)i * 7368787ull % residues;
    memset(w, 0, sizeof *w);
    for (uint64_t k = 0; k < digits; k++, x /= 26) w->text[k] = (char)('a' + x % 26);
    uint64_t f = rng_next(&r);
    for (uint64_t k = digits; k < len; k++, f = f >> 4 | f << 60) w->text[k] = (char)('a' + f % 26);
    w->text[len] = ' ';
    w->len = (uint8_t)len;
}
static inline vocab vocab_new(uint32_t n) {
    vocab v = {n, big_alloc((size_t)n * sizeof(vocab_word) + 64),
               big_alloc((size_t)n * sizeof(alias))};
    for (uint32_t i = 0; i < n; i++) vocab_spell(&v.words[i], i);
    double harmonic = 0;
    for (uint32_t i = 0; i < n; i++) harmonic += 1.0 / (i + 1);
    /* Vose: columns that are under- and overfull */
    double *p = malloc(sizeof(double) * n);
    uint32_t *stack = malloc(sizeof(uint32_t) * n * 2), small_count = 0, large_count = 0;
    if (p == NULL || stack == NULL) die("malloc");
    uint32_t *small = stack, *large = stack + n;
    for (uint32_t i = 0; i < n; i++) {
        p[i] = n / (harmonic * (i + 1));
        if (p[i] < 1)
            small[small_count++] = i;
        else
            large[large_count++] = i;
    }
    while (small_count > 0 && large_count > 0) {
        uint32_t s = small[--small_count], l = large[large_count - 1];
        v.aliases[s] = (alias){(uint32_t)(p[s] * 4294967295.0), l};
        p[l] -= 1 - p[s];
        if (p[l] < 1) {
            large_count--;
            small[small_count++] = l;
        }
    }
    while (large_count > 0) {
        uint32_t l = large[--large_count];
        v.aliases[l] = (alias){0xFFFFFFFF, l};
    }
    while (small_count > 0) {
        uint32_t s = small[--small_count];
        v.aliases[s] = (alias){0xFFFFFFFF, s};
    }
    free(p);
    free(stack);
    return v;
}
INLINE uint32_t zipf_draw(const vocab *v, rng *r) {
    uint64_t z = rng_next(r);
    uint32_t i = (uint32_t)((z >> 32) * v->n >> 32);
    alias a = v->aliases[i];
    return (uint32_t)z <= a.prob ? i : a.other;
}

enum { GEN_BLOCK = 1 << 20 };
/* Fills a block of at most GEN_BLOCK bytes with whole lines; returns its bytes, and adds the
 * numbers of lines and words. The block needs 64 bytes of slack. */
static inline size_t gen_block(const vocab *v, uint64_t seed, uint64_t block, char *out,
                               uint64_t *lines, uint64_t *words) {
    rng r = {seed * 0x9E3779B97F4A7C15ull + block * 0xD1B54A32D192ED03ull};
    char *p = out, *end = out + GEN_BLOCK - 160;
    while (p < end) {
        char *stop =
            p + 84 + (rng_next(&r) & 31); /* lines end past 84 to 115: near 100 on average */
        do {
            const vocab_word *w = &v->words[zipf_draw(v, &r)];
            memcpy(p, w->text, 32);
            p += w->len + 1;
            ++*words;
        } while (p < stop);
        p[-1] = '\n';
        ++*lines;
    }
    return (size_t)(p - out);
}

/* About `size` bytes of text: blocks side by side. */
typedef struct corpus {
    char *bytes;
    size_t size;
    uint64_t lines, words;
} corpus;
static inline corpus corpus_new(const vocab *v, uint64_t seed, size_t size) {
    corpus c = {big_alloc(size + GEN_BLOCK + 64), 0, 0, 0};
    for (uint64_t b = 0; c.size + GEN_BLOCK <= size; b++)
        c.size += gen_block(v, seed, b, c.bytes + c.size, &c.lines, &c.words);
    memset(c.bytes + c.size, 0, 64);
    return c;
}

/* Cuts the text into batches of about this size, at line ends: at[i] to at[i + 1]. Returns how
 * many. */
static inline size_t corpus_cut(const corpus *c, size_t batch_size, const char **at,
                                size_t batches_max) {
    const char *end = c->bytes + c->size;
    size_t n = 0;
    at[0] = c->bytes;
    while (n < batches_max && at[n] < end) {
        size_t left = (size_t)(end - at[n]);
        const char *stop =
            left <= batch_size ? end : (const char *)memrchr(at[n], '\n', batch_size) + 1;
        at[++n] = stop;
    }
    return n;
}
static inline uint64_t words_in(const char *p, const char *end) {
    uint64_t words = 0;
    for (; p < end; p++) words += *p == ' ' || *p == '\n';
    return words;
}

/* What the filters look for: a word of eight letters in few lines. */
static inline const char *gen_needle(const vocab *v, size_t *len) {
    uint32_t rank = 20000;
    while (v->words[rank].len != 8) rank++;
    *len = 8;
    return v->words[rank].text;
}

/* 1M pairs of a word and a number. */
enum { PAIRS = 1000000 };
static inline const vocab_word *gen_pair(const vocab *v, rng *r, int64_t *value) {
    const vocab_word *w = &v->words[zipf_draw(v, r)];
    *value = (int64_t)(rng_next(r) % 1000);
    return w;
}
/* The keys of a join's side: 1M different ones from `from` on, in the order of chance. */
static inline uint32_t *gen_join_keys(uint32_t from, uint64_t seed) {
    uint32_t *keys = malloc(PAIRS * sizeof *keys);
    if (keys == NULL) die("malloc");
    rng r = {seed};
    for (uint32_t i = 0; i < PAIRS; i++) keys[i] = i + from;
    for (uint32_t i = PAIRS - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(rng_next(&r) % (i + 1)), t = keys[i];
        keys[i] = keys[j];
        keys[j] = t;
    }
    return keys;
}
enum { JOIN_KEY_SIZE = 12, JOIN_SHARED = PAIRS / 2 }; /* half of the keys match */
static inline void gen_join_key(char text[32], uint32_t key) {
    snprintf(text, 32, "user-%07u", key % 10000000);
}
#endif
