/* SPDX-License-Identifier: Apache-2.0 */
/* json_test.c: lines of JSON into records, whole and damaged, wherever in memory they lie. */
#include "data/json.h"

#include "data/print.h"
#include "data/test_random.h"

#include <sys/mman.h>

WADI_RECORD(place, (double, x), (double, y));
WADI_SEQ(place_list, place);
WADI_OPTION(maybe_place, place);
WADI_RECORD(thing, (wadi_str, name), (int64_t, count), (bool, good), (place, at), (int16_t, two, 2),
            (maybe_place, goal), (wadi_str_list, tags), (place_list, path), (uint8_t, small),
            (float, single), (uint64_t, large));

static wadi__arena arena;
static bool has_no_memory;
static void *alloc(void *arg, size_t size) {
    (void)arg;
    return has_no_memory ? NULL : wadi__arena_alloc(&arena, size);
}
static wadi__json json;
static int open_json(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    const wadi__json_ops *ops = wadi__json_open(&err);
    if (ops == NULL) {
        fprintf(stderr, "%s\n", err.message);
        return 0; /* every test is skipped */
    }
    return wadi__json_init(&json, ops) ? 0 : -1;
}
static int close_json(void **state) {
    (void)state;
    wadi__json_fini(&json);
    return 0;
}
static const char *text_of(const wadi_type *pub, const void *record) {
    static char text[1024];
    wadi__text out = {0};
    wadi__print_value(&out, wadi__type_intern(pub, NULL), record);
    snprintf(text, sizeof text, "%.*s", (int)out.size, out.bytes != NULL ? out.bytes : "");
    wadi__text_fini(&out);
    return text;
}
/* The record's text, or "damaged: why". The line ends where nothing may be read any more. */
static const char *parsed(const wadi_type *pub, const char *line) {
    static char text[1100];
    static char *page;
    if (page == NULL) {
        page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(page + 2 * 4096, 4096, PROT_NONE);
    }
    _Alignas(16) char record[512];
    const char *why = "?";
    size_t size = strlen(line);
    char *at = page + 2 * 4096 - size;
    memcpy(at, line, size);
    if (wadi__json_parse(&json, pub, at, size, record, alloc, NULL, &why))
        snprintf(text, sizeof text, "%s", text_of(pub, record));
    else
        snprintf(text, sizeof text, "damaged: %s", why != NULL ? why : "no memory");
    wadi__arena_fini(&arena);
    return text;
}
#define NOTHING ",0,false,(0.0,0.0),[0, 0],None,[],[],0,0.0,0)"
typedef struct line_case {
    const char *line, *expected; /* "damaged": whatever the words are */
} line_case;
static const line_case lines[] = {
    {"{\"name\":\"ann\",\"count\":5,\"good\":true,\"at\":{\"x\":1.5,\"y\":-2},\"two\":[7,8],"
     "\"goal\":{\"x\":1,\"y\":2},"
     "\"tags\":[\"a\",\"b "
     "c\"],\"path\":[{\"x\":1,\"y\":1},{\"y\":2}],\"small\":255,\"single\":0.5,\"large\":"
     "18446744073709551615}",
     "(ann,5,true,(1.5,-2.0),[7, 8],Some((1.0,2.0)),[a, b c],[(1.0,1.0), "
     "(0.0,2.0)],255,0.5,18446744073709551615)"},
    {"{}", "(" NOTHING},
    {" { \"count\" : 1 , \"name\" : \"x\" } ", "(x,1,false,(0.0,0.0),[0, 0],None,[],[],0,0.0,0)"},
    {"{\"other\":[1,{\"a\":2}],\"name\":\"x\",\"more\":null}", "(x" NOTHING},
    {"{\"name\":null,\"count\":null,\"good\":null,\"at\":null,\"two\":null,\"goal\":null,\"tags\":"
     "null,\"path\":null,\"small\":null}",
     "(" NOTHING},
    {"{\"name\":\"a name of more than twelve bytes\"}",
     "(a name of more than twelve bytes" NOTHING},
    {"{\"name\":\"tab \\t, quote \\\", \\u00e9, \\ud83d\\ude00 and more\"}",
     "(tab \t, quote \", \xc3\xa9, \xf0\x9f\x98\x80 and more" NOTHING},
    {"{\"na\\u006de\":\"x\"}", "(x" NOTHING},
    {"{\"name\":\"first\",\"name\":\"last\"}", "(last" NOTHING},
    {"{\"tags\":[]}", "(" NOTHING},
    {"{\"at\":{}}", "(" NOTHING},
    {"{\"at\":{\"x\":-0.0}}", "(,0,false,(-0.0,0.0),[0, 0],None,[],[],0,0.0,0)"},
    {"{\"count\":\"5\"}", "damaged"},
    {"{\"count\":1.5}", "damaged"},
    {"{\"count\":9223372036854775808}", "damaged"},
    {"{\"small\":256}", "damaged: a number too large for its field"},
    {"{\"small\":-1}", "damaged"},
    {"{\"two\":[1,40000]}", "damaged: a number too large for its field"},
    {"{\"two\":[1]}", "damaged: too few elements"},
    {"{\"two\":[1,2,3]}", "damaged: too many elements"},
    {"{\"good\":1}", "damaged"},
    {"{\"name\":5}", "damaged: no string"},
    {"{\"tags\":\"a\"}", "damaged"},
    {"{\"tags\":[1]}", "damaged"},
    {"{\"at\":[1,2]}", "damaged"},
    {"{\"name\":\"x\"", "damaged"},
    {"{\"name\":\"x", "damaged"},
    {"{\"name\"}", "damaged"},
    {"{\"name\":}", "damaged"},
    {"{\"name\":nul}", "damaged"},
    {"{\"count\":1}}", "damaged"},
    {"{\"count\":1} x", "damaged"},
    {"{\"count\":1}{\"count\":2}", "damaged"},
    {"[]", "damaged"},
    {"5", "damaged"},
    {"\"text\"", "damaged"},
    {"text", "damaged"},
    {"{\"name\":\"\xff\"}", "damaged"},
    {"{\"name\":\"\\x\"}", "damaged"},
};
static void test_lines(void **state) {
    (void)state;
    if (json.parser == NULL) skip();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *text = parsed(WADI_TYPE(thing), lines[i].line);
        if (strcmp(lines[i].expected, "damaged") == 0) {
            if (strncmp(text, "damaged: ", 9) != 0) fail_msg("%s gives %s", lines[i].line, text);
        } else {
            assert_string_equal(text, lines[i].expected);
        }
    }
}
static void test_values_that_are_no_records(void **state) {
    (void)state;
    if (json.parser == NULL) skip();
    assert_string_equal(parsed(WADI_TYPE(int64_t), "12"), "12");
    assert_string_equal(parsed(WADI_TYPE(double), "1e3"), "1000.0");
    assert_string_equal(parsed(WADI_TYPE(wadi_str), "\"a\\nb\""), "a\nb");
    assert_string_equal(parsed(WADI_TYPE(wadi_str), "\"a string of more than twelve\""),
                        "a string of more than twelve");
    assert_string_equal(parsed(WADI_TYPE(wadi_int64_list), "[1,2,3]"), "[1, 2, 3]");
    assert_string_equal(parsed(WADI_TYPE(wadi_int64_option), "null"), "None");
    assert_string_equal(parsed(WADI_TYPE(wadi_int64_option), "7"), "Some(7)");
    assert_int_equal(strncmp(parsed(WADI_TYPE(int64_t), "12 13"), "damaged", 7), 0);
}
static void test_without_memory(void **state) {
    (void)state;
    if (json.parser == NULL) skip();
    has_no_memory = true;
    assert_string_equal(parsed(WADI_TYPE(thing), "{\"name\":\"a\\nb\"}"), "damaged: no memory");
    assert_string_equal(parsed(WADI_TYPE(thing), "{\"tags\":[\"a\"]}"), "damaged: no memory");
    has_no_memory = false;
}
/* Written by hand, read back: random records of random types, at every place in a page. */
static void write_json(wadi__text *out, const wadi__type *type, const char *at) {
    char text[64];
    const wadi__type *element =
        type->pub.element != NULL ? wadi__type_inner(type->pub.element) : NULL;
    int n = 0;
    switch (type->pub.kind) {
    case WADI_KIND_STR: {
        const wadi_str *s = (const wadi_str *)(const void *)at;
        wadi__text_add(out, "\"", 1);
        for (uint32_t i = 0; i < s->len; i++) {
            unsigned char c = (unsigned char)wadi_str_data(s)[i];
            if (c < ' ' || c == '"' || c == '\\')
                wadi__text_add(out, text, (size_t)snprintf(text, sizeof text, "\\u%04x", c));
            else
                wadi__text_add(out, &c, 1);
        }
        wadi__text_add(out, "\"", 1);
        return;
    }
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = (const wadi_str_list *)(const void *)at;
        wadi__text_add(out, "[", 1);
        for (size_t i = 0; i < seq->count; i++) {
            if (i > 0) wadi__text_add(out, ",", 1);
            write_json(out, element, (const char *)seq->items + i * element->pub.size);
        }
        wadi__text_add(out, "]", 1);
        return;
    }
    case WADI_KIND_OPTION:
        if (at[element->pub.size] == 0)
            wadi__text_add(out, "null", 4);
        else
            write_json(out, element, at);
        return;
    case WADI_KIND_ALIAS: write_json(out, element, at); return;
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            n = snprintf(text, sizeof text, "%s\"%s\":%s", i == 0 ? "{" : ",", field->name,
                         field->count > 1 ? "[" : "");
            wadi__text_add(out, text, (size_t)n);
            for (uint32_t k = 0; k < field->count; k++) {
                if (k > 0) wadi__text_add(out, ",", 1);
                write_json(out, wadi__type_inner(field->type),
                           at + field->offset + k * field->type->size);
            }
            if (field->count > 1) wadi__text_add(out, "]", 1);
        }
        wadi__text_add(out, "}", 1);
        return;
    case WADI_KIND_FLOAT:
        n = type->pub.size == 4
                ? snprintf(text, sizeof text, "%.9g", wadi__type_to_double(type, at))
                : snprintf(text, sizeof text, "%.17g", wadi__type_to_double(type, at));
        wadi__text_add(out, text, (size_t)n);
        return;
    default: wadi__print_value(out, type, at);
    }
}
/* JSON has neither NaN nor infinity, its text is UTF-8, and an option of an option has one null
 * only. */
