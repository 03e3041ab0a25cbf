/* SPDX-License-Identifier: Apache-2.0 */
/* window_collect.c: panes of ready-made functions, for which it does not matter what makes what in
 * which order.
 *
 * What enters is listed as it comes, numbers again and again. At the end the list is put in order
 * of blocks of numbers, and each block is reduced in a small column of its own, which stays in the
 * cache. So nothing is looked for all over memory, and a pane's entries lie in order of numbers:
 * whoever adds them to columns later goes through these from one end to the other.
 *
 * A list that has grown longer than there are keys is put together before it goes on. The lists
 * stay for the next pane. */
#include "base/pool.h"
#include "exec/window_apply.h"

#define INLINE static inline __attribute__((always_inline))
enum {
    BLOCK_BITS = 16, /* of the numbers of a block, where a record has one lane: 512 KiB of them */
    BLOCK_BITS_MIN = 6,
    BLOCKS_MAX = 256,    /* or blocks are larger */
    FEW = 16,            /* a list is worth it if a block has at most so many times its numbers */
    LIST_MAX = 64 << 10, /* the longest list, unless there are more keys */
};
typedef wadi__window_list list;

/* ---- Listing ---- */

static void put_list(list *self, size_t tail_size) {
    wadi__pool_put(self->numbers, self->room * sizeof *self->numbers);
    wadi__pool_put(self->tails, self->room * tail_size);
    *self = (list){0};
}
void wadi__window_lists_free(wadi__window_part *part, const wadi__window_shape *shape) {
    for (size_t i = 0; i < 2; i++) put_list(&part->lists[i], shape->tail_size);
}
/* Of what is listed, the first `count` entries stay. False: no memory. */
static bool list_reserve(list *self, size_t tail_size, uint32_t count, uint32_t room) {
    list larger = {.room = room};
    if (self->room >= room) return true;
    larger.numbers = wadi__pool_get(room * sizeof *larger.numbers);
    larger.tails = wadi__pool_get(room * tail_size);
    if (larger.numbers == NULL || larger.tails == NULL) {
        put_list(&larger, tail_size);
        return false;
    }
    if (count > 0) {
        memcpy(larger.numbers, self->numbers, count * sizeof *self->numbers);
        memcpy(larger.tails, self->tails, count * tail_size);
    }
    put_list(self, tail_size);
    *self = larger;
    return true;
}
static bool make_room(wadi__window_apply *self, uint32_t more) {
    list *to = &self->part->lists[0];
    const uint32_t before = self->part->listed, needed = self->listed + more;
    if (to->room >= needed) return true;
    if (needed > UINT32_MAX / 4) return false;
    uint32_t room = to->room * 2 > needed ? to->room * 2 : needed;
    if (to->room == 0 && before + before / 16 > room) room = before + before / 16;
    return list_reserve(to, self->shape->tail_size, self->listed, room);
}
/* Whether a pane that is made now is to be listed first. */
static bool is_worth_it(const wadi__window_apply *self) {
    const wadi__window_part *part = self->part;
    const uint64_t end = wadi__window_part_end(part, self->shape),
                   numbers = end < 1 << BLOCK_BITS ? end : 1 << BLOCK_BITS;
    if (self->lanes == NULL || !self->lanes->is_commutative) return false;
    return part->stacks.is_dense || (uint64_t)part->listed * FEW > numbers;
}
void wadi__window_begin_list(wadi__window_apply *self) {
    self->is_listed = is_worth_it(self);
    self->listed = self->united = 0;
    if (!self->is_listed) wadi__window_lists_free(self->part, self->shape);
}
INLINE void list_tails(const wadi__window_apply *self, const char *rows, const uint32_t *picked,
                       size_t count, const size_t size) {
    const size_t row_size = self->shape->row_size;
    const char *tails = rows + self->shape->tail_at;
    char *to = self->part->lists[0].tails + self->listed * size;
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * size, tails + (picked != NULL ? picked[i] : i) * row_size, size);
}
static bool unite(wadi__window_apply *self);
bool wadi__window_list_rows(wadi__window_apply *self, const char *rows, const uint32_t *picked,
                            size_t count) {
    const uint32_t end = wadi__window_part_end(self->part, self->shape);
    const uint64_t most = end > LIST_MAX ? end : LIST_MAX;
    if (self->listed + count > most && self->listed > 2 * (uint64_t)self->united && !unite(self))
        return false;
    if (!make_room(self, (uint32_t)count)) return wadi__window_no_memory(self);
    memcpy(self->part->lists[0].numbers + self->listed, self->numbers,
           count * sizeof *self->numbers);
    if (self->lane_count == 1)
        list_tails(self, rows, picked, count, sizeof(uint64_t));
    else
        list_tails(self, rows, picked, count, self->shape->tail_size);
    self->listed += (uint32_t)count;
    return true;
}

/* ---- Blocks ---- */

