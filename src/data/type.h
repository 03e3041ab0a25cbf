/* SPDX-License-Identifier: Apache-2.0 */
/* type.h: record types inside the library.
 *
 * Descriptors that users declare are constant data of their source files and may vanish with a plugin.
 * So each is copied once into a table of the process, by content; from then on types are compared
 * by address, and carry what the kernels need to know. Entries live as long as the process. */
#ifndef WADI_DATA_TYPE_H
#define WADI_DATA_TYPE_H
#include <wadi/record.h>

typedef enum wadi__form { /* how values of a type are hashed and compared */
    WADI__FORM_STR,
    WADI__FORM_8,       /* an integer of 8 bytes */
    WADI__FORM_4,       /* an integer of 4 bytes */
    WADI__FORM_GENERIC, /* by walking the descriptor */
} wadi__form;

typedef struct wadi__type {
    wadi_type pub; /* with fields and element that point into the table too */
    wadi__form form;
    bool has_outside;       /* strings or sequences somewhere: bytes outside the record */
    bool has_float;         /* somewhere */
    bool is_bytes;          /* no padding, floats, or bytes outside: memcmp tells equality */
    const struct wadi__type *key;   /* the first field's, or the type itself if it is no record */
    uint64_t shape;         /* hash over everything but names */
    struct wadi__type *next; /* in the table */
} wadi__type;

/* The entry for a descriptor. NULL: no memory, or a descriptor that makes no sense (a field outside its
 * record, an unknown kind, too deep); err says. Any thread. */
const wadi__type *wadi__type_intern(const wadi_type *type, wadi_error *err);
/* The same for a type inside an entry. */
static inline const wadi__type *wadi__type_inner(const wadi_type *inner) {
    return (const wadi__type *)inner;
}

/* Whether records of one may be used as the other: same shape, and the same name where both have one. */
bool wadi__type_matches(const wadi__type *a, const wadi__type *b);
/* Without aliases around it. */
const wadi__type *wadi__type_plain(const wadi__type *type);

/* A record type that the library makes itself: NULL name, C's layout. Field names are static text. */
const wadi__type *wadi__type_make_record(const char *const *names, const wadi__type *const *types,
                                         uint32_t count, wadi_error *err);
/* A sequence of elements. */
const wadi__type *wadi__type_make_seq(const wadi__type *element, wadi_error *err);
/* The table's entries for common types. NULL: no memory. */
const wadi__type *wadi__type_int64(void);
const wadi__type *wadi__type_str(void);

/* The field of this name, or NULL. */
const wadi_field *wadi__type_field(const wadi__type *type, const char *name);
/* Whether the type is a number, and its value as a double or an int64. */
bool wadi__type_is_number(const wadi__type *type);
double wadi__type_to_double(const wadi__type *type, const void *value);

/* The name, or for a nameless record its fields, as users know it: "word_count", "(wadi_str, int64_t)". */
const char *wadi__type_text(const wadi__type *type, char *text, size_t size);
#endif
