/* SPDX-License-Identifier: Apache-2.0 */
/* type.c: the table of types. */
#include "data/type.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BUCKETS = 256, DEPTH_MAX = 32, FIELDS_MAX = 4096 };
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static wadi__type *table[BUCKETS]; /* guarded by table_lock */

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15ull;
    return h ^ h >> 29;
}
static uint64_t mix_text(uint64_t h, const char *text) {
    for (; text != NULL && *text != 0; text++) h = mix(h, (unsigned char)*text);
    return mix(h, text != NULL);
}

/* ---- Is a descriptor sound? ---- */

static const char *unsound(const wadi_type *type, int depth);
static const char *unsound_fields(const wadi_type *type, int depth) {
    if (type->field_count == 0 || type->fields == NULL) return "a record without fields";
    if (type->field_count > FIELDS_MAX) return "a record with too many fields";
    uint64_t end = 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const wadi_field *field = &type->fields[i];
        if (field->type == NULL || field->name == NULL) return "a field without type or name";
        const char *why = unsound(field->type, depth + 1);
        if (why != NULL) return why;
        if (field->count == 0) return "an array of no elements";
        if (field->offset < end) return "fields that overlap";
        if (field->offset % field->type->align != 0) return "a field that is not aligned";
        end = field->offset + (uint64_t)field->count * field->type->size;
        if (end > type->size) return "a field that reaches past its record";
    }
    return type->fields[0].offset != 0 ? "a first field that is not at the beginning" : NULL;
}
static const char *unsound(const wadi_type *type, int depth) {
    if (depth > DEPTH_MAX) return "records nested too deep";
    if (type->size == 0 || type->align == 0 || (type->align & (type->align - 1)) != 0 ||
        type->align > 8 || type->size % type->align != 0)
        return "a size or alignment that cannot be";
    bool has_element = type->kind == WADI_KIND_SEQ || type->kind == WADI_KIND_OPTION ||
                       type->kind == WADI_KIND_ALIAS;
    if (type->kind != WADI_KIND_RECORD && (type->field_count != 0 || type->fields != NULL))
        return "fields and is no record";
    if (!has_element && type->element != NULL) return "an element and is nothing that has one";
    switch (type->kind) {
    case WADI_KIND_BOOL: return type->size == 1 ? NULL : "a bool that is not one byte";
    case WADI_KIND_INT:
    case WADI_KIND_UINT:
        return type->size <= 8 && (type->size & (type->size - 1)) == 0 ? NULL : "an integer of a strange size";
    case WADI_KIND_FLOAT: return type->size == 4 || type->size == 8 ? NULL : "a float of a strange size";
    case WADI_KIND_STR: return type->size == sizeof(wadi_str) ? NULL : "a string of a strange size";
    case WADI_KIND_BROADCAST:
    case WADI_KIND_ACCUMULATOR: return type->size == 8 ? NULL : "a handle of a strange size";
    case WADI_KIND_RECORD: return unsound_fields(type, depth);
    case WADI_KIND_SEQ:
        if (type->element == NULL || type->size != sizeof(wadi_str_list)) return "a sequence of nothing";
        return unsound(type->element, depth + 1);
    case WADI_KIND_OPTION:
        if (type->element == NULL || type->size <= type->element->size) return "an option of nothing";
        return unsound(type->element, depth + 1);
    case WADI_KIND_ALIAS:
        if (type->element == NULL || type->size != type->element->size) return "an alias of another size";
        return unsound(type->element, depth + 1);
    }
    return "an unknown kind";
}

/* ---- Content ---- */

static uint64_t content_hash(const wadi_type *type, bool with_names) {
    uint64_t h = mix(mix(type->kind, type->size), type->align);
    if (with_names) h = mix_text(h, type->name);
    for (uint32_t i = 0; i < type->field_count; i++) {
        const wadi_field *field = &type->fields[i];
        h = mix(mix(h, field->offset), field->count);
        if (with_names) h = mix_text(h, field->name);
        h = mix(h, content_hash(field->type, with_names));
    }
    return type->element != NULL ? mix(h, content_hash(type->element, with_names)) : h;
}
static bool same_text(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}
static bool same_content(const wadi_type *a, const wadi_type *b) {
    if (a->kind != b->kind || a->size != b->size || a->align != b->align ||
        a->field_count != b->field_count || !same_text(a->name, b->name) ||
        (a->element == NULL) != (b->element == NULL))
        return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (a->fields[i].offset != b->fields[i].offset || a->fields[i].count != b->fields[i].count ||
            !same_text(a->fields[i].name, b->fields[i].name) ||
            !same_content(a->fields[i].type, b->fields[i].type))
            return false;
    return a->element == NULL || same_content(a->element, b->element);
}

/* ---- Entries ---- */

