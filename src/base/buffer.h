/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.h: a counted run of bytes from outside, which strings point into. */
#ifndef WADI_BASE_BUFFER_H
#define WADI_BASE_BUFFER_H
#include "base/counted.h"

typedef struct wadi__buffer {
    wadi__counted counted;
    size_t piece_bytes;    /* of the pool's piece, this head included */
    size_t capacity_bytes; /* of `bytes`; WADI__BUFFER_PADDING more are readable */
    _Alignas(64) char bytes[];
} wadi__buffer;

enum { WADI__BUFFER_PADDING = 64 };
/* At least capacity_bytes, and what the piece has beyond. NULL: no memory, or the bound. */
wadi__buffer *wadi__buffer_new(size_t capacity_bytes);
/* Whether a counted object is a buffer. */
bool wadi__counted_is_buffer(const wadi__counted *object);
static inline void wadi__buffer_ref(wadi__buffer *buffer) { wadi__counted_ref(&buffer->counted); }
static inline void wadi__buffer_unref(wadi__buffer *buffer) {
    if (buffer != NULL) wadi__counted_unref(&buffer->counted);
}
#endif
