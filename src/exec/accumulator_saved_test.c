/* SPDX-License-Identifier: Apache-2.0 */
/* accumulator_saved_test.c: accumulators leave by name and come back under it. */
#include "exec/shared_vars.h"

#include "data/frame.h"
#include "testing/keyed.h"
#include "testing/unit.h"

#include <stdio.h>

WADI_RECORD(longest_word, (wadi_str, word), (int64_t, seen));
WADI_REDUCE(longer, longest_word) {
    if (in->word.len > acc->word.len) acc->word = in->word;
    acc->seen += in->seen;
}
WADI_RECORD(two, (wadi_accumulator, words), (wadi_accumulator, count));
WADI_MAP(add_word, wadi_str, int64_t, two) {
    *out = in->len;
    wadi_accumulator_merge(task, env->words, longest_word, *in, 1);
    wadi_accumulator_add(task, env->count, 1);
}
static two make_two(wadi_context *sc) {
    return (two){wadi_accumulator_of(sc, longest_word, "words", longer, NULL),
                 wadi_accumulator_new(sc, "count")};
}
static void add_words(wadi_context *sc, const two *env) {
    wadi_str words[] = {wadi_str_of("short"), wadi_str_of("by far the longest of them")};
    wadi_count(wadi_map(wadi_parallelize(sc, wadi_str, words, 2),
                        wadi_bind(add_word, env->words, env->count)));
}

/* ---- Saving ---- */

typedef struct saved {
    char names[10][20];
    wadi__text values[10];
    size_t count;
    int64_t merged_ms;
    size_t fails_at;
} saved;
static wadi_status keep(void *arg, const char *name, const wadi__type *type, const void *value,
                        wadi_error *err) {
    saved *to = arg;
    if (to->fails_at == to->count + 1)
        return wadi_error_context(err, WADI_E_IO, "the disk is full");
    snprintf(to->names[to->count], sizeof to->names[0], "%s", name);
    return wadi__accumulator_save(&to->values[to->count++], type, value, err);
}
static void forget(saved *self) {
    for (size_t i = 0; i < 10; i++) wadi__text_fini(&self->values[i]);
    *self = (saved){.count = 0};
}
static const char *names_of(const saved *self) {
    static char text[200];
    text[0] = '\0';
    for (size_t i = 0, used = 0; i < self->count; i++, used = strlen(text))
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", self->names[i]);
    return text;
}
static wadi_context *context(void) { return wadi_context_new("local", "saved"); }
static saved save_all(wadi_context *sc) {
    saved to = {.count = 0};
    assert_int_equal(wadi__accumulators_each(sc, keep, &to, &to.merged_ms, NULL), WADI_OK);
    return to;
}
static saved save_some(void) {
    wadi_context *sc = context();
    two env = make_two(sc);
    wadi_accumulator_new(sc, NULL); /* they have no name to return by */
    wadi_accumulator_new(sc, "");
    add_words(sc, &env);
    saved to = save_all(sc);
    wadi_finish(sc);
    return to;
}
static void restore(wadi_context *sc, const saved *from) {
    for (size_t i = 0; i < from->count; i++) {
        wadi_error err = WADI_ERROR_INIT;
        wadi__accumulator_restore(sc, from->names[i], from->values[i].bytes, from->values[i].size,
                                  &err);
        assert_string_equal(err.message, "");
    }
}
static void check_two(wadi_context *sc, const two *env, int64_t times) {
    const longest_word *words = wadi_accumulator_record(sc, longest_word, env->words);
    assert_int_equal(words->seen, 2 * times);
    assert_int_equal(words->word.len, strlen("by far the longest of them"));
    assert_memory_equal(wadi_str_data(&words->word), "by far the longest of them", words->word.len);
    assert_int_equal(wadi_accumulator_value(sc, env->count), 2 * times);
}
static void test_saved_and_restored(void **state) {
    (void)state;
    saved from = save_some();
    assert_string_equal(names_of(&from), "words count");
    wadi_context *sc = context();
    two env = make_two(sc);
    restore(sc, &from);
    memset(from.values[0].bytes, 0xa5, from.values[0].size); /* it was copied */
    check_two(sc, &env, 1);
    add_words(sc, &env);
    check_two(sc, &env, 2);
    forget(&from);
    wadi_finish(sc);
}
/* Accumulators that the program makes later, in a batch say; what nobody makes is saved again. */
static void test_made_later(void **state) {
    (void)state;
    saved from = save_some();
    wadi_context *sc = context();
    restore(sc, &from);
    saved again = save_all(sc);
    assert_string_equal(names_of(&again), "words count");
    forget(&again);
    two env = make_two(sc);
    check_two(sc, &env, 1);
    again = save_all(sc);
    assert_string_equal(names_of(&again), "words count"); /* once each */
    wadi_accumulator twice = wadi_accumulator_new(sc, "count");
    assert_int_equal(wadi_accumulator_value(sc, twice), 0);
    forget(&again);
    forget(&from);
    wadi_finish(sc);
}
/* A program whose record has changed. */
WADI_RECORD(newer_word, (int64_t, seen), (double, weight));
WADI_REDUCE(merge_newer, newer_word) { acc->seen += in->seen; }
static void test_another_record(void **state) {
    (void)state;
    wadi_type before = wadi_type_of_longest_word; /* the same name, other fields */
    before.name = wadi_type_of_newer_word.name;
    longest_word record = {wadi_str_of("short"), 2};
    saved from = {.count = 0};
    assert_int_equal(keep(&from, "words", wadi__type_intern(&before, NULL), &record, NULL),
                     WADI_OK);
    for (int made_later = 0; made_later < 2; made_later++) {
        wadi_context *sc = context();
        if (made_later) restore(sc, &from);
        wadi_accumulator words = wadi_accumulator_of(sc, newer_word, "words", merge_newer, NULL);
        if (!made_later) restore(sc, &from);
        const newer_word *now = wadi_accumulator_record(sc, newer_word, words);
        assert_int_equal(now->seen, 2);
        assert_true(now->weight == 0);
        wadi_finish(sc);
    }
    forget(&from);
}

