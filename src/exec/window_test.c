/* SPDX-License-Identifier: Apache-2.0 */
/* window_test.c: windows over many keys of all kinds, slide after slide, against sums in plain
 * arrays. */
#include "exec/window.h"

#include "rdd/ready/ready.h"
#include "testing/keyed.h"
#include "testing/unit.h"

#include <math.h>

enum { NUMBERS = 1 << 12, BATCHES_MAX = 120 };

static wadi_context *sc;
static int start(void **state) {
    (void)state;
    sc = wadi_context_new("local[3]", "windows");
    return 0;
}
static int stop(void **state) {
    (void)state;
    return wadi_finish(sc);
}

typedef enum window_form { ANEW, INVERSE, FILTERED } window_form;
typedef struct window_case {
    const char *name;
    window_form form;
    uint32_t window, slide, batches; /* in batches */
    uint32_t records, keys;          /* of a batch */
    uint32_t drift;                  /* how far its keys move on from batch to batch */
    uint32_t partitions;
    uint32_t
        thin; /* so many batches have all their records, as many a twentieth; 0: all have all */
} window_case;
static const window_case cases[] = {
    {"tumbling", ANEW, 4, 4, 20, 50, 40, 3, 2, 0},
    {"every batch", ANEW, 5, 1, 30, 900, 700, 20, 3, 0},
    {"no multiple of the slide", ANEW, 7, 3, 60, 200, 150, 10, 2, 0},
    {"batches left out", ANEW, 2, 5, 40, 100, 60, 5, 2, 0},
    {"nothing", ANEW, 3, 1, 6, 0, 1, 0, 2, 0},
    {"one partition", ANEW, 6, 2, 30, 2000, 1500, 50, 1, 0},
    {"dense and sparse in turns", ANEW, 8, 1, 75, 4000, 3000, 0, 1, 11},
    {"dense and sparse in turns, keys come and go", ANEW, 8, 1, 75, 4000, 3000, 40, 1, 11},
    {"dense and sparse in turns, no multiple of the slide", ANEW, 13, 3, 75, 3000, 2500, 20, 2, 17},
    {"more entries in a slide than keys", ANEW, 60, 30, 120, 4000, 3500, 0, 1, 0},
    {"inverse, more entries in a slide than keys", INVERSE, 60, 30, 120, 4000, 3500, 0, 1, 0},
    {"inverse, every batch", INVERSE, 5, 1, 30, 900, 700, 20, 3, 0},
    {"inverse, no multiple of the slide", INVERSE, 7, 3, 60, 200, 150, 10, 2, 0},
    {"inverse, tumbling", INVERSE, 4, 4, 20, 50, 40, 3, 2, 0},
    {"inverse, one key", INVERSE, 4, 2, 12, 100, 1, 0, 2, 0},
    {"filtered, every batch", FILTERED, 5, 1, 40, 900, 700, 30, 3, 0},
    {"filtered, many keys come and go", FILTERED, 3, 1, 40, 1500, 900, 80, 1, 0},
    {"filtered, no multiple of the slide", FILTERED, 7, 3, 60, 200, 150, 10, 2, 0},
};

/* What came in: the sum of each number in each batch, and whether it was there. */
typedef struct history {
    int64_t sums[BATCHES_MAX + 1][NUMBERS];
    bool has[BATCHES_MAX + 1][NUMBERS];
} history;

typedef struct run {
    const window_case *row;
    const test_kind *kind;
    const wadi__type *type;
    wadi__bound_fn *fn, *inverse, *filter;
    wadi__window *window;
    uint64_t seed;
    history *history; /* NULL: nothing is compared */
} run;

