/* SPDX-License-Identifier: Apache-2.0 */
/* frame_type.c: types in frames: written as names and shapes, read back, and matched with a
 * program's own. */
#include "data/frame_parts.h"

#include "base/arena.h"

#include <string.h>

enum { NAME_MAX_BYTES = 255, DEPTH_MAX = 40 };

/* ---- Writing ---- */

static bool write_name(wadi__text *out, const char *name) {
    size_t len = name != NULL ? strlen(name) : 0;
    if (len > NAME_MAX_BYTES) return false;
    uint8_t size = (uint8_t)len;
    wadi__text_add(out, &size, 1);
    if (len > 0) wadi__text_add(out, name, len);
    return true;
}
static void write_head(wadi__text *out, wadi__stored_kind kind, uint32_t width) {
    uint8_t bytes[2] = {(uint8_t)kind, (uint8_t)width};
    wadi__text_add(out, bytes, width != 0 ? 2 : 1);
}
bool wadi__stored_type_write(wadi__text *out, const wadi__type *type) {
    type = wadi__type_plain(type);
    switch (type->pub.kind) {
    case WADI_KIND_BOOL: write_head(out, WADI__STORED_BOOL, 0); break;
    case WADI_KIND_INT: write_head(out, WADI__STORED_INT, type->pub.size); break;
    case WADI_KIND_UINT: write_head(out, WADI__STORED_UINT, type->pub.size); break;
    case WADI_KIND_FLOAT: write_head(out, WADI__STORED_FLOAT, type->pub.size); break;
    case WADI_KIND_STR: write_head(out, WADI__STORED_STR, 0); break;
    case WADI_KIND_BROADCAST: write_head(out, WADI__STORED_BROADCAST, 0); break;
    case WADI_KIND_ACCUMULATOR: write_head(out, WADI__STORED_ACCUMULATOR, 0); break;
    case WADI_KIND_SEQ:
    case WADI_KIND_OPTION:
        write_head(out, type->pub.kind == WADI_KIND_SEQ ? WADI__STORED_SEQ : WADI__STORED_OPTION,
                   0);
        return wadi__stored_type_write(out, wadi__type_inner(type->pub.element));
    case WADI_KIND_RECORD: {
        uint16_t count = (uint16_t)type->pub.field_count;
        write_head(out, WADI__STORED_RECORD, 0);
        if (!write_name(out, type->pub.name)) return false;
        wadi__text_add(out, &count, sizeof count);
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            if (!write_name(out, field->name)) return false;
            wadi__text_add(out, &field->count, sizeof field->count);
            if (!wadi__stored_type_write(out, wadi__type_inner(field->type))) return false;
        }
        break;
    }
    case WADI_KIND_ALIAS: break; /* taken off above */
    }
    return !out->failed;
}

/* ---- Reading ---- */

typedef struct type_reader {
    const char *at, *end;
    wadi__arena *arena;
    wadi_error *err;
} type_reader;

static bool damaged(type_reader *reader, const char *what) {
    wadi_error_context(reader->err, WADI_E_CORRUPT, "damaged frame: the type has %s", what);
    return false;
}
static bool no_memory(type_reader *reader) {
    wadi_error_context(reader->err, WADI_E_NOMEM, "no memory for the type of a frame");
    return false;
}
static bool read_bytes(type_reader *reader, void *to, size_t size) {
    if ((size_t)(reader->end - reader->at) < size)
        return damaged(reader, "fewer bytes than it needs");
    memcpy(to, reader->at, size);
    reader->at += size;
    return true;
}
static bool read_name(type_reader *reader, const char **name) {
    uint8_t size;
    if (!read_bytes(reader, &size, 1)) return false;
    char *copy = wadi__arena_alloc(reader->arena, size + 1u);
    if (copy == NULL) return no_memory(reader);
    if (size > 0 && !read_bytes(reader, copy, size)) return false;
    copy[size] = 0;
    *name = copy;
    return memchr(copy, 0, size) == NULL || damaged(reader, "a name with a zero in it");
}
static bool read_type(type_reader *reader, int depth, wadi__stored_type **out);

