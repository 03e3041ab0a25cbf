/* SPDX-License-Identifier: Apache-2.0 */
/* typed.c: the shape of JSON values as a record type, and the values as such records. */
#include "testing/conformance/typed.h"

#include "data/print.h"
#include "testing/must.h"

#include <string.h>

/* The shape of a value is described by a plain wadi_type, NULL while nothing says what it is (the
 * element of an empty list). Shapes live as long as the process: the table of types keeps them. */

static const wadi__type *intern(const wadi_type *type) {
    wadi_error err = WADI_ERROR_INIT;
    return wadi__must((void *)(uintptr_t)wadi__type_intern(type, &err));
}
static bool has_tag(const json_t *value, const char *tag) {
    const char *found = json_string_value(json_array_get(value, 0));
    return found != NULL && strcmp(found, tag) == 0;
}
static const wadi__type *or_int(const wadi__type *type) {
    return type != NULL ? type : wadi__type_int64();
}
static const wadi__type *make_option(const wadi__type *element) {
    wadi_type option = {NULL, WADI_KIND_OPTION, 0, element->pub.align, 0, NULL, &element->pub};
    option.size = (element->pub.size + 1 + option.align - 1) / option.align * option.align;
    return intern(&option);
}

static const wadi__type *shape_of(const json_t *value);
/* Both, NULL: they differ. A part that one of them leaves open is the other's. */
static bool unite(const wadi__type **shape, const wadi__type *other) {
    if (*shape == NULL) *shape = other;
    return other == NULL || *shape == other;
}
static const wadi__type *shape_of_items(const json_t *items, bool *agree) {
    const wadi__type *shape = NULL;
    for (size_t i = 0; i < json_array_size(items); i++)
        *agree &= unite(&shape, shape_of(json_array_get(items, i)));
    return shape;
}
static const wadi__type *shape_of(const json_t *value) {
    static const char *const names[] = {"_1", "_2"};
    wadi_error err = WADI_ERROR_INIT;
    if (json_is_integer(value)) return wadi__type_int64();
    if (json_is_string(value)) return wadi__type_str();
    if (has_tag(value, "none")) return make_option(wadi__type_int64());
    if (has_tag(value, "some")) return make_option(or_int(shape_of(json_array_get(value, 1))));
    if (has_tag(value, "list")) {
        bool agree = true;
        const wadi__type *element = shape_of_items(json_array_get(value, 1), &agree);
        return wadi__type_make_seq(agree ? or_int(element) : wadi__type_str(), &err);
    }
    const wadi__type *parts[] = {or_int(shape_of(json_array_get(value, 1))),
                                 or_int(shape_of(json_array_get(value, 2)))};
    return wadi__type_make_record(names, parts, 2, &err);
}
const wadi__type *wadi__case_typed_of(const json_t *values) {
    bool agree = true;
    const wadi__type *shape = shape_of_items(values, &agree);
    return agree ? or_int(shape) : wadi__type_str();
}

/* ---- Records ---- */

static void fill(wadi__arena *arena, const wadi__type *type, const json_t *value, void *to);

static wadi_str text_of(wadi__arena *arena, const json_t *value) {
    const wadi__type *own = shape_of(value);
    wadi__text text = {0};
    void *record = wadi__must(wadi__arena_zalloc(arena, own->pub.size));
    fill(arena, own, value, record);
    wadi__print_value(&text, own, record);
    char *bytes = wadi__must(wadi__arena_alloc(arena, text.size + 1));
    if (text.size > 0) memcpy(bytes, text.bytes, text.size);
    size_t size = text.size;
    wadi__text_fini(&text);
    return wadi_str_view(bytes, size);
}
static wadi_str string_of(wadi__arena *arena, const json_t *value) {
    if (!json_is_string(value)) return text_of(arena, value);
    size_t size = json_string_length(value);
    char *bytes = wadi__must(wadi__arena_alloc(arena, size + 1));
    memcpy(bytes, json_string_value(value), size);
    return wadi_str_view(bytes, size);
}
static void fill_seq(wadi__arena *arena, const wadi__type *type, const json_t *items, void *to) {
    const wadi__type *element = wadi__type_inner(type->pub.element);
    size_t count = json_array_size(items);
    char *rows = wadi__must(wadi__arena_zalloc(arena, (count + 1) * element->pub.size));
    for (size_t i = 0; i < count; i++)
        fill(arena, element, json_array_get(items, i), rows + i * element->pub.size);
    wadi_str_list seq = {(const wadi_str *)(const void *)rows, count}; /* all have this layout */
    memcpy(to, &seq, sizeof seq);
}
static void fill(wadi__arena *arena, const wadi__type *type, const json_t *value, void *to) {
    if (type->pub.kind == WADI_KIND_STR) {
        wadi_str s = string_of(arena, value);
        memcpy(to, &s, sizeof s);
    } else if (type->pub.kind == WADI_KIND_INT) {
        int64_t number = json_integer_value(value);
        memcpy(to, &number, sizeof number);
    } else if (type->pub.kind == WADI_KIND_SEQ) {
        fill_seq(arena, type, json_array_get(value, 1), to);
    } else if (type->pub.kind == WADI_KIND_OPTION) {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        bool is_set = has_tag(value, "some");
        if (is_set) fill(arena, element, json_array_get(value, 1), to);
        ((bool *)to)[element->pub.size] = is_set;
    } else {
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            fill(arena, wadi__type_inner(field->type), json_array_get(value, i + 1),
                 (char *)to + field->offset);
        }
    }
}
void *wadi__case_typed_rows(wadi__arena *arena, const wadi__type *type, const json_t *values) {
    size_t count = json_array_size(values);
    char *rows = wadi__must(wadi__arena_zalloc(arena, (count + 1) * type->pub.size));
    for (size_t i = 0; i < count; i++)
        fill(arena, type, json_array_get(values, i), rows + i * type->pub.size);
    return rows;
}
