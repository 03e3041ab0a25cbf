/* SPDX-License-Identifier: Apache-2.0 */
/* frame_write.c: records into columns. A column of no values takes no bytes; every other one begins
 * with what it needs to be read alone. Fields are visited in order, elements of sequences after
 * their counts. */
#include "data/frame_parts.h"

#include <wadi/str.h>

#include <string.h>

typedef struct column_writer {
    wadi__text *out;
    const wadi__row_run *runs;
    size_t run_count, offset; /* of the value in each row */
    uint64_t total;           /* values in all runs */
} column_writer;

/* Room for `size` more bytes, and 16 that may be written over. NULL: no memory. */
static char *reserve(wadi__text *out, uint64_t size) {
    if (out->failed || size > SIZE_MAX / 4)
        out->failed = true;
    else if (out->room - out->size < size + 16) {
        size_t room = out->room * 2 > out->size + size ? out->room * 2 : out->size + (size_t)size;
        char *moved = wadi__realloc(out->bytes, room + 256, 1);
        if (moved == NULL)
            out->failed = true;
        else
            out->bytes = moved, out->room = room + 256;
    }
    return out->failed ? NULL : out->bytes + out->size;
}
#define EACH_VALUE(w, ...)                                                                  \
    for (size_t r_ = 0; r_ < (w)->run_count; r_++) {                                        \
        const char *at = (w)->runs[r_].base + (w)->offset;                                  \
        const size_t stride_ = (w)->runs[r_].stride;                                        \
        for (size_t i_ = (w)->runs[r_].count; i_ > 0; i_--, at += stride_) { __VA_ARGS__; } \
    }

/* ---- Whole numbers, as narrow as they can be ---- */

/* All bits that some value needs besides its sign. */
static uint64_t bits_used(const column_writer *w, uint32_t size, bool is_signed) {
    uint64_t used = 0;
#define LOOK(SIZE, T, MORE) \
    case SIZE: EACH_VALUE(w, T v; memcpy(&v, at, SIZE); used |= (uint64_t)(v MORE)) break;
    if (is_signed) {
        switch (size) {
            LOOK(1, int8_t, ^(v >> 7))
            LOOK(2, int16_t, ^(v >> 15))
            LOOK(4, int32_t, ^(v >> 31))
            LOOK(8, int64_t, ^(v >> 63))
        }
    } else {
        switch (size) {
            LOOK(1, uint8_t, )
            LOOK(2, uint16_t, )
            LOOK(4, uint32_t, )
            LOOK(8, uint64_t, )
        }
    }
#undef LOOK
    return used;
}
static uint32_t narrowest(uint64_t used, bool is_signed) {
    for (uint32_t width = 1; width < 8; width *= 2)
        if (used >> (8 * width - is_signed) == 0) return width;
    return 8;
}
static void write_ints(const column_writer *w, uint32_t size, bool is_signed) {
    uint32_t width = narrowest(bits_used(w, size, is_signed), is_signed);
    char *to = reserve(w->out, 1 + w->total * width);
    if (to == NULL) return;
    *to++ = (char)width;
    switch (width) { /* the low bytes come first */
    case 1: EACH_VALUE(w, *to++ = *at) break;
    case 2: EACH_VALUE(w, memcpy(to, at, 2); to += 2) break;
    case 4: EACH_VALUE(w, memcpy(to, at, 4); to += 4) break;
    default: EACH_VALUE(w, memcpy(to, at, 8); to += 8)
    }
    w->out->size = (size_t)(to - w->out->bytes);
}

/* ---- The other plain values ---- */

