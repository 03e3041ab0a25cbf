/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.h: compressed bytes into plain ones, piece by piece. Several members or frames one behind
 * the other are one stream, as gzip and zstd write them when files are put together. */
#ifndef WADI_FS_UNPACK_H
#define WADI_FS_UNPACK_H
#include <wadi/error.h>

typedef enum wadi__packing {
    WADI__PACKING_NONE,
    WADI__PACKING_GZIP,
    WADI__PACKING_ZSTD
} wadi__packing;
/* By the suffix of a path: .gz, .zst. */
wadi__packing wadi__packing_of(const char *path);

typedef struct wadi__unpack wadi__unpack;
/* For GZIP or ZSTD. An error when the library was built without it. */
wadi_status wadi__unpack_new(wadi__packing packing, wadi__unpack **unpack, wadi_error *err);
void wadi__unpack_free(wadi__unpack *unpack);

/* Moves *in and *out on, until one of them is used up. Without input it gives what is left from
 * before. WADI_E_CORRUPT: the bytes are no such stream. */
wadi_status wadi__unpack_run(wadi__unpack *unpack, const char **in, const char *in_end, char **out,
                             char *out_end, wadi_error *err);
/* At the end of the input: whether it may end here. */
wadi_status wadi__unpack_end(const wadi__unpack *unpack, wadi_error *err);
#endif
