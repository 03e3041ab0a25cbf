/* SPDX-License-Identifier: Apache-2.0 */
/* state_store_test.c: a store against plain arrays: random steps, some undone, some out of memory,
 * and all batches that are kept read again. What is captured on the way makes a second store, which
 * must come to the same. */
#include "stream/state_store.h"

#include "data/value.h"
#include "stream/state_view.h"
#include "testing/chance.h"
#include "testing/unit.h"

#include <inttypes.h>
#include <stdio.h>

WADI_RECORD(plain_state, (int64_t, key), (int64_t, n));
WADI_RECORD(inner, (wadi_str, text), (wadi_str_list, words));
WADI_RECORD(rich_state, (wadi_str, key), (int64_t, n), (inner, inner), (wadi_int64_list, numbers));
WADI_RECORD(large_state, (int32_t, key), (int64_t, n), (int64_t, filler, 5000));

/* ---- Keys and states are made of numbers; what they point at is overwritten after each use ----
 */

typedef struct form {
    const char *name;
    const wadi_type *type;
    void (*make)(int number, int64_t n, void *record);
    bool (*is)(const void *record, int *number, int64_t *n);
    int keys;
} form;

static void plain_make(int number, int64_t n, void *record) {
    *(plain_state *)record = (plain_state){number * 7919 - 5000, n};
}
static bool plain_is(const void *record, int *number, int64_t *n) {
    const plain_state *state = record;
    *number = (int)((state->key + 5000) / 7919);
    *n = state->n;
    return true;
}

static char key_text[64], inner_text[100], word_texts[4][40];
static wadi_str words[4];
static int64_t numbers[8];

static wadi_str text_in(char *to, size_t size, const char *what, int64_t n) {
    int written =
        snprintf(to, size, "%s%.*s%" PRId64, what, (int)(n % 23), "a text of some length ..", n);
    return wadi_str_view(to, (size_t)written);
}
static void rich_make(int number, int64_t n, void *record) {
    rich_state *state = record;
    memset(state, 0, sizeof *state);
    state->key = text_in(key_text, sizeof key_text, "", number);
    state->n = n;
    state->inner.text = text_in(inner_text, sizeof inner_text, "the inner", n);
    for (int i = 0; i < 4; i++) words[i] = text_in(word_texts[i], sizeof word_texts[i], "w", n + i);
    state->inner.words = (wadi_str_list){words, (size_t)(n % 5)};
    for (int i = 0; i < 8; i++) numbers[i] = n * i;
    state->numbers = (wadi_int64_list){numbers, (size_t)(n % 9)};
}
static void overwrite(void) {
    memset(key_text, 0xEE, sizeof key_text);
    memset(inner_text, 0xEE, sizeof inner_text);
    memset(word_texts, 0xEE, sizeof word_texts);
    memset(words, 0xEE, sizeof words);
    memset(numbers, 0xEE, sizeof numbers);
}
static bool rich_is(const void *record, int *number, int64_t *n) {
    const rich_state *state = record;
    const char *at = wadi_str_data(&state->key), *end = at + state->key.len;
    while (at < end && (*at < '0' || *at > '9')) at++;
    *number = 0;
    for (; at < end; at++) *number = *number * 10 + (*at - '0');
    *n = state->n;
    rich_state wanted;
    rich_make(*number, *n, &wanted);
    return wadi__value_equal(wadi__type_intern(WADI_TYPE(rich_state), NULL), state, &wanted);
}
static void large_make(int number, int64_t n, void *record) {
    large_state *state = record;
    memset(state, 0, sizeof *state);
    state->key = number;
    state->n = n;
    state->filler[4999] = n;
}
static bool large_is(const void *record, int *number, int64_t *n) {
    const large_state *state = record;
    *number = state->key;
    *n = state->n;
    return state->filler[4999] == *n;
}
static const form forms[] = {
    {"plain", WADI_TYPE(plain_state), plain_make, plain_is, 4000},
    {"rich", WADI_TYPE(rich_state), rich_make, rich_is, 1500},
    {"large", WADI_TYPE(large_state), large_make, large_is, 40},
};

/* ---- The model ---- */

typedef struct model_key {
    bool is_there;
    int64_t n, time_ms;
} model_key;
enum { KEYS_MAX = 4000, VERSIONS_MAX = 6 };
typedef struct version {
    int64_t batch_ms;
    model_key keys[KEYS_MAX];
} version;
typedef struct trial {
    const form *form;
    wadi__chance chance;
    wadi__state_store store, copy; /* made from captures alone */
    bool keeps_times;
    model_key now[KEYS_MAX];        /* with what the step has done so far */
    version versions[VERSIONS_MAX]; /* that can be read, oldest first; the last is the newest */
    size_t version_count;
} trial;