/* ---- What cannot be ---- */

typedef struct bad_case {
    const char *name;
    size_t cut;     /* bytes that are left; 0: all */
    const char *as; /* an accumulator of words that is there; NULL: none */
    wadi_status status;
    const char *says;
} bad_case;
static bad_case bad_cases[] = {
    {"cut off", 20, NULL, WADI_E_CORRUPT, "; in restoring accumulator 'count'"},
    {"cut off, and it is there", 20, "count", WADI_E_CORRUPT, "; in restoring accumulator 'count'"},
    {"another type", 0, "count", WADI_E_TYPE, "; in restoring accumulator 'count'"},
};
static void test_bad(void **state) {
    const bad_case *row = *state;
    saved from = save_some();
    wadi_context *sc = context();
    if (row->as != NULL) wadi_accumulator_of(sc, wadi_str, row->as, wadi_max, NULL);
    wadi_error err = WADI_ERROR_INIT;
    size_t size = row->cut != 0 ? row->cut : from.values[1].size;
    assert_int_equal(wadi__accumulator_restore(sc, "count", from.values[1].bytes, size, &err),
                     row->status);
    test_says(err.message, row->says);
    forget(&from);
    wadi_finish(sc);
}
static void test_made_later_of_another_type(void **state) {
    (void)state;
    saved from = save_some();
    wadi_context *sc = context();
    restore(sc, &from);
    wadi_accumulator made = wadi_accumulator_of(sc, wadi_str, "count", wadi_max, NULL);
    assert_int_equal(made.id, 0);
    test_says(sc->scope.err.message, "an accumulator cannot be made: ");
    forget(&from);
    wadi_finish(sc);
}
static void test_not_one_record(void **state) {
    (void)state;
    static const int64_t numbers[] = {1, 2};
    wadi__text text = {0};
    wadi__row_run run = {(const char *)numbers, 8, 2};
    const wadi__type *type = wadi__type_int64();
    assert_int_equal(wadi__frame_write(&text, type, &run, 1, WADI__FRAME_PLAIN, NULL), WADI_OK);
    wadi_context *sc = context();
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__accumulator_restore(sc, "x", text.bytes, text.size, &err),
                     WADI_E_CORRUPT);
    test_says(err.message, "2 records where one is expected; in restoring accumulator 'x'");
    wadi__text_fini(&text);
    wadi_finish(sc);
}
static void test_saving_ends_at_an_error(void **state) {
    (void)state;
    wadi_context *sc = context();
    two env = make_two(sc);
    (void)env;
    saved to = {.fails_at = 2};
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__accumulators_each(sc, keep, &to, NULL, &err), WADI_E_IO);
    assert_string_equal(err.message, "the disk is full; in accumulator 'count'");
    assert_int_equal(to.count, 1);
    forget(&to);
    wadi_finish(sc);
}
static void test_unique_names(void **state) {
    (void)state;
    wadi_context *sc = context();
    wadi_where where;
    make_two(sc);
    wadi_accumulator_new(sc, NULL);
    wadi_accumulator_new(sc, NULL);
    assert_null(wadi__accumulators_want_unique_names(sc, &where));
    assert_int_equal(wadi_accumulator_new(sc, "count").id, 0);
    test_says(sc->scope.err.message,
              "an accumulator cannot be made: there is one named 'count' already");
    assert_int_not_equal(wadi_accumulator_new(sc, NULL).id, 0);
    wadi_finish(sc);
    sc = context();
    make_two(sc);
    int line = __LINE__ + 1;
    wadi_accumulator_new(sc, "words");
    assert_string_equal(wadi__accumulators_want_unique_names(sc, &where), "words");
    assert_int_equal(where.line, line);
    wadi_finish(sc);
}
/* Which batches are in what is saved. */
static void test_merged_until(void **state) {
    (void)state;
    wadi_context *sc = context();
    two env = make_two(sc);
    wadi__batch_additions *batches[] = {wadi__batch_additions_begin(sc, 1000),
                                        wadi__batch_additions_begin(sc, 2000)};
    wadi__scope scope;
    wadi__scope_init(&scope, 2000);
    scope.additions = batches[1];
    wadi__scope *before = wadi__scope_enter(&scope);
    add_words(sc, &env);
    wadi__scope_enter(before);
    static const int64_t merged_ms[] = {0, 2000};
    for (int i = 1; i >= 0; i--) { /* the second waits for the first */
        wadi__batch_additions_end(&batches[i], true, NULL);
        saved now = save_all(sc);
        assert_int_equal(now.merged_ms, merged_ms[1 - i]);
        forget(&now);
    }
    check_two(sc, &env, 1);
    wadi__scope_fini(&scope);
    wadi_finish(sc);
}
static bool save_and_restore(void *arg) {
    const saved *from = arg;
    wadi_context *sc = context();
    saved to = {.count = 0};
    bool is_whole = !sc->scope.has_failed;
    for (size_t i = 0; is_whole && i < from->count; i++)
        is_whole = wadi__accumulator_restore(sc, from->names[i], from->values[i].bytes,
                                             from->values[i].size, NULL) == WADI_OK;
    if (is_whole) {
        two env = make_two(sc);
        is_whole = env.words.id != 0 && env.count.id != 0;
        if (is_whole) check_two(sc, &env, 1);
    }
    is_whole = is_whole && wadi__accumulators_each(sc, keep, &to, NULL, NULL) == WADI_OK;
    forget(&to);
    wadi_finish(sc);
    return is_whole;
}
static void test_without_memory(void **state) {
    (void)state;
    saved from = save_some();
    assert_true(save_and_restore(&from));
    assert_true(wadi__unit_refuse_each(save_and_restore, &from, false) > 20);
    forget(&from);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_saved_and_restored);
    wadi__unit_add(&unit, test_made_later);
    wadi__unit_add(&unit, test_another_record);
    wadi__unit_rows(&unit, test_bad, bad_cases);
    wadi__unit_add(&unit, test_made_later_of_another_type);
    wadi__unit_add(&unit, test_not_one_record);
    wadi__unit_add(&unit, test_saving_ends_at_an_error);
    wadi__unit_add(&unit, test_unique_names);
    wadi__unit_add(&unit, test_merged_until);
    wadi__unit_add(&unit, test_without_memory);
    return wadi__unit_run(&unit, "accumulator_saved");
}
