/* SPDX-License-Identifier: Apache-2.0 */
/* status_store_test.c: what is kept of a program; tests with the name of a behaviour in
 * tests/conformance/behaviours.json show it. */
#include "ui/status_told.h"

static wadi__status_store store_of(size_t retained_max) {
    wadi__status_store store;
    assert_true(wadi__status_init(&store, "a program", 1000));
    wadi__status_stream_begins(&store, 1000, retained_max);
    return store;
}
static void expect_counts(const wadi__status_store *store, size_t waiting, size_t running,
                          size_t done, int64_t received, int64_t processed) {
    assert_int_equal(wadi__status_waiting(store), waiting);
    assert_int_equal(wadi__status_running(store), running);
    assert_int_equal(store->stream.done.count, done);
    assert_int_equal(store->stream.active.count, waiting + running); /* unprocessed */
    assert_int_equal(store->stream.received_total, received);
    assert_int_equal(store->stream.processed_total, processed);
}
static void test_progress_counters(void **state) {
    (void)state;
    wadi__status_store store = store_of(1000);
    tell_batch(&store, 1000, 0);
    expect_counts(&store, 1, 0, 0, 0, 0);
    tell_batch(&store, 1000, 1);
    expect_counts(&store, 0, 1, 0, 600, 0);
    tell_batch(&store, 1000, 2);
    expect_counts(&store, 0, 0, 1, 600, 600);
    assert_int_equal(store.stream.completed_total, 1);
    assert_int_equal(wadi__status_done(&store, 0)->batch_ms, 1000); /* also the last completed */
    wadi__status_fini(&store);
}
static void test_completed_batches_are_bounded(void **state) {
    (void)state;
    wadi__status_store store = store_of(3);
    for (int64_t t = 1; t <= 5; t++) tell_whole_batch(&store, t * 1000);
    expect_counts(&store, 0, 0, 3, 3000, 3000);
    assert_int_equal(store.stream.completed_total, 5);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wadi__status_newest(&store, i)->batch_ms, 5000 - 1000 * (int64_t)i);
    assert_null(wadi__status_newest(&store, 3));
    assert_null(wadi__status_batch(&store, 2000));
    assert_non_null(wadi__status_batch(&store, 3000));
    wadi__status_fini(&store);
}
static void test_none_is_kept(void **state) {
    (void)state;
    wadi__status_store store = store_of(0);
    tell_whole_batch(&store, 1000);
    expect_counts(&store, 0, 0, 0, 600, 600);
    wadi__status_fini(&store);
}
/* Several jobs run at once: a later batch may be over first. */
static void test_batches_stand_in_their_order(void **state) {
    (void)state;
    wadi__status_store store = store_of(3);
    for (int64_t t = 1; t <= 5; t++) tell_batch(&store, t * 1000, 0);
    const int64_t ends[] = {2, 1, 4, 3};
    for (size_t i = 0; i < 4; i++) tell_batch(&store, ends[i] * 1000, 2);
    wadi__batch_rows rows;
    assert_true(wadi__status_list(&store, &rows));
    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rows.items[i]->batch_ms, 5000 - 1000 * (int64_t)i);
    wadi__vec_fini(&rows);
    wadi__status_fini(&store);
}
static void test_outputs_as_they_run(void **state) {
    (void)state;
    wadi__status_store store = store_of(3);
    wadi_listener listener = wadi__status_listener(&store);
    tell_batch(&store, 1000, 0);
    tell_batch(&store, 1000, 1);
    batch_told told;
    batch_set(&told, 1000, 2);
    told.outputs[0].end_ms = -1;
    listener.on_output_started(&told.outputs[0], listener.user);
    told.outputs[1].failure_reason = "it broke";
    listener.on_output_completed(&told.outputs[1], listener.user);
    wadi__output_counts counts = wadi__row_outputs(wadi__status_batch(&store, 1000));
    assert_int_equal(counts.total, 2);
    assert_int_equal(counts.active, 1);
    assert_int_equal(counts.completed, 0);
    assert_int_equal(counts.failed, 1);
    assert_string_equal(counts.first_failure, "it broke");
    wadi__status_fini(&store);
}
static size_t jobs_of(const wadi__status_store *store, int64_t batch_ms) {
    const wadi__batch_jobs *jobs = wadi__status_jobs_of(store, batch_ms);
    return jobs != NULL ? jobs->jobs.count : 0;
}
static void test_job_to_batch_mapping_survives_reordering(void **state) {
    (void)state;
    wadi__status_store store = store_of(5);
    wadi__status_batch_job(&store, 1000, 0, 7); /* before the batch is known */
    tell_batch(&store, 1000, 0);
    tell_batch(&store, 1000, 1);
    wadi__status_batch_job(&store, 1000, 1, 8);
    tell_batch(&store, 1000, 2);
    wadi__status_batch_job(&store, 1000, 1, 9); /* after it was completed */
    assert_int_equal(jobs_of(&store, 1000), 3);
    const wadi__batch_jobs *jobs = wadi__status_jobs_of(&store, 1000);
    for (int64_t i = 0; i < 3; i++) assert_int_equal(jobs->jobs.items[i].job_id, 7 + i);
    for (int64_t t = 2; t < 100; t++) { /* of batches that nobody ever hears of */
        wadi__status_batch_job(&store, t * 1000, 0, 10 + t);
        wadi__status_batch_job(&store, t * 1000, 0, 10 + t);
    }
    assert_true(store.stream.jobs.count <= 5 + 10);
    assert_int_equal(jobs_of(&store, 1000), 0);
    assert_int_equal(jobs_of(&store, 99000), 2);
    wadi__status_fini(&store);
}
static void test_receivers(void **state) {
    (void)state;
    wadi__status_store store = store_of(5);
    wadi_listener listener = wadi__status_listener(&store);
    wadi__status_add_input(&store, 0, "queue_stream");
    wadi__status_add_input(&store, 1, NULL);
    wadi_receiver_info info = {1, "threes", true, "localhost", "driver", NULL, NULL, -1};
    listener.on_receiver_started(&info, listener.user);
    info = (wadi_receiver_info){1, "threes", false, "localhost", "driver", "gone", "all of it", 77};
    listener.on_receiver_stopped(&info, listener.user);
    assert_int_equal(store.stream.inputs.count, 2);
    const wadi__input_row *input = &store.stream.inputs.items[1];
    assert_true(input->has_receiver);
    assert_false(input->is_active);
    assert_string_equal(input->name, "threes");
    assert_string_equal(input->last_error_message, "gone");
    assert_int_equal(input->last_error_ms, 77);
    assert_false(store.stream.inputs.items[0].has_receiver);
    wadi__status_fini(&store);
}
/* What comes when there is no memory is left out, and counted; the rest stays sound. */
static void tell_some(void) {
    wadi__status_store store;
    if (!wadi__status_init(&store, "a program", 0)) return;
    wadi__status_stream_begins(&store, 1000, 2);
    wadi__status_add_input(&store, 0, "in");
    for (int64_t t = 1; t < 5; t++) {
        wadi__status_batch_job(&store, t * 1000, 0, t);
        tell_whole_batch(&store, t * 1000);
    }
    assert_true(store.stream.done.count + store.stream.active.count + (size_t)store.lost >= 2);
    wadi__batch_rows rows;
    wadi__status_list(&store, &rows);
    wadi__vec_fini(&rows);
    wadi__status_fini(&store);
}
static void test_without_memory(void **state) {
    (void)state;
    for (unsigned n = 1; n < 100; n++)
        for (int for_good = 0; for_good < 2; for_good++) {
            int64_t before = wadi__mem_in_use();
            wadi__mem_fail_at(n, for_good == 1);
            tell_some();
            wadi__mem_fail_at(0, false);
            assert_int_equal(wadi__mem_in_use(), before);
        }
}
static void test_thousand_batches_are_small(void **state) {
    (void)state;
    int64_t before = wadi__mem_in_use();
    wadi__status_store store = store_of(1000);
    for (int64_t t = 1; t <= 3000; t++) {
        tell_whole_batch(&store, t * 1000);
        wadi__status_batch_job(&store, t * 1000, 0, 2 * t);
        wadi__status_batch_job(&store, t * 1000, 1, 2 * t + 1);
    }
    assert_true(wadi__mem_in_use() - before < 1 << 20);
    wadi__status_fini(&store);
    assert_int_equal(wadi__mem_in_use(), before);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_progress_counters);
    wadi__unit_add(&unit, test_completed_batches_are_bounded);
    wadi__unit_add(&unit, test_none_is_kept);
    wadi__unit_add(&unit, test_batches_stand_in_their_order);
    wadi__unit_add(&unit, test_outputs_as_they_run);
    wadi__unit_add(&unit, test_job_to_batch_mapping_survives_reordering);
    wadi__unit_add(&unit, test_receivers);
    wadi__unit_add(&unit, test_without_memory);
    wadi__unit_add(&unit, test_thousand_batches_are_small);
    return wadi__unit_run(&unit, "status_store");
}