static _Alignas(16) char record[sizeof(large_state)];

static uint64_t make_key(trial *t, int number, int64_t n) {
    t->form->make(number, n, record);
    return wadi__value_hash(t->store.key, record);
}
static wadi__state_row find(trial *t, int number) {
    uint64_t hash = make_key(t, number, 0);
    wadi__state_row row;
    wadi__state_store_find(&t->store, record, sizeof record, &hash, 1, &row);
    return row;
}
/* Does something to a key, in the store and in the model. False: no memory. */
static bool change(trial *t) {
    int number = (int)wadi__chance_below(&t->chance, (uint64_t)t->form->keys);
    int64_t n = (int64_t)wadi__chance_below(&t->chance, 100000), time_ms = n / 7;
    model_key *key = &t->now[number];
    wadi__state_row row = find(t, number);
    assert_int_equal(row != WADI__STATE_NO_ROW, key->is_there);
    uint64_t what = wadi__chance_below(&t->chance, 10);
    if (row != WADI__STATE_NO_ROW && what < 3) {
        if (!wadi__state_store_remove(&t->store, row)) return false;
        key->is_there = false;
        return true;
    }
    if (row != WADI__STATE_NO_ROW && what < 4) {
        if (!wadi__state_store_touch(&t->store, row, time_ms)) return false;
        key->time_ms = time_ms;
        return true;
    }
    bool is_new;
    uint64_t hash = make_key(t, number, n);
    row = wadi__state_store_insert(&t->store, record, hash, &is_new);
    if (row == WADI__STATE_NO_ROW) return false;
    assert_int_equal(is_new, !key->is_there);
    if (!wadi__state_store_set(&t->store, row, record, time_ms)) return false;
    overwrite();
    *key = (model_key){true, n, time_ms};
    return true;
}

/* ---- Reading ---- */

typedef struct seeing {
    wadi__sink sink;
    const trial *t;
    const model_key *wanted;
    size_t count;
} seeing;

static void see(wadi__sink *sink, const wadi__slice *slice) {
    seeing *self = (seeing *)sink;
    const wadi__type *type = self->t->store.type;
    for (uint32_t i = 0; i < slice->count; i++) {
        size_t row = slice->selected != NULL ? slice->selected[i] : i;
        const char *at = (const char *)slice->rows + row * type->pub.size;
        int number;
        int64_t n;
        assert_true(self->t->form->is(at, &number, &n));
        assert_true(self->wanted[number].is_there);
        assert_int_equal(n, self->wanted[number].n);
        assert_int_equal(slice->hashes[row], wadi__value_hash(type->key, at));
    }
    self->count += slice->count;
}
static void check_version(trial *t, const version *wanted) {
    size_t keys = 0;
    for (int i = 0; i < t->form->keys; i++) keys += wanted->keys[i].is_there;
    wadi__task task = {.keep = wadi__keep_new()};
    seeing self = {{.push = see}, t, wanted->keys, 0};
    wadi__cursor *cursor = wadi__state_view_open(&t->store, wanted->batch_ms, &task, &self.sink);
    assert_non_null(cursor);
    while (wadi__cursor_step(cursor, &task)) continue;
    assert_int_equal(self.count, keys);
    for (size_t i = 0; i < task.chunks.count; i++) wadi__chunk_unref(task.chunks.items[i]);
    wadi__vec_fini(&task.chunks);
    wadi__arena_fini(&task.scratch);
    wadi__keep_unref(task.keep);
}
static void check_now(trial *t) {
    size_t keys = 0;
    for (int i = 0; i < t->form->keys; i++) {
        wadi__state_row row = find(t, i);
        assert_int_equal(row != WADI__STATE_NO_ROW, t->now[i].is_there);
        keys += t->now[i].is_there;
        if (row == WADI__STATE_NO_ROW || !t->keeps_times) continue;
        const wadi__state_chunk *chunk = wadi__state_chunk_of(&t->store, row);
        assert_int_equal(chunk->times_ms[wadi__state_slot_of(&t->store, row)], t->now[i].time_ms);
    }
    assert_int_equal(t->store.count, keys);
    for (size_t i = 0; i < t->version_count; i++) check_version(t, &t->versions[i]);
}