static bool read_fields(type_reader *reader, int depth, wadi__stored_type *type) {
    uint16_t count;
    if (!read_name(reader, &type->name) || !read_bytes(reader, &count, sizeof count)) return false;
    if (count == 0) return damaged(reader, "a record without fields");
    if (count > (size_t)(reader->end - reader->at))
        return damaged(reader, "fewer bytes than it needs");
    type->fields = wadi__arena_zalloc(reader->arena, count * sizeof *type->fields);
    if (type->fields == NULL) return no_memory(reader);
    type->field_count = count;
    for (uint16_t i = 0; i < count; i++) {
        wadi__stored_field *field = &type->fields[i];
        if (!read_name(reader, &field->name) ||
            !read_bytes(reader, &field->count, sizeof field->count) ||
            !read_type(reader, depth + 1, &field->type))
            return false;
        if (field->count == 0) return damaged(reader, "an array of no elements");
    }
    return true;
}
static bool read_width(type_reader *reader, wadi__stored_type *type, uint32_t least) {
    uint8_t width;
    if (!read_bytes(reader, &width, 1)) return false;
    type->width = width;
    return ((width & (width - 1)) == 0 && width >= least && width <= 8) ||
           damaged(reader, "a number of a strange size");
}
static bool read_type(type_reader *reader, int depth, wadi__stored_type **out) {
    uint8_t kind;
    wadi__stored_type *type = wadi__arena_zalloc(reader->arena, sizeof *type);
    if (type == NULL) return no_memory(reader);
    *out = type;
    if (depth > DEPTH_MAX) return damaged(reader, "records nested too deep");
    if (!read_bytes(reader, &kind, 1)) return false;
    type->kind = (wadi__stored_kind)kind;
    type->name = "";
    switch (type->kind) {
    case WADI__STORED_BOOL:
    case WADI__STORED_STR: return true;
    case WADI__STORED_BROADCAST:
    case WADI__STORED_ACCUMULATOR: type->width = 8; return true;
    case WADI__STORED_INT:
    case WADI__STORED_UINT: return read_width(reader, type, 1);
    case WADI__STORED_FLOAT: return read_width(reader, type, 4);
    case WADI__STORED_SEQ:
    case WADI__STORED_OPTION: return read_type(reader, depth + 1, &type->element);
    case WADI__STORED_RECORD: return read_fields(reader, depth, type);
    }
    return damaged(reader, "an unknown kind");
}
wadi_status wadi__stored_type_read(const char *bytes, size_t size, wadi__arena *arena,
                                   wadi__stored_type **type, wadi_error *err) {
    wadi_error own = WADI_ERROR_INIT;
    type_reader reader = {bytes, bytes + size, arena, &own};
    if (read_type(&reader, 0, type) && reader.at != reader.end)
        damaged(&reader, "bytes behind its end");
    if (own.status != WADI_OK && err != NULL) *err = own;
    return own.status;
}

/* ---- Matching ---- */