static wadi__bound_fn *bound(const wadi_fn *fn, wadi_fn_kind kind, const wadi__type *type) {
    wadi_error err = WADI_ERROR_INIT;
    return wadi__bound_fn_new(fn, kind, NULL, type, NULL, &err);
}
static bool run_begin(run *self) {
    self->type = wadi__type_intern(self->kind->pair, NULL);
    self->fn = bound(wadi_add.fn, WADI_FN_REDUCE, self->type);
    self->inverse = bound(wadi_subtract.fn, WADI_FN_REDUCE, self->type);
    self->filter = bound(wadi__nonzero.fn, WADI_FN_FILTER, self->type);
    if (self->fn == NULL || self->inverse == NULL || self->filter == NULL) return false;
    wadi__window_spec spec = {.type = self->type,
                              .is_keyed = true,
                              .is_inverse = self->row->form != ANEW,
                              .window_ms = self->row->window * 10,
                              .slide_ms = self->row->slide * 10,
                              .partition_count = self->row->partitions,
                              .filter = self->row->form == FILTERED ? self->filter : NULL};
    self->window = wadi__window_new(sc, &spec);
    return self->window != NULL;
}
static void run_end(run *self) {
    wadi__window_unref(self->window);
    wadi__bound_fn_unref(self->fn);
    wadi__bound_fn_unref(self->inverse);
    wadi__bound_fn_unref(self->filter);
}
/* The partial aggregates of a batch of random records. */
static wadi_rdd *partial_of(run *self, uint32_t batch) {
    const window_case *row = self->row;
    const bool is_thin = row->thin != 0 && batch / row->thin % 2 == 1;
    test_rows in = test_rows_make(self->kind, is_thin ? row->records / 20 : row->records, row->keys,
                                  &self->seed);
    for (uint32_t i = 0; i < in.count; i++) {
        uint32_t number = (in.numbers[i] + batch * row->drift) % NUMBERS;
        if (self->kind->key->size == 1) number %= 128;
        int64_t value = (int64_t)number * 10 + i + 1;
        char *at = in.rows + i * (size_t)self->kind->pair->size;
        self->kind->make(number, at);
        *(int64_t *)(void *)(at + self->kind->pair->fields[1].offset) = value;
        if (self->history == NULL) continue;
        self->history->sums[batch][number] += value;
        self->history->has[batch][number] = true;
    }
    wadi_rdd *made = wadi_rdd_reduce_by_key(
        test_rdd(sc, &in, 2), wadi_add,
        &(wadi_op_options){.size = sizeof(wadi_op_options), .partitions = row->partitions});
    test_rows_free(&in);
    return made;
}
/* The RDD of the window that ends with batch `last`. */
static wadi_rdd *slide_to(run *self, uint32_t last) {
    const window_case *row = self->row;
    wadi__window_batch entering[BATCHES_MAX];
    size_t count = 0;
    for (uint32_t batch = last - row->slide + 1; batch <= last; batch++) {
        wadi_rdd *partial = partial_of(self, batch);
        bool is_left_out = row->form == ANEW && batch + row->window <= last;
        if (!is_left_out) entering[count++] = (wadi__window_batch){batch * 10, partial};
    }
    wadi_op_options options = {.size = sizeof options};
    return wadi__window_rdd(self->window, last * 10, entering, count, self->fn,
                            row->form == ANEW ? NULL : self->inverse, &options);
}
/* As test_digest() of the records that there should be. */
static uint64_t digest_of(const run *self, uint32_t last, uint64_t *keys) {
    const window_case *row = self->row;
    uint64_t digest = 0;
    *keys = 0;
    for (uint32_t number = 0; number < NUMBERS; number++) {
        int64_t sum = 0;
        bool is_in = false; /* with an inverse and no filter keys stay for ever */
        for (uint32_t b = 1; b <= last; b++) {
            bool is_inside = b + row->window > last;
            sum += is_inside ? self->history->sums[b][number] : 0;
            is_in |= (is_inside || row->form == INVERSE) && self->history->has[b][number];
        }
        if (!is_in) continue;
        _Alignas(16) char made[64] = {0};
        self->kind->make(number, made);
        *(int64_t *)(void *)(made + self->kind->pair->fields[1].offset) = sum;
        digest += wadi__value_hash(self->type, made);
        (*keys)++;
    }
    return digest + *keys;
}
static void test_sums(const window_case *row, const test_kind *kind) {
    run self = {.row = row, .kind = kind, .seed = 1, .history = calloc(1, sizeof(history))};
    assert_true(run_begin(&self));
    for (uint32_t last = row->slide; last <= row->batches; last += row->slide) {
        test_batch batch;
        uint64_t keys;
        test_batch_begin(&batch);
        wadi_rdd *window = slide_to(&self, last);
        assert_int_equal(window->partition_count, row->partitions);
        uint64_t expected = digest_of(&self, last, &keys);
        assert_int_equal(test_digest(window, false), expected);
        assert_int_equal(test_digest(window, false), expected); /* a second job */
        assert_string_equal(test_batch_error(&batch), "");
        assert_int_equal(wadi__window_key_count(self.window), keys);
        test_batch_end(&batch);
    }
    run_end(&self);
    free(self.history);
}
static void test_all_kinds_of_keys(void **state) {
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) test_sums(*state, &test_kinds[k]);
}