/* ---- Captures ---- */

static void apply_removed(trial *t, const wadi__block *keys) {
    for (size_t c = 0; c < keys->chunks.count; c++)
        for (uint32_t i = 0; i < keys->chunks.items[c]->count; i++) {
            const char *key = keys->chunks.items[c]->rows + (size_t)i * keys->type->pub.size;
            wadi__state_store_unload(&t->copy, key, wadi__value_hash(keys->type, key));
        }
}
/* Every other record first, to see that some can be chosen. */
static void apply_rows(trial *t, const wadi__section *section) {
    static uint64_t hashes[WADI__CHUNK_ROWS];
    static uint32_t chosen[WADI__CHUNK_ROWS];
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        const wadi__chunk *notes = section->notes != NULL ? section->notes->chunks.items[c] : NULL;
        wadi__state_rows rows = {.rows = chunk->rows,
                                 .hashes = hashes,
                                 .selected = chosen,
                                 .times_ms =
                                     notes != NULL ? (const int64_t *)(void *)notes->rows : NULL};
        wadi__value_hash_rows(t->copy.key, chunk->rows, chunk->record_size, NULL, chunk->count,
                              hashes);
        for (uint32_t from = 0; from < 2; from++) {
            rows.count = 0;
            for (uint32_t i = from; i < chunk->count; i += 2) chosen[rows.count++] = i;
            assert_true(wadi__state_store_load(&t->copy, &rows));
        }
    }
}
static void check_copy(trial *t) {
    assert_int_equal(t->copy.count, t->store.count);
    assert_int_equal(t->copy.outside_bytes, t->store.outside_bytes);
    for (int i = 0; i < t->form->keys; i++) {
        uint64_t hash = make_key(t, i, 0);
        wadi__state_row row;
        wadi__state_store_find(&t->copy, record, sizeof record, &hash, 1, &row);
        assert_int_equal(row != WADI__STATE_NO_ROW, t->now[i].is_there);
        if (row == WADI__STATE_NO_ROW) continue;
        int number;
        int64_t n;
        assert_true(t->form->is(wadi__state_record(&t->copy, row), &number, &n));
        assert_int_equal(n, t->now[i].n);
        const wadi__state_chunk *chunk = wadi__state_chunk_of(&t->copy, row);
        if (t->keeps_times)
            assert_int_equal(chunk->times_ms[wadi__state_slot_of(&t->copy, row)],
                             t->now[i].time_ms);
    }
}
static void capture(trial *t) {
    wadi__capture made = {0};
    bool all = wadi__chance_is(&t->chance, 1, 6);
    if (wadi__chance_is(&t->chance, 1, 4))
        wadi__mem_fail_at(1 + wadi__chance_below(&t->chance, 12), false);
    bool is_made = wadi__state_store_capture(&t->store, all, &made);
    wadi__mem_fail_at(0, false);
    assert_true(is_made || made.sections.count == 0);
    if (!is_made) { /* another time, with what comes until then */
        wadi__capture_fini(&made);
        return;
    }
    if (all) {
        wadi__state_store_fini(&t->copy);
        wadi__state_store_init(&t->copy, t->store.type, t->keeps_times);
    }
    for (size_t i = 0; i < made.sections.count; i++) {
        if (made.sections.items[i].kind == WADI__SECTION_REMOVED)
            apply_removed(t, made.sections.items[i].rows);
        else
            apply_rows(t, &made.sections.items[i]);
    }
    wadi__capture_fini(&made);
    check_copy(t);
}

/* ---- Steps ---- */

