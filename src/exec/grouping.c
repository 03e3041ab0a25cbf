/* SPDX-License-Identifier: Apache-2.0 */
/* grouping.c: numbering keys, and putting records in their places. */
#include "exec/grouping.h"

#include "base/pool.h"
#include "exec/engine.h"
#include "exec/hash_table.h"

#include <string.h>

typedef struct numbering {
    wadi__hash_table table; /* the key, and at number_at its number */
    size_t number_at;
    uint32_t key_count;
    wadi__task *task;
    void *accs[WADI__HASH_TABLE_BATCH];
    bool is_new[WADI__HASH_TABLE_BATCH];
} numbering;

static bool number_run(numbering *self, const wadi__run *run, size_t row_size, uint32_t *numbers) {
    for (size_t from = 0; from < run->count; from += WADI__HASH_TABLE_BATCH) {
        size_t left = run->count - from,
               count = left < WADI__HASH_TABLE_BATCH ? left : WADI__HASH_TABLE_BATCH;
        wadi__hash_batch batch = {.rows = run->rows + from * row_size,
                                  .row_size = row_size,
                                  .hashes = run->hashes + from,
                                  .count = count,
                                  .ahead = left - count,
                                  .accs = self->accs,
                                  .is_new = self->is_new};
        if (wadi__task_is_over(self->task)) return false;
        if (!wadi__hash_table_find(&self->table, &batch)) {
            wadi__task_fail(self->task, WADI_E_NOMEM, "no memory for a table of %zu keys",
                            self->table.count);
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            uint32_t *number = (uint32_t *)(void *)((char *)self->accs[i] + self->number_at);
            if (self->is_new[i]) *number = self->key_count++;
            numbers[from + i] = *number;
        }
    }
    return true;
}
/* The number of each record's key, side after side. */
static bool number_keys(numbering *self, wadi__held_input *inputs, uint32_t side_count,
                        uint32_t *numbers) {
    for (uint32_t s = 0; s < side_count; s++)
        for (size_t r = 0; r < inputs[s].runs.count; r++) {
            const wadi__run *run = &inputs[s].runs.items[r];
            if (!number_run(self, run, inputs[s].row_size, numbers)) return false;
            numbers += run->count;
        }
    return true;
}
/* Copies the records of a side to their places; `ends` first says where each key's begin. */
static void place_rows(wadi__grouped_side *side, const wadi__held_input *input,
                       const uint32_t *numbers) {
    const size_t size = side->row_size;
    for (size_t r = 0; r < input->runs.count; r++) {
        const wadi__run *run = &input->runs.items[r];
        for (size_t i = 0; i < run->count; i++)
            wadi__row_copy(side->rows + side->ends[numbers[i]]++ * size, run->rows + i * size,
                           size);
        numbers += run->count;
    }
}
static bool group_side(wadi__grouped_side *side, const wadi__held_input *input,
                       const uint32_t *numbers, uint32_t key_count, wadi__task *task) {
    size_t count = (size_t)input->row_count;
    side->row_size = input->row_size;
    side->ends = wadi__task_scratch(task, key_count * sizeof *side->ends);
    side->rows = wadi__arena_alloc(&task->keep->arena, count * side->row_size);
    if (side->rows == NULL)
        wadi__task_fail(task, WADI_E_NOMEM, "no memory for %zu records by key", count);
    if (side->ends == NULL || side->rows == NULL) return false;
    for (size_t i = 0; i < count; i++) side->ends[numbers[i]]++;
    size_t begin = 0;
    for (uint32_t k = 0; k < key_count; k++) {
        size_t next = begin + side->ends[k];
        side->ends[k] = begin;
        begin = next;
    }
    place_rows(side, input, numbers);
    return !wadi__task_is_over(task);
}
bool wadi__grouping_build(wadi__grouping *self, wadi__held_input *inputs, uint32_t side_count,
                          const wadi_rdd *rdd, wadi__task *task) {
    const wadi__type *key = rdd->key;
    uint64_t rows = 0;
    for (uint32_t s = 0; s < side_count; s++) {
        if (!wadi__held_input_hash(&inputs[s], key, task)) return false;
        rows += inputs[s].row_count;
    }
    *self = (wadi__grouping){.side_count = side_count};
    self->sides = wadi__task_scratch(task, side_count * sizeof *self->sides);
    if (self->sides == NULL) return false;
    if (rows > UINT32_MAX) {
        wadi__task_fail(task, WADI_E_INVALID,
                        "more than 4294967295 records in one partition: ask for more .partitions");
        return false;
    }
    size_t number_at = (key->pub.size + 3u) & ~(size_t)3;
    numbering *keys = wadi__task_room(task, sizeof *keys);
    if (keys == NULL) return false;
    uint32_t *numbers = wadi__pool_get((size_t)rows * sizeof *numbers);
    *keys = (numbering){.number_at = number_at, .task = task};
    size_t expected = wadi__engine_expected_keys(task->sc, rdd, false);
    bool made = wadi__hash_table_init(&keys->table, key, number_at + sizeof(uint32_t), expected,
                                      rows, NULL);
    if (numbers == NULL || !made)
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to group %zu records", (size_t)rows);
    else if (number_keys(keys, inputs, side_count, numbers))
        self->key_count = keys->key_count;
    wadi__engine_note_keys(task, rdd, self->key_count);
    if (made) wadi__hash_table_fini(&keys->table);
    const uint32_t *at = numbers;
    for (uint32_t s = 0; s < side_count && !wadi__task_is_over(task); s++) {
        group_side(&self->sides[s], &inputs[s], at, self->key_count, task);
        at += inputs[s].row_count;
    }
    wadi__pool_put(numbers, (size_t)rows * sizeof *numbers);
    return !wadi__task_is_over(task);
}
