/* SPDX-License-Identifier: Apache-2.0 */
/* frame_parts.h: what the files of frames share: the head, the type as it is stored, the columns.
 */
#ifndef WADI_DATA_FRAME_PARTS_H
#define WADI_DATA_FRAME_PARTS_H
#include "data/frame.h"

typedef struct wadi__frame_head {
    char magic[4]; /* "WDFR" */
    uint8_t version;
    uint8_t packing;
    uint16_t zero;
    uint32_t type_bytes; /* of the type, which follows */
    uint32_t zero_too;
    uint64_t row_count;
    uint64_t body_bytes;   /* of the columns, not packed */
    uint64_t stored_bytes; /* of the columns as they follow the type */
    uint64_t checksum; /* XXH3 of type and columns, with XXH3 of the 40 bytes before this one as its
                          seed */
} wadi__frame_head;
_Static_assert(sizeof(wadi__frame_head) == WADI__FRAME_HEAD_BYTES, "the head of a frame");
_Static_assert(offsetof(wadi__frame_head, row_count) == 16, "the head of a frame");
_Static_assert(offsetof(wadi__frame_head, checksum) == 40, "the head of a frame");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "frames are written as they lie in memory");

typedef enum wadi__stored_kind { /* numbers of the format */
                                 WADI__STORED_BOOL = 1,
                                 WADI__STORED_INT = 2,
                                 WADI__STORED_UINT = 3,
                                 WADI__STORED_FLOAT = 4,
                                 WADI__STORED_STR = 5,
                                 WADI__STORED_RECORD = 6,
                                 WADI__STORED_SEQ = 7,
                                 WADI__STORED_OPTION = 8,
                                 WADI__STORED_BROADCAST = 9,
                                 WADI__STORED_ACCUMULATOR = 10,
} wadi__stored_kind;

typedef struct wadi__stored_type wadi__stored_type;
typedef struct wadi__stored_field {
    const char *name; /* in the arena, with a zero */
    uint32_t count;
    wadi__stored_type *type;
    const wadi_field *to; /* where it goes; NULL: nowhere */
} wadi__stored_field;
struct wadi__stored_type { /* in an arena */
    wadi__stored_kind kind;
    uint32_t width;   /* of numbers */
    const char *name; /* of records; "": none */
    uint32_t field_count;
    wadi__stored_field *fields;
    wadi__stored_type *element;
};

/* Appends the type. False: no memory (out->failed), or a name is too long. */
bool wadi__stored_type_write(wadi__text *out, const wadi__type *type);
/* Reads one that takes exactly these bytes. */
wadi_status wadi__stored_type_read(const char *bytes, size_t size, wadi__arena *arena,
                                   wadi__stored_type **type, wadi_error *err);
/* Sets where each stored field goes. any_name: a record may have another name now, if at least one
 * of its fields is still there. *has_gaps: some values of the records will not be written. */
wadi_status wadi__stored_type_match(wadi__stored_type *stored, const wadi__type *type,
                                    bool any_name, bool *has_gaps, wadi_error *err);

/* Appends the columns of `count` values. Failure: out->failed. */
void wadi__columns_write(wadi__text *out, const wadi__type *type, const wadi__row_run *runs,
                         size_t run_count);
/* Reads columns that take exactly these bytes into new chunks of the block. */
wadi_status wadi__columns_read(const wadi__stored_type *stored, const char *body, size_t size,
                               uint64_t row_count, bool has_gaps, wadi__block *block,
                               wadi_error *err);
#endif
