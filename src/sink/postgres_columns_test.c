/* SPDX-License-Identifier: Apache-2.0 */
/* postgres_columns_test.c: records as columns, as lines of COPY, and what fits what. */
#include "sink/postgres_columns.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
WADI_RECORD(place, (wadi_str, city), (int32_t, zip));
WADI_SEQ(place_list, place);
WADI_OPTION(place_option, place);
WADI_OPTION(str_list_option, wadi_str_list);
WADI_SEQ(maybe_list, wadi_int64_option);
typedef int64_t user_id;
WADI_ALIAS(user_id, int64_t);
WADI_RECORD(order, (user_id, user), (place, to), (bool, is_paid), (float, weight), (double, price),
            (wadi_str_option, note), (wadi_int64_list, items), (wadi_str_list, tags),
            (double, at, 2), (place_list, over), (place_option, from));
WADI_RECORD(integers, (int8_t, a), (int16_t, b), (int32_t, c), (int64_t, d), (uint8_t, e),
            (uint16_t, f), (uint32_t, g), (uint64_t, h));
WADI_RECORD(lists, (maybe_list, maybe), (str_list_option, tags));
WADI_RECORD(twice, (place, to), (wadi_str, to_city));
WADI_RECORD(shared, (wadi_str, key), (wadi_broadcast, table));

static const wadi__type *intern(const wadi_type *type) {
    const wadi__type *made = wadi__type_intern(type, NULL);
    assert_non_null(made);
    return made;
}
static wadi__postgres_columns columns_of(const wadi_type *type) {
    wadi__postgres_columns columns;
    wadi_error err = WADI_ERROR_INIT;
    if (!wadi__postgres_columns_of(intern(type), &columns, &err)) fail_msg("%s", err.message);
    return columns;
}
static void assert_text(wadi__text *text, const char *expected) {
    wadi__text_add(text, "", 1);
    assert_false(text->failed);
    assert_string_equal(text->bytes, expected);
    wadi__text_fini(text);
}

/* ---- Columns ---- */

typedef struct declare_case {
    const char *name;
    const wadi_type *type;
    const char *expected;
} declare_case;
static declare_case declares[] = {
    {"a key and a value", WADI_TYPE(word_count),
     "\"word\" text NOT NULL, \"count\" bigint NOT NULL"},
    {"no record", WADI_TYPE(double), "\"value\" double precision NOT NULL"},
    {"whole numbers", WADI_TYPE(integers),
     "\"a\" smallint NOT NULL, \"b\" smallint NOT NULL, \"c\" integer NOT NULL, \"d\" bigint NOT "
     "NULL, "
     "\"e\" smallint NOT NULL, \"f\" integer NOT NULL, \"g\" bigint NOT NULL, \"h\" numeric(20) "
     "NOT NULL"},
    {"all kinds", WADI_TYPE(order),
     "\"user\" bigint NOT NULL, \"to_city\" text NOT NULL, \"to_zip\" integer NOT NULL, "
     "\"is_paid\" boolean NOT NULL, "
     "\"weight\" real NOT NULL, \"price\" double precision NOT NULL, \"note\" text, \"items\" "
     "bigint[] NOT NULL, "
     "\"tags\" text[] NOT NULL, \"at\" double precision[] NOT NULL, \"over\" jsonb NOT NULL, "
     "\"from\" jsonb"},
    {"options inside and around", WADI_TYPE(lists), "\"maybe\" bigint[] NOT NULL, \"tags\" text[]"},
};
static void test_declare(void **state) {
    const declare_case *row = *state;
    wadi__postgres_columns columns = columns_of(row->type);
    wadi__text text = {0};
    for (size_t i = 0; i < columns.count; i++) {
        if (i > 0) wadi__text_add(&text, ", ", 2);
        wadi__postgres_quote(&text, columns.items[i].name, strlen(columns.items[i].name));
        wadi__text_add(&text, " ", 1);
        wadi__postgres_column_declare(&columns.items[i], &text);
    }
    wadi__postgres_columns_fini(&columns);
    assert_text(&text, row->expected);
}
static void test_types_without_columns(void **state) {
    (void)state;
    wadi__postgres_columns columns;
    wadi_error err = WADI_ERROR_INIT;
    assert_false(wadi__postgres_columns_of(intern(WADI_TYPE(twice)), &columns, &err));
    assert_string_equal(err.message, "two fields have the column 'to_city'");
    assert_int_equal(err.status, WADI_E_TYPE);
    err = (wadi_error)WADI_ERROR_INIT;
    assert_false(wadi__postgres_columns_of(intern(WADI_TYPE(shared)), &columns, &err));
    assert_string_equal(err.message, "field 'table' is or has a broadcast, which has no column");
}
static void test_quote(void **state) {
    (void)state;
    wadi__text text = {0};
    wadi__postgres_quote(&text, "a\"; drop", 8);
    assert_text(&text, "\"a\"\"; drop\"");
}

