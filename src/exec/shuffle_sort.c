/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_sort.c: a counting sort of each portion. */
#include "exec/shuffle_sort.h"

#include "base/pool.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    PORTION_ROWS = 32 << 10,       /* a portion has so many records, to stay in the cache .. */
    PORTION_ROWS_A_PARTITION = 64, /* .. or so many for each partition, if that is more .. */
    PORTION_BYTES_MAX = 64 << 20,  /* .. but no more bytes than this */
    LINE = 64,                     /* of a cache: left free between partitions, .. */
    GAP_SHARE = 16,                /* .. where they have so many times that on average */
    SPREAD_ROWS = 8,               /* records that go to one partition together */
    AHEAD = 16 * LINE,             /* records that are to be moved are asked for so far ahead */
};

/* ---- Portions ---- */

static uint64_t rows_wanted(const wadi__shuffle_data *data, uint64_t row_count,
                            size_t record_size) {
    uint64_t rows = (uint64_t)data->partition_count * PORTION_ROWS_A_PARTITION;
    if (rows < PORTION_ROWS) rows = PORTION_ROWS;
    if (rows > PORTION_BYTES_MAX / record_size) rows = PORTION_BYTES_MAX / record_size + 1;
    uint64_t portions = row_count / rows > 0 ? row_count / rows : 1;
    return (row_count + portions - 1) / portions;
}
/* Begins a portion at the map task. */
static bool begin_portion(wadi__shuffle_data *data, uint32_t map) {
    wadi__portion made = {.first = data->loose.count, .end = data->loose.count, .map = map};
    return wadi__vec_push(&data->portions, made);
}
static bool add_loose(wadi__shuffle_data *data, uint32_t map, bool follows_pieces,
                      uint64_t wanted) {
    const wadi__map_output *output = &data->outputs[map];
    bool is_behind_pieces =
        follows_pieces || output->pieces.count > 0; /* that were written to disk */
    for (size_t i = 0; i < output->loose.count; i++) {
        size_t portions = data->portions.count;
        bool begins = portions == 0 || (i == 0 && is_behind_pieces) ||
                      data->portions.items[portions - 1].row_count >= wanted;
        if (begins && !begin_portion(data, map)) return false;
        if (!wadi__vec_push(&data->loose, &output->loose.items[i])) return false;
        wadi__portion *last = &data->portions.items[data->portions.count - 1];
        last->end++;
        last->row_count += output->loose.items[i].count;
    }
    return true;
}
bool wadi__shuffle_sort_plan(wadi__shuffle_data *data) {
    uint64_t row_count = 0;
    size_t record_size = 1;
    for (uint32_t m = 0; m < data->map_count; m++) {
        const wadi__map_output *output = &data->outputs[m];
        if (output->loose.count == 0) continue;
        row_count += output->row_count;
        record_size = output->loose.items[0].chunk->record_size;
    }
    uint64_t wanted = rows_wanted(data, row_count, record_size);
    bool follows_pieces = false; /* a portion does not go past them, for the order of map tasks */
    for (uint32_t m = 0; m < data->map_count; m++) {
        const wadi__map_output *output = &data->outputs[m];
        if (!add_loose(data, m, follows_pieces, wanted)) return false;
        if (output->row_count > 0) follows_pieces = output->loose.count == 0;
    }
    return true;
}

/* ---- Sorting one ---- */

typedef struct sorting {
    wadi__loose *const *loose;
    size_t count; /* of loose */
    uint32_t partition_count;
    uint32_t *numbers; /* the partition of each record; not of those that are spread */
    uint32_t *at;      /* where the partition's next record goes; one more than partitions */
    uint32_t gap;      /* records free behind each partition: were all as long as a power of two,
                        * as an even spread makes them, they would meet in a few lines of the cache */
} sorting;

