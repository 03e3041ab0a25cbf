/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: plain C structs that Wadi can hash, compare, print, save and send.
 *
 * A record's fields are numbers, bool, wadi_str, other records, sequences (WADI_SEQ), optional
 * values (WADI_OPTION) and small arrays. The first field is the key where a key is needed.
 * Descriptors are constant data in each source file that sees the record; they are compared by
 * content, never by address, so a record may live in a header and in several shared objects. */
#ifndef WADI_RECORD_H
#define WADI_RECORD_H
#pragma GCC system_header
#include <wadi/error.h>

/* A string: a length and up to 12 bytes in place, else the first 4 bytes and a pointer to all of
 * them. Zero is the empty string. A copy of the struct is a copy of the string: bytes outside are
 * shared, never owned. See str.h for who keeps them alive. */
typedef struct wadi_str {
    uint32_t len;
    char head[4];
    union {
        char tail[8];
        const char *data;
    } rest;
} wadi_str;

typedef enum wadi_kind {
    WADI_KIND_BOOL,
    WADI_KIND_INT, /* signed, of the type's size */
    WADI_KIND_UINT,
    WADI_KIND_FLOAT,
    WADI_KIND_STR,
    WADI_KIND_RECORD, /* fields */
    WADI_KIND_SEQ,    /* element */
    WADI_KIND_OPTION, /* element */
    WADI_KIND_ALIAS,  /* element */
    WADI_KIND_BROADCAST,
    WADI_KIND_ACCUMULATOR,
} wadi_kind;

typedef struct wadi_type wadi_type;

typedef struct wadi_field {
    const char *name;
    const wadi_type *type;
    uint32_t offset;
    uint32_t count; /* of a small array; else 1 */
} wadi_field;

/* The shape of a type. A plain struct: bindings may fill one in at run time. */
struct wadi_type {
    const char *name; /* NULL: made by the library; matches any type of the same shape */
    wadi_kind kind;
    uint32_t size, align;
    uint32_t field_count;
    const wadi_field *fields;
    const wadi_type *element;
};

/* The descriptor of a type that was declared with a macro of this header. */
#define WADI_TYPE(T) (&wadi_type_of_##T)

/* WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
 * Declares the struct and its descriptor. (double, at, 3) is a small array. */
#define WADI_RECORD(name, ...)                                                                     \
    typedef struct name {                                                                          \
        WADI__EACH(WADI__MEMBER, name, __VA_ARGS__)                                                \
    } name;                                                                                        \
    WADI_DESCRIBE(name, __VA_ARGS__)

/* The descriptor alone, for a struct from elsewhere. */
#define WADI_DESCRIBE(name, ...)                                                                   \
    typedef WADI__KEY_TYPE(__VA_ARGS__, ) name##__key;                                             \
    static const wadi_field name##__fields[] = {WADI__EACH(WADI__FIELD, name, __VA_ARGS__)};       \
    static const wadi_type wadi_type_of_##name WADI_UNUSED = {                                       \
        #name,         WADI_KIND_RECORD, (uint32_t)sizeof(name), (uint32_t)WADI__ALIGNOF(name),    \
        WADI__COUNT(__VA_ARGS__), name##__fields, NULL}

#define WADI__KEY_TYPE(first, ...) WADI__KEY_TYPE_ first
#define WADI__KEY_TYPE_(T, ...) T
#define WADI__MEMBER(R, f) WADI__CAT2(WADI__MEMBER_, WADI__COUNT f) f
#define WADI__MEMBER_2(T, f) T f;
#define WADI__MEMBER_3(T, f, n) T f[n];
#define WADI__FIELD(R, f) WADI__CAT2(WADI__FIELD_, WADI__COUNT f)(R, WADI__UNPACK f)
#define WADI__UNPACK(...) __VA_ARGS__
#define WADI__FIELD_2(...) WADI__FIELD_2_(__VA_ARGS__)
#define WADI__FIELD_3(...) WADI__FIELD_3_(__VA_ARGS__)
#define WADI__FIELD_2_(R, T, f) {#f, &wadi_type_of_##T, (uint32_t)offsetof(R, f), 1},
#define WADI__FIELD_3_(R, T, f, n) {#f, &wadi_type_of_##T, (uint32_t)offsetof(R, f), n},

/* WADI_SEQ(click_list, click): a counted run of records, {.items, .count}, read only. */
#define WADI_SEQ(name, T)                                                                          \
    typedef struct name {                                                                          \
        const T *items;                                                                            \
        size_t count;                                                                              \
    } name;                                                                                        \
    WADI__ELEMENT_TYPE(name, T, WADI_KIND_SEQ)

