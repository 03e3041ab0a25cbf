/* SPDX-License-Identifier: Apache-2.0 */
/* hash_table_test.c: records by keys of all kinds against a plain array, by each of the three ways
 * in. */
#include "exec/hash_table.h"

#include "testing/keyed.h"
#include "testing/unit.h"

enum { BATCH = WADI__HASH_TABLE_BATCH, NUMBERS = 1 << 12 };

typedef struct table_case {
    const char *name;
    uint32_t rows, keys;
    size_t expected_keys; /* what the table is made for */
} table_case;
static table_case cases[] = {
    {"nothing", 0, 1, 0},
    {"one row", 1, 1, 1},
    {"one key", 3000, 1, 1},
    {"few keys", 5000, 37, 37},
    {"as many as expected", 6000, 3000, 3000},
    {"more than expected: it grows", 9000, 4000, 1},
};

typedef struct rig {
    test_rows in;
    const wadi__type *key, *pair;
    wadi__hash_table table;
    wadi__arena keys;
    uint64_t hashes[BATCH];
    void *accs[BATCH];
    uint32_t merged[BATCH];
    bool is_new[BATCH];
} rig;

static void rig_begin(rig *self, const test_kind *kind, const table_case *row) {
    uint64_t seed = 11;
    *self = (rig){.in = test_rows_make(kind, row->rows, row->keys, &seed)};
    self->key = wadi__type_intern(kind->key, NULL);
    self->pair = wadi__type_intern(kind->pair, NULL);
    assert_true(wadi__hash_table_init(&self->table, self->key, self->pair->pub.size,
                                      row->expected_keys, row->rows, &self->keys));
}
static void rig_end(rig *self) {
    wadi__hash_table_fini(&self->table);
    wadi__hash_table_fini(&self->table); /* nothing is left to do */
    wadi__arena_fini(&self->keys);
    test_rows_free(&self->in);
}
/* The rows from `from` on, at most BATCH, with their hashes. */
static wadi__hash_batch batch_of(rig *self, uint32_t from) {
    size_t size = self->pair->pub.size, left = self->in.count - from;
    wadi__hash_batch batch = {.rows = self->in.rows + from * size,
                              .row_size = size,
                              .hashes = self->hashes,
                              .count = left < BATCH ? left : BATCH,
                              .accs = self->accs,
                              .merged = self->merged,
                              .is_new = self->is_new};
    wadi__value_hash_rows(self->key, batch.rows, size, NULL, batch.count, self->hashes);
    return batch;
}
static int64_t *value_of(const rig *self, void *record) {
    return (int64_t *)(void *)((char *)record + self->pair->pub.fields[1].offset);
}
/* How many rows there are of each key, and which keys. */
static uint32_t count_numbers(const test_rows *in, uint32_t *counts) {
    uint32_t keys = 0;
    memset(counts, 0, NUMBERS * sizeof *counts);
    for (uint32_t i = 0; i < in->count; i++) keys += counts[in->numbers[i]]++ == 0;
    return keys;
}
/* Every key is there once, with the value that `wanted` has for its number. */
static void check_table(rig *self, const int64_t *wanted, uint32_t keys) {
    size_t used = 0;
    for (size_t i = 0; i < self->table.capacity; i++)
        used += wadi__hash_table_slot_hash(&self->table, i) != 0;
    assert_int_equal(used, keys);
    assert_int_equal(self->table.count, keys);
    assert_true(self->table.count * 2 <= self->table.capacity);
    for (uint32_t from = 0; from < self->in.count; from += BATCH) {
        wadi__hash_batch batch = batch_of(self, from);
        wadi__hash_table_seek(&self->table, &batch);
        for (size_t i = 0; i < batch.count; i++) {
            uint32_t number = self->in.numbers[from + i];
            assert_non_null(self->accs[i]);
            assert_true(test_has_key(self->in.kind, self->accs[i], number));
            assert_int_equal(*value_of(self, self->accs[i]), wanted[number]);
        }
    }
}
static void merge_all(rig *self) {
    for (uint32_t from = 0; from < self->in.count; from += BATCH) {
        wadi__hash_batch batch = batch_of(self, from);
        size_t merged = wadi__hash_table_merge(&self->table, &batch);
        assert_true(merged <= batch.count);
        for (size_t i = 0; i < merged; i++)
            *value_of(self, self->accs[i]) += test_value(&self->in, from + self->merged[i]);
    }
}
static void test_merge(void **state) {
    const table_case *row = *state;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        static uint32_t counts[NUMBERS];
        static int64_t sums[NUMBERS];
        rig self;
        rig_begin(&self, &test_kinds[k], row);
        uint32_t keys = count_numbers(&self.in, counts);
        for (uint32_t n = 0; n < NUMBERS; n++) sums[n] = counts[n] > 0 ? 0 : -1;
        for (uint32_t i = 0; i < self.in.count; i++)
            sums[self.in.numbers[i]] += test_value(&self.in, i);
        merge_all(&self);
        check_table(&self, sums, keys);
        rig_end(&self);
    }
}
static void test_find(void **state) {
    const table_case *row = *state;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        static uint32_t counts[NUMBERS];
        static int64_t wanted[NUMBERS];
        rig self;
        rig_begin(&self, &test_kinds[k], row);
        uint32_t keys = count_numbers(&self.in, counts), made = 0;
        for (uint32_t n = 0; n < NUMBERS; n++) wanted[n] = counts[n];
        for (uint32_t from = 0; from < self.in.count; from += BATCH) {
            wadi__hash_batch batch = batch_of(&self, from);
            assert_true(wadi__hash_table_find(&self.table, &batch));
            for (size_t i = 0; i < batch.count; i++) {
                if (self.is_new[i]) assert_int_equal(*value_of(&self, self.accs[i]), 0);
                made += self.is_new[i];
                ++*value_of(&self, self.accs[i]);
            }
        }
        assert_int_equal(made, keys);
        check_table(&self, wanted, keys);
        rig_end(&self);
    }
}
/* Of rows 0, 2, 4, .. the keys are put in; then all are looked for, which makes nothing. */
static void test_seek(void **state) {
    const table_case *row = *state;
    for (size_t k = 0; k < TEST_KIND_COUNT; k++) {
        static bool is_there[NUMBERS];
        uint32_t selected[BATCH];
        rig self;
        rig_begin(&self, &test_kinds[k], row);
        memset(is_there, 0, sizeof is_there);
        for (uint32_t from = 0; from < self.in.count; from += BATCH) {
            wadi__hash_batch batch = batch_of(&self, from);
            size_t evens = 0;
            for (uint32_t i = 0; i < batch.count; i += 2) {
                self.hashes[evens] = self.hashes[i];
                selected[evens++] = i;
                is_there[self.in.numbers[from + i]] = true;
            }
            batch.count = evens;
            batch.selected = selected;
            assert_true(wadi__hash_table_merge(&self.table, &batch) <= evens);
        }
        size_t before = self.table.count;
        for (uint32_t from = 0; from < self.in.count; from += BATCH) {
            wadi__hash_batch batch = batch_of(&self, from);
            wadi__hash_table_seek(&self.table, &batch);
            for (uint32_t i = 0; i < batch.count; i++) {
                uint32_t number = self.in.numbers[from + i];
                assert_int_equal(self.accs[i] != NULL, is_there[number]);
                if (self.accs[i] != NULL)
                    assert_true(test_has_key(self.in.kind, self.accs[i], number));
            }
        }
        assert_int_equal(self.table.count, before);
        rig_end(&self);
    }
}
/* The bytes of a long key are copied where the table has a place for them, else they stay where
 * they are. */
