/* SPDX-License-Identifier: Apache-2.0 */
/* state_merge.h: several files of a chain as one. */
#ifndef WADI_STREAM_STATE_MERGE_H
#define WADI_STREAM_STATE_MERGE_H
#include "stream/state_file.h"

typedef struct wadi__state_file_entry { /* of a chain */
    int64_t time_ms, from_ms;           /* as in the file's head */
    uint64_t epoch;
    int64_t number; /* tells files of a run apart */
    bool is_base;
    int64_t size_bytes;
    uint64_t rows;
    int64_t
        named_ms; /* the newest checkpoint that names it; INT64_MIN: none. INT64_MAX: not known */
} wadi__state_file_entry;

enum { WADI__STATE_FILE_NAME_MAX = 100 };
/* "base-12000-1-7", "delta-..": batch, epoch, number. */
void wadi__state_file_name(const wadi__state_file_entry *entry, char *name);
/* Whether it is such a name; what it says goes to `entry`. */
bool wadi__state_file_parse_name(const char *name, wadi__state_file_entry *entry);

typedef struct wadi__state_place { /* of a stream's files */
    wadi__env *env;
    const char *dir, *stream, *op;
    const wadi__type *type;
    bool is_keyed;
    int64_t horizon_ms;
} wadi__state_place;

wadi_status wadi__state_place_open(const wadi__state_place *place,
                                   const wadi__state_file_entry *entry,
                                   wadi__state_file_reader *reader, wadi_error *err);
wadi_status wadi__state_place_begin(const wadi__state_place *place,
                                    const wadi__state_file_entry *entry,
                                    wadi__state_file_writer *writer, wadi_error *err);
/* Gives the file its name, safely, and says how long it is. */
wadi_status wadi__state_place_finish(const wadi__state_place *place, wadi__state_file_entry *entry,
                                     wadi__state_file_writer *writer, wadi_error *err);

/* Whether these files, which follow one another, are better merged; from number *from on. `most`:
 * files of a chain. */
bool wadi__state_merge_is_due(const wadi__state_file_entry *files, size_t count, size_t most,
                              size_t *from);
/* Writes the file `made` in place of the others. It is a base if the first of them is. What the
 * newer ones have is held in memory, a share of the keys at a time. Fails with WADI_E_STATE when
 * *is_ending becomes true. */
wadi_status wadi__state_merge(const wadi__state_place *place, const wadi__state_file_entry *files,
                              size_t count, wadi__state_file_entry *made,
                              const atomic_bool *is_ending, wadi_error *err);
#endif
