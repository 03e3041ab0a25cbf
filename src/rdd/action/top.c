/* SPDX-License-Identifier: Apache-2.0 */
/* top.c: the records with the largest or smallest values, and records chosen by chance.
 *
 * Each task keeps its best ones, and the driver the best of all. For a sample every record gets a
 * random number, and those with the smallest are chosen: each with the same chance, in one pass, in
 * the order of chance. Samples with replacement are drawn from these: the next draw is one of the
 * records drawn before, with the chance that it would be, or else the next new one. */
#include "data/value.h"
#include "rdd/action/best.h"
#include "rdd/action/field.h"
#include "rdd/action/job.h"

typedef struct top_sink {
    wadi__sink sink;
    wadi__task *task;
    wadi__best best;
    uint64_t row; /* of the partition */
    bool is_sample;
    uint64_t seed; /* of the partition's random numbers */
} top_sink;

/* The splitmix64 generator's step. */
static uint64_t scramble(uint64_t x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ x >> 27) * 0x94D049BB133111EBull;
    return x ^ x >> 31;
}
static void top_push(wadi__sink *sink, const wadi__slice *in) {
    top_sink *top = (top_sink *)sink;
    size_t size = top->best.type->pub.size;
    for (uint32_t i = 0; i < in->count; i++, top->row++) {
        size_t row = in->selected != NULL ? in->selected[i] : i;
        uint64_t rank = top->is_sample ? scramble(top->seed ^ scramble(top->row)) : top->row;
        if (wadi__best_add(&top->best, (const char *)in->rows + row * size, rank)) continue;
        wadi__task_fail(top->task, WADI_E_NOMEM, "no memory for the best records of a partition");
        return;
    }
}
/* The chosen records, with their own copy of what they point at, so that they do not pin all
 * others. */
static wadi__block *block_of(wadi__best *best) {
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = keep != NULL ? wadi__block_new(best->type, keep) : NULL;
    wadi__keep_unref(keep);
    bool made = block != NULL && wadi__best_finish(best) &&
                (best->chunk == NULL || wadi__block_add(block, best->chunk)) &&
                wadi__block_own(block);
    if (made) return block;
    wadi__block_unref(block);
    return NULL;
}
static void top_run(const wadi__action *action, const wadi_rdd *rdd, wadi__task *task,
                    wadi__task_result *result) {
    top_sink top = {
        .sink = {.push = top_push}, .task = task, .is_sample = action->kind == WADI__ACTION_SAMPLE};
    const wadi__type *by =
        action->field != NULL ? wadi__type_inner(action->field->type) : rdd->type;
    wadi__best_init(&top.best, rdd->type, top.is_sample ? NULL : by,
                    action->field != NULL ? action->field->offset : 0, action->is_descending,
                    action->limit);
    top.seed = scramble(action->seed ^ scramble(task->partition_index + 0x5eedull));
    wadi__action_drive(rdd, task, &top.sink, NULL);
    if (!wadi__task_is_over(task)) {
        result->rows = block_of(&top.best);
        result->count = (int64_t)top.row;
        if (result->rows == NULL)
            wadi__task_fail(task, WADI_E_NOMEM, "no memory for the best records of a partition");
    }
    wadi__best_fini(&top.best);
}
const wadi__action_ops wadi__action_top_ops = {"top", top_run};
const wadi__action_ops wadi__action_sample_ops = {"take_sample", top_run};

/* ---- On the driver ---- */

typedef struct merging {
    wadi__best best;
    wadi__keep *keep; /* of what the records point at */
    uint64_t count;   /* of all records that there were */
    uint64_t rank;
    bool is_sample, has_no_memory;
} merging;

