/* SPDX-License-Identifier: Apache-2.0 */
/* tracker_test.c: to which batch received blocks belong, and how much may be received. */
#include "stream/tracker.h"

#include "base/pool.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

static wadi__block *block_of(size_t rows) {
    wadi__keep *keep = wadi__keep_new();
    wadi__block *block = wadi__block_new(wadi__type_int64(), keep);
    wadi__keep_unref(keep);
    for (int64_t i = 0; i < (int64_t)rows; i++) assert_true(wadi__block_append(block, &i, 1));
    return block;
}
typedef struct fixture {
    wadi__rig rig;
    wadi__tracker *tracker;
} fixture;
static fixture setup_with(const char *memory_max, const char *records_max) {
    fixture f = {.rig = wadi__rig_new(
                     &(wadi__rig_options){.settings = {{"wadi.memory.max_bytes", memory_max},
                                                       {"wadi.batch.max_records", records_max}}})};
    wadi_socket_text_stream(f.rig.ssc, "peer", 1); /* input 0 */
    wadi_socket_text_stream(f.rig.ssc, "peer", 2); /* input 1 */
    f.tracker = wadi__tracker_new(f.rig.ssc);
    return f;
}
static fixture setup(const char *memory_max) { return setup_with(memory_max, "0"); }
static void teardown(fixture *f) {
    wadi__tracker_free(f->tracker);
    wadi__rig_free(&f->rig);
}
static wadi__received *received(fixture *f, int64_t id_ms, wadi__block *block, const void *metadata,
                                size_t size) {
    wadi__received *made = wadi__received_new(f->tracker, id_ms, block, metadata, size);
    assert_non_null(made);
    return made;
}
static void add(fixture *f, int input_id, size_t blocks) {
    for (size_t i = 0; i < blocks; i++)
        wadi__tracker_add(f->tracker, input_id, received(f, 0, block_of(1), NULL, 0));
}
static size_t count_of(fixture *f, int input_id, int64_t time_ms) {
    const wadi__received_list *list = wadi__tracker_blocks(f->tracker, input_id, time_ms);
    return list != NULL ? list->count : 0;
}

