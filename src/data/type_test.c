/* SPDX-License-Identifier: Apache-2.0 */
/* type_test.c: the table of types: which descriptors make sense, which are the same, what they are
 * called. */
#include "data/type.h"

#include "testing/unit.h"

#include <wadi/str.h>

#include <pthread.h>
#include <stdio.h>

WADI_RECORD(inner, (wadi_str, word), (int8_t, count));
WADI_SEQ(inner_list, inner);
WADI_OPTION(maybe_inner, inner);
typedef int64_t user_id;
WADI_ALIAS(user_id, int64_t);
WADI_RECORD(outer, (user_id, id), (inner, first), (inner_list, rest), (maybe_inner, last),
            (float, weights, 4));

static const wadi__type *intern(const wadi_type *type) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *made = wadi__type_intern(type, &err);
    if (made == NULL) fail_msg("%s", err.message);
    return made;
}

/* ---- Descriptors that make no sense ---- */

static const wadi_field overlapping[] = {{"a", &wadi_type_of_int32_t, 0, 1},
                                         {"b", &wadi_type_of_int32_t, 2, 1}};
static const wadi_field unaligned[] = {{"a", &wadi_type_of_int8_t, 0, 1},
                                       {"b", &wadi_type_of_int32_t, 2, 1}};
static const wadi_field too_far[] = {{"a", &wadi_type_of_int64_t, 0, 2}};
static const wadi_field late[] = {{"a", &wadi_type_of_int32_t, 4, 1}};
static const wadi_field no_elements[] = {{"a", &wadi_type_of_int32_t, 0, 0}};
static const wadi_field no_type[] = {{"a", NULL, 0, 1}};
static const wadi_field no_name[] = {{NULL, &wadi_type_of_int32_t, 0, 1}};
static const wadi_type odd_int = {"odd", WADI_KIND_INT, 3, 1, 0, NULL, NULL};
static const wadi_field odd_field[] = {{"a", &odd_int, 0, 1}};
static const wadi_field sound[] = {{"a", &wadi_type_of_int64_t, 0, 1}};
static const wadi_type self = {"self", WADI_KIND_ALIAS, 8, 8, 0, NULL, &self};

#define RECORD(size, fields) \
    { "r", WADI_KIND_RECORD, size, 8, sizeof fields / sizeof fields[0], fields, NULL }