static void forget_oldest(trial *t) {
    size_t count = 1 + (size_t)wadi__chance_below(&t->chance, t->version_count - 1);
    memmove(t->versions, t->versions + count, (t->version_count - count) * sizeof t->versions[0]);
    t->version_count -= count;
    wadi__state_store_forget(&t->store, t->versions[0].batch_ms);
}
static void step(trial *t, int64_t batch_ms) {
    if (t->version_count == VERSIONS_MAX) forget_oldest(t);
    const version *before = &t->versions[t->version_count - 1];
    uint64_t changes =
        wadi__chance_below(&t->chance, wadi__chance_is(&t->chance, 1, 8) ? 3000 : 100);
    if (wadi__chance_is(&t->chance, 1, 4))
        wadi__mem_fail_at(1 + wadi__chance_below(&t->chance, 2 * changes + 4),
                          wadi__chance_is(&t->chance, 1, 2));
    bool is_good = wadi__state_store_begin(&t->store);
    for (; is_good && changes > 0; changes--) is_good = change(t);
    wadi__mem_fail_at(0, false);
    if (is_good && wadi__chance_is(&t->chance, 4, 5)) {
        wadi__state_store_commit(&t->store, batch_ms);
        version *made = &t->versions[t->version_count++];
        made->batch_ms = batch_ms;
        memcpy(made->keys, t->now, sizeof made->keys);
    } else {
        wadi__state_store_undo(&t->store);
        memcpy(t->now, before->keys, sizeof t->now);
    }
}
static void run(const form *f, uint64_t seed, int steps) {
    trial *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->form = f;
    t->chance.at = seed;
    t->keeps_times = seed % 2 != 0;
    t->versions[0].batch_ms = 0;
    t->version_count = 1;
    wadi__state_store_init(&t->store, wadi__type_intern(f->type, NULL), t->keeps_times);
    wadi__state_store_init(&t->copy, t->store.type, t->keeps_times);
    wadi__state_store_note(&t->store);
    for (int i = 1; i <= steps; i++) {
        step(t, i * 10);
        if (wadi__chance_is(&t->chance, 1, 3)) capture(t);
        if (i % 8 == 0 || i == steps) check_now(t);
    }
    wadi__state_store_fini(&t->store);
    wadi__state_store_fini(&t->copy);
    free(t);
    if (wadi__pool_in_use() != 0) fail_msg("%s, seed %" PRIu64 ": memory is left", f->name, seed);
}
static void test_random_steps(void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (uint64_t seed = 1; seed <= 8; seed++) run(&forms[f], seed, 120);
}

/* ---- Some at once ---- */

/* However many keys have the same hash, where a line of the index ends or begins, or there is none.
 */
static void test_keys_of_one_hash(void **state) {
    (void)state;
    enum { KEYS = 60 };
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(plain_state), NULL), false);
    plain_state keys[KEYS + 4], copies[KEYS + 4];
    uint64_t hashes[KEYS + 4];
    wadi__state_row rows[KEYS + 4], found[KEYS + 4];
    for (int64_t i = 0; i < KEYS + 4; i++) {
        keys[i] = (plain_state){i, -i};
        hashes[i] = i % 3 == 0 ? 0xABCDEF0100000071 : i % 3 == 1 ? 0xABCDEF01000000F1 : 0x91;
    }
    const wadi__state_keys all = {(const char *)keys, sizeof keys[0], hashes, KEYS + 4};
    wadi__state_store_fetch(&store, hashes, KEYS + 4);
    wadi__state_store_guess(&store, hashes, KEYS + 4, rows);
    wadi__state_store_take(&store, &all, rows, copies);
    for (int i = 0; i < KEYS + 4; i++) assert_int_equal(rows[i], WADI__STATE_NO_ROW);
    assert_true(wadi__state_store_begin(&store));
    for (int i = 0; i < KEYS; i++) {
        bool is_new;
        wadi__state_row row = wadi__state_store_insert(&store, &keys[i], hashes[i], &is_new);
        assert_true(is_new && wadi__state_store_set(&store, row, &keys[i], 0));
    }
    wadi__state_store_commit(&store, 1);
    wadi__state_store_fetch(&store, hashes, KEYS + 4);
    wadi__state_store_guess(&store, hashes, KEYS + 4, rows);
    wadi__state_store_take(&store, &all, rows, copies);
    wadi__state_store_find(&store, keys, sizeof keys[0], hashes, KEYS + 4, found);
    for (int i = 0; i < KEYS + 4; i++) {
        assert_int_equal(rows[i], found[i]);
        assert_int_equal(rows[i] != WADI__STATE_NO_ROW, i < KEYS);
        if (i < KEYS) assert_memory_equal(&copies[i], &keys[i], sizeof keys[i]);
    }
    wadi__state_store_fini(&store);
}
static void check_numbers(const wadi__state_store *store, const form *f,
                          const wadi__state_row *rows, int64_t n) {
    for (int i = 0; i < f->keys; i++) {
        int number;
        int64_t found;
        assert_true(f->is(wadi__state_record(store, rows[i]), &number, &found));
        assert_int_equal(number, i);
        assert_int_equal(found, n);
    }
}
/* All keys get `n` at once; the records' keys are those of others. */
static void set_all(wadi__state_store *store, const form *f, const wadi__state_row *rows,
                    int64_t n) {
    const size_t size = f->type->size;
    char *records = malloc((size_t)f->keys * size);
    assert_non_null(records);
    assert_true(wadi__state_store_begin(store));
    for (int i = 0; i < f->keys; i++) f->make(f->keys - i, n, records + (size_t)i * size);
    assert_true(wadi__state_store_set_some(store, rows, records, (size_t)f->keys, n));
    free(records);
}
static void set_and_undo(const form *f, bool keeps_times) {
    static wadi__state_row rows[KEYS_MAX];
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(f->type, NULL), keeps_times);
    assert_true(wadi__state_store_begin(&store));
    for (int i = 0; i < f->keys; i++) {
        bool is_new;
        f->make(i, 1, record);
        uint64_t hash = wadi__value_hash(store.key, record);
        rows[i] = wadi__state_store_insert(&store, record, hash, &is_new);
        assert_true(wadi__state_store_set(&store, rows[i], record, 1));
    }
    wadi__state_store_commit(&store, 1);
    set_all(&store, f, rows, 2);
    check_numbers(&store, f, rows, 2);
    wadi__state_store_undo(&store);
    check_numbers(&store, f, rows, 1);
    set_all(&store, f, rows, 3);
    wadi__state_store_commit(&store, 3);
    check_numbers(&store, f, rows, 3);
    for (int i = 0; keeps_times && i < f->keys; i++)
        assert_int_equal(
            wadi__state_chunk_of(&store, rows[i])->times_ms[wadi__state_slot_of(&store, rows[i])],
            3);
    wadi__state_store_fini(&store);
}
static void test_some_are_set_at_once(void **state) {
    (void)state;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (int keeps_times = 0; keeps_times < 2; keeps_times++)
            set_and_undo(&forms[f], keeps_times != 0);
}