static const char *const kind_names[] = {
    [WADI__STORED_BOOL] = "bool",
    [WADI__STORED_INT] = "int",
    [WADI__STORED_UINT] = "unsigned int",
    [WADI__STORED_FLOAT] = "float",
    [WADI__STORED_STR] = "wadi_str",
    [WADI__STORED_RECORD] = "a record",
    [WADI__STORED_SEQ] = "a sequence",
    [WADI__STORED_OPTION] = "an option",
    [WADI__STORED_BROADCAST] = "wadi_broadcast",
    [WADI__STORED_ACCUMULATOR] = "wadi_accumulator",
};
static const char *name_of(const wadi__stored_type *stored) {
    return stored->name[0] != 0 ? stored->name : kind_names[stored->kind];
}
static wadi_status differ(const wadi__stored_type *stored, const wadi__type *type,
                          const char *field, wadi_error *err) {
    char text[128];
    wadi__type_text(type, text, sizeof text);
    if (field == NULL)
        return wadi_error_context(err, WADI_E_TYPE, "the frame holds %s, %s is wanted",
                                  name_of(stored), text);
    return wadi_error_context(err, WADI_E_TYPE, "field '%s' was written as %s, and is %s now",
                              field, name_of(stored), text);
}
static wadi__stored_kind kind_of(const wadi__type *type) {
    static const wadi__stored_kind kinds[] = {
        [WADI_KIND_BOOL] = WADI__STORED_BOOL,
        [WADI_KIND_INT] = WADI__STORED_INT,
        [WADI_KIND_UINT] = WADI__STORED_UINT,
        [WADI_KIND_FLOAT] = WADI__STORED_FLOAT,
        [WADI_KIND_STR] = WADI__STORED_STR,
        [WADI_KIND_RECORD] = WADI__STORED_RECORD,
        [WADI_KIND_SEQ] = WADI__STORED_SEQ,
        [WADI_KIND_OPTION] = WADI__STORED_OPTION,
        [WADI_KIND_BROADCAST] = WADI__STORED_BROADCAST,
        [WADI_KIND_ACCUMULATOR] = WADI__STORED_ACCUMULATOR,
    };
    return kinds[type->pub.kind];
}
typedef struct matching {
    bool any_name; /* a record may have another name, if a field of it is the same */
    bool has_gaps;
    wadi_error *err;
} matching;
static wadi_status match(matching *m, wadi__stored_type *stored, const wadi__type *type,
                         const char *field);

static wadi_status match_field(matching *m, wadi__stored_field *from, const wadi_field *to) {
    if (from->count != to->count)
        return wadi_error_context(m->err, WADI_E_TYPE,
                                  "field '%s' was written as an array of %u, and is one of %u now",
                                  to->name, from->count, to->count);
    from->to = to;
    return match(m, from->type, wadi__type_inner(to->type), to->name);
}
/* By name; or, where the library made one of the types itself, by position. */
static wadi_status match_record(matching *m, wadi__stored_type *stored, const wadi__type *type,
                                const char *field) {
    bool by_name = stored->name[0] != 0 && type->pub.name != NULL;
    bool is_renamed = by_name && strcmp(stored->name, type->pub.name) != 0;
    if (by_name ? is_renamed && !m->any_name : stored->field_count != type->pub.field_count)
        return differ(stored, type, field, m->err);
    uint32_t matched = 0;
    for (uint32_t i = 0; i < stored->field_count; i++) {
        wadi__stored_field *from = &stored->fields[i];
        const wadi_field *to = by_name ? wadi__type_field(type, from->name) : &type->pub.fields[i];
        if (to == NULL) continue;
        for (uint32_t k = 0; k < i; k++)
            if (stored->fields[k].to == to)
                return wadi_error_context(m->err, WADI_E_CORRUPT,
                                          "damaged frame: two fields are named '%s'", to->name);
        wadi_status status = match_field(m, from, to);
        if (status != WADI_OK) return status;
        matched++;
    }
    if (is_renamed && matched == 0) return differ(stored, type, field, m->err);
    if (matched < type->pub.field_count) m->has_gaps = true;
    return WADI_OK;
}
static wadi_status match(matching *m, wadi__stored_type *stored, const wadi__type *type,
                         const char *field) {
    type = wadi__type_plain(type);
    if (kind_of(type) != stored->kind) return differ(stored, type, field, m->err);
    if (stored->kind == WADI__STORED_RECORD) return match_record(m, stored, type, field);
    if (stored->kind == WADI__STORED_OPTION) m->has_gaps = true;
    if (stored->element == NULL) return WADI_OK;
    return match(m, stored->element, wadi__type_inner(type->pub.element), field);
}
wadi_status wadi__stored_type_match(wadi__stored_type *stored, const wadi__type *type,
                                    bool any_name, bool *has_gaps, wadi_error *err) {
    matching m = {.any_name = any_name, .err = err};
    wadi_status status = match(&m, stored, type, NULL);
    *has_gaps = m.has_gaps;
    return status;
}