static void describe(wadi__type *entry) {
    const wadi_type *pub = &entry->pub;
    entry->shape = content_hash(pub, false);
    entry->key = pub->field_count > 0 ? wadi__type_inner(pub->fields[0].type) : entry;
    entry->form = WADI__FORM_GENERIC;
    switch (pub->kind) {
    case WADI_KIND_STR:
        entry->form = WADI__FORM_STR;
        entry->has_outside = true;
        break;
    case WADI_KIND_INT:
    case WADI_KIND_UINT:
        entry->form = pub->size == 8 ? WADI__FORM_8 : pub->size == 4 ? WADI__FORM_4 : WADI__FORM_GENERIC;
        entry->is_bytes = true;
        break;
    case WADI_KIND_BOOL:
    case WADI_KIND_BROADCAST:
    case WADI_KIND_ACCUMULATOR: entry->is_bytes = true; break;
    case WADI_KIND_FLOAT: entry->has_float = true; break;
    case WADI_KIND_SEQ: entry->has_outside = true; break;
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(pub->element);
        entry->has_outside = element->has_outside;
        entry->has_float = element->has_float;
        break;
    }
    case WADI_KIND_ALIAS: {
        const wadi__type *element = wadi__type_inner(pub->element);
        entry->form = element->form;
        entry->has_outside = element->has_outside;
        entry->has_float = element->has_float;
        entry->is_bytes = element->is_bytes;
        break;
    }
    case WADI_KIND_RECORD: {
        uint32_t end = 0;
        entry->is_bytes = true;
        for (uint32_t i = 0; i < pub->field_count; i++) {
            const wadi_field *field = &pub->fields[i];
            const wadi__type *inner = wadi__type_inner(field->type);
            entry->has_outside |= inner->has_outside;
            entry->has_float |= inner->has_float;
            entry->is_bytes &= inner->is_bytes && field->offset == end;
            end = field->offset + field->count * field->type->size;
        }
        entry->is_bytes &= end == pub->size;
        break;
    }
    }
}
static void free_entry(wadi__type *entry) {
    if (entry == NULL) return;
    for (uint32_t i = 0; entry->pub.fields != NULL && i < entry->pub.field_count; i++)
        wadi__free((char *)entry->pub.fields[i].name);
    wadi__free((wadi_field *)entry->pub.fields);
    wadi__free((char *)entry->pub.name);
    wadi__free(entry);
}
static const wadi__type *intern_locked(const wadi_type *type);
/* holds table_lock */
static wadi__type *copy_locked(const wadi_type *type) {
    wadi__type *entry = wadi__calloc(1, sizeof *entry);
    if (entry == NULL) return NULL;
    entry->pub = *type;
    entry->pub.name = NULL;
    entry->pub.fields = NULL;
    if (type->name != NULL && (entry->pub.name = wadi__strdup(type->name)) == NULL) goto nomem;
    if (type->element != NULL) {
        const wadi__type *element = intern_locked(type->element);
        if (element == NULL) goto nomem;
        entry->pub.element = &element->pub;
    }
    if (type->field_count > 0) {
        wadi_field *fields = wadi__calloc(type->field_count, sizeof *fields);
        if (fields == NULL) goto nomem;
        entry->pub.fields = fields;
        for (uint32_t i = 0; i < type->field_count; i++) {
            const wadi__type *inner = intern_locked(type->fields[i].type);
            fields[i] = type->fields[i];
            fields[i].name = wadi__strdup(type->fields[i].name);
            if (inner == NULL || fields[i].name == NULL) goto nomem;
            fields[i].type = &inner->pub;
        }
    }
    describe(entry);
    return entry;
nomem:
    free_entry(entry);
    return NULL;
}
/* holds table_lock */
static const wadi__type *intern_locked(const wadi_type *type) {
    wadi__type **bucket = &table[content_hash(type, true) % BUCKETS];
    for (wadi__type *at = *bucket; at != NULL; at = at->next)
        if (same_content(&at->pub, type)) return at;
    wadi__type *made = copy_locked(type);
    if (made == NULL) return NULL;
    made->next = *bucket;
    *bucket = made;
    return made;
}
const wadi__type *wadi__type_intern(const wadi_type *type, wadi_error *err) {
    const char *why = unsound(type, 0);
    if (why != NULL) {
        wadi_error_context(err, WADI_E_TYPE, "the descriptor of %s has %s",
                           type->name != NULL ? type->name : "a record", why);
        return NULL;
    }
    pthread_mutex_lock(&table_lock);
    const wadi__type *entry = intern_locked(type);
    pthread_mutex_unlock(&table_lock);
    if (entry == NULL) wadi_error_context(err, WADI_E_NOMEM, "no memory for a record type");
    return entry;
}

/* ---- Questions ---- */

