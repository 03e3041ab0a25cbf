/* SPDX-License-Identifier: Apache-2.0 */
/* log_writer.h: a write-ahead log that is written: a thread of its own takes what waits, writes it
 * as one record, syncs it, and tells each entry (docs/formats/log.md).
 *
 * After a write that failed the file is left as it is, and the record is written again at the head
 * of a new one. Nothing is made on disk before the first write. */
#ifndef WADI_STREAM_LOG_WRITER_H
#define WADI_STREAM_LOG_WRITER_H
#include "stream/log_file.h"

typedef struct wadi__wal_options {
    const char *dir;         /* copied; it and those above it are made by the first write */
    const char *thread_name; /* static text */
    int64_t rolling_ms;      /* between a file's start and its stop */
    uint32_t tries_max;      /* of a write */
    bool closes_after_write; /* a file for each record */
    bool is_single;          /* each entry is a record of its own */
    uint64_t bytes_max;      /* on disk; 0: no bound. wadi__wal_has_room() tells; writing goes on */
    uint64_t epoch;
} wadi__wal_options;

typedef struct wadi__wal_entry wadi__wal_entry;
struct wadi__wal_entry { /* a frame that waits to be written; the caller's until `done`, which may
                            release it */
    int64_t time_ms;
    const void *bytes;
    size_t size;
    /* Makes the frame when its turn has come, in place of `bytes`. NULL: they are there. Log's
     * thread. */
    wadi_status (*fill)(wadi__wal_entry *entry, wadi__text *out, wadi_error *err);
    /* It is safe, and lies at `place`, or could not be written. Log's thread, without a lock. */
    void (*done)(wadi__wal_entry *entry, wadi_status status, const wadi_error *err);
    wadi__wal_place place;
    wadi__wal_entry *next;
};
typedef struct wadi__wal_writer wadi__wal_writer;

/* Starts its thread. NULL: no memory, no thread, or the directory cannot be read; err says. */
wadi__wal_writer *wadi__wal_writer_new(wadi__env *env, const wadi__wal_options *options,
                                       wadi_error *err);
/* Writes what waits, then ends the thread. Makes *p_writer NULL, which is fine to begin with. */
void wadi__wal_writer_close(wadi__wal_writer **p_writer);

/* Takes an entry. Any thread; never waits. */
void wadi__wal_submit(wadi__wal_writer *writer, wadi__wal_entry *entry);
/* Removes closed files whose stop is before threshold_ms; in the background unless `waits`. What
 * cannot be removed stays for the next time, and so do younger files. Any thread, if it does not
 * wait; the log's may not. */
void wadi__wal_clean(wadi__wal_writer *writer, int64_t threshold_ms, bool waits);
/* Whether that would remove something. */
bool wadi__wal_can_clean(wadi__wal_writer *writer, int64_t threshold_ms);
/* Whether the files take less than bytes_max. Any thread, often. */
bool wadi__wal_has_room(const wadi__wal_writer *writer);
uint64_t wadi__wal_bytes(const wadi__wal_writer *writer);
#endif
