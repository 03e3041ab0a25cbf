/* SPDX-License-Identifier: Apache-2.0 */
/* wide.c: what all wide operators share: hashes of keys, and the map side. */
#include "exec/wide.h"

#include "data/value.h"

const wadi__wide_ops *wadi__wide_ops_of(wadi__wide wide) {
    static const wadi__wide_ops *const all[] = {
        [WADI__WIDE_READ] = &wadi__wide_read_ops,      [WADI__WIDE_REDUCE] = &wadi__wide_reduce_ops,
        [WADI__WIDE_COMBINE] = &wadi__wide_reduce_ops, [WADI__WIDE_GROUP] = &wadi__wide_group_ops,
        [WADI__WIDE_JOIN] = &wadi__wide_join_ops,      [WADI__WIDE_SORT] = &wadi__wide_sort_ops,
        [WADI__WIDE_FOLD] = &wadi__wide_fold_ops,      [WADI__WIDE_SET] = &wadi__wide_set_ops,
        [WADI__WIDE_INDEX] = &wadi__wide_index_ops,    [WADI__WIDE_STATE] = &wadi__wide_state_ops,
        [WADI__WIDE_WINDOW] = &wadi__wide_window_ops,
    };
    return all[wide];
}
const wadi__type *wadi__wide_carried(const wadi_rdd *rdd, uint32_t parent) {
    return rdd->acc != NULL ? rdd->acc : rdd->parents[parent].rdd->type;
}

/* ---- Hashes ---- */

wadi__key_hashes wadi__key_hashes_for(const wadi_rdd *rdd, uint32_t parent, bool is_carried,
                                      wadi__task *task) {
    const wadi__type *type =
        is_carried ? wadi__wide_carried(rdd, parent) : rdd->parents[parent].rdd->type;
    return (wadi__key_hashes){.task = task,
                              .key = rdd->key,
                              .row_size = type->pub.size,
                              .are_brought = is_carried || rdd->key == type->key};
}
const uint64_t *wadi__key_hashes_of(wadi__key_hashes *self, const wadi__slice *slice) {
    bool are_there = self->are_brought && slice->hashes != NULL;
    if (are_there && slice->selected == NULL) return slice->hashes;
    if (self->room == NULL)
        self->room = wadi__task_room(self->task, WADI__CHUNK_ROWS * sizeof *self->room);
    if (self->room == NULL) return NULL;
    if (!are_there)
        wadi__value_hash_rows(self->key, slice->rows, self->row_size, slice->selected, slice->count,
                              self->room);
    else
        for (uint32_t i = 0; i < slice->count; i++)
            self->room[i] = slice->hashes[slice->selected[i]];
    return self->room;
}

/* ---- Map side ---- */

typedef struct plain_side { /* records as they come */
    wadi__sink sink;
    wadi__map_side *side;
    wadi__key_hashes hashes;
    bool wants_hashes;
} plain_side;

static void plain_push(wadi__sink *sink, const wadi__slice *slice) {
    plain_side *plain = (plain_side *)sink;
    const uint64_t *hashes =
        plain->wants_hashes ? wadi__key_hashes_of(&plain->hashes, slice) : NULL;
    if (hashes != NULL || !plain->wants_hashes)
        wadi__partition_writer_push(&plain->side->writer, slice, hashes);
}
bool wadi__map_side_open_plain(wadi__map_side *side) {
    plain_side *plain = wadi__task_scratch(side->task, sizeof *plain);
    if (plain == NULL) return false;
    plain->side = side;
    plain->hashes = wadi__key_hashes_for(side->rdd, side->parent, false, side->task);
    plain->wants_hashes = wadi__partition_writer_wants_hashes(&side->writer);
    plain->sink = (wadi__sink){.push = plain_push, .wants_hashes = plain->wants_hashes};
    side->sink = &plain->sink;
    return true;
}
void wadi__map_side_run(const wadi_rdd *rdd, uint32_t parent, wadi__task *task,
                        wadi__map_output *output) {
    const wadi__wide_ops *ops = wadi__wide_ops_of(rdd->wide);
    const wadi__partitioner *partitioner = &rdd->parents[parent].shuffle.partitioner;
    wadi__map_side side = {.task = task, .rdd = rdd, .parent = parent};
    bool opened =
        wadi__partition_writer_init(&side.writer, task, rdd, partitioner,
                                    wadi__wide_carried(rdd, parent), ops->with_hashes, output) &&
        (ops->open_map != NULL ? ops->open_map(&side) : wadi__map_side_open_plain(&side));
    if (opened) {
        wadi__action_drive(rdd->parents[parent].rdd, task, side.sink, NULL);
        if (!wadi__task_is_over(task) && side.end != NULL) side.end(&side);
        wadi__partition_writer_end(&side.writer);
    }
    wadi__partition_writer_fini(&side.writer);
}
