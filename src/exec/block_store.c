/* SPDX-License-Identifier: Apache-2.0 */
/* block_store.c: stored partitions, and which of them leave memory first. */
#include "exec/block_store.h"

#include "exec/part.h"
#include "rdd/block_cursor.h"

/* ---- On disk ---- */

static void disk_block_destroy(wadi__counted *counted) {
    wadi__disk_block *block = (wadi__disk_block *)counted;
    for (size_t i = 0; i < block->frames.count; i++) wadi__spill_release(&block->frames.items[i]);
    wadi__vec_fini(&block->frames);
    wadi__free(block);
}
wadi__disk_block *wadi__disk_block_new(wadi__spill *spill, const wadi__type *type) {
    wadi__disk_block *block = wadi__calloc(1, sizeof *block);
    if (block == NULL) return NULL;
    wadi__counted_init(&block->counted, disk_block_destroy);
    block->spill = spill;
    block->type = type;
    return block;
}
wadi_status wadi__disk_block_add(wadi__disk_block *block, const void *rows, size_t count,
                                 wadi_error *err) {
    wadi__row_run run = {rows, block->type->pub.size, count};
    wadi__spilled frame;
    if (!wadi__vec_reserve(&block->frames, 1))
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to list what is on disk");
    wadi_status status = wadi__spill_write(block->spill, block->type, &run, 1, &frame, err);
    if (status == WADI_OK) (void)wadi__vec_push(&block->frames, frame);
    return status;
}
int64_t wadi__disk_block_bytes(const wadi__disk_block *block) {
    int64_t size_bytes = 0;
    for (size_t i = 0; i < block->frames.count; i++)
        size_bytes += block->frames.items[i].size_bytes;
    return size_bytes;
}
typedef struct disk_cursor {
    wadi__cursor cursor;
    const wadi__disk_block *block;
    wadi__task *task;
    wadi__sink *sink;
    size_t next;
} disk_cursor;
static bool disk_step(wadi__cursor *cursor) {
    disk_cursor *self = (disk_cursor *)cursor;
    if (self->next == self->block->frames.count) return false;
    return wadi__part_push(self->task, &self->block->frames.items[self->next++], self->block->type,
                           self->sink);
}
wadi__cursor *wadi__stored_open(wadi__stored stored, wadi__task *task, wadi__sink *sink) {
    if (stored.disk == NULL) return wadi__block_open(stored.block, task, sink);
    disk_cursor *self = wadi__task_scratch(task, sizeof *self);
    if (self == NULL || !wadi__task_keep(task, &stored.disk->counted)) return NULL;
    self->cursor.step = disk_step;
    self->block = stored.disk;
    self->task = task;
    self->sink = sink;
    return &self->cursor;
}

/* ---- Levels ---- */

bool wadi__storage_is_on_disk(wadi_storage_level level) {
    return level >= WADI_MEMORY_AND_DISK && level <= WADI_DISK_ONLY_2;
}
bool wadi__storage_is_in_memory(wadi_storage_level level) {
    return level != WADI_DISK_ONLY && level != WADI_DISK_ONLY_2;
}

/* ---- The store ---- */

static wadi__stored_rdd **find(wadi__block_store *store, uint64_t rdd_id) {
    wadi__stored_rdd **at = &store->buckets[rdd_id % 64];
    while (*at != NULL && (*at)->rdd_id != rdd_id) at = &(*at)->next;
    return at;
}
static void free_stored(wadi__stored_rdd *stored) {
    for (uint32_t p = 0; stored != NULL && p < stored->partition_count; p++)
        wadi__stored_unref(stored->parts[p].at);
    wadi__free(stored);
}
void wadi__block_store_init(wadi__block_store *store, wadi__spill *spill) {
    *store = (wadi__block_store){.spill = spill};
    pthread_mutex_init(&store->lock, NULL);
}
void wadi__block_store_fini(wadi__block_store *store) {
    for (size_t i = 0; i < 64; i++)
        for (wadi__stored_rdd *at = store->buckets[i], *next; at != NULL; at = next) {
            next = at->next;
            free_stored(at);
        }
    pthread_mutex_destroy(&store->lock);
}
static void ref(wadi__stored stored) {
    if (stored.block != NULL) wadi__block_ref(stored.block);
    if (stored.disk != NULL) wadi__counted_ref(&stored.disk->counted);
}
wadi__stored wadi__block_store_get(wadi__block_store *store, uint64_t rdd_id, uint32_t partition) {
    wadi__stored found = {NULL, NULL};
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = *find(store, rdd_id);
    if (stored != NULL) {
        found = stored->parts[partition].at;
        stored->parts[partition].used = ++store->turn;
        ref(found);
    }
    pthread_mutex_unlock(&store->lock);
    return found;
}
bool wadi__block_store_put(wadi__block_store *store, uint64_t rdd_id, wadi_storage_level level,
                           uint32_t partition, uint32_t partition_count, wadi__stored given) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd **at = find(store, rdd_id);
    size_t parts_bytes = partition_count * sizeof(wadi__stored_part);
    if (*at == NULL && (*at = wadi__calloc(1, sizeof **at + parts_bytes)) != NULL) {
        (*at)->rdd_id = rdd_id;
        (*at)->level = level;
        (*at)->partition_count = partition_count;
    }
    wadi__stored_rdd *stored = *at;
    if (stored != NULL && !wadi__stored_is_there(stored->parts[partition].at)) {
        ref(given);
        stored->parts[partition] = (wadi__stored_part){.at = given, .used = ++store->turn};
        stored->stored_count++;
    }
    pthread_mutex_unlock(&store->lock);
    return stored != NULL;
}
static bool has_all(wadi__block_store *store, uint64_t rdd_id, uint32_t pins) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = *find(store, rdd_id);
    bool is_whole = stored != NULL && stored->stored_count == stored->partition_count;
    if (is_whole) stored->pins += pins;
    pthread_mutex_unlock(&store->lock);
    return is_whole;
}
bool wadi__block_store_has_all(wadi__block_store *store, uint64_t rdd_id) {
    return has_all(store, rdd_id, 0);
}
bool wadi__block_store_pin(wadi__block_store *store, uint64_t rdd_id) {
    return has_all(store, rdd_id, 1);
}
void wadi__block_store_unpin(wadi__block_store *store, uint64_t rdd_id) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = *find(store, rdd_id);
    if (stored != NULL && stored->pins > 0) stored->pins--; /* else it was dropped meanwhile */
    pthread_mutex_unlock(&store->lock);
}
void wadi__block_store_drop(wadi__block_store *store, uint64_t rdd_id) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd **at = find(store, rdd_id), *dropped = *at;
    if (dropped != NULL) *at = dropped->next;
    pthread_mutex_unlock(&store->lock);
    free_stored(dropped);
}

