/* SPDX-License-Identifier: Apache-2.0 */
/* join.c: pairs of records with equal keys (join and the outer joins).
 *
 * The smaller side is put into a hash table of its keys, each with the list of its records; the
 * other side's records look theirs up. A side too large for a table that stays in the second-level
 * cache is first distributed by bits of the hash, and the other one with it; then the parts are
 * joined one by one.
 *
 * Of a part on disk (part.h) whose two sides do not fit into memory together, as one key may make
 * it, only the smaller side is held; the other one's frames come from disk one after another. */
#include "base/pool.h"
#include "data/value.h"
#include "exec/memory.h"
#include "exec/part.h"
#include "exec/radix.h"
#include "rdd/pair_call.h"

#include <wadi/str.h>

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    TABLE_BYTES_MAX = 768 << 10, /* a part's records and table, of the smaller side */
    PREFETCH_AHEAD = 16,
    HASHES_MAX = 4096,
};

typedef struct slot {     /* of a key */
    uint32_t tag;         /* upper half of its hash */
    uint32_t first, last; /* of its records, plus 1; first 0: an empty slot */
    uint32_t is_matched;  /* some record of the other side has this key */
} slot;

typedef struct probe { /* where looking up has come to */
    size_t run;        /* that is next: of the input, or the part's only one */
    const char *row;
    const uint64_t *hash;
    size_t row_step, hash_step, left; /* bytes from one to the next; how many are left */
} probe;

typedef struct frames {          /* of the larger side, where they come from disk */
    const wadi__part_side *side; /* NULL: it is held */
    size_t next;
    wadi__block *block; /* the one that is looked at; NULL: none */
    size_t chunk;       /* of its chunks .. */
    uint32_t row;       /* .. and that one's rows, to be looked at next */
    uint64_t *hashes;   /* of HASHES_MAX rows */
} frames;

typedef struct join_op {
    wadi__cursor cursor;
    wadi__pair_call pairs;
    wadi__at_close at_close;
    uint32_t partition;
    wadi__held_input inputs[2];
    bool is_built, is_outer[2]; /* records of that side without a partner count too */
    int small, large;           /* which side is which */
    unsigned bits;              /* the sides are in 2^bits parts .. */
    size_t part;                /* .. of which this one is joined now, plus 1 */
    wadi__radix radix[2];       /* of the larger side only where bits > 0 */
    slot *slots;
    size_t slot_room, slot_mask;
    uint32_t *next; /* by record of the part: the next one with its key, plus 1 */
    size_t next_room;
    probe probe;
    frames frames;
    const char *row;          /* of the larger side, whose partners are being listed .. */
    uint32_t partner;         /* .. from this one on, plus 1; 0: none is left */
    bool is_probed;           /* the part's larger side is through .. */
    size_t lonely;            /* .. and slots from here on may hold records without a partner */
} join_op;

static void join_close(wadi__at_close *at_close) {
    join_op *op = (join_op *)(void *)((char *)at_close - offsetof(join_op, at_close));
    for (int s = 0; s < 2; s++) wadi__radix_fini(&op->radix[s]);
    wadi__block_unref(op->frames.block);
    wadi__pool_put(op->slots, op->slot_room * sizeof(slot));
    wadi__pool_put(op->next, op->next_room * sizeof(uint32_t));
}
static void no_memory(const join_op *op) {
    wadi__task_fail(op->pairs.site.task, WADI_E_NOMEM, "no memory to join %llu with %llu records",
                    (unsigned long long)op->inputs[0].row_count,
                    (unsigned long long)op->inputs[1].row_count);
}
INLINE size_t place(uint64_t hash, size_t mask) { return (size_t)(hash >> 4) & mask; }
INLINE uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 32); }
INLINE bool same_key(wadi__form form, const wadi__type *key, const void *a, const void *b) {
    if (form == WADI__FORM_STR) return wadi_str_equal(*(const wadi_str *)a, *(const wadi_str *)b);
    if (form == WADI__FORM_8) return memcmp(a, b, 8) == 0;
    if (form == WADI__FORM_4) return memcmp(a, b, 4) == 0;
    return wadi__value_equal(key, a, b);
}

