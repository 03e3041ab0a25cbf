/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.c: map outputs and their index. */
#include "exec/shuffle.h"

#include <string.h>

static void pieces_fini(wadi__pieces *pieces) {
    for (size_t i = 0; i < pieces->count; i++) wadi__chunk_unref(pieces->items[i].chunk);
    wadi__vec_fini(pieces);
}
void wadi__loose_fini(wadi__loose *loose) {
    wadi__chunk_unref(loose->chunk);
    wadi__chunk_unref(loose->numbers);
    *loose = (wadi__loose){0};
}
void wadi__map_output_fini(wadi__map_output *output) {
    pieces_fini(&output->pieces);
    for (size_t i = 0; i < output->loose.count; i++) wadi__loose_fini(&output->loose.items[i]);
    wadi__vec_fini(&output->loose);
    wadi__chunk_unref(output->sample);
    wadi__keep_unref(output->keep);
    *output = (wadi__map_output){0};
}
bool wadi__map_output_add(wadi__map_output *output, wadi__piece piece) {
    if (!wadi__vec_push(&output->pieces, piece)) return false;
    wadi__chunk_ref(piece.chunk);
    output->row_count += piece.count;
    return true;
}
bool wadi__map_output_add_loose(wadi__map_output *output, wadi__loose loose) {
    if (!wadi__vec_push(&output->loose, loose)) return false;
    wadi__chunk_ref(loose.chunk);
    if (loose.numbers != NULL) wadi__chunk_ref(loose.numbers);
    output->row_count += loose.count;
    return true;
}

static void data_destroy(wadi__counted *counted) {
    wadi__shuffle_data *data = (wadi__shuffle_data *)counted;
    for (uint32_t i = 0; i < data->map_count; i++) wadi__map_output_fini(&data->outputs[i]);
    for (size_t i = 0; i < data->portions.count; i++) pieces_fini(&data->portions.items[i].pieces);
    wadi__vec_fini(&data->portions);
    wadi__vec_fini(&data->loose);
    wadi__free(data->outputs);
    wadi__free(data->by_partition);
    wadi__free(data->first);
    wadi__chunk_unref(data->bounds);
    wadi__free(data);
}
wadi__shuffle_data *wadi__shuffle_data_new(uint64_t id, uint32_t map_count, uint32_t partition_count) {
    wadi__shuffle_data *data = wadi__calloc(1, sizeof *data);
    if (data == NULL) return NULL;
    wadi__counted_init(&data->counted, data_destroy);
    data->id = id;
    data->partition_count = partition_count;
    data->outputs = wadi__calloc(map_count, sizeof *data->outputs);
    if (data->outputs == NULL) {
        wadi__shuffle_data_unref(data);
        return NULL;
    }
    data->map_count = map_count;
    return data;
}
/* Gives each portion's pieces to the map task that its records begin with: where one stands in the
 * order of the map tasks is all that an output says of its pieces. */
static bool give_portions(wadi__shuffle_data *data) {
    for (size_t i = 0; i < data->portions.count; i++) {
        wadi__pieces *from = &data->portions.items[i].pieces,
                     *to = &data->outputs[data->portions.items[i].map].pieces;
        if (!wadi__vec_reserve(to, from->count)) return false;
        if (from->count > 0) memcpy(to->items + to->count, from->items, from->count * sizeof *from->items);
        to->count += from->count;
        wadi__vec_fini(from);
    }
    wadi__vec_fini(&data->portions);
    wadi__vec_fini(&data->loose);
    for (uint32_t m = 0; m < data->map_count; m++) wadi__vec_fini(&data->outputs[m].loose);
    return true;
}
/* A counting sort by partition; stable, so the order of map tasks stays. */
bool wadi__shuffle_data_seal(wadi__shuffle_data *data) {
    if (!give_portions(data)) return false;
    size_t total = 0;
    for (uint32_t m = 0; m < data->map_count; m++) total += data->outputs[m].pieces.count;
    data->first = wadi__calloc(data->partition_count + 2ull, sizeof *data->first);
    data->by_partition = wadi__malloc(total * sizeof *data->by_partition);
    if (data->first == NULL || data->by_partition == NULL) return false;
    size_t *next = data->first + 1; /* while filling, first[p + 1] is where p's next piece goes */
    for (uint32_t m = 0; m < data->map_count; m++) {
        const wadi__map_output *output = &data->outputs[m];
        for (size_t i = 0; i < output->pieces.count; i++) next[output->pieces.items[i].partition + 1]++;
        data->row_count += output->row_count;
        if (output->key_count > data->key_count) data->key_count = output->key_count;
    }
    for (uint32_t p = 0; p < data->partition_count; p++) next[p + 1] += next[p];
    for (uint32_t m = 0; m < data->map_count; m++)
        for (size_t i = 0; i < data->outputs[m].pieces.count; i++) {
            const wadi__piece *piece = &data->outputs[m].pieces.items[i];
            data->by_partition[next[piece->partition]++] = piece;
        }
    data->is_sealed = true;
    return true;
}

/* ---- The store ---- */

static wadi__shuffle_data **bucket_of(wadi__shuffle_store *store, uint64_t id) { return &store->buckets[id % 64]; }

void wadi__shuffle_store_init(wadi__shuffle_store *store) {
    *store = (wadi__shuffle_store){0};
    pthread_mutex_init(&store->lock, NULL);
}
void wadi__shuffle_store_fini(wadi__shuffle_store *store) {
    for (size_t i = 0; i < 64; i++)
        for (wadi__shuffle_data *at = store->buckets[i], *next; at != NULL; at = next) {
            next = at->next;
            wadi__shuffle_data_unref(at);
        }
    pthread_mutex_destroy(&store->lock);
}
wadi__shuffle_data *wadi__shuffle_store_get(wadi__shuffle_store *store, uint64_t id) {
    pthread_mutex_lock(&store->lock);
    wadi__shuffle_data *at = *bucket_of(store, id);
    while (at != NULL && at->id != id) at = at->next;
    if (at != NULL) wadi__counted_ref(&at->counted);
    pthread_mutex_unlock(&store->lock);
    return at;
}
/* Jobs that run at the same time may both have computed it: the first one stays. */
void wadi__shuffle_store_put(wadi__shuffle_store *store, wadi__shuffle_data *data) {
    wadi__shuffle_data *surplus = NULL;
    pthread_mutex_lock(&store->lock);
    wadi__shuffle_data **at = bucket_of(store, data->id);
    while (*at != NULL && (*at)->id != data->id) at = &(*at)->next;
    if (*at == NULL) *at = data;
    else surplus = data;
    pthread_mutex_unlock(&store->lock);
    wadi__shuffle_data_unref(surplus);
}
void wadi__shuffle_store_drop(wadi__shuffle_store *store, uint64_t id) {
    wadi__shuffle_data *dropped = NULL;
    pthread_mutex_lock(&store->lock);
    for (wadi__shuffle_data **at = bucket_of(store, id); *at != NULL; at = &(*at)->next)
        if ((*at)->id == id) {
            dropped = *at;
            *at = dropped->next;
            break;
        }
    pthread_mutex_unlock(&store->lock);
    wadi__shuffle_data_unref(dropped);
}
