/* SPDX-License-Identifier: Apache-2.0 */
/* partition_writer.c: the write side of the shuffle. */
#include "exec/partition_writer.h"

#include "exec/engine.h"
#include "exec/memory.h"
#include "exec/shuffle_sort.h"
#include "exec/shuffle_spill.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    SPILL_BYTES_MIN = 256 << 10, /* less of an output is not worth writing to disk */
    WASTE_MAX = 4,             /* chunks that hold less than one byte in so many are put together */
    LOOSE_ROWS_MAX = 16 << 10, /* that are listed as one */
    LOOSE_PARTITIONS_MIN = 32, /* fewer are always written to directly, so many .. */
    LOOSE_ROWS_A_PARTITION = 1024, /* .. once a map task has more records than this for each .. */
    LOOSE_BYTES_MAX = 16 << 20,    /* .. or so much of them */
};

static void no_memory(wadi__task *task) {
    wadi__task_fail(task, WADI_E_NOMEM, "no memory for the output of a map task");
}

bool wadi__partition_writer_init(wadi__partition_writer *writer, wadi__task *task,
                                 const wadi_rdd *rdd, const wadi__partitioner *partitioner,
                                 const wadi__type *carried, bool with_hashes,
                                 wadi__map_output *output) {
    *writer = (wadi__partition_writer){.task = task,
                                       .output = output,
                                       .partitioner = partitioner,
                                       .carried = carried,
                                       .record_size = carried->pub.size,
                                       .with_hashes = with_hashes &&
                                                      partitioner->kind == WADI__PARTITION_HASH &&
                                                      partitioner->count > 1};
    writer->spread = task->partition_index;
    output->keep = task->keep;
    wadi__counted_ref(&task->keep->counted);
    if (partitioner->count <= WADI__PARTITIONS_DIRECT &&
        (writer->open = wadi__task_scratch(task, partitioner->count * sizeof(wadi__chunk *))) ==
            NULL)
        return false;
    writer->is_loose = partitioner->count >= LOOSE_PARTITIONS_MIN;
    if (partitioner->kind != WADI__PARTITION_USER) return true;
    if (!wadi__call_site_init(&writer->site, rdd, partitioner->fn, task)) return false;
    const wadi__type *in = partitioner->fn->in;
    writer->takes_keys = in != NULL && !wadi__type_matches(in, carried);
    writer->key_size = rdd->key->pub.size;
    return true;
}
bool wadi__partition_writer_wants_hashes(const wadi__partition_writer *writer) {
    return writer->with_hashes ||
           (writer->partitioner->kind == WADI__PARTITION_HASH && writer->partitioner->count > 1);
}
static void close_direct(wadi__partition_writer *writer) {
    for (uint32_t p = 0; p < writer->partitioner->count; p++) {
        wadi__chunk_unref(writer->open[p]);
        writer->open[p] = NULL;
    }
    writer->open_count = 0;
}
void wadi__partition_writer_fini(wadi__partition_writer *writer) {
    if (writer->open != NULL) close_direct(writer);
    wadi__chunk_unref(writer->loose_rows);
    wadi__chunk_unref(writer->loose_numbers);
    writer->loose_rows = writer->loose_numbers = NULL;
    writer->open = NULL;
}
static bool add_piece(wadi__partition_writer *writer, wadi__piece piece) {
    if (wadi__map_output_add(writer->output, piece)) return true;
    no_memory(writer->task);
    return false;
}
/* Copies the records that count, and their hashes, to the chunk's end. */
static void append(const wadi__partition_writer *writer, wadi__chunk *chunk,
                   const wadi__slice *slice, const uint64_t *hashes) {
    const size_t size = writer->record_size;
    char *to = chunk->rows + chunk->count * size;
    if (slice->selected == NULL)
        memcpy(to, slice->rows, slice->count * size);
    else
        for (uint32_t i = 0; i < slice->count; i++)
            wadi__row_copy(to + i * size, (const char *)slice->rows + slice->selected[i] * size,
                           size);
    if (writer->with_hashes)
        memcpy(chunk->hashes + chunk->count, hashes, slice->count * sizeof *hashes);
    chunk->count += slice->count;
}

/* ---- Which partition ---- */

