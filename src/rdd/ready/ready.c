/* SPDX-License-Identifier: Apache-2.0 */
/* ready.c: which functions are ready-made, and the fields that they work on. */
#include "rdd/ready/ready.h"

const wadi__ready_ops *wadi__ready_find(const wadi_fn *fn) {
    static const wadi__ready_ops *const tables[] = {wadi__ready_reduces, wadi__ready_strings, wadi__ready_parse, wadi__ready_joins,
                                                    wadi__ready_groups, wadi__ready_nonzero};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const wadi__ready_ops *at = tables[t]; at->fn != NULL; at++)
            if (at->fn == fn) return at;
    return NULL;
}

/* Counts, and when `to` is not NULL writes, the plain fields of a type that lies at `offset`. */
static uint32_t flatten(const wadi__type *type, uint32_t offset, bool skip_key, wadi__ready_field *to) {
    type = wadi__type_plain(type);
    if (type->pub.kind != WADI_KIND_RECORD) {
        if (to != NULL)
            *to = (wadi__ready_field){offset, (uint16_t)type->pub.kind, (uint16_t)type->pub.size, type};
        return 1;
    }
    uint32_t count = 0;
    for (uint32_t i = skip_key ? 1 : 0; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        for (uint32_t k = 0; k < field->count; k++)
            count += flatten(wadi__type_inner(field->type), offset + field->offset + k * field->type->size,
                             false, to != NULL ? to + count : NULL);
    }
    return count;
}
wadi__ready_fields *wadi__ready_values(const wadi__type *type, wadi__arena *arena) {
    uint32_t count = flatten(type, 0, true, NULL);
    wadi__ready_fields *made = wadi__arena_alloc(arena, sizeof *made + count * sizeof made->fields[0]);
    if (made == NULL) return NULL;
    made->record_size = type->pub.size;
    made->count = count;
    flatten(type, 0, true, made->fields);
    return made;
}
