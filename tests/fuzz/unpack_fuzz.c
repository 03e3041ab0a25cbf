/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_fuzz.c: bytes of any kind as a .gz or .zst file: piece by piece it gives what it gives at
 * once, or the same error. The first byte chooses gzip or zstd, the second and third the sizes of
 * pieces. */
#include "fs/unpack.h"
#include "fuzz.h"

#include <wadi/error.h>

enum { OUT_MAX = 1 << 20 };

typedef struct unpacked {
    wadi_status status;
    size_t size;
    char *bytes;
} unpacked;

static unpacked unpack(wadi__packing packing, const char *bytes, size_t size, size_t in_step,
                       size_t out_step) {
    unpacked result = {WADI_OK, 0, malloc(OUT_MAX)};
    wadi__unpack *self = NULL;
    fuzz_check(result.bytes != NULL && wadi__unpack_new(packing, &self, NULL) == WADI_OK);
    const char *end = bytes + size;
    bool is_over = false;
    while (result.status == WADI_OK && !is_over) {
        const char *in_end = (size_t)(end - bytes) < in_step ? end : bytes + in_step;
        size_t room = OUT_MAX - result.size < out_step ? OUT_MAX - result.size : out_step;
        const char *in = bytes;
        char *out = result.bytes + result.size, *out_begin = out;
        result.status = wadi__unpack_run(self, &in, in_end, &out, out + room, NULL);
        fuzz_check(in >= bytes && in <= in_end && out >= out_begin && out <= out_begin + room);
        fuzz_check(result.status != WADI_OK || in == in_end || out == out_begin + room);
        result.size += (size_t)(out - out_begin);
        is_over = result.size == OUT_MAX || (in == bytes && out == out_begin);
        bytes = in;
    }
    if (result.status == WADI_OK && result.size < OUT_MAX)
        result.status = wadi__unpack_end(self, NULL);
    wadi__unpack_free(self);
    return result;
}
/* Frames of zstd before its version 0.8 begin otherwise, and libzstd may take those by the piece
 * that it does not take whole. */
static bool has_old_frame(const char *bytes, size_t size) {
    for (size_t i = 0; i + 4 <= size; i++)
        if (bytes[i] >= 0x1e && bytes[i] <= 0x27 && memcmp(bytes + i + 1, "\xb5\x2f\xfd", 3) == 0)
            return true;
    return false;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    wadi__packing packing = fuzz_byte(&in) % 2 == 0 ? WADI__PACKING_GZIP : WADI__PACKING_ZSTD;
    size_t in_step = 1 + fuzz_byte(&in), out_step = 1 + 16 * (size_t)fuzz_byte(&in);
    char *bytes = fuzz_rest(&in);
    if (packing == WADI__PACKING_ZSTD && has_old_frame(bytes, in.size)) {
        free(bytes);
        return 0;
    }
    unpacked whole = unpack(packing, bytes, in.size, in.size + 1, OUT_MAX);
    unpacked pieces = unpack(packing, bytes, in.size, in_step, out_step);
    if (whole.size < OUT_MAX && pieces.size < OUT_MAX) fuzz_check(whole.status == pieces.status);
    size_t both = whole.size < pieces.size ? whole.size : pieces.size;
    fuzz_check(memcmp(whole.bytes, pieces.bytes, both) == 0);
    fuzz_check(whole.status != WADI_OK || pieces.size == whole.size);
    free(whole.bytes);
    free(pieces.bytes);
    free(bytes);
    return 0;
}