static bool by_user(wadi__partition_writer *writer, const wadi__slice *slice) {
    uint32_t count = writer->partitioner->count, *partitions = writer->partitions;
    wadi_call call = {.count = slice->count,
                      .in = slice->rows,
                      .rows = slice->selected,
                      .partitions = partitions,
                      .partition_count = count};
    if (writer->takes_keys) {
        const size_t size = writer->record_size, key_size = writer->key_size;
        if (writer->keys == NULL)
            writer->keys = wadi__task_room(writer->task, WADI__CHUNK_ROWS * key_size);
        if (writer->keys == NULL) return false;
        for (uint32_t i = 0; i < slice->count; i++) {
            size_t row = slice->selected != NULL ? slice->selected[i] : i;
            wadi__row_copy(writer->keys + i * key_size, (const char *)slice->rows + row * size,
                           key_size);
        }
        call.in = writer->keys;
        call.rows = NULL;
    }
    wadi__call_site_run(&writer->site, &call);
    if (writer->task->user.failed) return false;
    for (uint32_t i = 0; i < slice->count; i++)
        if (partitions[i] >= count) {
            wadi__task_fail(writer->task, WADI_E_USER,
                            "partitioner '%s' returned %u; there are %u partitions",
                            writer->site.fn->name, partitions[i], count);
            return false;
        }
    return true;
}
uint32_t *wadi__partition_writer_room(wadi__partition_writer *writer) {
    if (writer->partitions == NULL)
        writer->partitions =
            wadi__task_room(writer->task, WADI__CHUNK_ROWS * sizeof *writer->partitions);
    return writer->partitions;
}
/* False: the task has failed. */
static bool find_partitions(wadi__partition_writer *writer, const wadi__slice *slice,
                            const uint64_t *hashes) {
    uint32_t count = writer->partitioner->count, *partitions = wadi__partition_writer_room(writer);
    if (partitions == NULL) return false;
    switch (writer->partitioner->kind) {
    case WADI__PARTITION_HASH:
        for (uint32_t i = 0; i < slice->count; i++)
            partitions[i] = wadi__partition_of(hashes[i], count);
        return true;
    case WADI__PARTITION_SPREAD: {
        uint32_t next = writer->spread % count;
        for (uint32_t i = 0; i < slice->count; i++) {
            partitions[i] = next;
            next = next + 1 == count ? 0 : next + 1;
        }
        writer->spread = next;
        return true;
    }
    case WADI__PARTITION_USER: return by_user(writer, slice);
    case WADI__PARTITION_RANGE:
    case WADI__PARTITION_NONE: break;
    }
    wadi__task_fail(writer->task, WADI_E_STATE, "a shuffle without a partitioner");
    return false;
}

/* ---- Where memory is short ---- */

/* Sees to it that there is room for a chunk, and writes what the output has so far to disk if there
 * is not. False: the task has failed. */
static bool make_room(wadi__partition_writer *writer, size_t rows) {
    wadi__task *task = writer->task;
    size_t bytes = rows * (writer->record_size + sizeof(uint64_t));
    if (wadi__memory_make_room(task->sc, bytes) ||
        wadi__map_output_bytes(writer->output) < SPILL_BYTES_MIN)
        return true;
    wadi__spilled_pieces *written = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__map_output_write(writer->output, task->sc->engine->spill, writer->carried,
                               writer->partitioner->count, &written, &err) != WADI_OK) {
        wadi__task_fail_err(task, &err);
        return false;
    }
    if (wadi__map_output_leave(writer->output, written)) return true;
    wadi__spilled_pieces_free(written);
    no_memory(task);
    return false;
}

/* ---- Directly ---- */