static uint32_t next_of(const sorting *self, uint32_t p) {
    return p + 1 == self->partition_count ? 0 : p + 1;
}
/* Those that are spread need no numbers. */
static void count_spread(const sorting *self, const wadi__loose *loose) {
    uint32_t *counts = self->at + 1, p = loose->spread_from;
    const uint32_t rounds = loose->count / self->partition_count;
    for (uint32_t q = 0; rounds > 0 && q < self->partition_count; q++) counts[q] += rounds;
    for (uint32_t r = loose->count % self->partition_count; r > 0; r--) {
        counts[p]++;
        p = next_of(self, p);
    }
}
static void number(const sorting *self) {
    uint32_t *to = self->numbers, *counts = self->at + 1;
    memset(self->at, 0, (self->partition_count + (size_t)1) * sizeof *self->at);
    for (size_t i = 0; i < self->count; i++) {
        const wadi__loose *loose = self->loose[i];
        if (loose->is_spread) {
            count_spread(self, loose);
            continue;
        }
        if (loose->numbers != NULL) {
            memcpy(to, loose->numbers->rows + loose->numbers_from * sizeof *to,
                   loose->count * sizeof *to);
        } else {
            const uint64_t *hashes = loose->chunk->hashes + loose->from;
            for (uint32_t r = 0; r < loose->count; r++)
                to[r] = wadi__partition_of(hashes[r], self->partition_count);
        }
        for (uint32_t r = 0; r < loose->count; r++) counts[to[r]]++;
        to += loose->count;
    }
    for (uint32_t p = 0; p < self->partition_count; p++) self->at[p + 1] += self->at[p] + self->gap;
}
/* record_size 0: not known to the compiler. */
INLINE void scatter(const sorting *self, wadi__chunk *sorted, size_t record_size,
                    bool with_hashes) {
    const size_t size = record_size != 0 ? record_size : sorted->record_size;
    const uint32_t *numbers = self->numbers;
    for (size_t i = 0; i < self->count; i++) {
        const wadi__loose *loose = self->loose[i];
        const char *row = loose->chunk->rows + loose->from * size;
        const uint64_t *hashes = with_hashes ? loose->chunk->hashes + loose->from : NULL;
        for (uint32_t r = 0; r < loose->count; r++, row += size) {
            const size_t to = self->at[*numbers++]++;
            char *at = sorted->rows + to * size;
            memcpy(at, row, size);
            __builtin_prefetch(at + LINE, 1); /* the processor itself follows some 32 streams, .. */
            __builtin_prefetch(row + AHEAD);  /* .. of which this would be one more */
            if (with_hashes) sorted->hashes[to] = hashes[r];
        }
    }
}
/* Records that are spread: SPREAD_ROWS of a partition at a time, which are so many rounds apart;
 * the next rounds are asked for meanwhile. */