/* WADI_OPTION(maybe_click, click): a value or none, {.value, .is_set}; zero is none. */
#define WADI_OPTION(name, T)                                                                       \
    typedef struct name {                                                                          \
        T value;                                                                                   \
        bool is_set;                                                                               \
    } name;                                                                                        \
    WADI__ELEMENT_TYPE(name, T, WADI_KIND_OPTION)

/* WADI_ALIAS(user_id, int64_t): a typedef or an enum as a field type. */
#define WADI_ALIAS(name, T)                                                                        \
    WADI__STATIC_ASSERT(sizeof(name) == sizeof(T), #name " does not have the size of " #T);        \
    WADI__ELEMENT_TYPE(name, T, WADI_KIND_ALIAS)

#define WADI__ELEMENT_TYPE(name, T, kind)                                                          \
    static const wadi_type wadi_type_of_##name WADI_UNUSED = {                                       \
        #name, kind, (uint32_t)sizeof(name), (uint32_t)WADI__ALIGNOF(name), 0, NULL, &wadi_type_of_##T}

#define WADI__SCALAR(label, T, kind)                                                               \
    static const wadi_type wadi_type_of_##label WADI_UNUSED = {                                      \
        #T, kind, (uint32_t)sizeof(T), (uint32_t)WADI__ALIGNOF(T), 0, NULL, NULL}
#ifndef __cplusplus
WADI__SCALAR(_Bool, _Bool, WADI_KIND_BOOL);
#endif
static const wadi_type wadi_type_of_bool WADI_UNUSED = {"bool", WADI_KIND_BOOL, 1, 1, 0, NULL, NULL};
WADI__SCALAR(int8_t, int8_t, WADI_KIND_INT);
WADI__SCALAR(int16_t, int16_t, WADI_KIND_INT);
WADI__SCALAR(int32_t, int32_t, WADI_KIND_INT);
WADI__SCALAR(int64_t, int64_t, WADI_KIND_INT);
WADI__SCALAR(uint8_t, uint8_t, WADI_KIND_UINT);
WADI__SCALAR(uint16_t, uint16_t, WADI_KIND_UINT);
WADI__SCALAR(uint32_t, uint32_t, WADI_KIND_UINT);
WADI__SCALAR(uint64_t, uint64_t, WADI_KIND_UINT);
WADI__SCALAR(int, int, WADI_KIND_INT);
WADI__SCALAR(long, long, WADI_KIND_INT);
WADI__SCALAR(size_t, size_t, WADI_KIND_UINT);
WADI__SCALAR(float, float, WADI_KIND_FLOAT);
WADI__SCALAR(double, double, WADI_KIND_FLOAT);
WADI__SCALAR(wadi_str, wadi_str, WADI_KIND_STR);

WADI_SEQ(wadi_str_list, wadi_str);
WADI_SEQ(wadi_int64_list, int64_t);
WADI_SEQ(wadi_vector, double);
WADI_OPTION(wadi_str_option, wadi_str);
WADI_OPTION(wadi_int64_option, int64_t);
WADI_OPTION(wadi_double_option, double);
#define WADI_SOME(...) {__VA_ARGS__, true}
#define WADI_NONE {0}

/* ---- Frames: records as bytes, for files and wires of one's own; docs/formats/frame.md. ---- */

/* Records of T into a new buffer; wadi_frame_free() releases it. */
#define wadi_frame_encode(T, records, n, p_bytes, p_size, err)                                     \
    wadi__frame_encode(WADI_TYPE(T), 1 ? (records) : (const T *)NULL, (n), (p_bytes), (p_size), (err))
WADI_API wadi_status wadi__frame_encode(const wadi_type *type, const void *records, size_t n,
                                        void **p_bytes, size_t *p_size, wadi_error *err);
WADI_API void wadi_frame_free(void **p_bytes);

/* Handles that may be captured: they travel by id. */
typedef struct wadi_broadcast {
    uint64_t id;
} wadi_broadcast;
typedef struct wadi_accumulator {
    uint64_t id;
} wadi_accumulator;
WADI__SCALAR(wadi_broadcast, wadi_broadcast, WADI_KIND_BROADCAST);
WADI__SCALAR(wadi_accumulator, wadi_accumulator, WADI_KIND_ACCUMULATOR);
#endif