typedef struct collecting {
    const wadi__window_apply *self;
    const wadi__lanes *ops;
    uint32_t lanes, count, end; /* of the list; numbers are below `end` */
    uint32_t bits, block_size;  /* of the numbers of a block */
    uint32_t begins[BLOCKS_MAX + 2];
    const uint32_t *numbers; /* in order of blocks: how far each lies behind its block's first */
    const uint64_t *tails;
    uint64_t *sums; /* of a block: between blocks what changes nothing */
    uint8_t *has;   /* 1: the block has that number. Between blocks 0 */
} collecting;

static uint32_t block_count(const collecting *self) {
    return (uint32_t)(((uint64_t)self->end + self->block_size - 1) >> self->bits);
}
static uint32_t block_room(const collecting *self) {
    return self->end < self->block_size ? (uint32_t)wadi__window_words(self->end) * 64
                                        : self->block_size;
}
static void choose_blocks(collecting *self) {
    self->bits = BLOCK_BITS;
    while (self->bits > BLOCK_BITS_MIN && self->lanes >> (BLOCK_BITS - self->bits) > 1)
        self->bits--;
    for (;; self->bits++) {
        self->block_size = (uint32_t)1 << self->bits;
        if (block_count(self) <= BLOCKS_MAX) return;
    }
}
static void release(const collecting *self) {
    wadi__pool_put(self->sums, (size_t)block_room(self) * self->lanes * sizeof *self->sums);
    wadi__pool_put(self->has, block_room(self) * sizeof *self->has);
}
/* Counts entries by block, in quarters of the list side by side: most may be of one block, and each
 * count would be waited for. */
static void count_entries(const collecting *self, const uint32_t *numbers, uint32_t *counts) {
    enum { QUARTERS = 4 };
    uint32_t each[QUARTERS][BLOCKS_MAX] = {{0}}, quarter = self->count / QUARTERS;
    for (uint32_t i = 0; i < quarter; i++)
        for (uint32_t q = 0; q < QUARTERS; q++)
            each[q][numbers[(size_t)q * quarter + i] >> self->bits]++;
    for (uint32_t i = QUARTERS * quarter; i < self->count; i++) each[0][numbers[i] >> self->bits]++;
    for (uint32_t b = 0, n = block_count(self); b < n; b++)
        for (uint32_t q = 0; q < QUARTERS; q++) counts[b] += each[q][b];
}
INLINE void put_entries(const collecting *self, const list *from, const list *to, uint32_t *at,
                        const uint32_t lanes) {
    const uint32_t bits = self->bits, mask = self->block_size - 1, count = self->count;
    const uint32_t *numbers = from->numbers;
    uint32_t *to_numbers = to->numbers;
    const size_t size = lanes * sizeof(uint64_t);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t number = numbers[i], place = at[number >> bits]++;
        to_numbers[place] = number & mask;
        memcpy(to->tails + place * size, from->tails + i * size, size);
    }
}
static void put_in_order(collecting *self) {
    const list from = self->self->part->lists[0], to = self->self->part->lists[1];
    const uint32_t blocks = block_count(self);
    uint32_t *begins = self->begins;
    self->numbers = from.numbers;
    self->tails = wadi__window_lanes(from.tails);
    begins[1] = self->count;
    if (blocks <= 1) return;
    begins[1] = 0;
    count_entries(self, from.numbers, begins + 2);
    for (uint32_t b = 0; b < blocks; b++) begins[b + 2] += begins[b + 1];
    if (self->lanes == 1) /* begins[b + 1] moves from the begin of b to its end */
        put_entries(self, &from, &to, begins + 1, 1);
    else
        put_entries(self, &from, &to, begins + 1, self->lanes);
    self->numbers = to.numbers;
    self->tails = wadi__window_lanes(to.tails);
}
/* Puts the list in order of blocks. False: no memory. */
static bool begin(collecting *self, const wadi__window_apply *apply, bool with_sums) {
    *self = (collecting){.self = apply,
                         .ops = apply->lanes,
                         .lanes = apply->lane_count,
                         .count = apply->listed,
                         .end = wadi__window_part_end(apply->part, apply->shape)};
    choose_blocks(self);
    const size_t room = block_room(self), lanes = with_sums ? room * self->lanes : 0;
    self->has = wadi__pool_get(room * sizeof *self->has);
    self->sums = wadi__pool_get(room * self->lanes * sizeof *self->sums);
    if (self->has == NULL || self->sums == NULL) return false;
    memset(self->has, 0, room * sizeof *self->has);
    for (size_t i = 0; i < lanes; i++) self->sums[i] = self->ops->none;
    list *to = &apply->part->lists[1];
    if (block_count(self) > 1 &&
        !list_reserve(to, apply->shape->tail_size, 0, apply->part->lists[0].room))
        return false;
    put_in_order(self);
    return true;
}
static bool is_empty(const collecting *self, uint32_t block) {
    return block >= block_count(self) || self->begins[block] == self->begins[block + 1];
}
/* Reduces a block's entries into a column of its own. Returns how many numbers it has. */
static uint32_t reduce_block(const collecting *self, uint32_t block, uint64_t *column) {
    const uint32_t from = self->begins[block], count = self->begins[block + 1] - from;
    const uint32_t *numbers = self->numbers + from;
    uint32_t repeated = 0;
    for (uint32_t i = 0; i < count; i++) {
        repeated += self->has[numbers[i]];
        self->has[numbers[i]] = 1;
    }
    self->ops->scatter(column, numbers, self->tails + (size_t)from * self->lanes, count,
                       self->lanes);
    return count - repeated;
}
/* Takes the flags of 64 numbers as the bits of a word. */
static uint64_t take_flags(uint8_t *has) {
    uint64_t word = 0;
    for (size_t k = 0; k < 8; k++) {
        uint64_t eight; /* the first one's flag is the lowest bit */
        memcpy(&eight, has + k * 8, sizeof eight);
        word |= (eight * 0x0102040810204080u >> 56) << k * 8;
    }
    memset(has, 0, 64);
    return word;
}