/* ---- More keys than are reduced at once ---- */

WADI_RECORD(two_numbers, (int64_t, key), (int64_t, n), (int64_t, m));
enum { MANY_KEYS = 150000, MANY_BATCHES = 12, MANY_WINDOW = 4 };

/* Each batch has another share of the keys; n and m are made of both. */
static bool is_in_batch(uint32_t batch, uint32_t key) {
    uint64_t seed = batch * 7919u + key;
    return test_random(&seed) % (batch % 5 == 0 ? 50 : 3) == 0;
}
static two_numbers entry_of(uint32_t batch, uint32_t key) {
    uint64_t seed = batch * 1009u + key;
    const int64_t n = (int64_t)(test_random(&seed) % 1000) - 500;
    return (two_numbers){key, n, -3 * n + batch};
}
static wadi_rdd *many_of(uint32_t batch) {
    static two_numbers rows[MANY_KEYS];
    size_t n = 0;
    for (uint32_t i = 0; i < MANY_KEYS; i++) {
        const uint32_t key = (uint32_t)((uint64_t)i * 7919 % MANY_KEYS); /* not in order */
        if (is_in_batch(batch, key)) rows[n++] = entry_of(batch, key);
    }
    return wadi_parallelize(sc, two_numbers, rows, n, .partitions = 1);
}
static void check_many(wadi_rdd *window, uint32_t last, bool is_sum) {
    size_t n, expected = 0;
    const two_numbers *rows = wadi_collect(window, two_numbers, &n);
    const uint32_t first = last > MANY_WINDOW ? last - MANY_WINDOW + 1 : 1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t key = (uint32_t)rows[i].key;
        int64_t sums[2] = {0}, most[2] = {INT64_MIN, INT64_MIN};
        for (uint32_t b = first; b <= last; b++) {
            if (!is_in_batch(b, key)) continue;
            const two_numbers entry = entry_of(b, key);
            sums[0] += entry.n, sums[1] += entry.m;
            most[0] = entry.n > most[0] ? entry.n : most[0];
            most[1] = entry.m > most[1] ? entry.m : most[1];
        }
        const int64_t *made = is_sum ? sums : most;
        if (rows[i].n != made[0] || rows[i].m != made[1])
            fail_msg("key %u of the window that ends with batch %u", key, last);
    }
    for (uint32_t key = 0; key < MANY_KEYS; key++) {
        bool is_in = false; /* with an inverse keys stay */
        for (uint32_t b = is_sum ? 1 : first; b <= last; b++) is_in |= is_in_batch(b, key);
        expected += is_in;
    }
    assert_int_equal(n, expected);
}
WADI_REDUCE(own_add, two_numbers) { acc->n += in->n, acc->m += in->m; }
WADI_REDUCE(own_subtract, two_numbers) { acc->n -= in->n, acc->m -= in->m; }
WADI_REDUCE(own_max, two_numbers) {
    if (in->n > acc->n) acc->n = in->n;
    if (in->m > acc->m) acc->m = in->m;
}
typedef struct many_case {
    const char *name;
    bool is_sum;
    const wadi_reduce_fn *fn, *inverse;
} many_case;
static const many_case many_cases[] = {
    {"many keys: ready-made sums", true, &wadi_add, &wadi_subtract},
    {"many keys: ready-made extremes", false, &wadi_max, &wadi_subtract},
    {"many keys: sums", true, &own_add, &own_subtract},
    {"many keys: extremes", false, &own_max, &own_subtract},
};
static void test_many_keys(void **state) {
    const many_case *row = *state;
    const bool is_sum = row->is_sum;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(two_numbers), NULL);
    wadi__bound_fn *fn = bound(row->fn->fn, WADI_FN_REDUCE, type);
    wadi__bound_fn *inverse = bound(row->inverse->fn, WADI_FN_REDUCE, type);
    wadi__window_spec spec = {.type = type,
                              .is_keyed = true,
                              .is_inverse = is_sum,
                              .window_ms = MANY_WINDOW * 10,
                              .slide_ms = 20,
                              .partition_count = 1};
    wadi__window *window = wadi__window_new(sc, &spec);
    for (uint32_t last = 2; last <= MANY_BATCHES; last += 2) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi__window_batch entering[2] = {{(last - 1) * 10, many_of(last - 1)},
                                          {last * 10, many_of(last)}};
        wadi_op_options options = {.size = sizeof options};
        wadi_rdd *rdd =
            wadi__window_rdd(window, last * 10, entering, 2, fn, is_sum ? inverse : NULL, &options);
        check_many(rdd, last, is_sum);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
    wadi__window_unref(window);
    wadi__bound_fn_unref(fn);
    wadi__bound_fn_unref(inverse);
}