static bool is_jsonable(const wadi__type *type, const char *at, bool in_option) {
    const wadi__type *element =
        type->pub.element != NULL ? wadi__type_inner(type->pub.element) : NULL;
    switch (type->pub.kind) {
    case WADI_KIND_FLOAT: return __builtin_isfinite(wadi__type_to_double(type, at));
    case WADI_KIND_STR: {
        const wadi_str *s = (const wadi_str *)(const void *)at;
        for (uint32_t i = 0; i < s->len; i++)
            if ((unsigned char)wadi_str_data(s)[i] >= 0x80) return false;
        return true;
    }
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = (const wadi_str_list *)(const void *)at;
        for (size_t i = 0; i < seq->count; i++)
            if (!is_jsonable(element, (const char *)seq->items + i * element->pub.size, false))
                return false;
        return true;
    }
    case WADI_KIND_OPTION:
        return !in_option && (at[element->pub.size] == 0 || is_jsonable(element, at, true));
    case WADI_KIND_ALIAS: return is_jsonable(element, at, in_option);
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++)
            for (uint32_t k = 0; k < type->pub.fields[i].count; k++)
                if (!is_jsonable(wadi__type_inner(type->pub.fields[i].type),
                                 at + type->pub.fields[i].offset +
                                     k * type->pub.fields[i].type->size,
                                 false))
                    return false;
        return true;
    default: return true;
    }
}
static void test_random_records(void **state) {
    (void)state;
    if (json.parser == NULL) skip();
    uint64_t seed = test_random_seed(1);
    size_t tried = 0;
    for (uint64_t round = 0; round < 6000; round++) {
        test_random random = {seed + round, {0}};
        const wadi__type *type = wadi__type_intern(test_random_record(&random, 2), NULL);
        char *record = wadi__arena_zalloc(&random.arena, type->pub.size),
             *back = wadi__arena_zalloc(&random.arena, type->pub.size);
        test_random_value(&random, &type->pub, record);
        if (is_jsonable(type, record, false)) {
            wadi__text line = {0}, a = {0}, b = {0};
            const char *why = NULL;
            write_json(&line, type, record);
            char *exact = malloc(line.size);
            memcpy(exact, line.bytes, line.size);
            if (!wadi__json_parse(&json, &type->pub, exact, line.size, back, alloc, NULL, &why))
                fail_msg("seed %llu: %s: %.*s", (unsigned long long)(seed + round), why,
                         (int)line.size, line.bytes);
            wadi__print_value(&a, type, record);
            wadi__print_value(&b, type, back);
            assert_int_equal(a.size, b.size);
            assert_memory_equal(a.bytes, b.bytes, a.size);
            free(exact);
            wadi__text_fini(&line);
            wadi__text_fini(&a);
            wadi__text_fini(&b);
            tried++;
        }
        wadi__arena_fini(&random.arena);
        wadi__arena_fini(&arena);
    }
    assert_true(tried > 1000);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_values_that_are_no_records),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_random_records),
    };
    return cmocka_run_group_tests_name("json", tests, open_json, close_json);
}