typedef struct unsound_case {
    const char *name;
    wadi_type type;
    const char *words;
} unsound_case;
static unsound_case unsound[] = {
    {"no size", {"x", WADI_KIND_INT, 0, 1, 0, NULL, NULL}, "a size or alignment that cannot be"},
    {"no alignment", {"x", WADI_KIND_INT, 4, 0, 0, NULL, NULL}, "a size or alignment"},
    {"an alignment of 3", {"x", WADI_KIND_INT, 6, 3, 0, NULL, NULL}, "a size or alignment"},
    {"an alignment of 16", {"x", WADI_KIND_INT, 16, 16, 0, NULL, NULL}, "a size or alignment"},
    {"half an alignment", {"x", WADI_KIND_RECORD, 12, 8, 1, sound, NULL}, "a size or alignment"},
    {"a large bool", {"x", WADI_KIND_BOOL, 2, 1, 0, NULL, NULL}, "a bool that is not one byte"},
    {"an integer of 3 bytes", {"x", WADI_KIND_INT, 3, 1, 0, NULL, NULL}, "an integer of a strange"},
    {"an integer of 16 bytes", {"x", WADI_KIND_UINT, 16, 8, 0, NULL, NULL}, "an integer of a"},
    {"half a float", {"x", WADI_KIND_FLOAT, 2, 2, 0, NULL, NULL}, "a float of a strange size"},
    {"a small string", {"x", WADI_KIND_STR, 8, 8, 0, NULL, NULL}, "a string of a strange size"},
    {"a small broadcast", {"x", WADI_KIND_BROADCAST, 4, 4, 0, NULL, NULL}, "a handle of a strange"},
    {"a large accumulator", {"x", WADI_KIND_ACCUMULATOR, 16, 8, 0, NULL, NULL}, "a handle of a"},
    {"no fields", {"x", WADI_KIND_RECORD, 8, 8, 0, NULL, NULL}, "a record without fields"},
    {"fields that are not there", {"x", WADI_KIND_RECORD, 8, 8, 2, NULL, NULL}, "a record without"},
    {"too many fields", {"x", WADI_KIND_RECORD, 8, 8, 5000, sound, NULL}, "with too many fields"},
    {"fields that overlap", RECORD(8, overlapping), "fields that overlap"},
    {"an unaligned field", RECORD(8, unaligned), "a field that is not aligned"},
    {"a field past the end", RECORD(8, too_far), "a field that reaches past its record"},
    {"a late first field", RECORD(8, late), "a first field that is not at the beginning"},
    {"an array of nothing", RECORD(8, no_elements), "an array of no elements"},
    {"a field without a type", RECORD(8, no_type), "a field without type or name"},
    {"a field without a name", RECORD(8, no_name), "a field without type or name"},
    {"a field of an odd type", RECORD(8, odd_field), "an integer of a strange size"},
    {"a sequence of nothing", {"x", WADI_KIND_SEQ, 16, 8, 0, NULL, NULL}, "a sequence of nothing"},
    {"a large sequence", {"x", WADI_KIND_SEQ, 24, 8, 0, NULL, &wadi_type_of_int64_t}, "a sequence"},
    {"a sequence of odd ones", {"x", WADI_KIND_SEQ, 16, 8, 0, NULL, &odd_int}, "an integer of a"},
    {"an option of nothing", {"x", WADI_KIND_OPTION, 16, 8, 0, NULL, NULL}, "an option of nothing"},
    {"an option without a flag",
     {"x", WADI_KIND_OPTION, 8, 8, 0, NULL, &wadi_type_of_int64_t},
     "an option of nothing"},
    {"an alias of nothing",
     {"x", WADI_KIND_ALIAS, 8, 8, 0, NULL, NULL},
     "an alias of another size"},
    {"a short alias", {"x", WADI_KIND_ALIAS, 4, 4, 0, NULL, &wadi_type_of_int64_t}, "an alias of"},
    {"an alias of itself", {"x", WADI_KIND_ALIAS, 8, 8, 0, NULL, &self}, "records nested too deep"},
    {"an unknown kind", {"x", (wadi_kind)99, 8, 8, 0, NULL, NULL}, "an unknown kind"},
    {"a number with fields", {"x", WADI_KIND_INT, 8, 8, 1, sound, NULL}, "fields and is no record"},
    {"a number with an element",
     {"x", WADI_KIND_INT, 8, 8, 0, NULL, &wadi_type_of_int64_t},
     "an element and is nothing that has one"},
};
static void test_unsound(void **state) {
    const unsound_case *row = *state;
    wadi_error err = WADI_ERROR_INIT;
    assert_null(wadi__type_intern(&row->type, &err));
    assert_int_equal(err.status, WADI_E_TYPE);
    char wanted[100];
    snprintf(wanted, sizeof wanted, "the descriptor of %s has ", row->type.name);
    assert_memory_equal(err.message, wanted, strlen(wanted));
    if (strstr(err.message, row->words) == NULL) fail_msg("%s", err.message);
    assert_null(wadi__type_intern(&row->type, NULL));
}

/* ---- The same ones ---- */

static void test_by_content(void **state) {
    (void)state;
    const wadi__type *type = intern(WADI_TYPE(outer));
    assert_ptr_equal(intern(WADI_TYPE(outer)), type);
    assert_ptr_equal(intern(&type->pub), type); /* its own copy */
    char name[] = "outer", field_name[] = "id"; /* another descriptor, which goes */
    wadi_field fields[5];
    memcpy(fields, WADI_TYPE(outer)->fields, sizeof fields);
    fields[0].name = field_name;
    wadi_type copy = *WADI_TYPE(outer);
    copy.name = name;
    copy.fields = fields;
    assert_ptr_equal(intern(&copy), type);
    fields[0].name = "other";
    const wadi__type *renamed = intern(&copy);
    assert_ptr_not_equal(renamed, type);
    assert_true(wadi__type_matches(renamed, type)); /* names of fields do not matter */
    assert_int_equal(renamed->shape, type->shape);
    memset(name, 'x', 5);
    memset(fields, 0xee, sizeof fields);
    assert_string_equal(renamed->pub.fields[0].name, "other"); /* nothing of it was kept */
    assert_string_equal(renamed->pub.name, "outer");
}
static void test_matches(void **state) {
    (void)state;
    static const char *const names[] = {"x", "y"};
    const wadi__type *word = wadi__type_str(), *number = wadi__type_int64(),
                     *small = intern(WADI_TYPE(int8_t)), *id = intern(WADI_TYPE(user_id)),
                     *named = intern(WADI_TYPE(inner));
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *made =
        wadi__type_make_record(names, (const wadi__type *[]){word, small}, 2, &err);
    assert_true(wadi__type_matches(made, named)); /* one has no name */
    assert_true(wadi__type_matches(id, number) && wadi__type_matches(number, id));
    assert_ptr_equal(wadi__type_plain(id), number);
    wadi_type other_name = named->pub;
    other_name.name = "somebody_elses";
    assert_false(wadi__type_matches(intern(&other_name), named));
    assert_false(wadi__type_matches(word, number));
    assert_false(wadi__type_matches(small, number));
    const wadi__type *swapped =
        wadi__type_make_record(names, (const wadi__type *[]){small, word}, 2, &err);
    assert_false(wadi__type_matches(swapped, made));
    const wadi__type *one = wadi__type_make_record(names, &word, 1, &err);
    assert_false(wadi__type_matches(one, made));
    assert_true(wadi__type_matches(intern(WADI_TYPE(inner_list)), wadi__type_make_seq(made, &err)));
    assert_false(
        wadi__type_matches(intern(WADI_TYPE(inner_list)), wadi__type_make_seq(word, &err)));
    wadi_field fields[1] = {{"a", &wadi_type_of_int32_t, 0, 2}};
    wadi_type two = {NULL, WADI_KIND_RECORD, 8, 4, 1, fields, NULL}, array = two;
    const wadi__type *pair_of_ints = intern(&two);
    fields[0] = (wadi_field){"a", &wadi_type_of_int64_t, 0, 1};
    array.align = 8;
    assert_false(wadi__type_matches(intern(&array), pair_of_ints));
}