/* ---- The order of batches, and tries that fail anywhere ---- */

/* What is put together remembers its order: power is what a hash before is multiplied with. */
WADI_RECORD(chain, (int64_t, key), (uint64_t, hash), (uint64_t, power));
static atomic_long calls_until_failure; /* below 0: none */
WADI_REDUCE(put_behind, chain) {
    acc->hash = acc->hash * in->power + in->hash;
    acc->power *= in->power;
    if (atomic_fetch_sub(&calls_until_failure, 1) == 0) wadi_fail(task, "bad luck");
}

enum { CHAIN_KEYS = 700, CHAIN_BATCHES = 90 };
typedef struct order_case {
    const char *name;
    uint32_t window, slide, keys;
    long fails_every; /* so many calls; 0: never */
} order_case;
static const order_case order_cases[] = {
    {"order: of two", 2, 1, 50, 0},
    {"order: of three", 3, 1, 50, 0},
    {"order: of many", 30, 1, 700, 0},
    {"order: of more than there are", 200, 1, 100, 0},
    {"order: by twos", 8, 2, 300, 0},
    {"order: no multiple of the slide", 29, 4, 300, 0},
    {"order: less than two slides", 5, 3, 100, 0},
    {"order: batches left out", 2, 5, 100, 0},
    {"order: tries fail, of two", 2, 1, 50, 37},
    {"order: tries fail, of many", 30, 1, 700, 2003},
    {"order: tries fail, no multiple of the slide", 29, 4, 300, 997},
};
static chain chain_at(uint32_t batch, uint32_t key) {
    uint64_t seed = batch * 1000003u + key;
    chain made = {.key = (int64_t)key};
    if (test_random(&seed) % 3 != 0 && (batch + key) % 50 < 30)
        made = (chain){made.key, test_random(&seed), test_random(&seed) | 1};
    return made; /* power 0: it is not there */
}
static wadi_rdd *chains_of(const order_case *row, uint32_t batch) {
    chain rows[CHAIN_KEYS];
    size_t n = 0;
    for (uint32_t key = 0; key < row->keys; key++) {
        chain one = chain_at(batch, key);
        if (one.power != 0) rows[n++] = one;
    }
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    return wadi_rdd_reduce_by_key(wadi_parallelize(sc, chain, rows, n), put_behind, &options);
}
static void check_chains(const order_case *row, wadi_rdd *window, uint32_t last) {
    size_t n, expected = 0;
    const chain *rows = wadi_collect(window, chain, &n);
    for (size_t i = 0; i < n; i++) {
        chain all = {rows[i].key, 0, 1};
        for (uint32_t b = last > row->window ? last - row->window + 1 : 1; b <= last; b++) {
            chain one = chain_at(b, (uint32_t)rows[i].key);
            if (one.power == 0) continue;
            all.hash = all.hash * one.power + one.hash;
            all.power *= one.power;
        }
        if (rows[i].hash != all.hash || rows[i].power != all.power)
            fail_msg("key %d of the window that ends with batch %u", (int)all.key, last);
    }
    for (uint32_t key = 0; key < row->keys; key++) {
        bool is_in = false;
        for (uint32_t b = last > row->window ? last - row->window + 1 : 1; b <= last; b++)
            is_in |= chain_at(b, key).power != 0;
        expected += is_in;
    }
    assert_int_equal(n, expected);
}
static void test_order(void **state) {
    const order_case *row = *state;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(chain), NULL);
    wadi__bound_fn *fn = bound(put_behind.fn, WADI_FN_REDUCE, type);
    wadi__window_spec spec = {.type = type,
                              .is_keyed = true,
                              .window_ms = row->window * 10,
                              .slide_ms = row->slide * 10,
                              .partition_count = 2};
    wadi__window *window = wadi__window_new(sc, &spec);
    for (uint32_t last = row->slide; last <= CHAIN_BATCHES; last += row->slide) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi__window_batch entering[CHAIN_BATCHES];
        size_t count = 0;
        for (uint32_t b = last - row->slide + 1; b <= last; b++)
            if (b + row->window > last)
                entering[count++] = (wadi__window_batch){b * 10, chains_of(row, b)};
        wadi_op_options options = {.size = sizeof options};
        wadi_rdd *rdd = wadi__window_rdd(window, last * 10, entering, count, fn, NULL, &options);
        atomic_store(&calls_until_failure,
                     row->fails_every != 0 ? (long)(last * 7919) % row->fails_every : -1);
        check_chains(row, rdd, last);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
    atomic_store(&calls_until_failure, -1);
    wadi__window_unref(window);
    wadi__bound_fn_unref(fn);
}

