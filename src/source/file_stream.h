/* SPDX-License-Identifier: Apache-2.0 */
/* file_stream.h: streams of the files that appear in a directory, whatever is in them. */
#ifndef WADI_SOURCE_FILE_STREAM_H
#define WADI_SOURCE_FILE_STREAM_H
#include "fs/glob.h"
#include "stream/stream_context.h"

#include <wadi/source.h>

typedef struct wadi__file_watch wadi__file_watch; /* the state of such a stream */

/* What the files hold. */
typedef struct wadi__file_format {
    const char *name; /* as users write it: "text", "object" */
    /* The records of these files, perhaps none, as one RDD. Generator thread, in the batch's scope;
     * once without files while the graph is built, so that its mistakes are told. */
    wadi_rdd *(*make)(const wadi_dstream *stream, const wadi__input *files, size_t n);
} wadi__file_format;

/* What the constructors were told. */
typedef struct wadi__file_source {
    const wadi__file_format *format;
    const wadi_type *type; /* of the records */
    const char *dir;
    size_t record_bytes; /* of binary records */
    const wadi_file_options *options;
} wadi__file_source;
wadi_dstream *wadi__file_stream_new(wadi_stream_context *ssc, const char *op,
                                    const wadi__file_source *source);
size_t wadi__file_stream_record_bytes(const wadi_dstream *stream);
#endif
