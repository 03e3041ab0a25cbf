/* SPDX-License-Identifier: Apache-2.0 */
/* frame_fuzz.c: bytes of any kind as a frame. What is read prints, and is the same when it was
 * written and read again. The first byte is the type, the second whether the checksum is made right
 * first, and whether somebody owns the bytes. */
#include "base/buffer.h"
#include "data/frame.h"
#include "data/frame_parts.h"
#include "types.h"

#include <wadi/error.h>

#include <xxhash.h>

static void mend(char *bytes, size_t size) {
    wadi__frame_head head;
    if (size < sizeof head) return;
    memcpy(&head, bytes, sizeof head);
    memcpy(head.magic, "WDFR", 4);
    head.version = WADI__FRAME_VERSION;
    head.packing %= 3;
    head.zero = 0;
    head.zero_too = 0;
    size_t rest = size - sizeof head;
    if (head.type_bytes > rest) head.type_bytes = (uint32_t)(head.type_bytes % (rest + 1));
    head.stored_bytes = rest - head.type_bytes;
    if (head.packing == WADI__FRAME_PLAIN) head.body_bytes = head.stored_bytes;
    head.checksum = XXH3_64bits_withSeed(bytes + sizeof head, rest,
                                         XXH3_64bits(&head, offsetof(wadi__frame_head, checksum)));
    memcpy(bytes, &head, sizeof head);
}
static wadi__text printed(const wadi__type *type, const wadi__block *block) {
    wadi__text text = {0};
    for (size_t c = 0; c < block->chunks.count; c++) {
        const wadi__chunk *chunk = block->chunks.items[c];
        for (size_t i = 0; i < chunk->count; i++)
            wadi__print_value(&text, type, chunk->rows + i * type->pub.size);
    }
    wadi__text_add(&text, "", 1);
    return text;
}
static void write_and_read_again(const wadi__type *type, const wadi__block *block,
                                 const wadi__text *expected) {
    for (int packing = WADI__FRAME_PLAIN; packing <= WADI__FRAME_ZSTD; packing++) {
        wadi__text out = {0};
        wadi_error err = WADI_ERROR_INIT;
        fuzz_check(wadi__frame_write_block(&out, block, (wadi__frame_packing)packing, &err) ==
                   WADI_OK);
        wadi__block *again = NULL;
        size_t used = 0;
        fuzz_check(wadi__frame_read(type, out.bytes, out.size, NULL, &again, &used, &err) ==
                   WADI_OK);
        wadi__text text = printed(type, again);
        fuzz_check(used == out.size && text.size == expected->size &&
                   memcmp(text.bytes, expected->bytes, text.size) == 0);
        wadi__text_fini(&text);
        wadi__block_unref(again);
        wadi__text_fini(&out);
    }
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    const wadi__type *type = wadi__type_intern(fuzz_type(fuzz_byte(&in)), NULL);
    unsigned how = fuzz_byte(&in);
    wadi__buffer *buffer = wadi__buffer_new(in.size + 64);
    if (buffer == NULL) return 0;
    memset(buffer->bytes, 0, in.size + 64);
    if (in.size > 0) memcpy(buffer->bytes, in.at, in.size);
    if ((how & 1) != 0) mend(buffer->bytes, in.size);

    wadi_error err = WADI_ERROR_INIT;
    uint64_t frame_bytes = 0;
    const wadi__type *stored = NULL;
    wadi__frame_size(buffer->bytes, in.size, &frame_bytes, &err);
    wadi__frame_type(buffer->bytes, in.size, &stored, NULL);
    wadi__block *block = NULL;
    size_t used = 0;
    err = (wadi_error)WADI_ERROR_INIT;
    wadi__counted *owner = (how & 2) != 0 ? &buffer->counted : NULL;
    if (wadi__frame_read(type, buffer->bytes, in.size, owner, &block, &used, &err) == WADI_OK) {
        fuzz_check(used == frame_bytes && used <= in.size);
        if (block->row_count <= 1 << 16) {
            wadi__text text = printed(type, block);
            write_and_read_again(type, block, &text);
            wadi__text_fini(&text);
        }
        wadi__block_unref(block);
    } else {
        fuzz_check(err.message[0] != 0);
    }
    wadi__buffer_unref(buffer);
    return 0;
}
