/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c: records that are there already, a block for each partition: parallelize, and what receivers
 * stored. */
#include "data/value.h"
#include "rdd/block_cursor.h"
#include "rdd/ops/ops.h"

#include <wadi/source.h>

typedef struct blocks_state {
    wadi__block **blocks; /* one reference each; NULL: an empty partition */
    uint32_t count;
    wadi__metadata *metadata; /* of each, copied; NULL: there is none at all */
    wadi__block_loader *loader; /* of partitions that have no block here; NULL: these are empty */
} blocks_state;

static wadi__cursor *open_loaded(const blocks_state *state, uint32_t partition, wadi__task *task, wadi__sink *sink) {
    wadi__block *block = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (state->loader->load(state->loader, partition, &block, &err) != WADI_OK) {
        wadi__task_fail_err(task, &err);
        return NULL;
    }
    wadi__cursor *cursor = wadi__block_open(block, task, sink);
    wadi__block_unref(block); /* the task keeps it */
    return cursor;
}
static wadi__cursor *blocks_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                 wadi__sink *sink) {
    const blocks_state *state = (const blocks_state *)rdd->state;
    if (state->blocks[partition] == NULL && state->loader != NULL) return open_loaded(state, partition, task, sink);
    return wadi__block_open(state->blocks[partition], task, sink);
}
static void blocks_destroy(void *p) {
    blocks_state *state = p;
    for (uint32_t i = 0; state->blocks != NULL && i < state->count; i++) wadi__block_unref(state->blocks[i]);
    for (uint32_t i = 0; state->metadata != NULL && i < state->count; i++)
        wadi__free((void *)(uintptr_t)state->metadata[i].bytes);
    wadi__free(state->blocks);
    wadi__free(state->metadata);
    if (state->loader != NULL) wadi__counted_unref(&state->loader->counted);
}
const wadi__rdd_ops wadi__rdd_blocks_ops = {
    .name = "parallelize",
    .state_size = sizeof(blocks_state),
    .open = blocks_open,
    .destroy = blocks_destroy,
};

static wadi_rdd *new_blocks(wadi_context *sc, const wadi__type *type, uint32_t count, const wadi_where *where) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_BLOCKS, NULL, where);
    if (wadi__rdd_is_broken(rdd)) return rdd;
    wadi__rdd_retype(rdd, type);
    blocks_state *state = (blocks_state *)rdd->state;
    state->blocks = wadi__calloc(count, sizeof(wadi__block *));
    if (state->blocks == NULL) {
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for %u partitions", count);
        return rdd;
    }
    state->count = rdd->partition_count = count;
    return rdd;
}
wadi_rdd *wadi__rdd_of_blocks(wadi_context *sc, const wadi__type *type, wadi__block *const *blocks,
                              uint32_t count, const wadi_where *where) {
    wadi_rdd *rdd = new_blocks(sc, type, count, where);
    for (uint32_t i = 0; !wadi__rdd_is_broken(rdd) && i < count; i++) {
        ((blocks_state *)rdd->state)->blocks[i] = blocks[i];
        if (blocks[i] != NULL) wadi__block_ref(blocks[i]);
    }
    static const wadi_op_options none = {.size = sizeof none};
    return wadi__rdd_done(rdd, &none);
}
void wadi__rdd_set_loader(wadi_rdd *rdd, wadi__block_loader *loader) {
    if (wadi__rdd_is_broken(rdd)) return;
    wadi__counted_ref(&loader->counted);
    ((blocks_state *)rdd->state)->loader = loader;
}
bool wadi__rdd_set_metadata(wadi_rdd *rdd, const wadi__metadata *metadata) {
    blocks_state *state = (blocks_state *)rdd->state;
    if (wadi__rdd_is_broken(rdd)) return true;
    state->metadata = wadi__calloc(state->count, sizeof *state->metadata);
    bool kept = state->metadata != NULL;
    for (uint32_t i = 0; kept && i < state->count; i++) {
        if (metadata[i].bytes == NULL) continue;
        state->metadata[i] = (wadi__metadata){wadi__memdup(metadata[i].bytes, metadata[i].size), metadata[i].size};
        kept = state->metadata[i].bytes != NULL;
    }
    return kept;
}
const void *wadi_rdd_block_metadata(const wadi_rdd *rdd, uint32_t partition_index, size_t *size) {
    const blocks_state *state = rdd->op == WADI__OP_BLOCKS ? (const blocks_state *)rdd->state : NULL;
    bool has_some = state != NULL && !wadi__rdd_is_broken(rdd) && state->metadata != NULL && partition_index < state->count;
    if (size != NULL) *size = has_some ? state->metadata[partition_index].size : 0;
    return has_some ? state->metadata[partition_index].bytes : NULL;
}

/* A block of rows, with its own copy of what they point at. NULL: no memory. */
static wadi__block *copy_rows(const wadi__type *type, const char *rows, size_t count) {
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = keep != NULL ? wadi__block_new(type, keep) : NULL;
    wadi__keep_unref(keep);
    if (block != NULL && wadi__block_append(block, rows, count) && wadi__block_own(block)) return block;
    wadi__block_unref(block);
    return NULL;
}
wadi_rdd *wadi__parallelize(wadi_context *sc, const wadi_type *pub, const void *rows, size_t n,
                            const wadi_op_options *options) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    uint32_t partitions = wadi__rdd_partitions(sc, options);
    wadi_rdd *rdd = new_blocks(sc, type != NULL ? type : wadi__type_int64(), partitions, &options->where);
    if (type == NULL) wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    if (rows == NULL && n > 0) wadi__rdd_set_error(rdd, WADI_E_INVALID, "%zu rows at NULL", n);
    for (uint32_t i = 0; type != NULL && !wadi__rdd_is_broken(rdd) && i < partitions; i++) {
        size_t from = (size_t)((unsigned long long)i * n / partitions);
        size_t until = (size_t)((unsigned long long)(i + 1) * n / partitions);
        if (from == until) continue;
        wadi__block *block = copy_rows(type, (const char *)rows + from * type->pub.size, until - from);
        if (block == NULL) wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for %zu records", n);
        ((blocks_state *)rdd->state)->blocks[i] = block;
    }
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__empty_rdd(wadi_context *sc, const wadi_type *pub, const wadi_op_options *options) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *type = wadi__type_intern(pub, &err);
    wadi_rdd *rdd = new_blocks(sc, type != NULL ? type : wadi__type_int64(), 0, &options->where);
    if (type == NULL) wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_empty(wadi_context *sc, const wadi__type *type) {
    static const wadi_op_options none = {.size = sizeof none};
    return wadi__empty_rdd(sc, &type->pub, &none);
}