/* ---- What captures cost ---- */

static void step_with(wadi__state_store *store, int64_t batch, int from, int until, bool removes) {
    assert_true(wadi__state_store_begin(store));
    for (int number = from; number < until; number++) {
        bool is_new;
        plain_make(number, batch, record);
        uint64_t hash = wadi__value_hash(store->key, record);
        wadi__state_row row = wadi__state_store_insert(store, record, hash, &is_new);
        assert_true(removes ? wadi__state_store_remove(store, row)
                            : wadi__state_store_set(store, row, record, 0));
    }
    wadi__state_store_commit(store, batch);
}
/* Rows and keys that a capture has. */
static void expect_capture(wadi__state_store *store, bool all, uint64_t rows, uint64_t removed) {
    wadi__capture made = {0};
    uint64_t counts[4] = {0};
    assert_true(wadi__state_store_capture(store, all, &made));
    for (size_t i = 0; i < made.sections.count; i++)
        counts[made.sections.items[i].kind] += made.sections.items[i].rows->row_count;
    assert_int_equal(counts[WADI__SECTION_ROWS], rows);
    assert_int_equal(counts[WADI__SECTION_REMOVED], removed);
    wadi__capture_fini(&made);
}
static void test_captures_follow_changes(void **state) {
    (void)state;
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(plain_state), NULL), false);
    wadi__state_store_note(&store);
    step_with(&store, 1, 0, 1000, false);
    expect_capture(&store, false, 1000, 0);
    expect_capture(&store, false, 0, 0);
    step_with(&store, 2, 10, 30, false);
    expect_capture(&store, false, 20, 0);
    assert_true(wadi__state_store_begin(&store)); /* what is undone was not */
    plain_make(5, 9, record);
    uint64_t hash = wadi__value_hash(store.key, record);
    bool is_new;
    wadi__state_row row = wadi__state_store_insert(&store, record, hash, &is_new);
    assert_true(wadi__state_store_set(&store, row, record, 0));
    assert_true(wadi__state_store_remove(&store, row));
    wadi__state_store_undo(&store);
    expect_capture(&store, false, 0, 0);
    step_with(&store, 3, 2000, 2100, true); /* keys that no capture had leave no trace */
    expect_capture(&store, false, 0, 0);
    step_with(&store, 4, 0, 100, true);
    expect_capture(&store, false, 0, 100);
    expect_capture(&store, true, 900, 0);
    wadi__state_store_fini(&store);
}
/* Keys that come and go between captures that fail are not noted for ever. */
static void test_removed_are_bounded(void **state) {
    (void)state;
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(plain_state), NULL), false);
    wadi__state_store_note(&store);
    step_with(&store, 1, 0, 70000, false);
    expect_capture(&store, false, 70000, 0);
    step_with(&store, 2, 0, 70000, true);
    assert_true(store.has_lost);
    assert_null(store.removed);
    wadi__capture made = {0};
    assert_false(wadi__state_store_capture(&store, false, &made));
    expect_capture(&store, true, 0, 0);
    step_with(&store, 3, 0, 10, false);
    expect_capture(&store, false, 10, 0);
    step_with(&store, 4, 0, 10, true);
    expect_capture(&store, false, 0, 10);
    wadi__state_store_fini(&store);
}

