/* SPDX-License-Identifier: Apache-2.0 */
/* state_fuzz.c: bytes of any kind as a file of a state, or as what a checkpoint names. The first
 * byte says which, and whether the checksums of its frames are made right first; the second, what
 * the records are read as. */
#include "data/frame_parts.h"
#include "stream/state_files.h"
#include "testing/sim_disk.h"
#include "types.h"

#include <wadi/error.h>

#include <xxhash.h>

/* All frames, one behind the other. */
static void mend(char *bytes, size_t size) {
    wadi__frame_head head;
    while (size >= sizeof head) {
        memcpy(&head, bytes, sizeof head);
        memcpy(head.magic, "WDFR", 4);
        head.version = WADI__FRAME_VERSION;
        head.packing %= 3;
        head.zero = 0;
        head.zero_too = 0;
        size_t rest = size - sizeof head;
        if (head.type_bytes > rest) head.type_bytes = (uint32_t)rest;
        if (head.stored_bytes > rest - head.type_bytes) head.stored_bytes = rest - head.type_bytes;
        if (head.packing == WADI__FRAME_PLAIN) head.body_bytes = head.stored_bytes;
        rest = head.type_bytes + (size_t)head.stored_bytes;
        head.checksum = XXH3_64bits_withSeed(
            bytes + sizeof head, rest, XXH3_64bits(&head, offsetof(wadi__frame_head, checksum)));
        memcpy(bytes, &head, sizeof head);
        bytes += sizeof head + rest;
        size -= sizeof head + rest;
    }
}
/* A head that begins the file of the corpus. */
static const wadi__state_file_head wanted = {
    .stream = "counts", .op = "update_state_by_key", .epoch = 1, .time_ms = 1000, .is_base = true};

static void read_file(wadi__env *disk, const wadi__type *type, const char *bytes, size_t size) {
    static const char path[] = "/check/state/counts/base-1000-1-1";
    wadi__state_file_reader reader;
    wadi_error err = WADI_ERROR_INIT;
    uint64_t rows = 0;
    wadi__sim_disk_put(disk, path, bytes, size);
    wadi_status status = wadi__state_file_open(&reader, disk, path, &wanted, type, &err);
    for (bool is_end = false; status == WADI_OK && !is_end;) {
        wadi__section section;
        status = wadi__state_file_next(&reader, &section, &err);
        is_end = status == WADI_OK && section.rows == NULL;
        if (status != WADI_OK || is_end) break;
        fuzz_check(section.rows->row_count > 0);
        fuzz_check(section.notes == NULL || section.notes->row_count == section.rows->row_count);
        rows += section.rows->row_count;
        wadi__block_unref(section.rows);
        wadi__block_unref(section.notes);
    }
    fuzz_check(status == WADI_OK || err.message[0] != 0);
    fuzz_check(status != WADI_OK || rows == reader.rows);
    wadi__state_file_close(&reader);
}

static wadi_status expect(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static wadi_status visit(void *arg, const wadi__section *section, wadi_error *err) {
    (void)arg, (void)section, (void)err;
    return WADI_OK;
}
static void wake(void *arg, wadi__state_files *files) { (void)arg, (void)files; }
static void read_names(wadi__env *disk, const wadi__type *type, const char *bytes, size_t size) {
    wadi__state_files_spec spec = {.env = disk,
                                   .checkpoint_dir = "/check",
                                   .stream = wanted.stream,
                                   .op = wanted.op,
                                   .type = type,
                                   .is_keyed = true,
                                   .epoch = 2,
                                   .partition_count = 1,
                                   .chain_max = 4,
                                   .wake = wake};
    wadi__state_files *files = wadi__state_files_new(&spec);
    wadi__state_visitor visitor = {expect, visit, NULL};
    wadi_error err = WADI_ERROR_INIT;
    int64_t time_ms, begun_ms;
    if (files == NULL) return;
    if (wadi__state_files_restore(files, bytes, size, &visitor, &time_ms, &begun_ms, &err) !=
        WADI_OK)
        fuzz_check(err.message[0] != 0);
    wadi__state_files_unref(files);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    unsigned how = fuzz_byte(&in);
    const wadi__type *type = wadi__type_intern(fuzz_type(fuzz_byte(&in)), NULL);
    char *bytes = fuzz_rest(&in);
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    if ((how & 1) != 0) mend(bytes, in.size);
    if ((how & 2) != 0)
        read_names(disk, type, bytes, in.size);
    else
        read_file(disk, type, bytes, in.size);
    wadi__sim_disk_free(disk);
    free(bytes);
    return 0;
}