/* A chunk of partition p with room for `count` records. */
static wadi__chunk *room_for(wadi__partition_writer *writer, uint32_t p, uint32_t count) {
    wadi__chunk *chunk = writer->open[p];
    if (chunk != NULL && chunk->capacity - chunk->count >= count) return chunk;
    size_t rows_max = wadi__chunk_rows_max(writer->record_size) * 4ull;
    size_t rows = chunk == NULL ? count : (size_t)chunk->capacity * 2;
    if (rows > rows_max) rows = rows_max;
    if (rows < count) rows = count;
    if (chunk != NULL) {
        if (chunk->count > 0 &&
            !add_piece(writer, (wadi__piece){chunk, 0, chunk->count, p, writer->with_hashes, NULL}))
            return NULL;
        writer->open_count -= chunk->count;
        wadi__chunk_unref(chunk);
    }
    writer->open[p] = NULL;
    if (!make_room(writer, rows)) return NULL;
    writer->open[p] = chunk = wadi__chunk_new(writer->record_size, rows, writer->with_hashes);
    if (chunk == NULL)
        no_memory(writer->task);
    else if (writer->partitioner->count > 1)
        wadi__chunk_stagger(chunk, p, count);
    return chunk;
}
/* record_size 0: not known to the compiler. */
INLINE void scatter(wadi__partition_writer *writer, const wadi__slice *slice,
                    const uint64_t *hashes, size_t record_size, bool with_hashes) {
    const size_t size = record_size != 0 ? record_size : writer->record_size;
    char *rows_at[WADI__PARTITIONS_DIRECT];
    uint64_t *hashes_at[WADI__PARTITIONS_DIRECT];
    for (uint32_t p = 0; p < writer->partitioner->count; p++) {
        const wadi__chunk *chunk = writer->open[p];
        if (chunk == NULL) continue;
        rows_at[p] = chunk->rows + chunk->count * size;
        if (with_hashes) hashes_at[p] = chunk->hashes + chunk->count;
    }
    const uint32_t *partitions = writer->partitions;
    for (uint32_t i = 0; i < slice->count; i++) {
        const uint32_t p = partitions[i];
        const size_t row = slice->selected != NULL ? slice->selected[i] : i;
        memcpy(rows_at[p], (const char *)slice->rows + row * size, size);
        rows_at[p] += size;
        if (with_hashes) *hashes_at[p]++ = hashes[i];
    }
    for (uint32_t p = 0; p < writer->partitioner->count; p++) {
        wadi__chunk *chunk = writer->open[p];
        if (chunk != NULL) chunk->count = (uint32_t)((size_t)(rows_at[p] - chunk->rows) / size);
    }
}
static void scatter_any(wadi__partition_writer *writer, const wadi__slice *slice,
                        const uint64_t *hashes) {
#define SIZED(with_hashes)                                            \
    switch (writer->record_size) {                                    \
    case 8: scatter(writer, slice, hashes, 8, with_hashes); return;   \
    case 16: scatter(writer, slice, hashes, 16, with_hashes); return; \
    case 24: scatter(writer, slice, hashes, 24, with_hashes); return; \
    case 32: scatter(writer, slice, hashes, 32, with_hashes); return; \
    default: scatter(writer, slice, hashes, 0, with_hashes); return;  \
    }
    if (writer->with_hashes) SIZED(true) else SIZED(false)
#undef SIZED
}
/* Whether each partition's chunk has room for all records, so that nobody needs to count them. */
static bool is_roomy(const wadi__partition_writer *writer, uint32_t count) {
    for (uint32_t p = 0; p < writer->partitioner->count; p++) {
        const wadi__chunk *chunk = writer->open[p];
        if (chunk == NULL || chunk->capacity - chunk->count < count) return false;
    }
    return true;
}
/* False: the task has failed. */
static bool room_for_each(wadi__partition_writer *writer, const wadi__slice *slice) {
    uint32_t counts[WADI__PARTITIONS_DIRECT] = {0}, n = writer->partitioner->count;
    for (uint32_t i = 0; i < slice->count; i++) counts[writer->partitions[i]]++;
    for (uint32_t p = 0; p < n; p++)
        if (counts[p] > 0 && room_for(writer, p, counts[p]) == NULL) return false;
    return true;
}
static void push_direct(wadi__partition_writer *writer, const wadi__slice *slice,
                        const uint64_t *hashes) {
    if (!is_roomy(writer, slice->count) && !room_for_each(writer, slice)) return;
    scatter_any(writer, slice, hashes);
    writer->open_count += slice->count;
}
/* A single partition: whole chunks are handed over, the rest is copied. */
static void push_one(wadi__partition_writer *writer, const wadi__slice *slice,
                     const uint64_t *hashes) {
    bool is_whole = slice->chunk != NULL && slice->selected == NULL &&
                    slice->rows == slice->chunk->rows && slice->count == slice->chunk->count &&
                    slice->count >= slice->chunk->capacity / 4 &&
                    (!writer->with_hashes || hashes == slice->chunk->hashes);
    wadi__chunk *open = writer->open[0];
    if (is_whole) {
        if (open != NULL && open->count > 0 &&
            !add_piece(writer, (wadi__piece){open, 0, open->count, 0, writer->with_hashes, NULL}))
            return;
        wadi__chunk_unref(open);
        writer->open[0] = NULL;
        writer->open_count = 0;
        if (!make_room(writer, slice->count)) return; /* for the one that comes in its place */
        add_piece(writer, (wadi__piece){slice->chunk, 0, slice->count, 0,
                                        hashes != NULL && hashes == slice->chunk->hashes, NULL});
        return;
    }
    wadi__chunk *chunk = room_for(writer, 0, slice->count);
    if (chunk == NULL) return;
    append(writer, chunk, slice, hashes);
    writer->open_count += slice->count;
}
/* A few records spread over many chunks: copies them into one. */
static bool end_together(wadi__partition_writer *writer) {
    wadi__chunk *together =
        wadi__chunk_new(writer->record_size, writer->open_count, writer->with_hashes);
    if (together == NULL) {
        no_memory(writer->task);
        return false;
    }
    bool added = true;
    for (uint32_t p = 0; added && p < writer->partitioner->count; p++) {
        const wadi__chunk *open = writer->open[p];
        if (open == NULL || open->count == 0) continue;
        uint32_t from = together->count;
        wadi__slice slice = {open->rows, open->count, NULL, NULL, NULL};
        append(writer, together, &slice, open->hashes);
        added = add_piece(writer,
                          (wadi__piece){together, from, open->count, p, writer->with_hashes, NULL});
    }
    wadi__chunk_unref(together);
    return added;
}
static void end_direct(wadi__partition_writer *writer) {
    size_t held = 0, each = writer->record_size + (writer->with_hashes ? sizeof(uint64_t) : 0);
    uint32_t chunks = 0;
    for (uint32_t p = 0; p < writer->partitioner->count; p++) {
        if (writer->open[p] == NULL) continue;
        held += writer->open[p]->piece_bytes;
        chunks++;
    }
    bool added = true, is_wasteful = chunks > 1 && held / WASTE_MAX > writer->open_count * each;
    if (is_wasteful) added = end_together(writer);
    for (uint32_t p = 0; added && !is_wasteful && p < writer->partitioner->count; p++) {
        wadi__chunk *open = writer->open[p];
        if (open == NULL || open->count == 0) continue;
        added =
            add_piece(writer, (wadi__piece){open, 0, open->count, p, writer->with_hashes, NULL});
    }
    close_direct(writer);
}

