/* SPDX-License-Identifier: Apache-2.0 */
/* files.h: RDDs of files that are named one by one, as a file stream finds them. Each file is read
 * by one partition or more, in the order given. A file that is missing, or whose name is hidden (it
 * begins with _ or .), is an error of the node. */
#ifndef WADI_RDD_OPS_FILES_H
#define WADI_RDD_OPS_FILES_H
#include "rdd/rdd.h"

/* Lines, as wadi_str. */
wadi_rdd *wadi__rdd_make_text_files(wadi_context *sc, const char *const *paths, size_t n,
                                    const wadi_op_options *options);
/* Byte strings of one length, as wadi_str. */
wadi_rdd *wadi__rdd_make_binary_files(wadi_context *sc, const char *const *paths, size_t n,
                                      size_t record_bytes, const wadi_op_options *options);
/* What saveAsObjectFile wrote. */
wadi_rdd *wadi__rdd_make_object_files(wadi_context *sc, const wadi__type *type,
                                      const char *const *paths, size_t n,
                                      const wadi_op_options *options);

/* Records of `type` in a format: "object", "csv" or "json". A format that there is not, or that
 * the type does not suit, is an error of the node. */
wadi_rdd *wadi__rdd_make_format_files(wadi_context *sc, const wadi__type *type, const char *format,
                                      const char *const *paths, size_t n,
                                      const wadi_op_options *options);
#endif