/* ---- What is known of them ---- */

WADI_RECORD(tight, (int64_t, a), (int32_t, b), (int32_t, c));
WADI_RECORD(loose, (int64_t, a), (int32_t, b));
WADI_RECORD(gap, (int8_t, a), (int32_t, b));
WADI_RECORD(with_float, (int64_t, a), (double, b));
WADI_OPTION(maybe_float, float);
typedef struct form_case {
    const char *name;
    const wadi_type *type;
    wadi__form form;
    bool has_outside, has_float, is_bytes;
} form_case;
static form_case forms[] = {
    {"bool", WADI_TYPE(bool), WADI__FORM_GENERIC, false, false, true},
    {"int8_t", WADI_TYPE(int8_t), WADI__FORM_GENERIC, false, false, true},
    {"int32_t", WADI_TYPE(int32_t), WADI__FORM_4, false, false, true},
    {"uint64_t", WADI_TYPE(uint64_t), WADI__FORM_8, false, false, true},
    {"an alias", WADI_TYPE(user_id), WADI__FORM_8, false, false, true},
    {"double", WADI_TYPE(double), WADI__FORM_GENERIC, false, true, false},
    {"wadi_str", WADI_TYPE(wadi_str), WADI__FORM_STR, true, false, false},
    {"no gaps", WADI_TYPE(tight), WADI__FORM_GENERIC, false, false, true},
    {"a gap at the end", WADI_TYPE(loose), WADI__FORM_GENERIC, false, false, false},
    {"a gap between", WADI_TYPE(gap), WADI__FORM_GENERIC, false, false, false},
    {"a float in it", WADI_TYPE(with_float), WADI__FORM_GENERIC, false, true, false},
    {"a string in it", WADI_TYPE(inner), WADI__FORM_GENERIC, true, false, false},
    {"a sequence", WADI_TYPE(wadi_int64_list), WADI__FORM_GENERIC, true, false, false},
    {"an option of a string", WADI_TYPE(maybe_inner), WADI__FORM_GENERIC, true, false, false},
    {"an option of a float", WADI_TYPE(maybe_float), WADI__FORM_GENERIC, false, true, false},
    {"a broadcast", WADI_TYPE(wadi_broadcast), WADI__FORM_GENERIC, false, false, true},
    {"an accumulator", WADI_TYPE(wadi_accumulator), WADI__FORM_GENERIC, false, false, true},
};
static void test_forms(void **state) {
    const form_case *row = *state;
    const wadi__type *type = intern(row->type);
    assert_int_equal(type->form, row->form);
    assert_int_equal(type->has_outside, row->has_outside);
    assert_int_equal(type->has_float, row->has_float);
    assert_int_equal(type->is_bytes, row->is_bytes);
}
static void test_keys_and_fields(void **state) {
    (void)state;
    const wadi__type *type = intern(WADI_TYPE(outer));
    assert_ptr_equal(type->key, intern(WADI_TYPE(user_id)));
    assert_ptr_equal(wadi__type_int64()->key, wadi__type_int64());
    assert_int_equal(wadi__type_field(type, "weights")->count, 4);
    assert_null(wadi__type_field(type, "none"));
    assert_null(wadi__type_field(wadi__type_int64(), "none"));
}
static void test_made_records(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    const wadi__type *small = intern(WADI_TYPE(int8_t)), *number = wadi__type_int64();
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *made =
        wadi__type_make_record(names, (const wadi__type *[]){small, number, small}, 3, &err);
    assert_int_equal(made->pub.size, 24); /* as C lays it out */
    assert_int_equal(made->pub.align, 8);
    assert_int_equal(made->pub.fields[1].offset, 8);
    assert_int_equal(made->pub.fields[2].offset, 16);
    assert_null(made->pub.name);
}
static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const wadi_type *type;
        union {
            int64_t i;
            double d;
            float f;
        } value;
        double expected;
    } rows[] = {{WADI_TYPE(int8_t), {.i = -1}, -1},
                {WADI_TYPE(uint8_t), {.i = 255}, 255},
                {WADI_TYPE(int16_t), {.i = -300}, -300},
                {WADI_TYPE(uint16_t), {.i = 65535}, 65535},
                {WADI_TYPE(int32_t), {.i = INT32_MIN}, INT32_MIN},
                {WADI_TYPE(uint32_t), {.i = UINT32_MAX}, UINT32_MAX},
                {WADI_TYPE(int64_t), {.i = -5}, -5},
                {WADI_TYPE(uint64_t), {.i = -1}, 18446744073709551615.0},
                {WADI_TYPE(user_id), {.i = 9}, 9},
                {WADI_TYPE(float), {.f = 0.5f}, 0.5},
                {WADI_TYPE(double), {.d = -0.25}, -0.25}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const wadi__type *type = intern(rows[i].type);
        assert_true(wadi__type_is_number(type));
        assert_true(wadi__type_to_double(type, &rows[i].value) == rows[i].expected);
    }
    assert_false(wadi__type_is_number(wadi__type_str()));
    assert_false(wadi__type_is_number(intern(WADI_TYPE(bool))));
}
static void test_text(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    static const char *const names[] = {"a", "b"};
    const wadi__type *list = wadi__type_make_seq(wadi__type_str(), &err);
    const wadi__type *record = wadi__type_make_record(
        names, (const wadi__type *[]){list, intern(WADI_TYPE(inner))}, 2, &err);
    char text[128];
    assert_string_equal(wadi__type_text(intern(WADI_TYPE(outer)), text, sizeof text), "outer");
    assert_string_equal(wadi__type_text(list, text, sizeof text), "sequence of wadi_str");
    assert_string_equal(wadi__type_text(record, text, sizeof text),
                        "(sequence of wadi_str, inner)");
    wadi_type option = intern(WADI_TYPE(maybe_inner))->pub;
    option.name = NULL;
    assert_string_equal(wadi__type_text(intern(&option), text, sizeof text), "a value");
    for (size_t size = 1; size < 40; size++) { /* cut off, and never written past */
        memset(text, '#', sizeof text);
        assert_true(strlen(wadi__type_text(record, text, size)) < size);
        assert_int_equal(text[size], '#');
    }
}

