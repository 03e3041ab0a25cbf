/* SPDX-License-Identifier: Apache-2.0 */
/* conf_properties_test.c: the properties form, as java.util.Properties reads it. */
#include "base/conf_properties.h"

#include "testing/unit.h"

#include <stdio.h>

/* Settings as "line:name=value;", mistakes as "line!mistake;". */
static void read_all(const char *bytes, size_t size, char *out, size_t out_size) {
    /* a copy of its own size, so that AddressSanitizer sees a step past the end */
    char *copy = malloc(size != 0 ? size : 1);
    memcpy(copy, bytes, size);
    wadi__properties reader;
    assert_true(wadi__properties_open(&reader, copy, size));
    size_t used = 0;
    out[0] = 0;
    while (wadi__properties_next(&reader)) {
        if (reader.mistake != NULL)
            used += (size_t)snprintf(out + used, out_size - used, "%d!%s;", reader.line,
                                     reader.mistake);
        else
            used += (size_t)snprintf(out + used, out_size - used, "%d:%s=%s;", reader.line,
                                     reader.name, reader.value);
    }
    assert_false(wadi__properties_next(&reader)); /* it stays at the end */
    wadi__properties_close(&reader);
    free(copy);
}

typedef struct form_case {
    const char *name, *text, *expected;
} form_case;
static const form_case form_cases[] = {
    {"nothing", "", ""},
    {"blank lines", "\n  \n\t\f\n\r\n", ""},
    {"an equals sign", "a=b", "1:a=b;"},
    {"a colon", "a:b\n", "1:a=b;"},
    {"a blank", "a b", "1:a=b;"},
    {"a tab", "a\tb", "1:a=b;"},
    {"blanks around the sign", "  a \t = \t b", "1:a=b;"},
    {"the first sign counts", "a=b=c:d", "1:a=b=c:d;"},
    {"a blank, then two signs", "a == b", "1:a== b;"},
    {"no value", "a\nb=\nc :", "1:a=;2:b=;3:c=;"},
    {"no name", "=v\n:w", "1:=v;2:=w;"},
    {"blanks at the end stay", "a=b  \n", "1:a=b  ;"},
    {"comments", "# a=b\n  ! c=d\na=#e\n#", "3:a=#e;"},
    {"a comment does not go on", "# a \\\nb=c", "2:b=c;"},
    {"lines of all kinds", "a=1\nb=2\r\nc=3\rd=4", "1:a=1;2:b=2;3:c=3;4:d=4;"},
    {"a line goes on", "a=b \\\n   c\nd=e", "1:a=b c;3:d=e;"},
    {"over three lines", "a=b\\\r\n c\\\r\n\td\r\ne=f", "1:a=bcd;4:e=f;"},
    {"on to an empty line", "a=b\\\n\nc=d", "1:a=b;3:c=d;"},
    {"within the name", "na\\\n  me=v", "1:name=v;"},
    {"before the sign", "a\\\n  = b", "1:a=b;"},
    {"after the sign", "a=\\\n  b", "1:a=b;"},
    {"between blanks and the sign", "a \\\n  = \\\n  b", "1:a=b;"},
    {"no comment on a line gone on to", "a=b\\\n# c", "1:a=b# c;"},
    {"first of all", "\\\n  a=b", "1:a=b;"},
    {"two backslashes do not go on", "a=b\\\\\nc=d", "1:a=b\\;2:c=d;"},
    {"three do", "a=b\\\\\\\nc=d", "1:a=b\\c=d;"},
    {"at the end of all", "a=b\\", "1:a=b;"},
    {"escapes", "a=\\t\\n\\r\\f\\x\\\"\\\\", "1:a=\t\n\r\fx\"\\;"},
    {"escaped signs in a name", "a\\=b\\:c\\ d=e", "1:a=b:c d=e;"},
    {"an escaped #", "\\#a=b", "1:#a=b;"},
    {"a character by number", "a=\\u0041\\u00e9\\u20AC", "1:a=A\xC3\xA9\xE2\x82\xAC;"},
    {"two that are one", "a=\\uD83D\\uDE00", "1:a=\xF0\x9F\x98\x80;"},
    {"bytes stay", "a=caf\xC3\xA9 \xFF", "1:a=caf\xC3\xA9 \xFF;"},
    {"an editor's mark",
     "\xEF\xBB\xBF"
     "a=b",
     "1:a=b;"},
    {"too few digits", "a=\\u12\nb=c", "1!\\u without the four digits of a character;2:b=c;"},
    {"no digits at the end", "a=\\u", "1!\\u without the four digits of a character;"},
    {"no hexadecimal digit", "a=\\u00g0", "1!\\u without the four digits of a character;"},
    {"half a character", "a=\\uD83Dx\nb=\\uDE00",
     "1!\\u without the four digits of a character;2!\\u without the four digits of a character;"},
    {"two first halves", "a=\\uD83D\\uD83D", "1!\\u without the four digits of a character;"},
    {"a zero by number", "a=x\\u0000", "1!\\u0000 is no character of a setting;"},
    {"a mistake, then more", "a=\\u1\nb \\\n \\uX\nc=d",
     "1!\\u without the four digits of a character;2!\\u without the four digits of a "
     "character;4:c=d;"},
};
static void test_form(void **state) {
    const form_case *row = *state;
    char out[1000];
    read_all(row->text, strlen(row->text), out, sizeof out);
    assert_string_equal(out, row->expected);
}
static void test_byte_of_zero(void **state) {
    (void)state;
    char out[200];
    read_all("a=b\0c\nd=e", 9, out, sizeof out);
    assert_string_equal(out, "1!a byte of zero;2:d=e;");
}
/* Every part of a file that has everything is read without a step past its end. */
static void test_cut_anywhere(void **state) {
    (void)state;
    static const char text[] =
        "# c\\\n a\\ b = \\u00e9\\uD83D\\uDE00 \\\r\n  d\\t\\\\\r!x\ne : f\\\n";
    char out[1000];
    for (size_t size = 0; size <= sizeof text - 1; size++) read_all(text, size, out, sizeof out);
    for (size_t from = 0; from <= sizeof text - 1; from++)
        read_all(text + from, sizeof text - 1 - from, out, sizeof out);
}
static bool open_and_close(void *arg) {
    (void)arg;
    wadi__properties reader;
    bool is_open = wadi__properties_open(&reader, "a=b", 3);
    wadi__properties_close(&reader);
    return is_open;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_int_equal(wadi__unit_refuse_each(open_and_close, NULL, false), 1);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_form, form_cases);
    wadi__unit_add(&unit, test_byte_of_zero);
    wadi__unit_add(&unit, test_cut_anywhere);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "conf_properties");
}
