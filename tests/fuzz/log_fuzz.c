/* SPDX-License-Identifier: Apache-2.0 */
/* log_fuzz.c: bytes of any kind as a file of a write-ahead log. Whatever is read is whole frames,
 * in the order in which they lie there, each of which is read again by its place; events of blocks
 * are taken up or refused. The first byte says whether lengths and checksums are made right first.
 */
#include "base/log.h"
#include "data/frame_parts.h"
#include "fuzz.h"
#include "stream/log_reader.h"
#include "stream/tracker_log.h"
#include "testing/sim_disk.h"

#include <wadi/str.h>

#include <xxhash.h>

#define DIR_NAME "/log"
#define FILE_NAME "log-1-1001"

/* Makes records of what can be records: each frame's head stays where it is. */
static void mend(char *bytes, size_t size) {
    size_t at = 0;
    while (size - at > WADI__WAL_LENGTH_BYTES + WADI__FRAME_HEAD_BYTES) {
        char *frame = bytes + at + WADI__WAL_LENGTH_BYTES;
        size_t left = size - at - WADI__WAL_LENGTH_BYTES - WADI__FRAME_HEAD_BYTES;
        wadi__frame_head head;
        memcpy(&head, frame, sizeof head);
        memcpy(head.magic, "WDFR", 4);
        head.version = WADI__FRAME_VERSION;
        head.packing = WADI__FRAME_PLAIN;
        head.zero = 0;
        head.zero_too = 0;
        if (head.type_bytes > left) head.type_bytes = (uint32_t)(head.type_bytes % (left + 1));
        if (head.stored_bytes > left - head.type_bytes) head.stored_bytes = left - head.type_bytes;
        head.body_bytes = head.stored_bytes;
        size_t rest = head.type_bytes + (size_t)head.stored_bytes;
        head.checksum = XXH3_64bits_withSeed(
            frame + sizeof head, rest, XXH3_64bits(&head, offsetof(wadi__frame_head, checksum)));
        memcpy(frame, &head, sizeof head);
        wadi__wal_put_length(bytes + at, sizeof head + rest);
        at += WADI__WAL_LENGTH_BYTES + sizeof head + rest;
    }
}
static void read_again(wadi__env *disk, uint64_t offset, const void *frame, size_t size) {
    wadi__wal_place place = {FILE_NAME, offset, size};
    wadi__buffer *buffer = NULL;
    fuzz_check(wadi__wal_read(disk, DIR_NAME, &place, &buffer, NULL) == WADI_OK);
    fuzz_check(memcmp(buffer->bytes, frame, size) == 0);
    wadi__buffer_unref(buffer);
    place.size_bytes--;
    fuzz_check(wadi__wal_read(disk, DIR_NAME, &place, &buffer, NULL) != WADI_OK);
}
static void read_all(wadi__env *disk) {
    wadi__wal_reader reader;
    wadi_error err = WADI_ERROR_INIT;
    const void *frame = NULL;
    size_t size = 0;
    uint64_t offset = 0, end = 0;
    wadi_status status = wadi__wal_reader_open(&reader, disk, DIR_NAME "/" FILE_NAME, &err);
    while (status == WADI_OK &&
           (status = wadi__wal_reader_next(&reader, &frame, &size, &offset, &err)) == WADI_OK &&
           frame != NULL) {
        size_t used = 0;
        fuzz_check(wadi__frame_check(frame, size, &used, NULL) == WADI_OK && used == size);
        fuzz_check(offset >= end);
        end = offset + size;
        read_again(disk, offset, frame, size);
    }
    fuzz_check(status == WADI_OK || err.message[0] != 0);
    wadi__wal_reader_close(&reader);
}
static wadi_status take(const wadi_tracker_event *event, void *arg, wadi_error *err) {
    uint64_t *sum = arg;
    (void)err;
    for (size_t i = 0; i < event->blocks.count; i++) *sum += (uint64_t)event->blocks.items[i];
    for (uint32_t i = 0; i < event->stream.len; i++)
        *sum += (unsigned char)wadi_str_data(&event->stream)[i];
    for (uint32_t i = 0; i < event->metadata.len; i++)
        *sum += (unsigned char)wadi_str_data(&event->metadata)[i];
    return WADI_OK;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    bool is_mended = (fuzz_byte(&in) & 1) != 0;
    char *bytes = fuzz_rest(&in);
    if (is_mended && in.size > 0) mend(bytes, in.size);
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__sim_disk_put(disk, DIR_NAME "/" FILE_NAME, bytes, in.size);
    free(bytes);
    read_all(disk);
    uint64_t sum = 0;
    wadi_error err = WADI_ERROR_INIT;
    fuzz_check(wadi__tracker_log_replay(disk, DIR_NAME, take, &sum, &err) == WADI_OK ||
               err.message[0] != 0);
    wadi__sim_disk_free(disk);
    return 0;
}