/* ---- To a list ---- */

INLINE uint32_t take_some(const collecting *self, uint32_t block, uint32_t *numbers,
                          uint64_t *tails, const uint32_t lanes) {
    const uint64_t none = self->ops->none;
    const uint32_t first = block << self->bits, room = block_room(self);
    uint64_t *sums = self->sums;
    uint8_t *has = self->has;
    uint32_t taken = 0;
    for (uint32_t n = 0; n < room; n += 64)
        for (uint64_t word = take_flags(has + n); word != 0; word &= word - 1) {
            const uint32_t at = n + (uint32_t)__builtin_ctzll(word);
            numbers[taken++] = first + at;
            for (uint32_t k = 0; k < lanes; k++) {
                *tails++ = sums[(size_t)at * lanes + k];
                sums[(size_t)at * lanes + k] = none;
            }
        }
    return taken;
}
/* Moves what a block has to entries `at` on. Returns how many that is. */
static uint32_t take_block(const collecting *self, uint32_t block, uint32_t *numbers, char *tails,
                           uint32_t at) {
    uint64_t *to = wadi__window_lanes(tails) + (size_t)at * self->lanes;
    return self->lanes == 1 ? take_some(self, block, numbers + at, to, 1)
                            : take_some(self, block, numbers + at, to, self->lanes);
}
/* Puts what is listed together; it stays a list. */
static bool unite(wadi__window_apply *self) {
    collecting some;
    const list *to = &self->part->lists[0];
    const bool has_begun = begin(&some, self, true);
    self->united = 0;
    for (uint32_t b = 0, n = has_begun ? block_count(&some) : 0; b < n; b++) {
        if (is_empty(&some, b)) continue;
        reduce_block(&some, b, some.sums);
        self->united += take_block(&some, b, to->numbers, to->tails, self->united);
    }
    release(&some);
    self->listed = self->united;
    return has_begun || wadi__window_no_memory(self);
}
/* The pane's own list. */
static bool to_entries(const wadi__window_apply *self, const collecting *some) {
    wadi__window_pane *pane = self->open;
    for (uint32_t b = 0, n = block_count(some); b < n; b++) {
        if (is_empty(some, b)) continue;
        const uint32_t more = reduce_block(some, b, some->sums);
        if (!wadi__window_pane_reserve(pane, self->shape, more)) return false;
        pane->count += take_block(some, b, pane->numbers, pane->tails, pane->count);
    }
    wadi__window_pane_fit(pane, self->shape);
    return true;
}

/* ---- To a column ---- */

static bool to_column(wadi__window_apply *self, const collecting *some) {
    wadi__window_column *column = &self->open->column;
    if (!wadi__window_column_room(self, column)) return false;
    for (uint32_t b = 0, n = 0; n < column->room; b++, n += some->block_size) {
        const uint32_t left = column->room - n,
                       room = left < some->block_size ? left : some->block_size;
        uint64_t *lanes = wadi__window_lanes(column->tails) + (size_t)n * some->lanes;
        for (size_t i = 0; i < (size_t)room * some->lanes; i++) lanes[i] = some->ops->none;
        if (!is_empty(some, b)) self->open->count += reduce_block(some, b, lanes);
        for (uint32_t at = 0; at < room; at += 64)
            column->has[(n + at) / 64] = at < block_room(some) ? take_flags(some->has + at) : 0;
        if (n > UINT32_MAX - some->block_size) break;
    }
    return true;
}
bool wadi__window_end_list(wadi__window_apply *self) {
    wadi__window_part *part = self->part;
    collecting some;
    const bool is_dense = part->stacks.is_dense,
               done = begin(&some, self, !is_dense) &&
                      (is_dense ? to_column(self, &some) : to_entries(self, &some));
    release(&some);
    part->listed = self->listed;
    if (part->lists[0].room / 4 > self->listed) wadi__window_lists_free(part, self->shape);
    self->is_listed = false;
    return done || wadi__window_no_memory(self);
}
