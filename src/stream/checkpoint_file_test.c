/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_file_test.c: checkpoints as bytes, whole, cut off and damaged. */
#include "stream/checkpoint_file.h"

#include "data/frame.h"
#include "testing/unit.h"

#include <stdio.h>

/* Strings that are too long to lie in place, and a stream's bytes with a zero among them. */
static const char kept[] = "bytes of a stream\0 and more";
static wadi__checkpoint sample(void) {
    wadi__checkpoint made = {.head = {.epoch = 3,
                                      .time_ms = 5000,
                                      .zero_ms = 1000,
                                      .batch_ms = 500,
                                      .rerun_ms = 4000,
                                      .parallelism = 4,
                                      .hash_seed = {7, 9},
                                      .application = wadi_str_of("a program with a name")}};
    assert_true(wadi__vec_push(
        &made.settings,
        (checkpoint_setting){wadi_str_of("spark.mykey"), wadi_str_of("my value of some length")}));
    for (int64_t at = 4000; at <= 5000; at += 500)
        assert_true(wadi__vec_push(&made.pending, (checkpoint_pending){at, at == 4500}));
    assert_true(wadi__vec_push(&made.accumulators,
                               (checkpoint_accumulator){wadi_str_of("dropped"), wadi_str_of("5")}));
    checkpoint_stream stream = {.name = wadi_str_of("update_state_by_key:add"),
                                .op = wadi_str_of("update_state_by_key"),
                                .function = wadi_str_of("add"),
                                .records = wadi_str_of("word_count"),
                                .slide_ms = 500,
                                .replay_ms = 4000,
                                .saved_ms = 3500,
                                .is_state = true,
                                .kept = wadi_str_view(kept, sizeof kept)};
    assert_true(wadi__vec_push(&made.streams, stream));
    return made;
}
static wadi__text sample_bytes(void) {
    wadi__text bytes = {0};
    wadi__checkpoint made = sample();
    assert_int_equal(wadi__checkpoint_write(&made, &bytes, NULL), WADI_OK);
    assert_false(bytes.failed);
    wadi__checkpoint_fini(&made);
    return bytes;
}
static void assert_text(wadi_str actual, const char *expected) {
    assert_true(wadi_str_equal(actual, wadi_str_of(expected)));
}
static void test_round_trip(void **state) {
    (void)state;
    wadi__text bytes = sample_bytes();
    wadi__checkpoint read;
    assert_int_equal(wadi__checkpoint_read(&read, bytes.bytes, bytes.size, NULL), WADI_OK);
    wadi__text_fini(&bytes); /* what was read needs it no longer */
    assert_int_equal(read.head.format, WADI__CHECKPOINT_FORMAT);
    assert_int_equal(read.head.epoch, 3);
    assert_int_equal(read.head.time_ms, 5000);
    assert_int_equal(read.head.zero_ms, 1000);
    assert_int_equal(read.head.batch_ms, 500);
    assert_int_equal(read.head.rerun_ms, 4000);
    assert_int_equal(read.head.parallelism, 4);
    assert_int_equal(read.head.hash_seed[1], 9);
    assert_text(read.head.application, "a program with a name");
    assert_int_equal(read.settings.count, 1);
    assert_text(read.settings.items[0].value, "my value of some length");
    assert_int_equal(read.pending.count, 3);
    assert_int_equal(read.pending.items[2].time_ms, 5000);
    assert_true(read.pending.items[1].has_failed && !read.pending.items[2].has_failed);
    assert_int_equal(read.accumulators.count, 1);
    assert_text(read.accumulators.items[0].name, "dropped");
    assert_int_equal(read.streams.count, 1);
    assert_text(read.streams.items[0].op, "update_state_by_key");
    assert_int_equal(read.streams.items[0].saved_ms, 3500);
    assert_true(read.streams.items[0].is_state);
    assert_int_equal(read.streams.items[0].kept.len, sizeof kept);
    assert_memory_equal(wadi_str_data(&read.streams.items[0].kept), kept, sizeof kept);
    wadi__checkpoint_fini(&read);
}
static void test_empty(void **state) {
    (void)state;
    wadi__text bytes = {0};
    wadi__checkpoint made = {.head = {.batch_ms = 1}}, read;
    assert_int_equal(wadi__checkpoint_write(&made, &bytes, NULL), WADI_OK);
    assert_int_equal(wadi__checkpoint_read(&read, bytes.bytes, bytes.size, NULL), WADI_OK);
    assert_int_equal(
        read.settings.count + read.pending.count + read.accumulators.count + read.streams.count, 0);
    wadi__checkpoint_fini(&read);
    wadi__text_fini(&bytes);
}
static wadi_status read_copy(const char *bytes, size_t size, wadi_error *err) {
    char *copy = malloc(size + 1); /* so that a byte read too far is seen */
    wadi__checkpoint read;
    if (size > 0) memcpy(copy, bytes, size);
    wadi_status status = wadi__checkpoint_read(&read, copy, size, err);
    wadi__checkpoint_fini(&read);
    free(copy);
    return status;
}
static void test_cut_off(void **state) {
    (void)state;
    wadi__text bytes = sample_bytes();
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(read_copy(bytes.bytes, size, NULL), WADI_E_CORRUPT);
    wadi__text_add(&bytes, "x", 1);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(read_copy(bytes.bytes, bytes.size, &err), WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, "1 bytes behind the last frame"));
    wadi__text_fini(&bytes);
}
static void test_every_byte_damaged(void **state) {
    (void)state;
    wadi__text bytes = sample_bytes();
    for (size_t i = 0; i < bytes.size; i++) {
        bytes.bytes[i] ^= 0x20;
        if (read_copy(bytes.bytes, bytes.size, NULL) == WADI_OK) fail_msg("byte %zu", i);
        bytes.bytes[i] ^= 0x20;
    }
    wadi__text_fini(&bytes);
}
/* A frame too many or too few is not taken for another one. */
static void test_frames_of_another_order(void **state) {
    (void)state;
    wadi__text bytes = sample_bytes(), shuffled = {0};
    uint64_t head = 0, settings = 0;
    assert_int_equal(wadi__frame_size(bytes.bytes, bytes.size, &head, NULL), WADI_OK);
    assert_int_equal(wadi__frame_size(bytes.bytes + head, bytes.size - head, &settings, NULL),
                     WADI_OK);
    wadi__text_add(&shuffled, bytes.bytes, head);
    wadi__text_add(&shuffled, bytes.bytes + head + settings, bytes.size - head - settings);
    assert_int_equal(read_copy(shuffled.bytes, shuffled.size, NULL), WADI_E_CORRUPT);
    wadi__text_fini(&shuffled);
    wadi__text_fini(&bytes);
}
/* The head tells of more rows than follow. */
static void test_rows_missing(void **state) {
    (void)state;
    wadi__text whole = sample_bytes(), mixed = {0}, empty = {0};
    wadi__checkpoint none = {.head = {.batch_ms = 1}};
    uint64_t head = 0, empty_head = 0;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__checkpoint_write(&none, &empty, NULL), WADI_OK);
    assert_int_equal(wadi__frame_size(whole.bytes, whole.size, &head, NULL), WADI_OK);
    assert_int_equal(wadi__frame_size(empty.bytes, empty.size, &empty_head, NULL), WADI_OK);
    wadi__text_add(&mixed, whole.bytes, head);
    wadi__text_add(&mixed, empty.bytes + empty_head, empty.size - empty_head);
    assert_int_equal(read_copy(mixed.bytes, mixed.size, &err), WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, "checkpoint_setting: 0 rows, expected 1"));
    wadi__text_fini(&mixed);
    wadi__text_fini(&empty);
    wadi__text_fini(&whole);
}
/* As a later version of the library may write it: fields more, and another format. */
WADI_RECORD(later_head, (int32_t, format), (uint64_t, epoch), (int64_t, batch_ms),
            (int64_t, new_field));
static void test_later_format(void **state) {
    (void)state;
    wadi_type renamed = wadi_type_of_later_head;
    renamed.name = "checkpoint_head";
    later_head head = {.format = 2, .epoch = 1, .batch_ms = 1000};
    wadi__row_run run = {(const char *)&head, sizeof head, 1};
    wadi__text bytes = {0};
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi__frame_write(&bytes, wadi__type_intern(&renamed, NULL), &run, 1,
                                       WADI__FRAME_PLAIN, NULL),
                     WADI_OK);
    assert_int_equal(read_copy(bytes.bytes, bytes.size, &err), WADI_E_STATE);
    assert_non_null(strstr(err.message,
                           "a checkpoint of format 2; this version of the library reads format 1"));
    wadi__text_fini(&bytes);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_round_trip);
    wadi__unit_add(&unit, test_empty);
    wadi__unit_add(&unit, test_cut_off);
    wadi__unit_add(&unit, test_every_byte_damaged);
    wadi__unit_add(&unit, test_frames_of_another_order);
    wadi__unit_add(&unit, test_rows_missing);
    wadi__unit_add(&unit, test_later_format);
    return wadi__unit_run(&unit, "checkpoint files");
}
