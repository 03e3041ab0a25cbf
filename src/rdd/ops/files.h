/* SPDX-License-Identifier: Apache-2.0 */
/* files.h: RDDs of files that are named one by one, as a file stream finds them. Each file is read
 * by one partition or more, in the order given, as far as it went when it was found: what was added
 * since is not read, so the same list always gives the same partitions. A size below 0: as far as
 * it goes now. A file that is missing or has become shorter, or whose name is hidden (it begins
 * with _ or .), is an error of the node. */
#ifndef WADI_RDD_OPS_FILES_H
#define WADI_RDD_OPS_FILES_H
#include "fs/glob.h"
#include "rdd/rdd.h"

/* Lines, as wadi_str. */
wadi_rdd *wadi__rdd_make_text_files(wadi_context *sc, const wadi__input *files, size_t n,
                                    const wadi_op_options *options);
/* Byte strings of one length, as wadi_str. */
wadi_rdd *wadi__rdd_make_binary_files(wadi_context *sc, const wadi__input *files, size_t n,
                                      size_t record_bytes, const wadi_op_options *options);
/* What saveAsObjectFile wrote. */
wadi_rdd *wadi__rdd_make_object_files(wadi_context *sc, const wadi__type *type,
                                      const wadi__input *files, size_t n,
                                      const wadi_op_options *options);

/* Records of `type` in a format: "object", "csv" or "json". A format that there is not, or that
 * the type does not suit, is an error of the node. */
wadi_rdd *wadi__rdd_make_format_files(wadi_context *sc, const wadi__type *type, const char *format,
                                      const wadi__input *files, size_t n,
                                      const wadi_op_options *options);
#endif
