/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_parts.h: what the files of wadi__state_files share: state_files.c,
 * state_files_restore.c, state_files_work.c. */
#ifndef WADI_STREAM_STATE_FILES_PARTS_H
#define WADI_STREAM_STATE_FILES_PARTS_H
#include "stream/state_files.h"

#include <pthread.h>

/* clang-format off */
WADI_RECORD(state_snapshot, (wadi_str, op), (int64_t, version), (int64_t, time_ms),
            (int64_t, begun_ms), (bool, is_keyed), (int64_t, window_ms), (int64_t, slide_ms));
WADI_RECORD(state_snapshot_file, (int64_t, time_ms), (int64_t, from_ms), (uint64_t, epoch),
            (int64_t, number), (bool, is_base), (int64_t, size_bytes), (uint64_t, rows));
/* clang-format on */
enum { WADI__STATE_SNAPSHOT_VERSION = 1 };

typedef WADI__VEC(wadi__state_file_entry) wadi__state_file_list;

typedef struct wadi__capture_set { /* of all partitions */
    wadi__capture capture;
    int64_t time_ms;
    bool is_all;
} wadi__capture_set;

struct wadi__state_files {
    wadi__counted counted;
    wadi__state_files_spec spec;
    wadi__state_place place;
    char *dir, *stream, *op;
    pthread_mutex_t lock; /* guards all below but what is the writer's own */

    int64_t wished_ms; /* the newest time that a wish was made for .. */
    wadi__capture_wish wish;
    uint32_t taken;   /* .. how many partitions have come to it .. */
    bool has_missed;  /* .. and whether one of them could not */
    bool wants_all;   /* the chain cannot be gone on with .. */
    bool prefers_all; /* .. or deltas are so large that merging them costs more than a base */
    wadi__capture_set open, full; /* being gathered; whole, waiting for the writer */
    bool has_full;

    wadi__state_file_list chain;   /* oldest first; bases may come in between */
    wadi__state_file_list retired; /* that checkpoints may still name */
    WADI__VEC(int64_t)
    snapshots;                   /* times, oldest first; the first one has been named, or is next */
    int64_t named_ms;            /* of the snapshot that checkpoints name; INT64_MIN: none */
    int64_t trim_ms;             /* no older checkpoint is kept */
    int64_t merge_failed_ms;     /* named_ms when merging failed */
    wadi__snapshot_facts newest; /* of the newest snapshot */

    /* The writer's own: */
    bool has_listed; /* the directory is there, and its other files are known */
    int64_t next_number;
};

/* Where the chain of the snapshot of time_ms begins and ends. holds lock */
void wadi__state_files_find_chain(const wadi__state_files *self, int64_t time_ms, size_t *from,
                                  size_t *end);
/* Moves entries of the chain to those that are not needed any more. False: no memory, and they
 * stay. holds lock */
bool wadi__state_files_retire(wadi__state_files *self, size_t from, size_t count);
void wadi__state_file_list_remove(wadi__state_file_list *list, size_t from, size_t count);
void wadi__capture_set_clear(wadi__capture_set *set);
#endif
