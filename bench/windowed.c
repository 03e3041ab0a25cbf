/* SPDX-License-Identifier: Apache-2.0 */
/* windowed.c: a count by key over a window of 30 slides of 10 batches each, over the input of
 * limit/window: sum, max  slides, with an inverse and without, over the batches' partial results.
 * Prints name=value fields, milliseconds a slide: to apply it, to read its result, and to number
 * the keys of the partial results, which is a part of the first numbers   the records of a batch,
 * hashed and numbered; prints the usual line Windows and dictionaries are driven by hand, so that
 * each part has its own figure. */
#include "bench.h"

#include "base/mem.h"
#include "data/value.h"
#include "exec/dictionary.h"
#include "exec/window.h"
#include "rdd/context.h"

enum { KEYS = 1000000, RECORDS = 100000, SLIDE = 10, WINDOW = 30, BATCHES = 400, BATCH_MS = 100 };

typedef struct partial {
    pair *rows;
    size_t count;
    wadi_rdd *rdd;
} partial;
typedef struct load {
    wadi_context *sc;
    const wadi__type *type;
    wadi_str *keys;
    pair *records; /* of the last batch */
    partial partials[BATCHES];
    wadi__dictionary dictionary;
    uint64_t *hashes;
    uint32_t *numbers;
    uint32_t slide; /* the next */
} load;

static void make_input(load *self) {
    vocab v = vocab_new(KEYS);
    rng r = {7};
    uint32_t *counts = calloc(KEYS, sizeof *counts), *touched = malloc(RECORDS * sizeof *touched);
    self->keys = malloc(KEYS * sizeof *self->keys);
    self->records = malloc(RECORDS * sizeof *self->records);
    if (counts == NULL || touched == NULL || self->keys == NULL || self->records == NULL)
        die("malloc");
    for (uint32_t i = 0; i < KEYS; i++) {
        char text[32];
        gen_join_key(text, i);
        self->keys[i] = wadi_str_view(text, JOIN_KEY_SIZE);
    }
    for (uint32_t b = 0; b < BATCHES; b++) {
        size_t n = 0;
        for (uint32_t i = 0; i < RECORDS; i++) {
            uint32_t number = zipf_draw(&v, &r);
            self->records[i] = (pair){self->keys[number], 1};
            if (counts[number]++ == 0) touched[n++] = number;
        }
        partial p = {malloc(n * sizeof *p.rows), n, NULL};
        if (p.rows == NULL) die("malloc");
        for (size_t i = 0; i < n; i++) {
            p.rows[i] = (pair){self->keys[touched[i]], counts[touched[i]]};
            counts[touched[i]] = 0;
        }
        self->partials[b] = p;
    }
    free(counts);
    free(touched);
}

/* ---- Numbers ---- */

static void number(load *self, const pair *rows, size_t count) {
    bool is_new[WADI__DICTIONARY_BATCH];
    wadi__value_hash_rows(self->type->key, rows, sizeof *rows, NULL, count, self->hashes);
    for (size_t at = 0; at < count; at += WADI__DICTIONARY_BATCH) {
        size_t n = count - at < WADI__DICTIONARY_BATCH ? count - at : WADI__DICTIONARY_BATCH;
        wadi__dictionary_rows some = {.rows = (const char *)(rows + at),
                                      .row_size = sizeof *rows,
                                      .hashes = self->hashes + at,
                                      .count = n,
                                      .ahead = count - at - n};
        if (!wadi__dictionary_number(&self->dictionary, &some, self->numbers, is_new))
            die("no memory");
    }
}
static void make_dictionary(load *self) {
    self->hashes = malloc(RECORDS * sizeof *self->hashes);
    self->numbers = malloc(RECORDS * sizeof *self->numbers);
    if (self->hashes == NULL || self->numbers == NULL) die("malloc");
    if (!wadi__dictionary_init(&self->dictionary, self->type->key)) die("no memory");
    pair *all = malloc(RECORDS * sizeof *all);
    if (all == NULL) die("malloc");
    for (uint32_t from = 0; from < KEYS; from += RECORDS) {
        for (uint32_t i = 0; i < RECORDS; i++) all[i] = (pair){self->keys[from + i], 0};
        number(self, all, RECORDS);
    }
    free(all);
}
static int run_numbers(load *self, double seconds) {
    double begun = now_s(), spent, rounds = 0;
    do number(self, self->records, RECORDS);
    while (now_s() - begun < 0.2);
    begun = now_s();
    do {
        number(self, self->records, RECORDS);
        rounds++;
        spent = now_s() - begun;
    } while (spent < seconds);
    expect_total("keys", self->dictionary.count, KEYS);
    printf("%.6f\t%.0f\t0\n", spent, rounds * RECORDS);
    return 0;
}

