/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h: a file that appears whole, under its own name, when it is finished. Until then, and for
 * good when that never happens, its bytes lie under another name beside it. Belongs to one thread.
 */
#ifndef WADI_FS_WRITER_H
#define WADI_FS_WRITER_H
#include "fs/fs.h"

typedef struct wadi__writer {
    wadi__env *env;
    wadi__file *file;
    char *path, *temporary;
    char *bytes; /* that wait to be written */
    size_t size;
} wadi__writer;

/* `try_name` makes the temporary name differ from that of other tries. */
wadi_status wadi__writer_open(wadi__writer *writer, wadi__env *env, const char *path,
                              const char *try_name, wadi_error *err);
wadi_status wadi__writer_add(wadi__writer *writer, const void *bytes, size_t size, wadi_error *err);
/* Writes what waits, makes it safe, and gives the file its name. Closes the writer, also on
 * failure. */
wadi_status wadi__writer_finish(wadi__writer *writer, wadi_error *err);
/* Removes what was written. Does nothing after finish, or for a zeroed writer. */
void wadi__writer_abort(wadi__writer *writer);
#endif