INLINE void deal(const sorting *self, wadi__chunk *sorted, size_t record_size) {
    const size_t size = record_size != 0 ? record_size : sorted->record_size;
    const size_t round = self->partition_count * size, rounds = SPREAD_ROWS * round;
    for (size_t i = 0; i < self->count; i++) {
        const wadi__loose *loose = self->loose[i];
        const char *row = loose->chunk->rows + loose->from * size;
        const char *end = row + loose->count * size;
        uint32_t p = loose->spread_from;
        for (; (size_t)(end - row) >= rounds; row += rounds) {
            for (uint32_t q = 0; q < self->partition_count; q++, p = next_of(self, p)) {
                const char *from = row + q * size, *ahead = row + rounds + q * (SPREAD_ROWS * size);
                char *at = sorted->rows + self->at[p] * size;
                for (size_t k = 0; k < SPREAD_ROWS; k++)
                    memcpy(at + k * size, from + k * round, size);
                for (size_t k = 0; k < SPREAD_ROWS * size; k += LINE) __builtin_prefetch(ahead + k);
                __builtin_prefetch(at + SPREAD_ROWS * size, 1);
                self->at[p] += SPREAD_ROWS;
            }
        }
        for (; row < end; row += size, p = next_of(self, p))
            memcpy(sorted->rows + self->at[p]++ * size, row, size);
    }
}
static void deal_any(const sorting *self, wadi__chunk *sorted) {
    switch (sorted->record_size) {
    case 8: deal(self, sorted, 8); return;
    case 16: deal(self, sorted, 16); return;
    case 24: deal(self, sorted, 24); return;
    case 32: deal(self, sorted, 32); return;
    default: deal(self, sorted, 0); return;
    }
}
static void scatter_any(const sorting *self, wadi__chunk *sorted) {
#define SIZED(with_hashes)                                   \
    switch (sorted->record_size) {                           \
    case 8: scatter(self, sorted, 8, with_hashes); return;   \
    case 16: scatter(self, sorted, 16, with_hashes); return; \
    case 24: scatter(self, sorted, 24, with_hashes); return; \
    case 32: scatter(self, sorted, 32, with_hashes); return; \
    default: scatter(self, sorted, 0, with_hashes); return;  \
    }
    if (sorted->hashes != NULL) SIZED(true) else SIZED(false)
#undef SIZED
}
/* Whoever goes over the chunk as a whole finds records there. */
static void clear_gap(const sorting *self, wadi__chunk *sorted, uint32_t from) {
    memset(sorted->rows + (size_t)from * sorted->record_size, 0,
           (size_t)self->gap * sorted->record_size);
    if (sorted->hashes != NULL) memset(sorted->hashes + from, 0, self->gap * sizeof(uint64_t));
}
/* After the scattering at[p] is where partition p ends. */
static bool add_pieces(const sorting *self, wadi__chunk *sorted, wadi__map_output *made) {
    uint32_t from = 0;
    for (uint32_t p = 0; p < self->partition_count; p++) {
        uint32_t end = self->at[p];
        wadi__piece piece = {sorted, from, end - from, p, sorted->hashes != NULL, NULL};
        if (end > from && !wadi__map_output_add(made, piece)) return false;
        clear_gap(self, sorted, end);
        from = end + self->gap;
    }
    return true;
}
static bool sort(sorting *self, uint32_t row_count, wadi__map_output *made) {
    const wadi__loose *any = self->loose[0];
    const size_t size = any->chunk->record_size;
    const uint32_t gap = (uint32_t)((LINE + size - 1) / size);
    self->gap = row_count / self->partition_count >= GAP_SHARE * gap ? gap : 0;
    number(self);
    row_count += self->gap * self->partition_count;
    wadi__chunk *sorted = wadi__chunk_new(size, row_count, any->with_hashes);
    if (sorted == NULL) return false;
    if (any->is_spread) /* as all are */
        deal_any(self, sorted);
    else
        scatter_any(self, sorted);
    sorted->count = row_count;
    bool added = add_pieces(self, sorted, made);
    wadi__chunk_unref(sorted);
    return added;
}
static bool sort_list(wadi__loose *const *loose, size_t count, uint64_t row_count,
                      uint32_t partition_count, wadi__map_output *made) {
    size_t numbers_bytes = loose[0]->is_spread ? 1 : (size_t)row_count * sizeof(uint32_t);
    size_t at_bytes = (partition_count + (size_t)1) * sizeof(uint32_t);
    sorting room = {.loose = loose,
                    .count = count,
                    .partition_count = partition_count,
                    .numbers = wadi__pool_get(numbers_bytes),
                    .at = wadi__pool_get(at_bytes)};
    bool sorted = room.numbers != NULL && room.at != NULL && sort(&room, (uint32_t)row_count, made);
    wadi__pool_put(room.numbers, numbers_bytes);
    wadi__pool_put(room.at, at_bytes);
    return sorted;
}
void wadi__shuffle_sort_run(const wadi__shuffle_data *data, uint32_t portion, wadi__task *task,
                            wadi__map_output *made) {
    const wadi__portion *self = &data->portions.items[portion];
    if (!sort_list(data->loose.items + self->first, self->end - self->first, self->row_count,
                   data->partition_count, made))
        wadi__task_fail(task, WADI_E_NOMEM, "no memory to sort %u records of a shuffle",
                        (unsigned)self->row_count);
}
bool wadi__shuffle_sort_some(const wadi__loose *loose, size_t count, uint32_t partition_count,
                             wadi__map_output *made) {
    wadi__loose **list = wadi__malloc(count * sizeof(wadi__loose *));
    uint64_t rows = 0;
    for (size_t i = 0; list != NULL && i < count; i++) {
        list[i] = (wadi__loose *)(uintptr_t)&loose[i];
        rows += loose[i].count;
    }
    bool sorted = list != NULL && sort_list(list, count, rows, partition_count, made);
    wadi__free(list);
    return sorted;
}
void wadi__shuffle_sort_take(wadi__shuffle_data *data, uint32_t portion, wadi__map_output *made) {
    wadi__portion *self = &data->portions.items[portion];
    self->pieces = made->pieces;
    *made = (wadi__map_output){0};
    for (size_t i = self->first; i < self->end; i++) wadi__loose_fini(data->loose.items[i]);
}
