/* SPDX-License-Identifier: Apache-2.0 */
/* partition_writer.h: distributing records over the partitions of a shuffle.
 *
 * Up to 64 partitions every one may have a chunk of its own that is written to directly. Beyond, so
 * many write streams are dearer than sorting, and where a map task has few records for each of many
 * partitions, so are the many small pieces: records stay loose then, and are sorted together with
 * those of other map tasks (shuffle_sort.h). */
#ifndef WADI_EXEC_PARTITION_WRITER_H
#define WADI_EXEC_PARTITION_WRITER_H
#include "exec/shuffle.h"

enum { WADI__PARTITIONS_DIRECT = 64 };

typedef struct wadi__partition_writer {
    wadi__task *task;
    wadi__map_output *output;
    const wadi__partitioner *partitioner;
    wadi__call_site site; /* of a user's partitioner */
    bool takes_keys;      /* it takes the key alone .. */
    size_t key_size;
    char *keys; /* .. which are put side by side here */
    const wadi__type *carried; /* the records */
    size_t record_size;
    bool with_hashes;     /* the reduce side wants them */
    uint32_t spread;      /* where the next record of an even spread goes */
    uint32_t *partitions; /* of the slice's records */
    bool is_loose;        /* records stay so, as far as it is known */
    wadi__chunk **open;   /* direct: the chunk being filled, by partition; NULL: never */
    uint64_t open_count;  /* direct: records in them */
    wadi__chunk *loose_rows, *loose_numbers; /* loose: the chunks being filled */
} wadi__partition_writer;

/* False: the task has failed. `rdd` is the node that asks for the shuffle, `carried` the records'
 * type. */
bool wadi__partition_writer_init(wadi__partition_writer *writer, wadi__task *task,
                                 const wadi_rdd *rdd, const wadi__partitioner *partitioner,
                                 const wadi__type *carried, bool with_hashes,
                                 wadi__map_output *output);
/* Whether push is to be given hashes. */
bool wadi__partition_writer_wants_hashes(const wadi__partition_writer *writer);
/* Distributes records. `hashes` are those of the records that count, one after another; NULL where
 * they are not wanted. */
void wadi__partition_writer_push(wadi__partition_writer *writer, const wadi__slice *slice,
                                 const uint64_t *hashes);
/* The same, to partitions that the caller has found: one for each of the records that count, in the
 * room that wadi__partition_writer_room() gives. */
uint32_t *wadi__partition_writer_room(
    wadi__partition_writer *writer); /* NULL: the task has failed */
void wadi__partition_writer_place(wadi__partition_writer *writer, const wadi__slice *slice,
                                  const uint64_t *hashes);
/* Writes the pieces of the map output; again, only of what came since. */
void wadi__partition_writer_end(wadi__partition_writer *writer);
/* Releases what is left. */
void wadi__partition_writer_fini(wadi__partition_writer *writer);
#endif