const wadi__type *wadi__type_plain(const wadi__type *type) {
    while (type->pub.kind == WADI_KIND_ALIAS) type = wadi__type_inner(type->pub.element);
    return type;
}
bool wadi__type_matches(const wadi__type *a, const wadi__type *b) {
    a = wadi__type_plain(a);
    b = wadi__type_plain(b);
    if (a == b) return true;
    if (a->pub.kind != b->pub.kind || a->pub.size != b->pub.size || a->pub.field_count != b->pub.field_count)
        return false;
    if (a->pub.kind == WADI_KIND_RECORD && a->pub.name != NULL && b->pub.name != NULL &&
        strcmp(a->pub.name, b->pub.name) != 0)
        return false;
    for (uint32_t i = 0; i < a->pub.field_count; i++) {
        const wadi_field *x = &a->pub.fields[i], *y = &b->pub.fields[i];
        if (x->offset != y->offset || x->count != y->count ||
            !wadi__type_matches(wadi__type_inner(x->type), wadi__type_inner(y->type)))
            return false;
    }
    return a->pub.element == NULL ||
           wadi__type_matches(wadi__type_inner(a->pub.element), wadi__type_inner(b->pub.element));
}
const wadi_field *wadi__type_field(const wadi__type *type, const char *name) {
    type = wadi__type_plain(type);
    for (uint32_t i = 0; i < type->pub.field_count; i++)
        if (strcmp(type->pub.fields[i].name, name) == 0) return &type->pub.fields[i];
    return NULL;
}
bool wadi__type_is_number(const wadi__type *type) {
    wadi_kind kind = wadi__type_plain(type)->pub.kind;
    return kind == WADI_KIND_INT || kind == WADI_KIND_UINT || kind == WADI_KIND_FLOAT;
}
double wadi__type_to_double(const wadi__type *type, const void *value) {
    const wadi_type *pub = &wadi__type_plain(type)->pub;
    union {
        int8_t i1;
        int16_t i2;
        int32_t i4;
        int64_t i8;
        uint8_t u1;
        uint16_t u2;
        uint32_t u4;
        uint64_t u8;
        float f4;
        double f8;
    } v = {0};
    memcpy(&v, value, pub->size <= 8 ? pub->size : 8);
    if (pub->kind == WADI_KIND_FLOAT) return pub->size == 4 ? (double)v.f4 : v.f8;
    if (pub->kind == WADI_KIND_INT)
        return pub->size == 1 ? v.i1 : pub->size == 2 ? v.i2 : pub->size == 4 ? v.i4 : (double)v.i8;
    return pub->size == 1 ? v.u1 : pub->size == 2 ? v.u2 : pub->size == 4 ? v.u4 : (double)v.u8;
}
const char *wadi__type_text(const wadi__type *type, char *text, size_t size) {
    if (type->pub.name != NULL || type->pub.kind != WADI_KIND_RECORD) {
        if (type->pub.name == NULL && type->pub.kind == WADI_KIND_SEQ) {
            char inner[96];
            wadi__type_text(wadi__type_inner(type->pub.element), inner, sizeof inner);
            snprintf(text, size, "sequence of %s", inner);
        } else {
            snprintf(text, size, "%s", type->pub.name != NULL ? type->pub.name : "a value");
        }
        return text;
    }
    size_t used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < type->pub.field_count && used + 8 < size; i++) {
        char inner[96];
        wadi__type_text(wadi__type_inner(type->pub.fields[i].type), inner, sizeof inner);
        int n = snprintf(text + used, size - used, "%s%s", i == 0 ? "(" : ", ", inner);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used + 1 < size) snprintf(text + used, size - used, ")");
    return text;
}

/* ---- Types of the library's own ---- */

const wadi__type *wadi__type_make_record(const char *const *names, const wadi__type *const *types,
                                         uint32_t count, wadi_error *err) {
    wadi_field *fields = wadi__calloc(count, sizeof *fields);
    if (fields == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for a record type");
        return NULL;
    }
    wadi_type made = {NULL, WADI_KIND_RECORD, 0, 1, count, fields, NULL};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t align = types[i]->pub.align;
        made.size = (made.size + align - 1) & ~(align - 1);
        fields[i] = (wadi_field){names[i], &types[i]->pub, made.size, 1};
        made.size += types[i]->pub.size;
        if (align > made.align) made.align = align;
    }
    made.size = (made.size + made.align - 1) & ~(made.align - 1);
    const wadi__type *entry = wadi__type_intern(&made, err);
    wadi__free(fields);
    return entry;
}
const wadi__type *wadi__type_make_seq(const wadi__type *element, wadi_error *err) {
    wadi_type made = {NULL, WADI_KIND_SEQ, sizeof(wadi_str_list), _Alignof(wadi_str_list), 0, NULL,
                      &element->pub};
    return wadi__type_intern(&made, err);
}
const wadi__type *wadi__type_int64(void) {
    static _Atomic(const wadi__type *) entry;
    if (entry == NULL) entry = wadi__type_intern(WADI_TYPE(int64_t), NULL);
    return entry;
}
const wadi__type *wadi__type_str(void) {
    static _Atomic(const wadi__type *) entry;
    if (entry == NULL) entry = wadi__type_intern(WADI_TYPE(wadi_str), NULL);
    return entry;
}