/* ---- Lines ---- */

static wadi__text line_of(const wadi_type *type, const void *record, char form) {
    wadi__postgres_columns columns = columns_of(type);
    wadi__text line = {0}, scratch = {0};
    for (size_t i = 0; i < columns.count && form != 0; i++)
        if (columns.items[i].form == WADI__POSTGRES_ARRAY)
            columns.items[i].form = (wadi__postgres_form)form;
    wadi__postgres_line_add(&columns, record, &line, &scratch);
    wadi__text_fini(&scratch);
    wadi__postgres_columns_fini(&columns);
    return line;
}
static void test_line(void **state) {
    (void)state;
    const int64_t items[] = {1, -2};
    const wadi_str tags[] = {wadi_str_of("a,\"b\\"), wadi_str_of("")};
    const place over[] = {{wadi_str_of("Ulm\n\"\x01"), 89073}, {wadi_str_of("Bonn"), 53111}};
    order o = {
        .user = 7,
        .to = {wadi_str_of("tab\tback\\slash\nline\rend"), -1},
        .is_paid = true,
        .weight = 0.5F,
        .price = INFINITY,
        .items = {items, 2},
        .tags = {tags, 2},
        .at = {1, NAN},
        .over = {over, 2},
    };
    wadi__text line = line_of(WADI_TYPE(order), &o, 0);
    assert_text(&line,
                "\t7\ttab\\tback\\\\slash\\nline\\rend\t-1\ttrue\t0.5\tInfinity\t\\N\t{1,-2}\t"
                "{\"a,\\\\\"b\\\\\\\\\",\"\"}\t{1.0,NaN}\t"
                "[{\"city\":\"Ulm\\\\n\\\\\"\\\\u0001\",\"zip\":89073},{\"city\":\"Bonn\",\"zip\":"
                "53111}]\t\\N");
    o.note = (wadi_str_option)WADI_SOME(wadi_str_of(""));
    o.from = (place_option)WADI_SOME({wadi_str_of("Köln"), 50667});
    o.over = (place_list){NULL, 0};
    o.items = (wadi_int64_list){NULL, 0};
    line = line_of(WADI_TYPE(order), &o, WADI__POSTGRES_JSON);
    assert_text(&line,
                "\t7\ttab\\tback\\\\slash\\nline\\rend\t-1\ttrue\t0.5\tInfinity\t\t[]\t"
                "[\"a,\\\\\"b\\\\\\\\\",\"\"]\t[1.0,null]\t[]\t{\"city\":\"Köln\",\"zip\":50667}");
}
static void test_line_of_options(void **state) {
    (void)state;
    const wadi_int64_option maybe[] = {WADI_SOME(5), WADI_NONE};
    const wadi_str tag = wadi_str_of("x");
    lists l = {.maybe = {maybe, 2}};
    wadi__text line = line_of(WADI_TYPE(lists), &l, 0);
    assert_text(&line, "\t{5,NULL}\t\\N");
    l.tags = (str_list_option)WADI_SOME({&tag, 1});
    line = line_of(WADI_TYPE(lists), &l, WADI__POSTGRES_JSON);
    assert_text(&line, "\t[5,null]\t[\"x\"]");
}
static void test_line_of_no_record(void **state) {
    (void)state;
    wadi_str s = wadi_str_of("a line");
    wadi__text line = line_of(WADI_TYPE(wadi_str), &s, 0);
    assert_text(&line, "\ta line");
}
static void test_without_memory(void **state) {
    (void)state;
    for (uint64_t n = 1;; n++) {
        wadi__postgres_columns columns;
        wadi_error err = WADI_ERROR_INIT;
        const wadi__type *type = intern(WADI_TYPE(order));
        int64_t before = wadi__mem_in_use();
        wadi__mem_fail_at(n, false);
        bool done = wadi__postgres_columns_of(type, &columns, &err);
        wadi__mem_fail_at(0, false);
        if (done) {
            wadi__postgres_columns_fini(&columns);
            break;
        }
        assert_int_equal(err.status, WADI_E_NOMEM);
        assert_int_equal(wadi__mem_in_use(), before);
        assert_true(n < 100);
    }
}