/* ---- Loose ---- */

/* The chunk being filled, with room for `count` more. */
static wadi__chunk *loose_room(wadi__partition_writer *writer, wadi__chunk **open,
                               size_t record_size, uint32_t count, bool with_hashes) {
    wadi__chunk *chunk = *open;
    if (chunk != NULL && chunk->capacity - chunk->count >= count) return chunk;
    size_t rows_max = wadi__chunk_rows_max(record_size) * 4ull;
    size_t rows = chunk == NULL ? count : (size_t)chunk->capacity * 2;
    if (rows > rows_max) rows = rows_max;
    if (rows < count) rows = count;
    wadi__chunk_unref(chunk); /* its records are listed, and hold it */
    *open = NULL;
    if (!make_room(writer, rows)) return NULL;
    *open = wadi__chunk_new(record_size, rows, with_hashes);
    if (*open == NULL) no_memory(writer->task);
    return *open;
}
/* Whether the slice's own chunk may be held instead of a copy, which it is only until it is sorted.
 */
static bool is_worth_holding(const wadi__partition_writer *writer, const wadi__slice *slice,
                             const uint64_t *hashes) {
    const wadi__chunk *chunk = slice->chunk;
    if (chunk == NULL || slice->selected != NULL || chunk->count < chunk->capacity / 4)
        return false;
    size_t from = (size_t)((const char *)slice->rows - chunk->rows) / writer->record_size;
    return !writer->with_hashes || (chunk->hashes != NULL && hashes == chunk->hashes + from);
}
/* Lists records, as more of those before where they follow them. */
static void list_loose(wadi__partition_writer *writer, wadi__loose made) {
    wadi__map_output *output = writer->output;
    wadi__loose *last =
        output->loose.count > 0 ? &output->loose.items[output->loose.count - 1] : NULL;
    if (last != NULL && last->chunk == made.chunk && last->numbers == made.numbers &&
        last->from + last->count == made.from && last->count + made.count <= LOOSE_ROWS_MAX &&
        (made.numbers == NULL || last->numbers_from + last->count == made.numbers_from) &&
        (!made.is_spread ||
         (last->spread_from + last->count) % writer->partitioner->count == made.spread_from)) {
        last->count += made.count;
        output->row_count += made.count;
    } else if (!wadi__map_output_add_loose(output, made)) {
        no_memory(writer->task);
    }
}
static void push_loose(wadi__partition_writer *writer, const wadi__slice *slice,
                       const uint64_t *hashes) {
    wadi__loose made = {.count = slice->count, .with_hashes = writer->with_hashes};
    const size_t size = writer->record_size;
    made.is_spread = writer->partitioner->kind == WADI__PARTITION_SPREAD;
    if (made.is_spread) {
        made.spread_from = writer->spread % writer->partitioner->count;
        writer->spread = made.spread_from + slice->count;
    } else if (!writer->with_hashes) {
        made.numbers =
            loose_room(writer, &writer->loose_numbers, sizeof(uint32_t), slice->count, false);
        if (made.numbers == NULL) return;
        made.numbers_from = made.numbers->count;
        memcpy(made.numbers->rows + made.numbers_from * sizeof(uint32_t), writer->partitions,
               slice->count * sizeof(uint32_t));
        made.numbers->count += slice->count;
    }
    if (is_worth_holding(writer, slice, hashes)) {
        if (!make_room(writer, slice->count)) return; /* for the one that comes in its place */
        made.chunk = slice->chunk;
        made.from = (uint32_t)((size_t)((const char *)slice->rows - made.chunk->rows) / size);
    } else {
        made.chunk =
            loose_room(writer, &writer->loose_rows, size, slice->count, writer->with_hashes);
        if (made.chunk == NULL) return;
        made.from = made.chunk->count;
        append(writer, made.chunk, slice, hashes);
    }
    list_loose(writer, made);
}