/* ---- Taking both sides in ---- */

static unsigned bits_for(uint64_t rows, size_t row_size) {
    uint64_t bytes =
        rows * (wadi__radix_entry_size(row_size) + 2 * sizeof(slot) + sizeof(uint32_t));
    unsigned bits = 0;
    while (bytes >> bits > TABLE_BYTES_MAX && bits < WADI__RADIX_BITS_MAX) bits++;
    return bits;
}
/* Room for the table of the largest part. */
static bool make_table(join_op *op) {
    const wadi__radix *radix = &op->radix[op->small];
    size_t rows = 1, slots = 16;
    for (size_t p = 0; p < (size_t)1 << op->bits; p++)
        if (radix->begins[p + 1] - radix->begins[p] > rows)
            rows = radix->begins[p + 1] - radix->begins[p];
    if (rows >= UINT32_MAX) {
        wadi__task_fail(op->pairs.site.task, WADI_E_INVALID,
                        "too many records in one partition: ask for more .partitions");
        return false;
    }
    while (slots < rows * 2) slots *= 2;
    op->slot_room = slots;
    op->next_room = rows;
    op->slots = wadi__pool_get(slots * sizeof(slot));
    op->next = wadi__pool_get(rows * sizeof(uint32_t));
    if (op->slots == NULL || op->next == NULL) no_memory(op);
    return op->slots != NULL && op->next != NULL;
}
/* The records of a side as they came and in their parts, with hashes both times. */
static uint64_t need_of_side(const wadi_rdd *rdd, uint32_t s, uint32_t partition,
                             wadi__task *task) {
    return wadi__input_rows_guess(rdd, s, partition, task) * 2 *
           wadi__radix_entry_size(rdd->parents[s].rdd->type->pub.size);
}
/* The side of which a part has fewer bytes. */
static uint32_t smaller_side(const wadi_rdd *rdd, const wadi__part *part) {
    uint64_t bytes[2];
    for (uint32_t s = 0; s < 2; s++)
        bytes[s] = part->sides[s].row_count * rdd->parents[s].rdd->type->pub.size;
    return bytes[0] < bytes[1] ? 0 : 1;
}
/* Whether the larger side of a part is not to be held. */
static bool is_too_large(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    return wadi__part_of(task, rdd) != NULL &&
           need_of_side(rdd, 0, partition, task) + need_of_side(rdd, 1, partition, task) >
               wadi__memory_share(task);
}
/* Holds the smaller side alone, in one table. */
static bool build_small(join_op *op) {
    wadi__task *task = op->pairs.site.task;
    const wadi_rdd *rdd = op->pairs.rdd;
    const wadi__part *part = wadi__part_of(task, rdd);
    op->small = (int)smaller_side(rdd, part);
    op->large = 1 - op->small;
    wadi__held_input *small = &op->inputs[op->small], *large = &op->inputs[op->large];
    op->frames.side = &part->sides[op->large];
    op->frames.hashes = wadi__task_room(task, HASHES_MAX * sizeof *op->frames.hashes);
    large->row_size = rdd->parents[op->large].rdd->type->pub.size;
    large->row_count = op->frames.side->row_count;
    if (op->frames.hashes == NULL ||
        !wadi__held_input_init(small, rdd, (uint32_t)op->small, op->partition, task) ||
        !wadi__held_input_hash(small, rdd->key, task))
        return false;
    if (small->row_count == 0 && !op->is_outer[op->large])
        op->frames.next = op->frames.side->frames.count; /* none has a partner */
    if (wadi__radix_init(&op->radix[op->small], small, 0)) return make_table(op);
    no_memory(op);
    return false;
}
static bool build(join_op *op) {
    wadi__task *task = op->pairs.site.task;
    if (is_too_large(op->pairs.rdd, op->partition, task)) return build_small(op);
    for (uint32_t s = 0; s < 2; s++)
        if (!wadi__held_input_init(&op->inputs[s], op->pairs.rdd, s, op->partition, task)) return false;
    op->small = op->inputs[0].row_count < op->inputs[1].row_count ? 0 : 1;
    op->large = 1 - op->small;
    for (uint32_t s = 0; s < 2; s++) {
        bool is_futile = op->inputs[s].row_count == 0 && !op->is_outer[1 - s];
        if (is_futile) op->inputs[1 - s].row_count = op->inputs[1 - s].runs.count = 0;
    }
    for (uint32_t s = 0; s < 2; s++)
        if (!wadi__held_input_hash(&op->inputs[s], op->pairs.rdd->key, task)) return false;
    op->bits = bits_for(op->inputs[op->small].row_count, op->inputs[op->small].row_size);
    if (!wadi__radix_init(&op->radix[op->small], &op->inputs[op->small], op->bits) ||
        (op->bits > 0 &&
         !wadi__radix_init(&op->radix[op->large], &op->inputs[op->large], op->bits))) {
        no_memory(op);
        return false;
    }
    return make_table(op);
}