/* ---- Memory, threads ---- */

static void test_no_memory(void **state) {
    (void)state;
    wadi_field fields[] = {{"a", &wadi_type_of_int64_t, 0, 1}, {"b", &wadi_type_of_int64_t, 8, 1}};
    char name[32];
    wadi_type type = {name, WADI_KIND_RECORD, 16, 8, 2, fields, NULL};
    unsigned refused = 0;
    for (uint64_t n = 1;; n++) {
        snprintf(name, sizeof name, "never_seen_%d", (int)n);
        wadi_error err = WADI_ERROR_INIT;
        wadi__mem_fail_at(n, false);
        const wadi__type *made = wadi__type_intern(&type, &err);
        wadi__mem_fail_at(0, false);
        if (made != NULL) break;
        assert_int_equal(err.status, WADI_E_NOMEM);
        assert_non_null(wadi__type_intern(&type, NULL)); /* nothing of it is in the way */
        refused++;
    }
    assert_in_range(refused, 4, 10);
    static const char *const names[] = {"fresh"};
    wadi_error err = WADI_ERROR_INIT;
    wadi__mem_fail_at(1, false);
    assert_null(wadi__type_make_record(names, (const wadi__type *[]){wadi__type_str()}, 1, &err));
    wadi__mem_fail_at(0, false);
    assert_int_equal(err.status, WADI_E_NOMEM);
}
static void *intern_many(void *arg) {
    const wadi__type **made = arg;
    wadi_field fields[] = {{"a", &wadi_type_of_int64_t, 0, 1}};
    char name[32];
    wadi_type type = {name, WADI_KIND_RECORD, 8, 8, 1, fields, NULL};
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "of_threads_%d", i);
        made[i] = wadi__type_intern(&type, NULL);
    }
    return NULL;
}
static void test_threads(void **state) {
    (void)state;
    static const wadi__type *made[3][500];
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, intern_many, made[i]);
    for (size_t i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    for (size_t i = 1; i < 3; i++) assert_memory_equal(made[i], made[0], sizeof made[0]);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_unsound, unsound);
    wadi__unit_add(&unit, test_by_content);
    wadi__unit_add(&unit, test_matches);
    wadi__unit_rows(&unit, test_forms, forms);
    wadi__unit_add(&unit, test_keys_and_fields);
    wadi__unit_add(&unit, test_made_records);
    wadi__unit_add(&unit, test_numbers);
    wadi__unit_add(&unit, test_text);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_threads);
    return wadi__unit_run(&unit, "type");
}
