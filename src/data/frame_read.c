/* SPDX-License-Identifier: Apache-2.0 */
/* frame_read.c: columns into records. Every length is checked against the bytes that are left
 * before it is used; columns that nobody wants are gone through in the same way, with nowhere to
 * write to. */
#include "data/frame_parts.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <string.h>

typedef struct body_reader {
    const char *at, *end;
    wadi__block *block; /* its arena takes the elements of sequences */
    bool has_gaps;
    wadi_error *err;
    wadi_status status;
} body_reader;

typedef struct column { /* where values go: `offset` into each row of the runs; no runs: nowhere */
    const wadi__row_run *runs;
    size_t run_count, offset;
    uint64_t total;
} column;

static bool fail(body_reader *r, wadi_status status, const char *what) {
    r->status = wadi_error_context(r->err, status,
                                   status == WADI_E_CORRUPT ? "damaged frame: %s" : "%s", what);
    return false;
}
/* The next bytes, as many as `count` values of `size` take. NULL: there are fewer. */
static const char *take(body_reader *r, uint64_t count, uint64_t size) {
    if (count > (uint64_t)(r->end - r->at) / size) {
        fail(r, WADI_E_CORRUPT, "a column is longer than the frame");
        return NULL;
    }
    const char *taken = r->at;
    r->at += count * size;
    return taken;
}
#define EACH_PLACE(c, ...)                                                                  \
    for (size_t r_ = 0; r_ < (c)->run_count; r_++) {                                        \
        char *to = (char *)(uintptr_t)(c)->runs[r_].base + (c)->offset;                     \
        const size_t stride_ = (c)->runs[r_].stride;                                        \
        for (size_t i_ = (c)->runs[r_].count; i_ > 0; i_--, to += stride_) { __VA_ARGS__; } \
    }

/* ---- Whole numbers ---- */

typedef struct ints { /* a column of them, not read yet */
    const char *at;
    uint32_t width;
    bool is_signed;
} ints;

static bool take_ints(body_reader *r, uint64_t count, uint32_t width_max, bool is_signed,
                      ints *taken) {
    const char *width = take(r, 1, 1);
    if (width == NULL) return false;
    taken->width = (unsigned char)*width;
    taken->is_signed = is_signed;
    if (taken->width == 0 || taken->width > width_max || (taken->width & (taken->width - 1)) != 0)
        return fail(r, WADI_E_CORRUPT, "a column of numbers of a strange size");
    taken->at = take(r, count, taken->width);
    return taken->at != NULL;
}
/* The next one, its sign spread over all 64 bits. */
static inline uint64_t next_int(ints *from) {
    uint64_t v = 0;
    switch (from->width) {
    case 1:
        v = from->is_signed ? (uint64_t)(int64_t)(int8_t)*from->at : (uint64_t)(uint8_t)*from->at;
        break;
    case 2: {
        uint16_t u;
        memcpy(&u, from->at, 2);
        v = from->is_signed ? (uint64_t)(int64_t)(int16_t)u : u;
        break;
    }
    case 4: {
        uint32_t u;
        memcpy(&u, from->at, 4);
        v = from->is_signed ? (uint64_t)(int64_t)(int32_t)u : u;
        break;
    }
    default: memcpy(&v, from->at, 8);
    }
    from->at += from->width;
    return v;
}
static bool fits(uint64_t v, uint32_t size, bool is_signed) {
    if (size == 8) return true;
    if (!is_signed) return v >> (8 * size) == 0;
    int64_t s = (int64_t)v, most = ((int64_t)1 << (8 * size - 1)) - 1;
    return s >= -most - 1 && s <= most;
}
/* Into fields of `size` bytes, perhaps narrower than those that were written. */
static bool put_ints_slowly(body_reader *r, ints from, const column *c, uint32_t size) {
    EACH_PLACE(c, uint64_t v = next_int(&from); if (!fits(v, size, from.is_signed)) return fail(
                   r, WADI_E_TYPE,
                   "a number does not fit into its field, which was wider when it was written");
               memcpy(to, &v, size))
    return true;
}
static bool put_ints(body_reader *r, ints from, const column *c, uint32_t size) {
    const char *at = from.at;
#define PUT(W, SIZE, FROM, TO)                                             \
    case W << 4 | SIZE:                                                    \
        EACH_PLACE(c, FROM v; memcpy(&v, at, W); at += W; TO wide = (TO)v; \
                   memcpy(to, &wide, SIZE))                                \
        return true;
    if (from.is_signed) {
        switch (from.width << 4 | size) {
            PUT(1, 1, int8_t, int8_t)
            PUT(1, 2, int8_t, int16_t)
            PUT(1, 4, int8_t, int32_t)
            PUT(1, 8, int8_t, int64_t)
            PUT(2, 2, int16_t, int16_t)
            PUT(2, 4, int16_t, int32_t)
            PUT(2, 8, int16_t, int64_t)
            PUT(4, 4, int32_t, int32_t)
            PUT(4, 8, int32_t, int64_t)
            PUT(8, 8, int64_t, int64_t)
        }
    } else {
        switch (from.width << 4 | size) {
            PUT(1, 1, uint8_t, uint8_t)
            PUT(1, 2, uint8_t, uint16_t)
            PUT(1, 4, uint8_t, uint32_t)
            PUT(1, 8, uint8_t, uint64_t)
            PUT(2, 2, uint16_t, uint16_t)
            PUT(2, 4, uint16_t, uint32_t)
            PUT(2, 8, uint16_t, uint64_t)
            PUT(4, 4, uint32_t, uint32_t)
            PUT(4, 8, uint32_t, uint64_t)
            PUT(8, 8, uint64_t, uint64_t)
        }
    }
#undef PUT
    return put_ints_slowly(r, from, c, size);
}

