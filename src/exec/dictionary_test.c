/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary_test.c: numbers of keys of all kinds against a plain array, while keys come and go. */
#include "exec/dictionary.h"

#include "testing/keyed.h"
#include "testing/unit.h"

enum { BATCH = WADI__DICTIONARY_BATCH };

static const wadi__type *interned(const wadi_type *type) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *entry = wadi__type_intern(type, &err);
    assert_non_null(entry);
    return entry;
}
/* Numbers the keys of rows from..from+count. */
static bool number(wadi__dictionary *self, const test_rows *in, uint32_t from, size_t count,
                   uint32_t *numbers, bool *is_new) {
    const wadi__type *pair = interned(in->kind->pair);
    const char *rows = in->rows + from * (size_t)pair->pub.size;
    uint64_t hashes[BATCH];
    wadi__value_hash_rows(self->key, rows, pair->pub.size, NULL, count, hashes);
    wadi__dictionary_rows batch = {
        .rows = rows, .row_size = pair->pub.size, .hashes = hashes, .count = count};
    return wadi__dictionary_number(self, &batch, numbers, is_new);
}

/* By the number that a key is made of: its number in the dictionary plus 1, or 0. */
typedef struct known_keys {
    uint32_t given[1 << 16];
    uint32_t count;
} known_keys;

static void check_all(const wadi__dictionary *self, const test_kind *kind,
                      const known_keys *known) {
    assert_int_equal(self->count, known->count);
    for (uint32_t n = 0; n < 1 << 16; n++) {
        if (known->given[n] == 0) continue;
        _Alignas(8) char key[64] = {0};
        kind->make(n, key);
        assert_true(wadi__dictionary_has(self, known->given[n] - 1));
        assert_true(
            wadi__value_equal(self->key, key, wadi__dictionary_key(self, known->given[n] - 1)));
    }
}
static void add_some(wadi__dictionary *self, const test_rows *in, known_keys *known) {
    uint32_t numbers[BATCH];
    bool is_new[BATCH];
    for (uint32_t from = 0; from < in->count; from += BATCH) {
        size_t count = in->count - from < BATCH ? in->count - from : BATCH;
        assert_true(number(self, in, from, count, numbers, is_new));
        for (size_t i = 0; i < count; i++) {
            uint32_t *given = &known->given[in->numbers[from + i]];
            assert_int_equal(is_new[i], *given == 0);
            if (is_new[i]) known->count++;
            if (is_new[i]) *given = numbers[i] + 1;
            assert_int_equal(*given, numbers[i] + 1);
            assert_true(numbers[i] < self->end);
        }
    }
}
static void remove_some(wadi__dictionary *self, known_keys *known, uint64_t *seed,
                        unsigned of_100) {
    for (uint32_t n = 0; n < 1 << 16; n++) {
        if (known->given[n] == 0 || test_random(seed) % 100 >= of_100) continue;
        wadi__dictionary_remove(self, known->given[n] - 1);
        known->given[n] = 0;
        known->count--;
    }
}
static void test_keys_come_and_go(void **state) {
    const test_kind *kind = *state;
    static known_keys known;
    memset(&known, 0, sizeof known);
    uint64_t seed = 7;
    uint32_t most = 0;
    wadi__dictionary self;
    assert_true(wadi__dictionary_init(&self, interned(kind->key)));
    for (unsigned round = 0; round < 12; round++) {
        uint32_t keys = round % 4 == 3 ? 40000 : 3000;
        test_rows in = test_rows_make(kind, round % 4 == 3 ? 30000 : 5000, keys, &seed);
        add_some(&self, &in, &known);
        if (known.count > most) most = known.count;
        check_all(&self, kind, &known);
        remove_some(&self, &known, &seed, round % 3 == 2 ? 100 : 60);
        check_all(&self, kind, &known);
        if (wadi__dictionary_is_wasteful(&self)) assert_true(wadi__dictionary_compact(&self));
        assert_false(wadi__dictionary_is_wasteful(&self));
        check_all(&self, kind, &known);
        test_rows_free(&in);
    }
    assert_true(self.end <= most + BATCH); /* numbers are given again */
    wadi__dictionary_fini(&self);
}
/* A reader's copy of a long key outlives what happens to the dictionary. */
static void test_strings_stay_for_readers(void **state) {
    (void)state;
    uint64_t seed = 3;
    test_rows in = test_rows_make(&test_kinds[4], 200, 200, &seed);
    static known_keys known;
    memset(&known, 0, sizeof known);
    wadi__dictionary self;
    assert_true(wadi__dictionary_init(&self, interned(WADI_TYPE(wadi_str))));
    add_some(&self, &in, &known);
    wadi_str copies[200];
    uint32_t numbers[200];
    bool is_new[200];
    assert_true(number(&self, &in, 0, 200, numbers, is_new));
    for (size_t i = 0; i < 200; i++)
        memcpy(&copies[i], wadi__dictionary_key(&self, numbers[i]), sizeof copies[i]);
    wadi__keep *reader = self.strings;
    wadi__counted_ref(&reader->counted);
    remove_some(&self, &known, &seed, 100);
    assert_true(wadi__dictionary_compact(&self));
    wadi__dictionary_fini(&self);
    for (size_t i = 0; i < 200; i++) {
        wadi_str expected;
        test_kinds[4].make(in.numbers[i], &expected);
        assert_true(wadi_str_equal(copies[i], expected));
    }
    wadi__keep_unref(reader);
    test_rows_free(&in);
}

typedef struct refused {
    test_rows in;
    const test_kind *kind;
} refused;
static bool try_with_little_memory(void *arg) {
    refused *self = arg;
    uint32_t numbers[BATCH];
    bool is_new[BATCH], done = false;
    wadi__dictionary dictionary;
    if (wadi__dictionary_init(&dictionary, interned(self->kind->key))) {
        done = true;
        for (uint32_t from = 0; done && from < self->in.count; from += 100) {
            uint32_t before = dictionary.count;
            done = number(&dictionary, &self->in, from, 100, numbers, is_new);
            if (!done) assert_int_equal(dictionary.count, before);
        }
        done = done && (dictionary.strings == NULL || wadi__dictionary_compact(&dictionary));
    }
    wadi__dictionary_fini(&dictionary);
    return done;
}
static void test_no_memory(void **state) {
    uint64_t seed = 5;
    refused self = {.kind = *state};
    self.in = test_rows_make(self.kind, 3000, 3000, &seed);
    assert_true(wadi__unit_refuse_each(try_with_little_memory, &self, false) > 3);
    test_rows_free(&self.in);
}

int main(void) {
    wadi__unit unit = {0};
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        wadi__unit_put(&unit, test_kinds[k].name, test_keys_come_and_go,
                       (void *)(uintptr_t)&test_kinds[k]);
        wadi__unit_put(&unit, "no memory", test_no_memory, (void *)(uintptr_t)&test_kinds[k]);
    }
    wadi__unit_add(&unit, test_strings_stay_for_readers);
    return wadi__unit_run(&unit, "dictionary of keys");
}