static void write_floats(const column_writer *w, uint32_t size) {
    char *to = reserve(w->out, w->total * size);
    if (to == NULL) return;
    if (size == 4) {
        EACH_VALUE(w, memcpy(to, at, 4); to += 4)
    } else {
        EACH_VALUE(w, memcpy(to, at, 8); to += 8)
    }
    w->out->size = (size_t)(to - w->out->bytes);
}
static void write_bools(const column_writer *w) {
    char *to = reserve(w->out, w->total / 8 + 1);
    if (to == NULL) return;
    unsigned bits = 0, filled = 0;
    EACH_VALUE(
        w, bits |= (unsigned)(*at != 0) << filled; if (++filled == 8) {
            *to++ = (char)bits;
            bits = filled = 0;
        })
    if (filled > 0) *to++ = (char)bits;
    w->out->size = (size_t)(to - w->out->bytes);
}
static void write_strs(const column_writer *w) {
    column_writer lengths = *w;
    lengths.offset += offsetof(wadi_str, len);
    write_ints(&lengths, sizeof(uint32_t), false);
    uint64_t bytes = 0;
    EACH_VALUE(w, bytes += ((const wadi_str *)(const void *)at)->len)
    char *to = reserve(w->out, bytes);
    if (to == NULL) return;
    EACH_VALUE(w, const wadi_str *s = (const wadi_str *)(const void *)at;
               if (s->len <= WADI_STR_IN_PLACE_MAX)
                   memcpy(to, at + offsetof(wadi_str, head), WADI_STR_IN_PLACE_MAX);
               else memcpy(to, s->rest.data, s->len); to += s->len)
    w->out->size = (size_t)(to - w->out->bytes);
}

/* ---- Values of several parts ---- */

static void write_values(const column_writer *w, const wadi__type *type);

static void write_inner(const column_writer *w, const wadi__type *type, const wadi__row_run *runs,
                        size_t run_count) {
    column_writer inner = {w->out, runs, run_count, 0, 0};
    for (size_t i = 0; i < run_count; i++) inner.total += runs[i].count;
    write_values(&inner, type);
}
static void write_seqs(const column_writer *w, const wadi__type *element) {
    column_writer counts = *w;
    counts.offset += offsetof(wadi_str_list, count);
    write_ints(&counts, sizeof(size_t), false);
    wadi__row_run *runs = wadi__calloc((size_t)w->total, sizeof *runs);
    if (runs == NULL) {
        w->out->failed = true;
        return;
    }
    size_t n = 0;
    EACH_VALUE(w, const wadi_str_list *seq = (const wadi_str_list *)(const void *)at;
               if (seq->count > 0) runs[n++] =
                   (wadi__row_run){(const char *)seq->items, element->pub.size, seq->count})
    write_inner(w, element, runs, n);
    wadi__free(runs);
}
static void write_options(const column_writer *w, const wadi__type *element) {
    column_writer set = *w;
    set.offset += element->pub.size;
    write_bools(&set);
    wadi__row_run *runs = wadi__calloc((size_t)w->total, sizeof *runs);
    if (runs == NULL) {
        w->out->failed = true;
        return;
    }
    size_t n = 0;
    EACH_VALUE(
        w, if (at[element->pub.size] != 0) {
            if (n > 0 && runs[n - 1].stride == stride_ &&
                at == runs[n - 1].base + runs[n - 1].count * stride_)
                runs[n - 1].count++;
            else
                runs[n++] = (wadi__row_run){at, stride_, 1};
        })
    write_inner(w, element, runs, n);
    wadi__free(runs);
}
static void write_record(const column_writer *w, const wadi__type *type) {
    for (uint32_t i = 0; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        for (uint32_t k = 0; k < field->count; k++) {
            column_writer inner = *w;
            inner.offset += field->offset + (size_t)k * field->type->size;
            write_values(&inner, wadi__type_inner(field->type));
        }
    }
}
static void write_values(const column_writer *w, const wadi__type *type) {
    type = wadi__type_plain(type);
    if (w->total == 0 || w->out->failed) return;
    switch (type->pub.kind) {
    case WADI_KIND_BOOL: write_bools(w); return;
    case WADI_KIND_INT: write_ints(w, type->pub.size, true); return;
    case WADI_KIND_UINT:
    case WADI_KIND_BROADCAST:
    case WADI_KIND_ACCUMULATOR: write_ints(w, type->pub.size, false); return;
    case WADI_KIND_FLOAT: write_floats(w, type->pub.size); return;
    case WADI_KIND_STR: write_strs(w); return;
    case WADI_KIND_SEQ: write_seqs(w, wadi__type_inner(type->pub.element)); return;
    case WADI_KIND_OPTION: write_options(w, wadi__type_inner(type->pub.element)); return;
    case WADI_KIND_RECORD: write_record(w, type); return;
    case WADI_KIND_ALIAS: return; /* taken off above */
    }
}
void wadi__columns_write(wadi__text *out, const wadi__type *type, const wadi__row_run *runs,
                         size_t run_count) {
    column_writer w = {out, runs, run_count, 0, 0};
    for (size_t i = 0; i < run_count; i++) w.total += runs[i].count;
    write_values(&w, type);
}