/* ---- Back to a type ---- */

/* A descriptor in the arena, with C's layout. NULL: no memory. */
static const wadi_type *describe(const wadi__stored_type *stored, wadi__arena *arena) {
    wadi_type *type = wadi__arena_zalloc(arena, sizeof *type);
    if (type == NULL) return NULL;
    const wadi_type *element = stored->element != NULL ? describe(stored->element, arena) : NULL;
    if (stored->element != NULL && element == NULL) return NULL;
    type->element = element;
    type->align = type->size = stored->width;
    switch (stored->kind) {
    case WADI__STORED_BOOL: *type = *WADI_TYPE(bool); break;
    case WADI__STORED_STR: *type = *WADI_TYPE(wadi_str); break;
    case WADI__STORED_BROADCAST: *type = *WADI_TYPE(wadi_broadcast); break;
    case WADI__STORED_ACCUMULATOR: *type = *WADI_TYPE(wadi_accumulator); break;
    case WADI__STORED_INT: type->kind = WADI_KIND_INT; break;
    case WADI__STORED_UINT: type->kind = WADI_KIND_UINT; break;
    case WADI__STORED_FLOAT: type->kind = WADI_KIND_FLOAT; break;
    case WADI__STORED_SEQ:
        type->kind = WADI_KIND_SEQ;
        type->size = sizeof(wadi_str_list);
        type->align = _Alignof(wadi_str_list);
        break;
    case WADI__STORED_OPTION:
        if (element == NULL) return NULL; /* the reader of stored types gives it one */
        type->kind = WADI_KIND_OPTION;
        type->align = element->align;
        type->size = (element->size + element->align) &
                     ~(element->align - 1); /* one byte more, rounded up */
        break;
    case WADI__STORED_RECORD: {
        wadi_field *fields = wadi__arena_zalloc(arena, stored->field_count * sizeof *fields);
        if (fields == NULL) return NULL;
        type->kind = WADI_KIND_RECORD;
        type->name = stored->name[0] != 0 ? stored->name : NULL;
        type->field_count = stored->field_count;
        type->fields = fields;
        type->align = 1;
        uint64_t end = 0;
        for (uint32_t i = 0; i < stored->field_count; i++) {
            const wadi_type *inner = describe(stored->fields[i].type, arena);
            if (inner == NULL) return NULL;
            end = (end + inner->align - 1) & ~(uint64_t)(inner->align - 1);
            fields[i] =
                (wadi_field){stored->fields[i].name, inner, (uint32_t)end, stored->fields[i].count};
            end += (uint64_t)inner->size * stored->fields[i].count;
            if (end > UINT32_MAX / 2) return NULL; /* no memory for such a record */
            if (inner->align > type->align) type->align = inner->align;
        }
        type->size = (uint32_t)((end + type->align - 1) & ~(uint64_t)(type->align - 1));
        break;
    }
    }
    return type;
}
wadi_status wadi__frame_type(const void *bytes, size_t size, const wadi__type **type,
                             wadi_error *err) {
    wadi__frame_head head;
    uint64_t frame_bytes;
    wadi_status status = wadi__frame_size(bytes, size, &frame_bytes, err);
    if (status != WADI_OK) return status;
    memcpy(&head, bytes, sizeof head);
    if (head.type_bytes > size - sizeof head)
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: it is cut off");
    wadi__arena arena = {0};
    wadi__stored_type *stored;
    status = wadi__stored_type_read((const char *)bytes + sizeof head, head.type_bytes, &arena,
                                    &stored, err);
    if (status == WADI_OK) {
        const wadi_type *described = describe(stored, &arena);
        if (described == NULL)
            status = wadi_error_context(err, WADI_E_NOMEM, "no memory for the type of a frame");
        else if ((*type = wadi__type_intern(described, err)) == NULL)
            status = WADI_E_CORRUPT;
    }
    wadi__arena_fini(&arena);
    return status;
}