/* ---- Floating point ---- */

WADI_RECORD(weight, (int64_t, key), (double, value));
WADI_FILTER(is_not_zero, weight) { return in->value != 0; }
enum { WEIGHT_KEYS = 3000, WEIGHT_WINDOW = 12, WEIGHT_BATCHES = 100 };

/* Small numbers, whose sums are exact, and once in a while one that swallows them. */
static double weight_at(uint32_t batch, uint32_t key) {
    uint64_t seed = batch * 7919u + key;
    if (test_random(&seed) % 4 == 0 || (batch > 80 && key % 2 == 0)) return 0; /* it is not there */
    if (batch < 40 && test_random(&seed) % 20 == 0) return 1e30;
    return (double)(test_random(&seed) % 1000) / 8 + 1;
}
/* The same without those, and with sums that are not exact. */
static double tenth_at(uint32_t batch, uint32_t key) {
    return batch > 60 && key % 3 != 0 ? 0 : weight_at(batch + 40, key) / 10;
}
/* With some that are no numbers any more. */
static double odd_at(uint32_t batch, uint32_t key) {
    uint64_t seed = batch * 31u + key;
    double tenth = tenth_at(batch, key);
    if (tenth == 0 || batch > 50 || test_random(&seed) % 10 != 0) return tenth;
    return key % 2 == 0 ? (double)INFINITY : (double)NAN;
}
static double (*weight_of)(uint32_t batch, uint32_t key); /* of the test that runs */