/* Too many for pieces of a few records: what is loose so far is sorted, unless there is no room for
 * that and it has gone to disk, and what comes goes to the partitions' chunks. */
static void go_direct(wadi__partition_writer *writer) {
    wadi__map_output *output = writer->output, sorted = {0};
    uint64_t row_count = 0;
    for (size_t i = 0; i < output->loose.count; i++) row_count += output->loose.items[i].count;
    wadi__chunk_unref(writer->loose_rows);
    wadi__chunk_unref(writer->loose_numbers);
    writer->loose_rows = writer->loose_numbers = NULL;
    writer->is_loose = false;
    if (!make_room(writer, row_count) || output->loose.count == 0) return;
    bool is_sorted = wadi__shuffle_sort_some(output->loose.items, output->loose.count,
                                             writer->partitioner->count, &sorted) &&
                     wadi__vec_reserve(&output->pieces, sorted.pieces.count);
    for (size_t i = 0; is_sorted && i < sorted.pieces.count; i++)
        (void)wadi__vec_push(&output->pieces, sorted.pieces.items[i]);
    if (!is_sorted) no_memory(writer->task);
    if (is_sorted) sorted.pieces.count = 0; /* their references are the output's now */
    wadi__map_output_fini(&sorted);
    for (size_t i = 0; i < output->loose.count; i++) wadi__loose_fini(&output->loose.items[i]);
    output->loose.count = 0;
}
static void push_loose_first(wadi__partition_writer *writer, const wadi__slice *slice,
                             const uint64_t *hashes) {
    push_loose(writer, slice, hashes);
    if (writer->open == NULL || writer->task->user.failed) return;
    uint64_t rows = writer->output->row_count,
             rows_max = (uint64_t)writer->partitioner->count * LOOSE_ROWS_A_PARTITION;
    if (rows > rows_max || rows * writer->record_size > LOOSE_BYTES_MAX) go_direct(writer);
}

/* ---- The interface ---- */

void wadi__partition_writer_push(wadi__partition_writer *writer, const wadi__slice *slice,
                                 const uint64_t *hashes) {
    if (slice->count == 0 || writer->task->user.failed) return;
    if (writer->partitioner->count == 1 && writer->partitioner->kind != WADI__PARTITION_USER) {
        push_one(writer, slice, hashes);
        return;
    }
    bool is_told_later = writer->with_hashes || writer->partitioner->kind == WADI__PARTITION_SPREAD;
    if (writer->is_loose && is_told_later) { /* when it is sorted */
        push_loose_first(writer, slice, hashes);
        return;
    }
    if (find_partitions(writer, slice, hashes)) wadi__partition_writer_place(writer, slice, hashes);
}
void wadi__partition_writer_place(wadi__partition_writer *writer, const wadi__slice *slice,
                                  const uint64_t *hashes) {
    if (writer->is_loose)
        push_loose_first(writer, slice, hashes);
    else
        push_direct(writer, slice, hashes);
}
void wadi__partition_writer_end(wadi__partition_writer *writer) {
    if (wadi__task_is_over(writer->task)) return;
    if (!writer->is_loose) end_direct(writer);
}