/* ---- The other plain values ---- */

static bool read_floats(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                        const column *c) {
    const char *at = take(r, c->total, stored->width);
    if (at == NULL) return false;
    if (type == NULL) return true;
    if (stored->width == 8 && type->pub.size == 8) {
        EACH_PLACE(c, memcpy(to, at, 8); at += 8)
    } else if (stored->width == 4 && type->pub.size == 4) {
        EACH_PLACE(c, memcpy(to, at, 4); at += 4)
    } else if (stored->width == 4) {
        EACH_PLACE(c, float v; memcpy(&v, at, 4); at += 4; double wide = (double)v;
                   memcpy(to, &wide, 8))
    } else {
        EACH_PLACE(c, double v; memcpy(&v, at, 8); at += 8; float narrow = (float)v;
                   memcpy(to, &narrow, 4))
    }
    return true;
}
/* Bits, the lowest first; those behind the last are zero. */
static const uint8_t *take_bits(body_reader *r, uint64_t count) {
    const uint8_t *bits = (const uint8_t *)take(r, count / 8 + (count % 8 != 0), 1);
    if (bits == NULL || count % 8 == 0 || bits[count / 8] >> (count % 8) == 0) return bits;
    fail(r, WADI_E_CORRUPT, "bits behind the end of a column");
    return NULL;
}
static bool read_bools(body_reader *r, const wadi__type *type, const column *c) {
    const uint8_t *bits = take_bits(r, c->total);
    if (bits == NULL) return false;
    size_t i = 0;
    if (type != NULL) EACH_PLACE(c, *to = bits[i / 8] >> (i % 8) & 1; i++)
    return true;
}
static bool read_strs(body_reader *r, const wadi__type *type, const column *c) {
    ints lengths;
    if (!take_ints(r, c->total, 4, false, &lengths)) return false;
    ints again = lengths;
    uint64_t sum = 0; /* at most 2^32 for each of fewer than 2^62 */
    for (uint64_t i = 0; i < c->total && sum <= (uint64_t)(r->end - r->at); i++)
        sum += next_int(&again);
    const char *at = take(r, sum, 1);
    if (at == NULL) return false;
    if (type == NULL) return true;
    EACH_PLACE(c, size_t len = (size_t)next_int(&lengths); wadi_str s = wadi_str_view(at, len);
               memcpy(to, &s, sizeof s); at += len)
    return true;
}

/* ---- Values of several parts ---- */

static bool read_values(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                        const column *c);

