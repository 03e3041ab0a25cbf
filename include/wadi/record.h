/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: plain C structs that Wadi can hash, compare, print, save and send.
 *
 * A record's fields are numbers, bool, wadi_str, other records, sequences (WADI_SEQ), optional
 * values (WADI_OPTION) and small arrays. The first field is the key where a key is needed; a type
 * that is no record, such as int64_t, is its own key where RDDs go by key, while streams by key
 * want a record. Users make records like any other struct, and a copy of the struct is a copy of
 * the record: what strings and sequences point at is shared, never owned (str.h says who keeps it
 * alive).
 *
 * The macros here stand at file scope. Each makes a descriptor, constant data of the source file
 * that sees the record, which any thread may read; it lives as long as its program or shared
 * object, and Wadi keeps what it needs of it. Descriptors are compared by content, never by
 * address, so a record may live in a header and in several shared objects. Two types agree when
 * their shapes do (kinds, sizes, offsets) and, where both have one, their names; an alias agrees
 * with what it stands for, and names of fields do not matter.
 *
 * Order, equality and hash go field by field: strings by their bytes, false before true, none
 * before any value, sequences item by item; -0.0 equals 0.0, and NaN equals NaN and is above all
 * numbers. As text a record is (a,b,c), a sequence or array [a, b], an option Some(a) or None, a
 * double as Java prints it. */
#ifndef WADI_RECORD_H
#define WADI_RECORD_H
#pragma GCC system_header
#include <wadi/error.h>

/** A string of any bytes, not ended by a zero: a length and up to 12 bytes in place, the rest of
 * them zero; else the first 4 bytes and a pointer to all of them. Zero is the empty string. A copy
 * of the struct is a copy of the string: bytes outside are shared, never owned. Make and read it by
 * the functions of str.h. */
typedef struct wadi_str {
    uint32_t len;
    char head[4];
    union {
        char tail[8];
        const char *data;
    } rest;
} wadi_str;

/** What a descriptor describes. */
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

/** A field of a record. */
typedef struct wadi_field {
    const char *name;
    const wadi_type *type;
    uint32_t offset;
    uint32_t count; /* of a small array; else 1 */
} wadi_field;

/** The shape of a type. A plain struct: bindings may fill one in at run time, and keep it, with all
 * that it points at, until the calls that got it have returned. One that makes no sense, such as a
 * field outside its record, is a mistake of the call that gets it (WADI_E_TYPE). */
struct wadi_type {
    const char *name; /* NULL: made by the library; matches any type of the same shape */
    wadi_kind kind;
    uint32_t size, align;     /* bytes, as sizeof and _Alignof have them */
    uint32_t field_count;     /* of a record; else 0 */
    const wadi_field *fields; /* of a record, in the order of their offsets; else NULL */
    const wadi_type *element; /* of a sequence, option or alias; else NULL */
};

/** The descriptor of a type that was declared with a macro of this header, or of a number, bool or
 * wadi_str: a constant, of type const wadi_type *. T is one word. An unknown type does not compile:
 * 'wadi_type_of_T' undeclared. */
#define WADI_TYPE(T) (&wadi_type_of_##T)

/** WADI_RECORD(word_count, (wadi_str, word), (int64_t, count)); Declares the struct word_count, of
 * 1 to 32 fields, and its descriptor. (double, at, 3) is a small array. The type of a field is one
 * word and described already; the first field, which is the key, is no array. Bytes between fields
 * may have any value: they are neither compared nor sent. */
#define WADI_RECORD(name, ...)                                                                     \
    typedef struct name {                                                                          \
        WADI__EACH(WADI__MEMBER, name, __VA_ARGS__)                                                \
    } name;                                                                                        \
    WADI_DESCRIBE(name, __VA_ARGS__)

/** The descriptor alone, for a struct from elsewhere: WADI_DESCRIBE(tm_point, (int64_t, at),
 * (double, value)); names and types are those of its fields, of which some may be left out; they
 * are then not kept when records are moved between processes or saved. */
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

/** WADI_SEQ(click_list, click); declares click_list: a counted run of records, {.items, .count},
 * read only. Zero is the empty one, whose items may be NULL. What items points at is shared, as the
 * bytes of a string. */