/* ---- Slides ---- */

typedef struct slide_times { /* in seconds */
    double apply, read, number;
} slide_times;

static double time_count(wadi_rdd *rdd) {
    double begun = now_s();
    if (wadi_count(rdd) == 0) die("an empty window");
    return now_s() - begun;
}
static void run_slide(load *self, wadi__window *window, wadi__bound_fn *fn, wadi__bound_fn *inverse,
                      slide_times *times) {
    wadi__window_batch entering[SLIDE];
    wadi__scope scope;
    int64_t end_ms = (int64_t)(self->slide + 1) * SLIDE * BATCH_MS;
    for (uint32_t b = 0; b < SLIDE; b++) {
        const partial *p = &self->partials[(self->slide * SLIDE + b) % BATCHES];
        entering[b] = (wadi__window_batch){end_ms - (int64_t)(SLIDE - 1 - b) * BATCH_MS, p->rdd};
    }
    self->slide++;
    wadi__scope_init(&scope, end_ms);
    wadi__scope *before = wadi__scope_enter(&scope);
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *rdd = wadi__window_rdd(window, end_ms, entering, SLIDE, fn, inverse, &options);
    double first = time_count(rdd), again = time_count(rdd);
    if (scope.has_failed) die(scope.err.message);
    wadi__scope_enter(before);
    wadi__scope_clear(&scope);
    wadi__scope_fini(&scope);
    double begun = now_s();
    for (uint32_t b = 0; b < SLIDE; b++) {
        const partial *p = &self->partials[(self->slide * SLIDE + b) % BATCHES];
        number(self, p->rows, p->count);
    }
    *times = (slide_times){first - again, again, now_s() - begun};
}
static int run_slides(load *self, bool is_sum, double seconds) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__window_spec spec = {.type = self->type,
                              .is_keyed = true,
                              .is_inverse = is_sum,
                              .window_ms = WINDOW * SLIDE * BATCH_MS,
                              .slide_ms = SLIDE * BATCH_MS,
                              .partition_count = 1};
    wadi__window *window = wadi__window_new(self->sc, &spec);
    wadi__bound_fn *fn = wadi__bound_fn_new(is_sum ? wadi_add.fn : wadi_max.fn, WADI_FN_REDUCE,
                                            NULL, self->type, NULL, &err),
                   *inverse = wadi__bound_fn_new(wadi_subtract.fn, WADI_FN_REDUCE, NULL, self->type,
                                                 NULL, &err);
    if (window == NULL || fn == NULL || inverse == NULL) die("no memory");
    for (uint32_t b = 0; b < BATCHES; b++)
        self->partials[b].rdd = wadi_parallelize(self->sc, pair, self->partials[b].rows,
                                                 self->partials[b].count, .partitions = 1);
    slide_times one, all = {0};
    double begun, slides = 0;
    for (uint32_t s = 0; s < 2 * WINDOW; s++)
        run_slide(self, window, fn, is_sum ? inverse : NULL, &one);
    begun = now_s();
    do {
        run_slide(self, window, fn, is_sum ? inverse : NULL, &one);
        all = (slide_times){all.apply + one.apply, all.read + one.read, all.number + one.number};
        slides++;
    } while (now_s() - begun < seconds);
    printf("slides=%.0f\tapply_ms=%.4f\tread_ms=%.4f\tnumber_ms=%.4f\tkeys=%llu\n", slides,
           all.apply * 1e3 / slides, all.read * 1e3 / slides, all.number * 1e3 / slides,
           (unsigned long long)wadi__window_key_count(window));
    wadi__bound_fn_unref(fn);
    wadi__bound_fn_unref(inverse);
    wadi__window_unref(window);
    return 0;
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("windowed sum|max|numbers SECONDS");
    static load self;
    self.sc = bench_context("1");
    self.type = wadi__type_intern(WADI_TYPE(pair), NULL);
    make_input(&self);
    make_dictionary(&self);
    double seconds = strtod(argv[2], NULL);
    int status = strcmp(argv[1], "numbers") == 0
                     ? run_numbers(&self, seconds)
                     : run_slides(&self, strcmp(argv[1], "sum") == 0, seconds);
    wadi__dictionary_fini(&self.dictionary);
    int finished = wadi_finish(self.sc);
    return status != 0 ? status : finished;
}
