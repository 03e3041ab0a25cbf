/* SPDX-License-Identifier: Apache-2.0 */
/* block_store.c: blocks by RDD and partition, in memory. */
#include "exec/block_store.h"

static wadi__stored_rdd **find(wadi__block_store *store, uint64_t rdd_id) {
    wadi__stored_rdd **at = &store->buckets[rdd_id % 64];
    while (*at != NULL && (*at)->rdd_id != rdd_id) at = &(*at)->next;
    return at;
}
static void free_stored(wadi__stored_rdd *stored) {
    for (uint32_t p = 0; stored != NULL && p < stored->partition_count; p++) wadi__block_unref(stored->blocks[p]);
    wadi__free(stored);
}
void wadi__block_store_init(wadi__block_store *store) {
    *store = (wadi__block_store){0};
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
wadi__block *wadi__block_store_get(wadi__block_store *store, uint64_t rdd_id, uint32_t partition) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd *stored = *find(store, rdd_id);
    wadi__block *block = stored != NULL ? stored->blocks[partition] : NULL;
    if (block != NULL) wadi__block_ref(block);
    pthread_mutex_unlock(&store->lock);
    return block;
}
bool wadi__block_store_put(wadi__block_store *store, uint64_t rdd_id, uint32_t partition,
                           uint32_t partition_count, wadi__block *block) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd **at = find(store, rdd_id);
    if (*at == NULL && (*at = wadi__calloc(1, sizeof **at + partition_count * sizeof(wadi__block *))) != NULL) {
        (*at)->rdd_id = rdd_id;
        (*at)->partition_count = partition_count;
    }
    wadi__stored_rdd *stored = *at;
    if (stored != NULL && stored->blocks[partition] == NULL) {
        wadi__block_ref(block);
        stored->blocks[partition] = block;
        stored->stored_count++;
    }
    pthread_mutex_unlock(&store->lock);
    return stored != NULL;
}
bool wadi__block_store_has_all(wadi__block_store *store, uint64_t rdd_id) {
    pthread_mutex_lock(&store->lock);
    const wadi__stored_rdd *stored = *find(store, rdd_id);
    bool has_all = stored != NULL && stored->stored_count == stored->partition_count;
    pthread_mutex_unlock(&store->lock);
    return has_all;
}
void wadi__block_store_drop(wadi__block_store *store, uint64_t rdd_id) {
    pthread_mutex_lock(&store->lock);
    wadi__stored_rdd **at = find(store, rdd_id), *dropped = *at;
    if (dropped != NULL) *at = dropped->next;
    pthread_mutex_unlock(&store->lock);
    free_stored(dropped);
}