#define WADI_SEQ(name, T)                                                                          \
    typedef struct name {                                                                          \
        const T *items;                                                                            \
        size_t count;                                                                              \
    } name;                                                                                        \
    WADI__ELEMENT_TYPE(name, T, WADI_KIND_SEQ)

/** WADI_OPTION(maybe_click, click); declares maybe_click: a value or none, {.value, .is_set}; zero
 * is none. */
#define WADI_OPTION(name, T)                                                                       \
    typedef struct name {                                                                          \
        T value;                                                                                   \
        bool is_set;                                                                               \
    } name;                                                                                        \
    WADI__ELEMENT_TYPE(name, T, WADI_KIND_OPTION)

/** WADI_ALIAS(user_id, int64_t); makes a typedef or an enum that there is already usable as a
 * field's type. T is a described type of the same size, else it does not compile. */
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

/** The commonest sequences and options. Types that can be fields without a macro: bool, int8_t to
 * int64_t, uint8_t to uint64_t, int, long, size_t, float, double, wadi_str, wadi_broadcast,
 * wadi_accumulator. */
WADI_SEQ(wadi_str_list, wadi_str);
WADI_SEQ(wadi_int64_list, int64_t);
WADI_SEQ(wadi_vector, double);
WADI_OPTION(wadi_str_option, wadi_str);
WADI_OPTION(wadi_int64_option, int64_t);
WADI_OPTION(wadi_double_option, double);
/** Initializers of options: wadi_int64_option best = WADI_SOME(5), none = WADI_NONE; */
#define WADI_SOME(...) {__VA_ARGS__, true}
#define WADI_NONE {0}

/**
 * The text of a record, as wadi_print() shows it: wadi_record_text(word_count, &row, text, sizeof
 * text).
 *
 * Shapes:    record: const T *. bytes: `size` of them, which get the text and a zero, cut where they
 *            end; NULL when size is 0. Returns the length of the whole text, as snprintf does.
 * Ownership: borrowed.
 * Threads:   any.
 * Errors:    SIZE_MAX, and no text: no memory, or the descriptor of T, filled in by hand, makes no
 *            sense.
 */
#define wadi_record_text(T, record, bytes, size)                                                   \
    wadi__record_text(WADI_TYPE(T), 1 ? (record) : (const T *)NULL, (bytes), (size))
WADI_API size_t wadi__record_text(const wadi_type *type, const void *record, char *bytes,
                                  size_t size);

/* ---- Frames: records as bytes, for files and wires of one's own; docs/formats/frame.md. ---- */

/**
 * Writes n records of T as one frame, with all that they point at: what wadi_raw_socket_stream()
 * reads.
 *
 * Shapes:    records: const T *, n of them; NULL when n is 0. *p_bytes, *p_size: the frame, not
 *            compressed.
 * Ownership: records are borrowed. *p_bytes is the caller's: wadi_frame_free() releases it. After
 *            an error *p_bytes and *p_size are as they were.
 * Threads:   any.
 * Errors:    returned, and told in `err`, which may be NULL:
 *            WADI_E_INVALID  records is NULL and n is not 0; T or a field has too long a name.
 *            WADI_E_TYPE     the descriptor of T, filled in by hand, makes no sense.
 *            WADI_E_NOMEM    no memory.
 * Source:    docs/formats/frame.md.
 */
#define wadi_frame_encode(T, records, n, p_bytes, p_size, err)                                     \
    wadi__frame_encode(WADI_TYPE(T), 1 ? (records) : (const T *)NULL, (n), (p_bytes), (p_size), (err))
WADI_API wadi_status wadi__frame_encode(const wadi_type *type, const void *records, size_t n,
                                        void **p_bytes, size_t *p_size, wadi_error *err);
/** Releases a frame of wadi_frame_encode() and sets *p_bytes to NULL; *p_bytes may be NULL. Any
 * thread. */
WADI_API void wadi_frame_free(void **p_bytes);

/** Handles of broadcasts and accumulators (context.h). They may be captured by functions and be
 * fields of records: they travel by id. Zero is none. */
typedef struct wadi_broadcast {
    uint64_t id;
} wadi_broadcast;
typedef struct wadi_accumulator {
    uint64_t id;
} wadi_accumulator;
WADI__SCALAR(wadi_broadcast, wadi_broadcast, WADI_KIND_BROADCAST);
WADI__SCALAR(wadi_accumulator, wadi_accumulator, WADI_KIND_ACCUMULATOR);
#endif
