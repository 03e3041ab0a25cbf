/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle.c: map outputs and their index. */
#include "exec/shuffle.h"

#include "exec/shuffle_spill.h"

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
    for (wadi__spilled_pieces *at = output->on_disk, *next; at != NULL; at = next) {
        next = at->next;
        wadi__spilled_pieces_free(at);
    }
    wadi__chunk_unref(output->sample);
    wadi__keep_unref(output->sample_keep);
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
wadi__shuffle_data *wadi__shuffle_data_new(uint64_t id, const wadi__type *type, uint32_t map_count,
                                           uint32_t partition_count) {
    wadi__shuffle_data *data = wadi__calloc(1, sizeof *data);
    if (data == NULL) return NULL;
    wadi__counted_init(&data->counted, data_destroy);
    data->id = id;
    data->type = type;
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
/* ---- Outputs that leave memory ---- */

void wadi__shuffle_store_begin(wadi__shuffle_store *store, wadi__shuffle_data *data) {
    pthread_mutex_lock(&store->lock);
    data->next = store->filling;
    store->filling = data;
    pthread_mutex_unlock(&store->lock);
}
void wadi__shuffle_store_end(wadi__shuffle_store *store, wadi__shuffle_data *data, wadi__env *env) {
    pthread_mutex_lock(&store->lock);
    while (data->writers > 0)
        wadi__event_wait(&store->left, &store->lock, env, WADI__DEADLINE_NONE);
    wadi__shuffle_data **at = &store->filling;
    while (*at != data) at = &(*at)->next;
    *at = data->next;
    data->next = NULL;
    pthread_mutex_unlock(&store->lock);
}
void wadi__shuffle_store_hand_over(wadi__shuffle_store *store, wadi__map_output *to,
                                   wadi__map_output *made) {
    wadi__map_output before;
    pthread_mutex_lock(&store->lock);
    before = *to;
    if (made->sample == NULL) {
        made->sample = before.sample;
        made->sample_keep = before.sample_keep;
        before.sample = NULL;
        before.sample_keep = NULL;
    }
    *to = *made;
    to->is_done = true;
    pthread_mutex_unlock(&store->lock);
    wadi__map_output_fini(&before);
}
void wadi__shuffle_store_pin(wadi__shuffle_store *store, wadi__map_output *output, wadi__env *env) {
    pthread_mutex_lock(&store->lock);
    while (output->is_leaving)
        wadi__event_wait(&store->left, &store->lock, env, WADI__DEADLINE_NONE);
    output->is_pinned = true;
    pthread_mutex_unlock(&store->lock);
}
void wadi__shuffle_store_sort(wadi__shuffle_store *store, wadi__shuffle_data *data, wadi__env *env) {
    pthread_mutex_lock(&store->lock);
    while (data->writers > 0)
        wadi__event_wait(&store->left, &store->lock, env, WADI__DEADLINE_NONE);
    data->is_sorting = true;
    pthread_mutex_unlock(&store->lock);
}
void wadi__shuffle_store_unpin(wadi__shuffle_store *store, wadi__map_output *output) {
    pthread_mutex_lock(&store->lock);
    output->is_pinned = false;
    pthread_mutex_unlock(&store->lock);
}
static bool has_some_in_memory(const wadi__shuffle_data *data, const wadi__map_output *output) {
    if (output->loose.count > 0) return !data->is_sorting;
    for (size_t i = 0; i < output->pieces.count; i++)
        if (output->pieces.items[i].chunk != NULL) return true;
    return false;
}
/* Whether somebody besides its owner and who writes it may be reading its outputs. holds lock */
static bool is_read(const wadi__shuffle_data *data) {
    return atomic_load_explicit(&data->counted.refs, memory_order_acquire) != 1 + data->writers;
}
/* An output of the shuffle that may leave; NULL: none. holds lock */
static wadi__map_output *find_output(wadi__shuffle_data *data) {
    if (is_read(data)) return NULL;
    for (uint32_t m = 0; m < data->map_count; m++) {
        wadi__map_output *output = &data->outputs[m];
        if (output->is_done && !output->is_pinned && !output->is_leaving && has_some_in_memory(data, output))
            return output;
    }
    return NULL;
}
/* The oldest shuffle's. holds lock */
static wadi__map_output *find_victim(wadi__shuffle_store *store, wadi__shuffle_data **of) {
    wadi__map_output *found = NULL;
    for (size_t b = 0; b <= 64; b++)
        for (wadi__shuffle_data *at = b < 64 ? store->buckets[b] : store->filling; at != NULL; at = at->next) {
            if (found != NULL && at->id > (*of)->id) continue;
            wadi__map_output *output = find_output(at);
            if (output == NULL) continue;
            found = output;
            *of = at;
        }
    return found;
}
/* Marks a victim; NULL: there is none. */
static wadi__map_output *begin_leaving(wadi__shuffle_store *store, wadi__shuffle_data **data) {
    pthread_mutex_lock(&store->lock);
    wadi__map_output *victim = find_victim(store, data);
    if (victim != NULL) {
        victim->is_leaving = true;
        wadi__counted_ref(&(*data)->counted);
        (*data)->writers++;
    }
    pthread_mutex_unlock(&store->lock);
    return victim;
}
/* False: somebody has come to read it, and it stays. */
static bool end_leaving(wadi__shuffle_store *store, wadi__shuffle_data *data,
                        wadi__map_output *victim, wadi__spilled_pieces *written, wadi__env *env) {
    wadi__keep *keep = NULL;
    pthread_mutex_lock(&store->lock);
    bool leaves = written != NULL && !victim->is_pinned && !is_read(data);
    leaves = leaves && wadi__map_output_leave(victim, written);
    if (leaves) {
        keep = victim->keep;
        victim->keep = NULL;
        victim->is_done = false; /* not to be looked through again */
    }
    victim->is_leaving = false;
    data->writers--;
    bool is_last = wadi__counted_is_unique(&data->counted);
    if (!is_last) wadi__shuffle_data_unref(data); /* before the next one asks whether it is read */
    pthread_mutex_unlock(&store->lock);
    wadi__event_wake_all(&store->left, env);
    if (is_last) wadi__shuffle_data_unref(data);
    wadi__keep_unref(keep);
    return leaves;
}
wadi_status wadi__shuffle_store_evict(wadi__shuffle_store *store, wadi__spill *spill,
                                      uint64_t *freed, wadi_error *err) {
    wadi__shuffle_data *data = NULL;
    wadi__map_output *victim = begin_leaving(store, &data);
    *freed = 0;
    if (victim == NULL) return WADI_OK;
    wadi__spilled_pieces *written = NULL;
    uint64_t bytes = wadi__map_output_bytes(victim);
    wadi_status status = wadi__map_output_write(victim, spill, data->type, data->partition_count, &written, err);
    if (end_leaving(store, data, victim, written, spill->env)) *freed = bytes;
    else wadi__spilled_pieces_free(written);
    return status;
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