static bool merge(uint32_t partition, wadi__task_result *result, void *arg) {
    merging *m = arg;
    (void)partition;
    m->count += (uint64_t)result->count;
    const wadi__block *block = result->rows;
    for (size_t c = 0; block != NULL && c < block->chunks.count && !m->has_no_memory; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count && !m->has_no_memory; i++)
            m->has_no_memory =
                !wadi__best_add(&m->best, chunk->rows + (size_t)i * chunk->record_size,
                                m->is_sample ? chunk->hashes[i] : m->rank++);
    }
    if (block != NULL && !wadi__keep_add(m->keep, &block->keep->counted)) m->has_no_memory = true;
    return !m->has_no_memory;
}
/* `limit` draws with replacement, of as many records as `count` tells, from a sample without. */
static wadi__chunk *draw(const wadi__chunk *from, size_t limit, uint64_t count, uint64_t seed) {
    size_t size = from->record_size, drawn = 0;
    wadi__chunk *to = wadi__chunk_new(size, limit, false);
    if (to == NULL || limit > UINT32_MAX) {
        wadi__chunk_unref(to);
        return NULL;
    }
    uint64_t random = scramble(seed);
    for (size_t i = 0; i < limit; i++) {
        random = scramble(random);
        double chance = (double)(random >> 11) * 0x1p-53 * (double)count;
        size_t row = chance < (double)drawn ? (size_t)chance : drawn++;
        memcpy(to->rows + i * size, from->rows + row * size, size);
    }
    to->count = (uint32_t)limit;
    return to;
}
static bool finish(merging *m, const wadi__action *action, bool with_replacement,
                   wadi__rows *rows) {
    if (m->has_no_memory || !wadi__best_finish(&m->best)) return false;
    if (m->best.chunk == NULL) return true;
    wadi__chunk *chunk = m->best.chunk;
    if (with_replacement && chunk->count > 0) {
        chunk = draw(chunk, action->limit, m->count, action->seed);
        if (chunk == NULL) return false;
        wadi__chunk_unref(m->best.chunk);
        m->best.chunk = chunk;
    }
    wadi__block *block = wadi__block_new(m->best.type, m->keep);
    bool added = block != NULL && wadi__block_add(block, chunk) && wadi__rows_add(rows, block);
    wadi__block_unref(block);
    return added;
}
static const void *run(wadi_rdd *rdd, const char *name, const wadi_type *type,
                       const wadi__action *action, bool with_replacement, size_t *n) {
    wadi__rows rows;
    if (!wadi__rows_init(&rows, rdd, name, type) || action->limit == 0) return wadi__rows_none(n);
    merging m = {.keep = wadi__keep_new(), .is_sample = action->kind == WADI__ACTION_SAMPLE};
    const wadi__type *by =
        action->field != NULL ? wadi__type_inner(action->field->type) : rdd->type;
    wadi__best_init(&m.best, rdd->type, m.is_sample ? NULL : by,
                    action->field != NULL ? action->field->offset : 0, action->is_descending,
                    action->limit);
    m.has_no_memory = m.keep == NULL;
    bool done = m.has_no_memory || wadi__job_run(rdd, action, merge, &m);
    if (done && !finish(&m, action, with_replacement, &rows)) rows.has_no_memory = true;
    wadi__best_fini(&m.best);
    wadi__keep_unref(m.keep);
    return done ? wadi__rows_take(&rows, n) : wadi__rows_drop(&rows, n);
}
static const void *run_top(wadi_rdd *rdd, const char *name, const wadi_type *type, size_t limit,
                           const char *field, bool is_descending, size_t *n) {
    wadi__action action = {
        .kind = WADI__ACTION_TOP, .limit = limit, .is_descending = is_descending};
    if (!wadi__job_field(rdd, name, field, false, &action.field)) return wadi__rows_none(n);
    return run(rdd, name, type, &action, false, n);
}
const void *wadi__top(wadi_rdd *rdd, const wadi_type *type, size_t limit, const char *field,
                      size_t *n) {
    return run_top(rdd, "top", type, limit, field, true, n);
}
const void *wadi__take_ordered(wadi_rdd *rdd, const wadi_type *type, size_t limit,
                               const char *field, size_t *n) {
    return run_top(rdd, "take_ordered", type, limit, field, false, n);
}
const void *wadi__take_sample(wadi_rdd *rdd, const wadi_type *type, size_t limit,
                              bool with_replacement, uint64_t seed, size_t *n) {
    wadi__action action = {.kind = WADI__ACTION_SAMPLE, .limit = limit, .seed = seed};
    return run(rdd, "take_sample", type, &action, with_replacement, n);
}
