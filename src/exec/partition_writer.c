/* SPDX-License-Identifier: Apache-2.0 */
/* partition_writer.c: the write side of the shuffle. */
#include "exec/partition_writer.h"

#include "base/pool.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum {
    RUN_ROWS = 256 << 10,      /* a run is sorted when it has so many records .. */
    RUN_ROWS_A_PARTITION = 64, /* .. or so many for each partition, if that is more .. */
    RUN_ROWS_MAX = 16 << 20,   /* .. but no more than this */
    WASTE_MAX = 4,             /* chunks that hold less than one byte in so many are put together */
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
    for (size_t i = 0; i < writer->run.count; i++) {
        wadi__chunk_unref(writer->run.items[i].records);
        wadi__chunk_unref(writer->run.items[i].partitions);
    }
    wadi__vec_fini(&writer->run);
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
            !add_piece(writer, (wadi__piece){chunk, 0, chunk->count, p, writer->with_hashes}))
            return NULL;
        writer->open_count -= chunk->count;
        wadi__chunk_unref(chunk);
    }
    writer->open[p] = chunk = wadi__chunk_new(writer->record_size, rows, writer->with_hashes);
    if (chunk == NULL) no_memory(writer->task);
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
static void push_direct(wadi__partition_writer *writer, const wadi__slice *slice,
                        const uint64_t *hashes) {
    uint32_t counts[WADI__PARTITIONS_DIRECT] = {0}, n = writer->partitioner->count;
    for (uint32_t i = 0; i < slice->count; i++) counts[writer->partitions[i]]++;
    for (uint32_t p = 0; p < n; p++)
        if (counts[p] > 0 && room_for(writer, p, counts[p]) == NULL) return;
    scatter_any(writer, slice, hashes);
    for (uint32_t p = 0; p < n; p++)
        if (counts[p] > 0) writer->open[p]->count += counts[p];
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
            !add_piece(writer, (wadi__piece){open, 0, open->count, 0, writer->with_hashes}))
            return;
        wadi__chunk_unref(open);
        writer->open[0] = NULL;
        writer->open_count = 0;
        add_piece(writer, (wadi__piece){slice->chunk, 0, slice->count, 0,
                                        hashes != NULL && hashes == slice->chunk->hashes});
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
        added =
            add_piece(writer, (wadi__piece){together, from, open->count, p, writer->with_hashes});
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
        added = add_piece(writer, (wadi__piece){open, 0, open->count, p, writer->with_hashes});
    }
    close_direct(writer);
}

/* ---- By sorting ---- */

typedef struct run_row {
    uint32_t partition, part, row;
} run_row;

