/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_fuzz.c: bytes of any kind as a checkpoint. What is read is the same when it was
 * written and read again. The first byte says whether the checksums of the frames are made right
 * first. */
#include "data/frame.h"
#include "data/frame_parts.h"
#include "fuzz.h"
#include "stream/checkpoint_file.h"

#include <xxhash.h>

/* Frame after frame, as long as there are any. */
static void mend(char *bytes, size_t size) {
    wadi__frame_head head;
    while (size >= sizeof head) {
        memcpy(&head, bytes, sizeof head);
        uint64_t whole = sizeof head + (uint64_t)head.type_bytes + head.stored_bytes;
        if (head.stored_bytes > size || whole > size) return;
        head.checksum = XXH3_64bits_withSeed(
            bytes + sizeof head, (size_t)whole - sizeof head,
            XXH3_64bits(&head, offsetof(wadi__frame_head, checksum)));
        memcpy(bytes, &head, sizeof head);
        bytes += whole;
        size -= (size_t)whole;
    }
}
static void write_and_read_again(wadi__checkpoint *first) {
    wadi__text bytes = {0}, again = {0};
    wadi__checkpoint second;
    fuzz_check(wadi__checkpoint_write(first, &bytes, NULL) == WADI_OK);
    fuzz_check(wadi__checkpoint_read(&second, bytes.bytes, bytes.size, NULL) == WADI_OK);
    fuzz_check(wadi__checkpoint_write(&second, &again, NULL) == WADI_OK);
    fuzz_check(bytes.size == again.size && memcmp(bytes.bytes, again.bytes, bytes.size) == 0);
    wadi__checkpoint_fini(&second);
    wadi__text_fini(&again);
    wadi__text_fini(&bytes);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    unsigned how = fuzz_byte(&in);
    char *bytes = fuzz_rest(&in);
    if ((how & 1) != 0) mend(bytes, in.size);
    wadi__checkpoint read;
    checkpoint_head head;
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__checkpoint_read_head(&head, bytes, in.size, NULL);
    if (wadi__checkpoint_read(&read, bytes, in.size, &err) == WADI_OK) {
        fuzz_check(status == WADI_OK && head.format == WADI__CHECKPOINT_FORMAT);
        write_and_read_again(&read);
    } else {
        fuzz_check(err.message[0] != 0);
    }
    wadi__checkpoint_fini(&read);
    free(bytes);
    return 0;
}
