/* SPDX-License-Identifier: Apache-2.0 */
/* output_dir.h: a directory of part files, as Hadoop's output formats leave it:
 *
 *     out/part-00000  out/part-00001  ..  out/_SUCCESS      _SUCCESS comes last
 *
 * A new directory is written under another name beside it and appears whole, by one rename: all
 * that is in it is safe by then. Where one exists already it is an error, or, for a batch of a
 * stream that is run again, _SUCCESS is taken away, each part file takes its place by a rename, and
 * _SUCCESS comes back last; other files there stay. Only one at a time may be open for a directory
 * that may be replaced. */
#ifndef WADI_FS_OUTPUT_DIR_H
#define WADI_FS_OUTPUT_DIR_H
#include "fs/fs.h"

typedef struct wadi__output_dir {
    wadi__env *env;
    char *path;      /* without slashes at its end */
    char *temporary; /* where part files are written */
    bool may_replace;
} wadi__output_dir;

/* Checks the path and makes the temporary directory. */
wadi_status wadi__output_dir_open(wadi__output_dir *dir, wadi__env *env, const char *path,
                                  bool may_replace, wadi_error *err);
/* The name of a partition's file: "part-00007". */
typedef struct wadi__part_name {
    char text[24];
} wadi__part_name;
wadi__part_name wadi__part_name_of(uint32_t partition);

/* Gives the directory its name. Closes it, also on failure, which leaves nothing new behind, save
 * that part files of a replaced directory may have been renamed already; then its _SUCCESS is gone.
 */
wadi_status wadi__output_dir_commit(wadi__output_dir *dir, wadi_error *err);
/* Removes what was written. Does nothing for a closed one. */
void wadi__output_dir_abort(wadi__output_dir *dir);
#endif
