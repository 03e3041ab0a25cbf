/* SPDX-License-Identifier: Apache-2.0 */
/* file_parts.h: which part of which file each partition of an RDD of files reads.
 *
 * The files are listed when the RDD is made, or were found before, with their sizes, and what is
 * added to them later is not read; so a partition that is computed again gives the same records. */
#ifndef WADI_RDD_OPS_FILE_PARTS_H
#define WADI_RDD_OPS_FILE_PARTS_H
#include "fs/glob.h"
#include "rdd/ops/ops.h"

typedef struct wadi__file_part {
    const char *path;    /* of one of the inputs */
    int64_t size_bytes;  /* of the whole file */
    int64_t from, until; /* bytes of it */
} wadi__file_part;

typedef struct wadi__file_parts { /* starts as zeros */
    wadi__inputs inputs;
    WADI__VEC(wadi__file_part) parts;
} wadi__file_parts;
void wadi__file_parts_fini(wadi__file_parts *parts);

/* Files that an RDD is made of: one text of paths, patterns and directories, or a list of files. */
typedef struct wadi__file_list {
    const char *text;         /* "a,b/x.gz,c"; or NULL, and .. */
    const wadi__input *files; /* .. these, as they were found; a size below 0: as they are now */
    size_t count;
} wadi__file_list;

/* Lists the files. */
wadi_status wadi__file_parts_list(wadi__file_parts *parts, wadi__env *env,
                                  const wadi__file_list *files, wadi_error *err);
/* One part for each file. False: no memory. */
bool wadi__file_parts_whole(wadi__file_parts *parts);
/* Parts of about equal size, at least `part_count` if the files have so many bytes, none larger
 * than 32 MiB by more than a tenth; packed files stay whole, and bounds are multiples of
 * `unit_bytes`. False: no memory. */
bool wadi__file_parts_split(wadi__file_parts *parts, uint32_t part_count, int64_t unit_bytes);

/* Lists and splits for a node, whose partition count and error it sets; false: the node is broken.
 */
bool wadi__rdd_list_files(wadi_rdd *rdd, wadi__file_parts *parts, const wadi__file_list *files);
bool wadi__rdd_take_parts(wadi_rdd *rdd, const wadi__file_parts *parts, bool made);
#endif