/* One stable pass of a radix sort over 8 bits. */
static void radix_pass(const run_row *from, run_row *to, size_t count, unsigned shift) {
    size_t at[257] = {0};
    for (size_t i = 0; i < count; i++) at[(from[i].partition >> shift & 255) + 1]++;
    for (size_t d = 0; d < 256; d++) at[d + 1] += at[d];
    for (size_t i = 0; i < count; i++) to[at[from[i].partition >> shift & 255]++] = from[i];
}
/* The run's rows in order of their partitions, in `room` for twice as many. */
static const run_row *sort_run(const wadi__partition_writer *writer, run_row *room) {
    size_t count = writer->run_count, n = 0;
    run_row *rows = room;
    for (uint32_t c = 0; c < writer->run.count; c++) {
        const wadi__run_part *part = &writer->run.items[c];
        const uint32_t *partitions = (const uint32_t *)(const void *)part->partitions->rows;
        for (uint32_t r = 0; r < part->records->count; r++, n++)
            rows[n] = (run_row){partitions[r], c, r};
    }
    run_row *other = rows + count, *swap;
    for (unsigned shift = 0; shift < 32 && (writer->partitioner->count - 1) >> shift > 0;
         shift += 8) {
        radix_pass(rows, other, count, shift);
        swap = rows, rows = other, other = swap;
    }
    return rows;
}
/* The run's records, sorted, as pieces. False: no memory. */
static bool write_run(wadi__partition_writer *writer, const run_row *rows) {
    const size_t count = writer->run_count, size = writer->record_size;
    wadi__chunk *sorted = wadi__chunk_new(size, count, writer->with_hashes);
    if (sorted == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        const wadi__chunk *from = writer->run.items[rows[i].part].records;
        wadi__row_copy(sorted->rows + i * size, from->rows + rows[i].row * size, size);
        if (writer->with_hashes) sorted->hashes[i] = from->hashes[rows[i].row];
    }
    sorted->count = (uint32_t)count;
    bool added = true;
    for (size_t i = 1, begin = 0; added && i <= count; i++) {
        if (i < count && rows[i].partition == rows[begin].partition) continue;
        wadi__piece piece = {sorted, (uint32_t)begin, (uint32_t)(i - begin), rows[begin].partition,
                             writer->with_hashes};
        added = wadi__map_output_add(writer->output, piece);
        begin = i;
    }
    wadi__chunk_unref(sorted);
    return added;
}
static void end_run(wadi__partition_writer *writer) {
    if (writer->run_count == 0) return;
    size_t room_bytes = 2 * writer->run_count * sizeof(run_row);
    run_row *room = wadi__pool_get(room_bytes);
    if (room == NULL || !write_run(writer, sort_run(writer, room))) no_memory(writer->task);
    wadi__pool_put(room, room_bytes);
    for (size_t i = 0; i < writer->run.count; i++) {
        wadi__chunk_unref(writer->run.items[i].records);
        wadi__chunk_unref(writer->run.items[i].partitions);
    }
    writer->run.count = writer->run_count = 0;
}
/* The part of the run that has room for `count` more records. */
static wadi__run_part *run_room_for(wadi__partition_writer *writer, uint32_t count) {
    size_t rows = count;
    if (writer->run.count > 0) {
        wadi__run_part *last = &writer->run.items[writer->run.count - 1];
        if (last->records->capacity - last->records->count >= count &&
            last->partitions->capacity - last->partitions->count >= count)
            return last;
        rows = wadi__chunk_rows_max(writer->record_size) * 4ull;
    }
    if (rows < count) rows = count;
    wadi__run_part made = {wadi__chunk_new(writer->record_size, rows, writer->with_hashes),
                           wadi__chunk_new(sizeof(uint32_t), rows, false)};
    if (made.records != NULL && made.partitions != NULL && wadi__vec_push(&writer->run, made))
        return &writer->run.items[writer->run.count - 1];
    wadi__chunk_unref(made.records);
    wadi__chunk_unref(made.partitions);
    no_memory(writer->task);
    return NULL;
}
static void push_run(wadi__partition_writer *writer, const wadi__slice *slice,
                     const uint64_t *hashes) {
    wadi__run_part *part = run_room_for(writer, slice->count);
    if (part == NULL) return;
    memcpy(part->partitions->rows + part->partitions->count * sizeof(uint32_t), writer->partitions,
           slice->count * sizeof(uint32_t));
    part->partitions->count += slice->count;
    append(writer, part->records, slice, hashes);
    writer->run_count += slice->count;
    if (writer->run_count >= RUN_ROWS &&
        (writer->run_count >= RUN_ROWS_MAX ||
         writer->run_count >= (uint64_t)writer->partitioner->count * RUN_ROWS_A_PARTITION))
        end_run(writer);
}

/* ---- The interface ---- */

void wadi__partition_writer_push(wadi__partition_writer *writer, const wadi__slice *slice,
                                 const uint64_t *hashes) {
    if (slice->count == 0 || writer->task->user.failed) return;
    if (writer->partitioner->count == 1 && writer->partitioner->kind != WADI__PARTITION_USER) {
        push_one(writer, slice, hashes);
        return;
    }
    if (find_partitions(writer, slice, hashes)) wadi__partition_writer_place(writer, slice, hashes);
}
void wadi__partition_writer_place(wadi__partition_writer *writer, const wadi__slice *slice,
                                  const uint64_t *hashes) {
    if (writer->open != NULL)
        push_direct(writer, slice, hashes);
    else
        push_run(writer, slice, hashes);
}
void wadi__partition_writer_end(wadi__partition_writer *writer) {
    if (wadi__task_is_over(writer->task)) return;
    if (writer->open != NULL)
        end_direct(writer);
    else
        end_run(writer);
}