/* ---- What fits ---- */

static void test_fit(void **state) {
    (void)state;
    static const struct {
        const char *field, *type;
        char category;
        char form; /* 0: it does not fit */
    } rows[] = {
        {"user", "bigint", 'N', 'p'},
        {"user", "numeric", 'N', 'p'},
        {"user", "numeric(10,2)", 'N', 'p'},
        {"user", "integer", 'N', 0},
        {"user", "double precision", 'N', 0},
        {"user", "text", 'S', 0},
        {"to_zip", "integer", 'N', 'p'},
        {"to_zip", "bigint", 'N', 'p'},
        {"to_zip", "smallint", 'N', 0},
        {"to_city", "text", 'S', 'p'},
        {"to_city", "character varying(20)", 'S', 'p'},
        {"to_city", "uuid", 'U', 'p'},
        {"to_city", "timestamp with time zone", 'D', 'p'},
        {"to_city", "integer", 'N', 0},
        {"to_city", "boolean", 'B', 0},
        {"to_city", "text[]", 'A', 0},
        {"is_paid", "boolean", 'B', 'p'},
        {"is_paid", "integer", 'N', 0},
        {"weight", "real", 'N', 'p'},
        {"weight", "double precision", 'N', 'p'},
        {"price", "double precision", 'N', 'p'},
        {"price", "numeric", 'N', 'p'},
        {"price", "real", 'N', 0},
        {"price", "bigint", 'N', 0},
        {"note", "text", 'S', 'p'},
        {"items", "bigint[]", 'A', 'a'},
        {"items", "numeric[]", 'A', 'a'},
        {"items", "integer[]", 'A', 0},
        {"items", "text[]", 'A', 0},
        {"items", "jsonb", 'U', 'j'},
        {"items", "text", 'S', 0},
        {"tags", "text[]", 'A', 'a'},
        {"tags", "boolean[]", 'A', 0},
        {"at", "double precision[]", 'A', 'a'},
        {"at", "json", 'U', 'j'},
        {"over", "jsonb", 'U', 'j'},
        {"over", "text[]", 'A', 0},
        {"from", "json", 'U', 'j'},
        {"from", "text", 'S', 0},
    };
    wadi__postgres_columns columns = columns_of(WADI_TYPE(order));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wadi__postgres_column *column = columns.items;
        while (strcmp(column->name, rows[i].field) != 0) column++;
        bool fits = wadi__postgres_column_fit(column, rows[i].type, rows[i].category);
        if (fits != (rows[i].form != 0)) fail_msg("%s in %s", rows[i].field, rows[i].type);
        if (fits) assert_int_equal((char)column->form, rows[i].form);
    }
    wadi__postgres_columns_fini(&columns);
    columns = columns_of(
        WADI_TYPE(integers)); /* unsigned ones need a bit more, but for those of 8 bytes */
    assert_true(wadi__postgres_column_fit(&columns.items[4], "smallint", 'N'));
    assert_false(wadi__postgres_column_fit(&columns.items[5], "smallint", 'N'));
    assert_false(wadi__postgres_column_fit(&columns.items[6], "integer", 'N'));
    assert_true(wadi__postgres_column_fit(&columns.items[7], "bigint", 'N'));
    wadi__postgres_columns_fini(&columns);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_declare, declares);
    wadi__unit_add(&unit, test_types_without_columns);
    wadi__unit_add(&unit, test_quote);
    wadi__unit_add(&unit, test_line);
    wadi__unit_add(&unit, test_line_of_options);
    wadi__unit_add(&unit, test_line_of_no_record);
    wadi__unit_add(&unit, test_without_memory);
    wadi__unit_add(&unit, test_fit);
    return wadi__unit_run(&unit, "postgres columns");
}
