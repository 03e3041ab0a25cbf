/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.c: buffers are pieces of the pool with a head. */
#include "base/buffer.h"

#include "base/pool.h"

#include <stdint.h>
#include <string.h>

static void buffer_destroy(wadi__counted *counted) {
    wadi__buffer *buffer = (wadi__buffer *)counted;
    wadi__pool_put(buffer, buffer->piece_bytes);
}
wadi__buffer *wadi__buffer_new(size_t capacity_bytes) {
    if (capacity_bytes > SIZE_MAX / 2) return NULL;
    size_t bytes = wadi__pool_round(sizeof(wadi__buffer) + capacity_bytes + WADI__BUFFER_PADDING);
    wadi__buffer *buffer = wadi__pool_get(bytes);
    if (buffer == NULL) return NULL;
    wadi__counted_init(&buffer->counted, buffer_destroy);
    buffer->piece_bytes = bytes;
    buffer->capacity_bytes = bytes - sizeof(wadi__buffer) - WADI__BUFFER_PADDING;
    memset(buffer->bytes + buffer->capacity_bytes, 0, WADI__BUFFER_PADDING);
    return buffer;
}
bool wadi__counted_is_buffer(const wadi__counted *object) {
    return object->destroy == buffer_destroy;
}
