/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_test.c DIR: reads the checkpoint of each format that DIR keeps. With --write it writes
 * that of the format of today, once: such a file never changes. */
#include "stream/checkpoint_file.h"
#include "testing/unit.h"

#include <stdio.h>

static const char *dir;
static const char kept[] = "bytes that a stream kept\0, with a zero";

static const char *path_of(int format) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/checkpoint-%d", dir, format);
    return path;
}
static wadi__checkpoint sample(void) {
    wadi__checkpoint made = {
        .head = {.epoch = 3,
                 .time_ms = 1500000005000,
                 .zero_ms = 1500000000000,
                 .batch_ms = 500,
                 .rerun_ms = 1500000004000,
                 .merged_ms = 1500000004500,
                 .parallelism = 4,
                 .hash_seed = {0x123456789abcdef0, 0xfedcba9876543211},
                 .application = wadi_str_of("NetworkWordCount of some length")}};
    checkpoint_setting setting = {wadi_str_of("spark.mykey"), wadi_str_of("my value")};
    checkpoint_accumulator accumulator = {wadi_str_of("dropped"),
                                          wadi_str_of("its bytes, a frame as a rule")};
    checkpoint_stream stream = {.name = wadi_str_of("update_state_by_key:add"),
                                .op = wadi_str_of("update_state_by_key"),
                                .function = wadi_str_of("add"),
                                .records = wadi_str_of("word_count"),
                                .slide_ms = 500,
                                .window_ms = 0,
                                .replay_ms = 1500000004000,
                                .saved_ms = 1500000003500,
                                .is_state = true,
                                .kept = wadi_str_view(kept, sizeof kept)};
    bool has_room = wadi__vec_push(&made.settings, setting) &&
                    wadi__vec_push(&made.pending, (checkpoint_pending){1500000004000, true}) &&
                    wadi__vec_push(&made.pending, (checkpoint_pending){1500000005000, false}) &&
                    wadi__vec_push(&made.accumulators, accumulator) &&
                    wadi__vec_push(&made.streams, stream);
    assert_true(has_room);
    return made;
}
static int write_sample(void) {
    wadi__checkpoint made = sample();
    wadi__text bytes = {0};
    FILE *file = fopen(path_of(WADI__CHECKPOINT_FORMAT), "wbx");
    bool is_written = file != NULL && wadi__checkpoint_write(&made, &bytes, NULL) == WADI_OK &&
                      fwrite(bytes.bytes, bytes.size, 1, file) == 1;
    if (file != NULL && fclose(file) != 0) is_written = false;
    wadi__text_fini(&bytes);
    wadi__checkpoint_fini(&made);
    return is_written ? 0 : 1;
}
static void assert_text(wadi_str actual, const char *expected) {
    assert_true(wadi_str_equal(actual, wadi_str_of(expected)));
}
static void test_format_1(void **state) {
    (void)state;
    char bytes[4096];
    FILE *file = fopen(path_of(1), "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    wadi__checkpoint read;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__checkpoint_read(&read, bytes, size, &err) != WADI_OK) fail_msg("%s", err.message);
    assert_int_equal(read.head.format, 1);
    assert_int_equal(read.head.epoch, 3);
    assert_int_equal(read.head.time_ms, 1500000005000);
    assert_int_equal(read.head.zero_ms, 1500000000000);
    assert_int_equal(read.head.batch_ms, 500);
    assert_int_equal(read.head.rerun_ms, 1500000004000);
    assert_int_equal(read.head.merged_ms, 1500000004500);
    assert_int_equal(read.head.parallelism, 4);
    assert_true(read.head.hash_seed[0] == 0x123456789abcdef0 &&
                read.head.hash_seed[1] == 0xfedcba9876543211);
    assert_text(read.head.application, "NetworkWordCount of some length");
    assert_int_equal(read.settings.count, 1);
    assert_text(read.settings.items[0].name, "spark.mykey");
    assert_int_equal(read.pending.count, 2);
    assert_true(read.pending.items[0].has_failed && !read.pending.items[1].has_failed);
    assert_int_equal(read.pending.items[1].time_ms, 1500000005000);
    assert_int_equal(read.accumulators.count, 1);
    assert_text(read.accumulators.items[0].name, "dropped");
    assert_int_equal(read.streams.count, 1);
    assert_text(read.streams.items[0].name, "update_state_by_key:add");
    assert_int_equal(read.streams.items[0].saved_ms, 1500000003500);
    assert_true(read.streams.items[0].is_state);
    assert_int_equal(read.streams.items[0].kept.len, sizeof kept);
    assert_memory_equal(wadi_str_data(&read.streams.items[0].kept), kept, sizeof kept);
    wadi__checkpoint_fini(&read);
}
int main(int argc, char **argv) {
    wadi__unit unit = {0};
    if (argc < 2) return 2;
    dir = argv[argc - 1];
    if (strcmp(argv[1], "--write") == 0) return write_sample();
    wadi__unit_add(&unit, test_format_1);
    return wadi__unit_run(&unit, "golden checkpoints");
}