/* ---- A part's table ---- */

INLINE void fill(join_op *op, wadi__form form) {
    const wadi__radix *radix = &op->radix[op->small];
    const size_t begin = radix->begins[op->part - 1], count = radix->begins[op->part] - begin,
                 mask = op->slot_mask;
    const wadi__type *key = op->pairs.rdd->key;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t hash = wadi__radix_hash(radix, begin + i);
        op->next[i] = 0;
        for (size_t at = place(hash, mask);; at = (at + 1) & mask) {
            slot *found = &op->slots[at];
            if (found->first == 0) {
                *found = (slot){tag_of(hash), i + 1, i + 1, 0};
                break;
            }
            if (found->tag != tag_of(hash) ||
                !same_key(form, key, wadi__radix_row(radix, begin + found->first - 1),
                          wadi__radix_row(radix, begin + i)))
                continue;
            op->next[found->last - 1] = i + 1;
            found->last = i + 1;
            break;
        }
    }
}
static void start_part(join_op *op) {
    const wadi__radix *small = &op->radix[op->small], *large = &op->radix[op->large];
    size_t begin = small->begins[op->part], slots = 16;
    while (slots < (small->begins[op->part + 1] - begin) * 2) slots *= 2;
    op->slot_mask = slots - 1;
    memset(op->slots, 0, slots * sizeof(slot));
    op->part++;
    switch (op->pairs.rdd->key->form) {
    case WADI__FORM_STR: fill(op, WADI__FORM_STR); break;
    case WADI__FORM_8: fill(op, WADI__FORM_8); break;
    case WADI__FORM_4: fill(op, WADI__FORM_4); break;
    case WADI__FORM_GENERIC: fill(op, WADI__FORM_GENERIC); break;
    }
    op->lonely = 0;
    op->is_probed = false;
    op->probe = (probe){0};
    if (op->bits == 0) return;
    size_t from = large->begins[op->part - 1];
    op->probe =
        (probe){.row = wadi__radix_row(large, from),
                .hash = (const uint64_t *)(const void *)(large->entries + from * large->entry_size),
                .row_step = large->entry_size,
                .hash_step = large->entry_size,
                .left = large->begins[op->part] - from};
}
/* The next frame. False: there is none, or the task has failed. */
static bool next_frame(join_op *op) {
    frames *from = &op->frames;
    wadi__block_unref(from->block);
    from->block = NULL;
    from->chunk = 0;
    if (from->next == from->side->frames.count) return false;
    from->block = wadi__part_frame(op->pairs.site.task, &from->side->frames.items[from->next++],
                                   op->pairs.rdd->parents[op->large].rdd->type);
    return from->block != NULL;
}
/* As next_run(), of frames. Pairs that are listed point into the frame, so that a further one comes
 * only when there are none. */
