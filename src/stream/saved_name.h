/* SPDX-License-Identifier: Apache-2.0 */
/* saved_name.h: the names by which streams find in a checkpoint what they had: `.name`, else
 * operator and function ("reduce_by_key:add_counts"), for inputs the operator, numbered ("#2") when
 * it repeats in the order in which the program makes its streams. */
#ifndef WADI_STREAM_SAVED_NAME_H
#define WADI_STREAM_SAVED_NAME_H
#include "stream/dstream.h"

enum { WADI__SAVED_NAME_MAX = 200 }; /* bytes, so that it may be a file's name */

/* A stream's name. Good as the name of a file: bytes that are not stand as %XX. NULL: no memory.
 * Not before the graph is whole; the driver's thread first, then any. */
const char *wadi__dstream_saved_name(wadi_dstream *self);
/* Whether two streams would have one name, were it not numbered. */
bool wadi__saved_names_clash(wadi_dstream *a, wadi_dstream *b);
/* Names all streams at once. False: no memory. */
bool wadi__saved_names_make(wadi_stream_context *ssc);
#endif