/* ---- Bounds ---- */

/* The same keys get new texts for ever: the store does not grow with them. */
static void test_garbage_goes(void **state) {
    (void)state;
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(rich_state), NULL), false);
    size_t largest = 0;
    for (int64_t batch = 1; batch <= 3000; batch++) {
        assert_true(wadi__state_store_begin(&store));
        for (int number = 0; number < 100; number++) {
            bool is_new;
            rich_make(number, batch * 100 + number, record);
            uint64_t hash = wadi__value_hash(store.key, record);
            wadi__state_row row = wadi__state_store_insert(&store, record, hash, &is_new);
            assert_true(wadi__state_store_set(&store, row, record, 0));
        }
        wadi__state_store_commit(&store, batch);
        wadi__state_store_forget(&store, batch);
        size_t bytes = wadi__state_store_bytes(&store);
        if (bytes > largest) largest = bytes;
    }
    assert_in_range(largest, 1, 2 << 20); /* 300,000 states have gone through it */
    wadi__state_store_fini(&store);
}
/* Keys that come and go for ever take the rows of those that went. */
static void test_rows_are_taken_again(void **state) {
    (void)state;
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(plain_state), NULL), true);
    for (int64_t batch = 1; batch <= 1000; batch++) {
        assert_true(wadi__state_store_begin(&store));
        for (int i = 0; i < 100; i++) {
            bool is_new;
            plain_make((int)batch * 100 + i, 1, record);
            uint64_t hash = wadi__value_hash(store.key, record);
            assert_int_not_equal(wadi__state_store_insert(&store, record, hash, &is_new),
                                 WADI__STATE_NO_ROW);
            plain_make((int)(batch - 1) * 100 + i, 1, record);
            hash = wadi__value_hash(store.key, record);
            wadi__state_row row;
            wadi__state_store_find(&store, record, sizeof record, &hash, 1, &row);
            if (batch > 1) assert_true(wadi__state_store_remove(&store, row));
        }
        wadi__state_store_commit(&store, batch);
        wadi__state_store_forget(&store, batch);
    }
    assert_int_equal(store.count, 100);
    assert_in_range(wadi__state_store_bytes(&store), 1, 40 << 10);
    wadi__state_store_fini(&store);
}
/* The bar: a key of 12 bytes and one number take at most 80 bytes, however many there are. */
WADI_RECORD(count_state, (wadi_str, key), (int64_t, count));
static void test_bytes_of_a_key(void **state) {
    (void)state;
    wadi__state_store store;
    wadi__state_store_init(&store, wadi__type_intern(WADI_TYPE(count_state), NULL), true);
    assert_true(wadi__state_store_begin(&store));
    for (int i = 0; i < 400000; i++) {
        char text[16];
        snprintf(text, sizeof text, "key-%08d", i);
        count_state made = {wadi_str_view(text, 12), 1};
        uint64_t hash = wadi__value_hash(store.key, &made);
        bool is_new;
        wadi__state_row row = wadi__state_store_insert(&store, &made, hash, &is_new);
        assert_true(wadi__state_store_set(&store, row, &made, 1));
        size_t bytes = wadi__state_store_bytes(&store);
        if (i >= 100000 && bytes > (size_t)(i + 1) * 80)
            fail_msg("%d keys take %zu bytes each", i + 1, bytes / ((size_t)i + 1));
    }
    wadi__state_store_commit(&store, 1);
    wadi__state_store_fini(&store);
}
int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_random_steps);
    wadi__unit_add(&unit, test_keys_of_one_hash);
    wadi__unit_add(&unit, test_some_are_set_at_once);
    wadi__unit_add(&unit, test_captures_follow_changes);
    wadi__unit_add(&unit, test_removed_are_bounded);
    wadi__unit_add(&unit, test_garbage_goes);
    wadi__unit_add(&unit, test_rows_are_taken_again);
    wadi__unit_add(&unit, test_bytes_of_a_key);
    return wadi__unit_run(&unit, "state_store");
}
