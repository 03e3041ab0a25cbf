/* SPDX-License-Identifier: Apache-2.0 */
/* spill.h: what does not fit into memory, as frames in files of spark.local.dir.
 *
 * A file's name, and the folder of mode 0700 that it lies in, are there only while it is opened, so
 * nothing stays behind however the process ends. Records are appended as frames; each is known by a
 * wadi__spilled, and with the last of them the file and its space go. A writer has a file of its
 * own while it writes; one that has grown to 64 MiB takes no more. Any thread; no lock is held
 * while a file is read or written. */
#ifndef WADI_EXEC_SPILL_H
#define WADI_EXEC_SPILL_H
#include "base/env.h"
#include "data/frame.h"

#include <pthread.h>

enum { WADI__SPILL_FILE_BYTES = 64 << 20 };

typedef struct wadi__spill_file {
    struct wadi__spill *spill;
    struct wadi__spill_file *next; /* idle ones; guarded by the spill's lock, as what follows */
    struct wadi__spill_file *before, *after; /* of all that are open */
    int handle;                              /* -1: it was closed with the spill */
    int64_t end;                             /* bytes so far; of the thread that writes */
    uint32_t frames;                         /* that somebody has */
    bool is_written, is_full;
} wadi__spill_file;

typedef struct wadi__spilled { /* a frame; zero: none */
    wadi__spill_file *file;
    int64_t offset;
    uint32_t size_bytes, row_count;
} wadi__spilled;

typedef struct wadi__spill { /* counted: its owner has it, and every file */
    wadi__counted counted;
    wadi__env *env;
    char *folder;      /* spark.local.dir */
    int64_t bytes_max; /* wadi.spill.max_bytes */
    pthread_mutex_t lock;
    wadi__spill_file *files;    /* all that are open; guarded by lock */
    wadi__spill_file *idle;     /* those of them that may be written on; guarded by lock */
    atomic_llong bytes;         /* of all frames that somebody has */
    atomic_ullong bytes_so_far; /* written since the start */
} wadi__spill;

/* NULL: no memory. */
wadi__spill *wadi__spill_new(wadi__env *env, const char *folder, int64_t bytes_max);
/* Closes all files and gives up the owner's reference. Frames may be released afterwards, not read.
 * NULL is fine. */
void wadi__spill_close(wadi__spill *spill);

/* Writes the records of all runs as one frame. WADI_E_IO: the disk, or wadi.spill.max_bytes; the
 * message says what to do. */
wadi_status wadi__spill_write(wadi__spill *spill, const wadi__type *type, const wadi__row_run *runs,
                              size_t run_count, wadi__spilled *to, wadi_error *err);
/* The same of bytes that are a frame already. */
wadi_status wadi__spill_write_bytes(wadi__spill *spill, const void *bytes, size_t size,
                                    uint32_t row_count, wadi__spilled *to, wadi_error *err);
/* Reads a frame's records; long strings lie in the block's keep. */
wadi_status wadi__spill_read(wadi__spill *spill, const wadi__spilled *from, const wadi__type *type,
                             wadi__block **block, wadi_error *err);
/* Leaves zeros. */
void wadi__spill_release(wadi__spilled *frame);
#endif