static bool read_seqs(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                      const column *c) {
    ints counts;
    if (!take_ints(r, c->total, 8, false, &counts)) return false;
    ints again = counts;
    uint64_t sum = 0,
             bits_left = (uint64_t)(r->end - r->at) * 8; /* an element takes a bit at least */
    for (uint64_t i = 0; i < c->total; i++) {
        uint64_t count = next_int(&again);
        if (count > bits_left - sum)
            return fail(r, WADI_E_CORRUPT, "a sequence is longer than the frame");
        sum += count;
    }
    const wadi__type *element = type != NULL ? wadi__type_inner(type->pub.element) : NULL;
    column inner = {NULL, 0, 0, sum};
    wadi__row_run run;
    if (element != NULL) {
        size_t bytes = 0;
        char *items = NULL;
        if (sum > 0 && !__builtin_mul_overflow((size_t)sum, (size_t)element->pub.size, &bytes))
            items = r->has_gaps ? wadi__arena_zalloc(&r->block->keep->arena, bytes)
                                : wadi__arena_alloc(&r->block->keep->arena, bytes);
        if (sum > 0 && items == NULL)
            return fail(r, WADI_E_NOMEM, "no memory for the sequences of a frame");
        run = (wadi__row_run){items, element->pub.size, (size_t)sum};
        inner.runs = &run;
        inner.run_count = sum > 0;
        EACH_PLACE(
            c, size_t count = (size_t)next_int(&counts);
            wadi_str_list seq = {count > 0 ? (const wadi_str *)(const void *)items : NULL, count};
            memcpy(to, &seq, sizeof seq); if (count > 0) items += count * element->pub.size)
    }
    return read_values(r, stored->element, element, &inner);
}
static bool read_options(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                         const column *c) {
    const uint8_t *bits = take_bits(r, c->total);
    if (bits == NULL) return false;
    const wadi__type *element = type != NULL ? wadi__type_inner(type->pub.element) : NULL;
    column inner = {NULL, 0, 0, 0};
    for (uint64_t i = 0; i < c->total; i += 8)
        inner.total += (unsigned)__builtin_popcount(bits[i / 8]);
    if (element == NULL) return read_values(r, stored->element, NULL, &inner);
    wadi__row_run *runs = wadi__calloc((size_t)inner.total, sizeof *runs);
    if (runs == NULL) return fail(r, WADI_E_NOMEM, "no memory for the options of a frame");
    size_t i = 0, n = 0;
    EACH_PLACE(
        c, bool is_set = bits[i / 8] >> (i % 8) & 1; i++; to[element->pub.size] = is_set;
        if (is_set) {
            if (n > 0 && runs[n - 1].stride == stride_ &&
                to == runs[n - 1].base + runs[n - 1].count * stride_)
                runs[n - 1].count++;
            else
                runs[n++] = (wadi__row_run){to, stride_, 1};
        })
    inner.runs = runs;
    inner.run_count = n;
    bool done = read_values(r, stored->element, element, &inner);
    wadi__free(runs);
    return done;
}
static bool read_record(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                        const column *c) {
    for (uint32_t i = 0; i < stored->field_count; i++) {
        const wadi__stored_field *field = &stored->fields[i];
        const wadi_field *to = type != NULL ? field->to : NULL;
        column inner = *c;
        if (to == NULL) inner.run_count = 0;
        for (uint32_t k = 0; k < field->count; k++) {
            if (to != NULL) inner.offset = c->offset + to->offset + (size_t)k * to->type->size;
            if (!read_values(r, field->type, to != NULL ? wadi__type_inner(to->type) : NULL,
                             &inner))
                return false;
        }
    }
    return true;
}
static bool read_values(body_reader *r, const wadi__stored_type *stored, const wadi__type *type,
                        const column *c) {
    if (c->total == 0) return true;
    if (type != NULL) type = wadi__type_plain(type);
    switch (stored->kind) {
    case WADI__STORED_BOOL: return read_bools(r, type, c);
    case WADI__STORED_INT:
    case WADI__STORED_UINT:
    case WADI__STORED_BROADCAST:
    case WADI__STORED_ACCUMULATOR: {
        ints from;
        return take_ints(r, c->total, stored->width, stored->kind == WADI__STORED_INT, &from) &&
               (type == NULL || put_ints(r, from, c, type->pub.size));
    }
    case WADI__STORED_FLOAT: return read_floats(r, stored, type, c);
    case WADI__STORED_STR: return read_strs(r, type, c);
    case WADI__STORED_SEQ: return read_seqs(r, stored, type, c);
    case WADI__STORED_OPTION: return read_options(r, stored, type, c);
    case WADI__STORED_RECORD: return read_record(r, stored, type, c);
    }
    return fail(r, WADI_E_CORRUPT, "an unknown kind");
}

/* ---- Chunks for the records ---- */

static bool add_chunks(body_reader *r, uint64_t row_count) {
    size_t size = r->block->type->pub.size;
    uint32_t rows_max = wadi__chunk_rows_max(size);
    while (row_count > 0) {
        uint32_t count = row_count < rows_max ? (uint32_t)row_count : rows_max;
        wadi__chunk *chunk = wadi__chunk_new(size, count, false);
        bool added = false;
        if (chunk != NULL) {
            chunk->count = count;
            if (r->has_gaps) memset(chunk->rows, 0, count * size);
            added = wadi__block_add(r->block, chunk);
        }
        wadi__chunk_unref(chunk);
        if (!added) return fail(r, WADI_E_NOMEM, "no memory for the records of a frame");
        row_count -= count;
    }
    return true;
}
wadi_status wadi__columns_read(const wadi__stored_type *stored, const char *body, size_t size,
                               uint64_t row_count, bool has_gaps, wadi__block *block,
                               wadi_error *err) {
    body_reader r = {body, body + size, block, has_gaps, err, WADI_OK};
    if (row_count / 8 > size)
        fail(&r, WADI_E_CORRUPT, "more records than it has bytes for"); /* a bit each, at least */
    else
        add_chunks(&r, row_count);
    size_t n = block->chunks.count;
    wadi__row_run few[16] = {{0}}, *runs = n <= 16 ? few : wadi__calloc(n, sizeof *runs);
    if (r.status == WADI_OK && runs == NULL)
        fail(&r, WADI_E_NOMEM, "no memory for the records of a frame");
    for (size_t i = 0; runs != NULL && i < n; i++)
        runs[i] = (wadi__row_run){block->chunks.items[i]->rows, block->type->pub.size,
                                  block->chunks.items[i]->count};
    column all = {runs, n, 0, row_count};
    if (r.status == WADI_OK && read_values(&r, stored, block->type, &all) && r.at != r.end)
        fail(&r, WADI_E_CORRUPT, "bytes behind its last column");
    if (runs != few) wadi__free(runs);
    if (block->keep != NULL) block->size_bytes += block->keep->arena.size_bytes;
    return r.status;
}