/* ---- Leaving memory ---- */

typedef struct victim {
    uint64_t rdd_id;
    uint32_t partition, partition_count;
    bool goes_to_disk;
    wadi__block *block; /* one reference */
} victim;

static bool may_leave(const wadi__stored_rdd *stored, const wadi__stored_part *part) {
    return part->at.block != NULL && !part->is_leaving &&
           wadi__counted_is_unique(&part->at.block->counted) &&
           (wadi__storage_is_on_disk(stored->level) || stored->pins == 0);
}
/* holds lock */
static wadi__stored_rdd *find_oldest(wadi__block_store *store, uint32_t *partition) {
    wadi__stored_rdd *found = NULL;
    for (size_t b = 0; b < 64; b++)
        for (wadi__stored_rdd *at = store->buckets[b]; at != NULL; at = at->next)
            for (uint32_t p = 0; p < at->partition_count; p++)
                if (may_leave(at, &at->parts[p]) &&
                    (found == NULL || at->parts[p].used < found->parts[*partition].used)) {
                    found = at;
                    *partition = p;
                }
    return found;
}
/* Marks one that goes to disk; another one leaves at once. */
static victim begin_leaving(wadi__block_store *store) {
    victim v = {0};
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = find_oldest(store, &v.partition);
    if (stored != NULL) {
        wadi__stored_part *part = &stored->parts[v.partition];
        v.rdd_id = stored->rdd_id;
        v.partition_count = stored->partition_count;
        v.goes_to_disk = wadi__storage_is_on_disk(stored->level);
        v.block = part->at.block;
        if (v.goes_to_disk) {
            wadi__block_ref(v.block);
            part->is_leaving = true;
        } else { /* to be computed again */
            part->at.block = NULL;
            stored->stored_count--;
        }
    }
    pthread_mutex_unlock(&store->lock);
    return v;
}
static void end_leaving(wadi__block_store *store, const victim *v, wadi__disk_block *disk) {
    wadi__block *left = NULL;
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = *find(store, v->rdd_id);
    wadi__stored_part *part = stored != NULL ? &stored->parts[v->partition] : NULL;
    if (part != NULL && part->at.block == v->block) {
        part->is_leaving = false;
        if (disk != NULL) {
            left = part->at.block;
            part->at = (wadi__stored){NULL, disk};
            wadi__counted_ref(&disk->counted);
        }
    }
    pthread_mutex_unlock(&store->lock);
    wadi__block_unref(left);
}
static wadi_status write_block(wadi__block_store *store, const wadi__block *block,
                               wadi__disk_block **to, wadi_error *err) {
    *to = wadi__disk_block_new(store->spill, block->type);
    if (*to == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to list what is on disk");
    wadi_status status = WADI_OK;
    for (size_t c = 0; c < block->chunks.count && status == WADI_OK; c++)
        status = wadi__disk_block_add(*to, block->chunks.items[c]->rows,
                                      block->chunks.items[c]->count, err);
    if (status == WADI_OK) return WADI_OK;
    wadi__disk_block_unref(*to);
    *to = NULL;
    return status;
}
wadi_status wadi__block_store_evict(wadi__block_store *store, wadi__evicted *left,
                                    wadi_error *err) {
    victim v = begin_leaving(store);
    wadi__disk_block *disk = NULL;
    wadi_status status = WADI_OK;
    *left = (wadi__evicted){.rdd_id = v.rdd_id,
                            .partition_index = v.partition,
                            .partition_count = v.partition_count,
                            .is_on_disk = v.goes_to_disk};
    if (v.block == NULL) return WADI_OK;
    if (v.goes_to_disk) {
        status = write_block(store, v.block, &disk, err);
        end_leaving(store, &v, disk);
        if (disk != NULL) left->disk_bytes = wadi__disk_block_bytes(disk);
        wadi__disk_block_unref(disk);
    }
    if (status == WADI_OK) left->freed_bytes = v.block->size_bytes > 0 ? v.block->size_bytes : 1;
    wadi__block_unref(v.block);
    return status;
}