static bool next_of_frames(join_op *op, uint32_t listed) {
    frames *from = &op->frames;
    while (from->block == NULL || from->chunk == from->block->chunks.count)
        if (listed > 0 || !next_frame(op)) return false;
    const wadi__chunk *chunk = from->block->chunks.items[from->chunk];
    uint32_t left = chunk->count - from->row, count = left < HASHES_MAX ? left : HASHES_MAX;
    op->probe = (probe){.row = chunk->rows + (size_t)from->row * chunk->record_size,
                        .hash = from->hashes,
                        .row_step = chunk->record_size,
                        .hash_step = sizeof *from->hashes,
                        .left = count};
    wadi__value_hash_rows(op->pairs.rdd->key, op->probe.row, chunk->record_size, NULL, count,
                          from->hashes);
    from->row = count < left ? from->row + count : 0;
    from->chunk += count == left;
    return true;
}
static bool has_frames(const join_op *op) {
    const frames *from = &op->frames;
    return from->side != NULL && (from->next < from->side->frames.count ||
                                  (from->block != NULL && from->chunk < from->block->chunks.count));
}
/* The next records to be looked up, where they are not in parts, while so many pairs are listed.
 * False: there are no more now. */
static bool next_run(join_op *op, uint32_t listed) {
    const wadi__held_input *large = &op->inputs[op->large];
    if (op->frames.side != NULL) return next_of_frames(op, listed);
    if (op->bits > 0 || op->probe.run == large->runs.count) return false;
    const wadi__run *run = &large->runs.items[op->probe.run++];
    op->probe.row = run->rows;
    op->probe.hash = run->hashes;
    op->probe.row_step = large->row_size;
    op->probe.hash_step = sizeof *run->hashes;
    op->probe.left = run->count;
    return true;
}

/* ---- Listing pairs ---- */

