/* SPDX-License-Identifier: Apache-2.0 */
/* doc_test.c: JSON and text for pages, with whatever bytes are in them. */
#include "ui/doc.h"

#include "testing/unit.h"

#include <math.h>

typedef struct escape_case {
    const char *name, *text, *json, *page;
} escape_case;
static const escape_case escape_cases[] = {
    {"nothing", "", "\"\"", ""},
    {"plain words", "a b", "\"a b\"", "a b"},
    {"marks of JSON", "say \"a\\b\"", "\"say \\\"a\\\\b\\\"\"", "say &quot;a\\b&quot;"},
    {"marks of pages", "<a href='x'>&", "\"<a href='x'>&\"", "&lt;a href=&#39;x&#39;&gt;&amp;"},
    {"control characters", "a\n\t\r\x01\x7f", "\"a\\n\\t\\r\\u0001\\u007f\"",
     "a\n\t\xef\xbf\xbd\xef\xbf\xbd\x7f"},
    {"letters of two to four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"no UTF-8: a byte alone",
     "a\xff"
     "b",
     "\"a\xef\xbf\xbd"
     "b\"",
     "a\xef\xbf\xbd"
     "b"},
    {"no UTF-8: cut short", "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"no UTF-8: overlong", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"no UTF-8: overlong, of three", "\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"no UTF-8: a surrogate", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"no UTF-8: too large", "\xf4\x90\x80\x80",
     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};
static void expect_text(wadi__text *text, const char *expected) {
    assert_false(text->failed);
    wadi__text_add(text, "", 1);
    assert_string_equal(text->bytes, expected);
    wadi__text_fini(text);
}
static void test_escape(void **state) {
    const escape_case *row = *state;
    wadi__doc doc = {0};
    wadi__doc_string(&doc, NULL, row->text);
    expect_text(&doc.text, row->json);
    wadi__text page = {0};
    wadi__text_escape(&page, row->text);
    expect_text(&page, row->page);
}
static void test_members(void **state) {
    (void)state;
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_int(&doc, "a", -3);
    wadi__doc_open(&doc, "list", '[');
    wadi__doc_close(&doc, ']');
    wadi__doc_double(&doc, "rate", 2.5);
    wadi__doc_double(&doc, "none", NAN);
    wadi__doc_bool(&doc, "yes", true);
    wadi__doc_string(&doc, "text", NULL);
    wadi__doc_some_int(&doc, "left out", -1);
    wadi__doc_some_time(&doc, "left out", -1);
    wadi__doc_some_string(&doc, "left out", NULL);
    wadi__doc_some_time(&doc, "time", 0);
    wadi__doc_open(&doc, "rows", '[');
    wadi__doc_int(&doc, NULL, 1);
    wadi__doc_int(&doc, NULL, 2);
    wadi__doc_close(&doc, ']');
    wadi__doc_close(&doc, '}');
    expect_text(&doc.text,
                "{\"a\":-3,\"list\":[],\"rate\":2.5,\"none\":null,\"yes\":true,\"text\":null,"
                "\"time\":\"1970-01-01T00:00:00.000GMT\",\"rows\":[1,2]}");
}
static void test_long_text(void **state) {
    (void)state;
    wadi__text text = {0};
    wadi__text_printf(&text, "%*d", 2000, 7);
    assert_int_equal(text.size, 2000);
    assert_int_equal(text.bytes[1999], '7');
    wadi__text_fini(&text);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_escape, escape_cases);
    wadi__unit_add(&unit, test_members);
    wadi__unit_add(&unit, test_long_text);
    return wadi__unit_run(&unit, "doc");
}
