/* SPDX-License-Identifier: Apache-2.0 */
/* log_test.c DIR: reads the write-ahead logs of each version that DIR keeps: notes, and the blocks
 * that they name. */
#include "stream/log_reader.h"
#include "stream/tracker_log.h"
#include "testing/unit.h"

#include <wadi/str.h>

#include <stdio.h>

static const char *dir;

typedef struct golden {
    wadi__wal_place places[3];
    size_t count, allocated;
    bool has_rest;
} golden;
static wadi_status take_golden(const wadi_tracker_event *event, void *arg, wadi_error *err) {
    golden *self = arg;
    (void)err;
    if (event->kind == WADI__TRACKED_BLOCK) {
        wadi__wal_place *place = &self->places[self->count++];
        memcpy(place->file, wadi_str_data(&event->file), event->file.len);
        place->offset = (uint64_t)event->offset;
        place->size_bytes = (uint64_t)event->size_bytes;
        assert_int_equal(event->number, self->count);
        assert_int_equal(event->has_metadata, self->count == 2);
    }
    if (event->kind == WADI__TRACKED_ALLOCATION) self->allocated = event->blocks.count;
    self->has_rest |=
        event->kind == WADI__TRACKED_OLDEST && event->number == 1 && event->time_ms == 2000;
    return WADI_OK;
}
static void test_log_of_version_1(void **state) {
    (void)state;
    static const char *const last[] = {"or not to be, that is the question", "two", "the last"};
    char notes[500], blocks[500];
    wadi_error err = WADI_ERROR_INIT;
    golden read = {.count = 0};
    snprintf(notes, sizeof notes, "%s/log-1/receivedBlockMetadata", dir);
    snprintf(blocks, sizeof blocks, "%s/log-1/receivedData/lines", dir);
    if (wadi__tracker_log_replay(&wadi__env_real, notes, take_golden, &read, &err) != WADI_OK)
        fail_msg("%s", err.message);
    assert_int_equal(read.count, 3);
    assert_int_equal(read.allocated, 2);
    assert_true(read.has_rest);
    for (size_t i = 0; i < 3; i++) {
        wadi__buffer *frame = NULL;
        wadi__block *block = NULL;
        if (wadi__wal_read(&wadi__env_real, blocks, &read.places[i], &frame, &err) != WADI_OK)
            fail_msg("%s", err.message);
        assert_int_equal(wadi__frame_read(wadi__type_str(), frame->bytes,
                                          (size_t)read.places[i].size_bytes, NULL, &block, NULL,
                                          &err),
                         WADI_OK);
        assert_int_equal(block->row_count, 2);
        const wadi_str *rows = (const wadi_str *)(const void *)block->chunks.items[0]->rows;
        assert_int_equal(rows[1].len, strlen(last[i]));
        assert_memory_equal(wadi_str_data(&rows[1]), last[i], rows[1].len);
        wadi__block_unref(block);
        wadi__buffer_unref(frame);
    }
}
int main(int argc, char **argv) {
    if (argc != 2) return 2;
    dir = argv[1];
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_log_of_version_1)};
    return cmocka_run_group_tests_name("golden logs", tests, NULL, NULL);
}