/* More partners of the current record. */
INLINE uint32_t list_partners(join_op *op, uint32_t count) {
    const wadi__radix *radix = &op->radix[op->small];
    const size_t begin = radix->begins[op->part - 1];
    uint32_t partner = op->partner;
    for (; partner != 0 && count < op->pairs.pairs_max; partner = op->next[partner - 1], count++) {
        op->pairs.pointers[op->small][count] = wadi__radix_row(radix, begin + partner - 1);
        op->pairs.pointers[op->large][count] = op->row;
    }
    op->partner = partner;
    return count;
}
/* Looks records up until pairs_max pairs are listed, or no record is left in the run. */
INLINE uint32_t look_up(join_op *op, uint32_t count, wadi__form form) {
    const wadi__radix *radix = &op->radix[op->small];
    const size_t begin = radix->begins[op->part - 1], mask = op->slot_mask;
    const wadi__type *key = op->pairs.rdd->key;
    const bool is_outer = op->is_outer[op->large];
    probe at = op->probe;
    while (at.left > 0 && count < op->pairs.pairs_max) {
        const char *row = at.row;
        const uint64_t hash = *at.hash;
        if (at.left > PREFETCH_AHEAD) {
            const uint64_t *ahead = (const uint64_t *)(const void *)((const char *)at.hash +
                                                                     PREFETCH_AHEAD * at.hash_step);
            __builtin_prefetch(&op->slots[place(*ahead, mask)]);
        }
        at.row += at.row_step;
        at.hash = (const uint64_t *)(const void *)((const char *)at.hash + at.hash_step);
        at.left--;
        slot *found = &op->slots[place(hash, mask)];
        while (found->first != 0 &&
               (found->tag != tag_of(hash) ||
                !same_key(form, key, wadi__radix_row(radix, begin + found->first - 1), row)))
            found = &op->slots[(size_t)(found - op->slots + 1) & mask];
        if (found->first == 0) {
            op->pairs.pointers[op->small][count] = NULL;
            op->pairs.pointers[op->large][count] = row;
            count += is_outer;
            continue;
        }
        found->is_matched = 1;
        op->row = row;
        op->partner = found->first;
        count = list_partners(op, count);
    }
    op->probe = at;
    return count;
}
static uint32_t look_up_any(join_op *op, uint32_t count) {
    switch (op->pairs.rdd->key->form) {
    case WADI__FORM_STR: return look_up(op, count, WADI__FORM_STR);
    case WADI__FORM_8: return look_up(op, count, WADI__FORM_8);
    case WADI__FORM_4: return look_up(op, count, WADI__FORM_4);
    case WADI__FORM_GENERIC: break;
    }
    return look_up(op, count, WADI__FORM_GENERIC);
}
/* Records of the smaller side that nobody looked up. */
static uint32_t list_lonely(join_op *op, uint32_t count) {
    const wadi__radix *radix = &op->radix[op->small];
    const size_t begin = radix->begins[op->part - 1];
    for (; op->lonely <= op->slot_mask && count < op->pairs.pairs_max; op->lonely++) {
        const slot *at = &op->slots[op->lonely];
        if (at->first == 0 || at->is_matched) continue;
        for (op->partner = op->partner != 0 ? op->partner : at->first;
             op->partner != 0 && count < op->pairs.pairs_max;
             op->partner = op->next[op->partner - 1], count++) {
            op->pairs.pointers[op->small][count] = wadi__radix_row(radix, begin + op->partner - 1);
            op->pairs.pointers[op->large][count] = NULL;
        }
        if (op->partner != 0) return count; /* goes on here */
    }
    return count;
}
/* Lists up to pairs_max pairs; fewer at the end of all parts. */
static uint32_t list_pairs(join_op *op) {
    const size_t parts = (size_t)1 << op->bits;
    uint32_t count = 0;
    for (;;) {
        if (op->part > 0 && !op->is_probed) {
            count = list_partners(op, count);
            do count = look_up_any(op, count);
            while (count < op->pairs.pairs_max && next_run(op, count));
            op->is_probed = count < op->pairs.pairs_max && !has_frames(op);
            if (!op->is_probed) return count;
        }
        if (op->is_probed && op->is_outer[op->small]) count = list_lonely(op, count);
        if (count == op->pairs.pairs_max || op->part == parts || wadi__task_is_over(op->pairs.site.task))
            return count;
        start_part(op);
    }
}
static bool join_step(wadi__cursor *cursor) {
    join_op *op = (join_op *)cursor;
    wadi__task *task = op->pairs.site.task;
    if (!op->is_built && !build(op)) return false;
    op->is_built = true;
    uint32_t count = list_pairs(op);
    if (count == 0 || wadi__task_is_over(task)) return false;
    return wadi__pair_call_push(&op->pairs, count);
}
static wadi__cursor *join_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    join_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL || !wadi__pair_call_init(&op->pairs, rdd, task, sink)) return NULL;
    op->cursor.step = join_step;
    op->partition = partition;
    op->is_outer[0] = rdd->sides == WADI__JOIN_LEFT || rdd->sides == WADI__JOIN_FULL;
    op->is_outer[1] = rdd->sides == WADI__JOIN_RIGHT || rdd->sides == WADI__JOIN_FULL;
    op->at_close.close = join_close;
    wadi__task_on_close(task, &op->at_close);
    return &op->cursor;
}
static uint64_t join_need(const wadi_rdd *rdd, uint32_t partition, wadi__task *task) {
    uint64_t needs[2];
    for (uint32_t s = 0; s < 2; s++) needs[s] = need_of_side(rdd, s, partition, task);
    if (!is_too_large(rdd, partition, task)) return needs[0] + needs[1];
    return needs[smaller_side(rdd, wadi__part_of(task, rdd))];
}
const wadi__wide_ops wadi__wide_join_ops = {
    .open = join_open, .with_hashes = true, .need = join_need};