static wadi_rdd *weights_of(uint32_t batch) {
    static weight rows[WEIGHT_KEYS];
    size_t n = 0;
    for (uint32_t key = 0; key < WEIGHT_KEYS; key++)
        if (weight_of(batch, key) != 0) rows[n++] = (weight){key, weight_of(batch, key)};
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    return wadi_rdd_reduce_by_key(wadi_parallelize(sc, weight, rows, n), wadi_add, &options);
}
/* A window's length after the last of the large ones has left, all is exact again; what has left a
 * window leaves no rest. */
static void check_exact(wadi_rdd *window, uint32_t last) {
    size_t n;
    const weight *rows = wadi_collect(window, weight, &n);
    assert_true(n > 0);
    for (size_t i = 0; i < n && last > 40 + 2 * WEIGHT_WINDOW; i++) {
        double sum = 0;
        for (uint32_t b = last - WEIGHT_WINDOW + 1; b <= last; b++)
            sum += weight_at(b, (uint32_t)rows[i].key);
        if (rows[i].value != sum)
            fail_msg("%g, expected %g, after batch %u", rows[i].value, sum, last);
    }
}
static void check_no_rest(wadi_rdd *window, uint32_t last) {
    size_t n, expected = 0;
    const weight *rows = wadi_collect(window, weight, &n);
    (void)rows;
    for (uint32_t key = 0; key < WEIGHT_KEYS; key++) {
        bool is_in = false;
        for (uint32_t b = last > WEIGHT_WINDOW ? last - WEIGHT_WINDOW + 1 : 1; b <= last; b++)
            is_in |= weight_of(b, key) != 0;
        expected += is_in;
    }
    assert_int_equal(n, expected);
}
static void run_weights(double (*weights)(uint32_t batch, uint32_t key), bool has_filter) {
    weight_of = weights;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(weight), NULL);
    wadi__bound_fn *fn = bound(wadi_add.fn, WADI_FN_REDUCE, type);
    wadi__bound_fn *inverse = bound(wadi_subtract.fn, WADI_FN_REDUCE, type);
    wadi__bound_fn *filter = bound(is_not_zero.fn, WADI_FN_FILTER, type);
    wadi__window_spec spec = {.type = type,
                              .is_keyed = true,
                              .is_inverse = true,
                              .window_ms = WEIGHT_WINDOW * 10,
                              .slide_ms = 10,
                              .partition_count = 2,
                              .filter = has_filter ? filter : NULL};
    wadi__window *window = wadi__window_new(sc, &spec);
    for (uint32_t last = 1; last <= WEIGHT_BATCHES; last++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi__window_batch entering = {last * 10, weights_of(last)};
        wadi_op_options options = {.size = sizeof options};
        wadi_rdd *rdd = wadi__window_rdd(window, last * 10, &entering, 1, fn, inverse, &options);
        (has_filter ? check_no_rest : check_exact)(rdd, last);
        assert_string_equal(test_batch_error(&batch), "");
        test_batch_end(&batch);
    }
    wadi__window_unref(window);
    wadi__bound_fn_unref(fn);
    wadi__bound_fn_unref(inverse);
    wadi__bound_fn_unref(filter);
}
static void test_floats_do_not_drift(void **state) {
    (void)state;
    run_weights(weight_at, false);
}
static void test_floats_leave_no_rest(void **state) {
    (void)state;
    run_weights(tenth_at, true);
}
static void test_no_numbers_leave_no_rest(void **state) {
    (void)state;
    run_weights(odd_at, true);
}

/* ---- Little memory ---- */

