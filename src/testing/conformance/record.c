/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: values into bytes, out of bytes, and from and to JSON. */
#include "testing/conformance/record.h"

#include "testing/must.h"

#include <string.h>

/* A part of a nested value begins with this; its bytes follow. */
typedef struct part_head {
    int64_t number;
    uint32_t kind, size;
} part_head;

static void *take(wadi__case_memory memory, size_t size) {
    void *bytes =
        memory.task != NULL ? wadi_alloc(memory.task, size) : wadi__arena_alloc(memory.arena, size);
    return wadi__must(bytes);
}
static case_value nest(wadi__case_memory memory, wadi__case_kind kind, int64_t number,
                       const case_value *parts, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += sizeof(part_head) + parts[i].bytes.len;
    case_value value = {.kind = kind, .number = number};
    if (size == 0) return value;
    char *bytes = take(memory, size), *at = bytes;
    for (size_t i = 0; i < count; i++) {
        part_head head = {parts[i].number, (uint32_t)parts[i].kind, parts[i].bytes.len};
        memcpy(at, &head, sizeof head);
        memcpy(at + sizeof head, wadi_str_data(&parts[i].bytes), head.size);
        at += sizeof head + head.size;
    }
    value.bytes = wadi_str_view(bytes, size);
    return value;
}
case_value wadi__case_some(wadi__case_memory memory, const case_value *value) {
    return nest(memory, WADI__CASE_SOME, 0, value, 1);
}
case_value wadi__case_list(wadi__case_memory memory, const case_value *items, size_t count) {
    return nest(memory, WADI__CASE_LIST, (int64_t)count, items, count);
}
case_value wadi__case_of_pair(wadi__case_memory memory, const case_value *key,
                              const case_value *value) {
    const case_value parts[] = {*key, *value};
    return nest(memory, WADI__CASE_PAIR, 0, parts, 2);
}

wadi__case_parts wadi__case_parts_of(const case_value *value) {
    bool is_nested = value->kind != WADI__CASE_INT && value->kind != WADI__CASE_STRING;
    const char *bytes = wadi_str_data(&value->bytes);
    return (wadi__case_parts){bytes, bytes + (is_nested ? value->bytes.len : 0)};
}
bool wadi__case_next(wadi__case_parts *parts, case_value *part) {
    part_head head;
    if (parts->at == parts->end) return false;
    memcpy(&head, parts->at, sizeof head);
    *part = (case_value){head.kind, head.number, wadi_str_view(parts->at + sizeof head, head.size)};
    parts->at += sizeof head + head.size;
    return true;
}
bool wadi__case_to_pair(const case_value *value, case_pair *pair) {
    wadi__case_parts parts = wadi__case_parts_of(value);
    return value->kind == WADI__CASE_PAIR && wadi__case_next(&parts, &pair->key) &&
           wadi__case_next(&parts, &pair->value);
}

/* ---- JSON ---- */

static case_value string_from_json(wadi__arena *arena, const json_t *json) {
    size_t size = json_string_length(json);
    char *bytes = take((wadi__case_memory){.arena = arena}, size);
    memcpy(bytes, json_string_value(json), size);
    return wadi__case_string(wadi_str_view(bytes, size));
}
static case_value list_from_json(wadi__arena *arena, const json_t *items) {
    size_t count = json_array_size(items);
    case_value *values = wadi__must_calloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = wadi__case_from_json(arena, json_array_get(items, i));
    case_value list = wadi__case_list((wadi__case_memory){.arena = arena}, values, count);
    free(values);
    return list;
}
case_value wadi__case_from_json(wadi__arena *arena, const json_t *json) {
    if (json_is_integer(json)) return wadi__case_int(json_integer_value(json));
    if (json_is_string(json)) return string_from_json(arena, json);
    const char *tag = json_string_value(json_array_get(json, 0));
    const json_t *first = json_array_get(json, 1);
    if (strcmp(tag, "none") == 0) return wadi__case_none();
    if (strcmp(tag, "list") == 0) return list_from_json(arena, first);
    wadi__case_memory memory = {.arena = arena};
    case_value value = wadi__case_from_json(arena, first);
    if (strcmp(tag, "some") == 0) return wadi__case_some(memory, &value);
    case_value second = wadi__case_from_json(arena, json_array_get(json, 2));
    return wadi__case_of_pair(memory, &value, &second);
}

static json_t *parts_to_json(const case_value *value) {
    json_t *items = wadi__must(json_array());
    wadi__case_parts parts = wadi__case_parts_of(value);
    case_value part;
    while (wadi__case_next(&parts, &part)) json_array_append_new(items, wadi__case_to_json(&part));
    return items;
}
/* ["pair", k, v]: the tag, then the parts. */
static json_t *tag_parts(const char *tag, const case_value *value) {
    json_t *items = parts_to_json(value);
    json_array_insert_new(items, 0, json_string(tag));
    return items;
}
json_t *wadi__case_to_json(const case_value *value) {
    switch ((wadi__case_kind)value->kind) {
    case WADI__CASE_INT: return wadi__must(json_integer(value->number));
    case WADI__CASE_STRING:
        return wadi__must(json_stringn_nocheck(wadi_str_data(&value->bytes), value->bytes.len));
    case WADI__CASE_PAIR: return tag_parts("pair", value);
    case WADI__CASE_SOME: return tag_parts("some", value);
    case WADI__CASE_NONE: return tag_parts("none", value);
    case WADI__CASE_LIST: return wadi__must(json_pack("[s, o]", "list", parts_to_json(value)));
    }
    return wadi__must(json_sprintf("a value of kind %d", (int)value->kind));
}
json_t *wadi__case_pair_to_json(const case_pair *pair) {
    return wadi__must(json_pack("[s, o, o]", "pair", wadi__case_to_json(&pair->key),
                                wadi__case_to_json(&pair->value)));
}