static void test_long_keys(void **state) {
    (void)state;
    for (int is_owned = 0; is_owned < 2; is_owned++) {
        char text[] = "a key that is too long to lie in place";
        str_pair row = {wadi_str_of(text), 1};
        const wadi__type *key = wadi__type_intern(WADI_TYPE(wadi_str), NULL);
        wadi__arena keys = {0};
        wadi__hash_table table;
        uint64_t hash;
        void *acc;
        uint32_t merged;
        assert_true(wadi__hash_table_init(&table, key, sizeof row, 1, 1, is_owned ? &keys : NULL));
        wadi__value_hash_rows(key, &row, sizeof row, NULL, 1, &hash);
        wadi__hash_batch batch = {.rows = (const char *)&row,
                                  .row_size = sizeof row,
                                  .hashes = &hash,
                                  .count = 1,
                                  .accs = &acc,
                                  .merged = &merged};
        assert_int_equal(wadi__hash_table_merge(&table, &batch), 0);
        wadi__hash_table_seek(&table, &batch);
        const char *bytes = wadi_str_data(&((const str_pair *)acc)->key);
        text[0] = 'A';
        assert_int_equal(bytes[0], is_owned ? 'a' : 'A');
        wadi__hash_table_fini(&table);
        wadi__arena_fini(&keys);
    }
}
/* A table is made, filled and grown; each request for memory is refused in turn. */
static bool fill_one(void *arg) {
    const test_rows *in = arg;
    wadi__hash_table table;
    wadi__arena keys = {0};
    uint64_t hashes[BATCH];
    void *accs[BATCH];
    uint32_t merged[BATCH];
    const wadi__type *key = wadi__type_intern(in->kind->key, NULL);
    size_t size = in->kind->pair->size;
    bool is_done = wadi__hash_table_init(&table, key, size, 1, in->count, &keys);
    for (uint32_t from = 0; is_done && from + BATCH <= in->count; from += BATCH) {
        wadi__hash_batch batch = {.rows = in->rows + from * size,
                                  .row_size = size,
                                  .hashes = hashes,
                                  .count = BATCH,
                                  .accs = accs,
                                  .merged = merged};
        wadi__value_hash_rows(key, batch.rows, size, NULL, BATCH, hashes);
        is_done = wadi__hash_table_merge(&table, &batch) != (size_t)-1;
    }
    wadi__hash_table_fini(&table);
    wadi__arena_fini(&keys);
    return is_done;
}
static void test_no_memory(void **state) {
    (void)state;
    uint64_t seed = 5;
    test_rows in = test_rows_make(&test_kinds[4], 8 * BATCH, 4000, &seed);
    assert_true(wadi__unit_refuse_each(fill_one, &in, false) >= 3);
    wadi__unit_refuse_each(fill_one, &in, true);
    test_rows_free(&in);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_merge, cases);
    wadi__unit_rows(&unit, test_find, cases);
    wadi__unit_rows(&unit, test_seek, cases);
    wadi__unit_add(&unit, test_long_keys);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "hash_table");
}