static uint64_t run_some(void *arg) {
    run *given = arg, self = *given;
    uint64_t digest = 0;
    if (run_begin(&self))
        for (uint32_t last = self.row->slide; last <= self.row->batches; last += self.row->slide)
            digest = digest * 31 + test_digest(slide_to(&self, last), false);
    else
        wadi__scope_fail(wadi__context_scope(sc), &(wadi_error){WADI_E_NOMEM, true, "no window"});
    run_end(&self);
    return digest;
}
static void test_little_memory(void **state) {
    (void)state;
    static const window_case rows[] = {
        {"anew", ANEW, 3, 2, 6, 700, 600, 300, 2, 0},
        {"inverse", INVERSE, 3, 2, 6, 700, 600, 300, 2, 0},
        {"filtered", FILTERED, 2, 1, 4, 700, 600, 300, 2, 0},
        {"dense and sparse in turns", ANEW, 2, 1, 8, 300, 250, 0, 1, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run self = {.row = &rows[i], .kind = &test_kinds[4], .seed = 3};
        test_sweep(run_some, &self);
    }
}

/* ---- Windows out of order ---- */

static const window_case in_order = {"out of order", INVERSE, 3, 1, 9, 300, 200, 20, 2, 0};
/* A job wants a later window first; the earlier ones are stored as it passes them. */
static void passes(window_form form) {
    window_case row = in_order;
    row.form = form;
    run self = {
        .row = &row, .kind = &test_kinds[4], .seed = 5, .history = calloc(1, sizeof(history))};
    assert_true(run_begin(&self));
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *windows[10];
    for (uint32_t last = 1; last <= 9; last++) windows[last] = slide_to(&self, last);
    static const uint32_t order[] = {4, 2, 1, 4, 3, 9, 5, 8, 9, 6, 7, 1};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        uint64_t keys;
        if (order[i] == 4 && i > 0) continue; /* it was read where it lay */
        assert_int_equal(test_digest(windows[order[i]], false), digest_of(&self, order[i], &keys));
    }
    assert_string_equal(test_batch_error(&batch), "");
    test_digest(windows[4], false);
    test_says(test_batch_error(&batch),
              "the window of 40 ms has been left behind by that of 90 ms");
    test_batch_end(&batch);
    run_end(&self);
    free(self.history);
}
static void test_windows_out_of_order(void **state) {
    (void)state;
    passes(ANEW);
    passes(INVERSE);
    passes(FILTERED);
}
/* A window of which no RDD is left needs no making without an inverse, but its batches count. */
static void test_windows_nobody_asked_for(void **state) {
    (void)state;
    for (window_form form = ANEW; form <= FILTERED; form++) {
        window_case row = in_order;
        row.form = form;
        run self = {
            .row = &row, .kind = &test_kinds[4], .seed = 5, .history = calloc(1, sizeof(history))};
        assert_true(run_begin(&self));
        for (uint32_t last = 1; last <= 9; last++) {
            test_batch batch;
            uint64_t keys;
            test_batch_begin(&batch);
            wadi_rdd *window = slide_to(&self, last);
            if (last % 4 == 0)
                assert_int_equal(test_digest(window, false), digest_of(&self, last, &keys));
            assert_string_equal(test_batch_error(&batch), "");
            test_batch_end(&batch);
        }
        run_end(&self);
        free(self.history);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_all_kinds_of_keys, cases);
    wadi__unit_rows(&unit, test_many_keys, many_cases);
    wadi__unit_rows(&unit, test_order, order_cases);
    wadi__unit_add(&unit, test_floats_do_not_drift);
    wadi__unit_add(&unit, test_floats_leave_no_rest);
    wadi__unit_add(&unit, test_no_numbers_leave_no_rest);
    wadi__unit_add(&unit, test_windows_out_of_order);
    wadi__unit_add(&unit, test_windows_nobody_asked_for);
    wadi__unit_add(&unit, test_little_memory);
    return _cmocka_run_group_tests("windows", unit.tests, unit.count, start, stop);
}