static void test_block_allocation(void **state) {
    (void)state;
    fixture f = setup("64m");
    add(&f, 1, 5);
    assert_true(wadi__tracker_has_unallocated(f.tracker));
    wadi__tracker_allocate(f.tracker, 1000);
    assert_int_equal(count_of(&f, 1, 1000), 5);
    assert_int_equal(count_of(&f, 0, 1000), 0);
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    wadi__tracker_allocate(f.tracker, 2000);
    assert_int_equal(count_of(&f, 1, 2000), 0);
    wadi__tracker_allocate(f.tracker, 1000); /* again: nothing changes */
    add(&f, 1, 5);
    wadi__tracker_allocate(f.tracker, 2000);
    assert_int_equal(count_of(&f, 1, 1000), 5);
    assert_int_equal(count_of(&f, 1, 2000), 0);
    assert_true(wadi__tracker_has_unallocated(f.tracker));
    wadi__tracker_allocate(f.tracker, 3000);
    assert_int_equal(count_of(&f, 1, 3000), 5);
    teardown(&f);
}
/* Whole blocks, the oldest first; one at least. */
static void test_batch_max_records(void **state) {
    (void)state;
    static const size_t sizes[] = {4, 6, 1, 9, 25, 0, 10, 3};
    static const size_t expected[] = {2, 2, 2, 1, 1, 0}; /* blocks of each batch */
    fixture f = setup_with("64m", "10");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        wadi__tracker_add(f.tracker, 0, received(&f, 0, block_of(sizes[i]), NULL, 0));
    add(&f, 1, 7); /* of another input */
    for (size_t i = 0, block = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int64_t time_ms = 1000 * (int64_t)(i + 1);
        wadi__tracker_allocate(f.tracker, time_ms);
        assert_int_equal(count_of(&f, 0, time_ms), expected[i]);
        assert_int_equal(count_of(&f, 1, time_ms), i == 0 ? 7 : 0);
        for (size_t b = 0; b < expected[i]; b++)
            assert_int_equal(wadi__tracker_blocks(f.tracker, 0, time_ms)->items[b]->row_count,
                             sizes[block++]);
        assert_int_equal(wadi__tracker_has_unallocated(f.tracker), i < 4);
    }
    add(&f, 0, 1); /* the list goes on after it was empty */
    wadi__tracker_allocate(f.tracker, 9000);
    assert_int_equal(count_of(&f, 0, 9000), 1);
    teardown(&f);
}
static void test_forgotten_blocks_are_freed(void **state) {
    (void)state;
    fixture f = setup("64m");
    size_t before = wadi__pool_in_use();
    add(&f, 0, 3);
    wadi__tracker_allocate(f.tracker, 1000);
    add(&f, 0, 3);
    wadi__tracker_allocate(f.tracker, 2000);
    wadi__tracker_forget(f.tracker, 0, 1000, 1000);
    assert_int_equal(count_of(&f, 0, 1000), 0);
    assert_int_equal(count_of(&f, 0, 2000), 3);
    wadi__tracker_forget(f.tracker, 0, 2000, 2000);
    assert_int_equal(wadi__pool_in_use(), before);
    teardown(&f);
}
static void test_metadata_is_copied(void **state) {
    (void)state;
    fixture f = setup("64m");
    char position[] = "offset 17";
    wadi__tracker_add(f.tracker, 0, received(&f, 800, block_of(2), position, sizeof position));
    position[0] = '#';
    wadi__tracker_allocate(f.tracker, 1000);
    const wadi__received *received = wadi__tracker_blocks(f.tracker, 0, 1000)->items[0];
    assert_string_equal(received->metadata, "offset 17");
    assert_int_equal(received->id_ms, 800);
    assert_int_equal(received->block->row_count, 2);
    teardown(&f);
}
/* What waits for the next batch may take half of the receivers' share. */
static void test_room(void **state) {
    (void)state;
    fixture f = setup("16m");
    size_t rows = (1 << 20) / sizeof(int64_t), stored = 0;
    while (wadi__tracker_has_room(f.tracker)) {
        wadi__tracker_add(f.tracker, 0, received(&f, 0, block_of(rows), NULL, 0));
        stored++;
    }
    assert_in_range(stored, 3, 6); /* 5.6 MiB in blocks of a bit more than 1 MiB */
    wadi__tracker_allocate(f.tracker, 1000);
    assert_true(wadi__tracker_has_room(f.tracker));
    while (wadi__tracker_has_room(f.tracker))
        wadi__tracker_add(f.tracker, 0, received(&f, 0, block_of(rows), NULL, 0));
    wadi__tracker_allocate(f.tracker, 2000);
    bool is_full = !wadi__tracker_has_room(f.tracker);
    wadi__tracker_forget(f.tracker, 0, 2000, 2000);
    assert_true(wadi__tracker_has_room(f.tracker));
    assert_true(is_full || stored < 6);
    teardown(&f);
}
static void test_no_memory_leaves_the_block_with_its_owner(void **state) {
    (void)state;
    fixture f = setup("64m");
    wadi__block *block = block_of(1);
    wadi__mem_fail_at(1, true);
    const wadi__received *made = wadi__received_new(f.tracker, 0, block, "m", 1);
    wadi__mem_fail_at(0, false);
    assert_null(made);
    assert_false(wadi__tracker_has_unallocated(f.tracker));
    wadi__block_unref(block);
    teardown(&f);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_allocation),
        cmocka_unit_test(test_batch_max_records),
        cmocka_unit_test(test_forgotten_blocks_are_freed),
        cmocka_unit_test(test_metadata_is_copied),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_no_memory_leaves_the_block_with_its_owner),
    };
    return cmocka_run_group_tests_name("tracker", tests, NULL, NULL);
}
