/* SPDX-License-Identifier: Apache-2.0 */
/* sim_disk.h: an env whose files live in memory, on a disk that a seed makes unreliable.
 *
 * What was written and what is safe are kept apart. A crash takes away what was not synced, piece
 * by piece as the seed says: a write is lost, kept, or torn after some sector of 512 bytes; a new
 * size, a new name, a rename or a removal is lost or kept; and a later piece may be kept where an
 * earlier one is lost. file_sync makes the writes and sizes of a file safe, dir_sync the names in a
 * directory, and a rename also when the directory that it left is synced. A sync that fails has
 * forgotten what it was to write: later syncs succeed without it, as on Linux.
 *
 * Paths are those of a disk of its own that is empty but for "/"; relative ones begin there too.
 * The modification times come from the clock of the env below. Any thread may call. */
#ifndef WADI_TESTING_SIM_DISK_H
#define WADI_TESTING_SIM_DISK_H
#include "base/env.h"

wadi__env *wadi__sim_disk_new(wadi__env *below, uint64_t seed);
void wadi__sim_disk_free(wadi__env *disk);

/* The power goes: what is open is closed, what was not safe is lost or not. */
void wadi__sim_disk_crash(wadi__env *disk);

enum { /* calls, to be told apart by faults */
       WADI__SIM_OPEN = 1,
       WADI__SIM_READ = 2,   /* and pread */
       WADI__SIM_WRITE = 4,  /* and truncate */
       WADI__SIM_SYNC = 8,   /* file_sync, dir_sync */
       WADI__SIM_NAMES = 16, /* rename, unlink, dir_make, dir_remove */
       WADI__SIM_OTHER = 32, /* lock, close, stat, dir_list */
       WADI__SIM_CHANGES = WADI__SIM_OPEN | WADI__SIM_WRITE | WADI__SIM_SYNC | WADI__SIM_NAMES,
       WADI__SIM_ALL = 63,
};
/* Lets the n-th call from now on (1: the next) of those kinds fail with `error` (EIO, EMFILE, ..),
 * and the times - 1 after it. Close does its work all the same. times 0: takes the fault back. */
void wadi__sim_disk_fail(wadi__env *disk, int kinds, uint64_t n, uint64_t times, int error);
/* The machine stops in the n-th call from now on of those kinds: it may or may not have had its
 * effect, and from then on every call returns -EIO, until wadi__sim_disk_crash(). 0: takes it back.
 */
void wadi__sim_disk_stop_at(wadi__env *disk, int kinds, uint64_t n);
bool wadi__sim_disk_is_stopped(wadi__env *disk);
/* Calls of these kinds so far. */
uint64_t wadi__sim_disk_calls(wadi__env *disk, int kinds);

/* Space for the contents of files: a write takes what fits, the next one gets -ENOSPC. -1: no
 * limit. */
void wadi__sim_disk_set_capacity(wadi__env *disk, int64_t bytes);
int64_t wadi__sim_disk_used(wadi__env *disk);
/* Files that may be open at once; one more gets -EMFILE. 0: no limit. */
void wadi__sim_disk_set_files_max(wadi__env *disk, unsigned files_max);
unsigned wadi__sim_disk_open_files(wadi__env *disk);
/* Reads and writes move less than they were asked to, now and then. */
void wadi__sim_disk_set_short(wadi__env *disk, bool is_short);

/* Puts a file there with its directories. They, and all that came before, are safe. */
void wadi__sim_disk_put(wadi__env *disk, const char *path, const void *bytes, size_t size);
/* The contents of a file, with a zero after them, to be released by free(). NULL: there is none. */
char *wadi__sim_disk_get(wadi__env *disk, const char *path, size_t *size);
/* Flips bits of a byte, written or safe. False: there is no such byte. */
bool wadi__sim_disk_damage(wadi__env *disk, const char *path, int64_t offset, unsigned char bits);
#endif
