/* SPDX-License-Identifier: Apache-2.0 */
/* saved_test.c: RDDs that are saved in the checkpoint directory, on a simulated disk. */
#include "exec/engine.h"
#include "fs/fs.h"
#include "rdd/ops/files.h"
#include "testing/keyed.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

static wadi_context *sc;
static wadi__env *disk;

static int begin(void **state) {
    (void)state;
    disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__env_use(disk);
    sc = wadi_context_new("local[2]", "saved",
                          .settings = {{"spark.streaming.checkpoint.directory", "/saved"},
                                       {"spark.task.maxFailures", "1"}});
    wadi__env_use(NULL);
    return 0;
}
static int end(void **state) {
    (void)state;
    wadi_finish(sc);
    wadi__sim_disk_free(disk);
    return 0;
}
/* Folders of RDDs that are there. */
static size_t folders(void) {
    wadi__names runs = {0}, rdds = {0};
    wadi__file_stat stat;
    bool exists;
    assert_int_equal(wadi__fs_stat(disk, "/saved/rdds", &stat, &exists, NULL), WADI_OK);
    if (!exists) return 0;
    assert_int_equal(wadi__fs_list(disk, "/saved/rdds", &runs, NULL), WADI_OK);
    assert_int_equal(runs.count, 1);
    char *root = wadi__fs_join("/saved/rdds", runs.items[0]);
    assert_int_equal(wadi__fs_list(disk, root, &rdds, NULL), WADI_OK);
    size_t count = rdds.count;
    wadi__free(root);
    wadi__names_fini(&rdds);
    wadi__names_fini(&runs);
    return count;
}

/* ---- Functions that tell how often they are called ---- */

static atomic_int calls;
WADI_MAP(counted, int64_t, int64_t) {
    atomic_fetch_add(&calls, 1);
    *out = *in + 1;
}
static int64_t sum(wadi_rdd *rdd) {
    size_t n;
    const int64_t *rows = wadi_collect(rdd, int64_t, &n);
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) total += rows[i];
    return total;
}

static void test_read_from_files_after_an_action(void **state) {
    (void)state;
    wadi_rdd *in = wadi_range(sc, 0, 100);
    wadi_rdd *mapped = wadi_map(in, counted);
    wadi_rdd *doubled = wadi_map(mapped, counted);
    atomic_store(&calls, 0);
    wadi_rdd_checkpoint(mapped);
    wadi_rdd_checkpoint(mapped); /* twice is once */
    assert_int_equal(folders(), 0);
    assert_int_equal(sum(doubled), 5150);       /* through it */
    assert_int_equal(atomic_load(&calls), 300); /* computed for the action, and to be saved */
    assert_int_equal(folders(), 1);
    assert_int_equal(mapped->parent_count, 0);
    assert_int_equal(wadi_rdd_partition_count(mapped), 2);
    assert_int_equal(sum(mapped), 5050);
    assert_int_equal(atomic_load(&calls), 300);
    assert_int_equal(sum(doubled), 5150);
    assert_int_equal(atomic_load(&calls), 400);
    assert_int_equal(folders(), 1);
}
static void test_what_is_kept_is_computed_once(void **state) {
    (void)state;
    wadi_rdd *mapped = wadi_persist(wadi_map(wadi_range(sc, 0, 100), counted), WADI_MEMORY_ONLY);
    atomic_store(&calls, 0);
    wadi_rdd_checkpoint(mapped);
    assert_int_equal(sum(mapped), 5050);
    wadi_unpersist(mapped);
    assert_int_equal(sum(mapped), 5050);
    assert_int_equal(atomic_load(&calls), 100);
}
/* Each is made of the one before: without the cut the chain would grow, and be walked each time. */
static void test_a_loop_stays_short(void **state) {
    (void)state;
    wadi_rdd *now = wadi_rdd_ref(wadi_range(sc, 0, 10));
    size_t before = folders();
    for (int i = 0; i < 200; i++) {
        wadi__scope scope;
        wadi__scope_init(&scope, 1000 + i);
        wadi__scope *outer = wadi__scope_enter(&scope);
        wadi_rdd *next = wadi_rdd_ref(wadi_map(now, counted));
        wadi_rdd_checkpoint(next);
        atomic_store(&calls, 0);
        assert_int_equal(sum(next), 45 + 10 * (i + 1));
        assert_int_equal(atomic_load(&calls), 20);
        wadi_rdd_unref(&now);
        now = next;
        wadi__scope_enter(outer);
        wadi__scope_fini(&scope);
        assert_int_equal(folders(), before + 1); /* that of its predecessor went with it */
    }
    wadi_rdd_unref(&now);
    assert_int_equal(folders(), before);
}
/* Marked parents are saved first, and what a shuffle gave is read from there. */
static void test_after_a_shuffle(void **state) {
    (void)state;
    const long_pair rows[] = {{1, 10}, {2, 20}, {1, 1}, {3, 30}};
    wadi_rdd *in = wadi_parallelize(sc, long_pair, rows, 4, .partitions = 2);
    wadi_rdd *reduced = wadi_reduce_by_key(in, wadi_add, .partitions = 4);
    wadi_rdd *sorted = wadi_sort_by_key(reduced, .partitions = 1);
    wadi_rdd_checkpoint(reduced);
    wadi_rdd_checkpoint(sorted);
    size_t before = folders();
    for (int i = 0; i < 2; i++) {
        size_t n;
        const long_pair *sums = wadi_collect(sorted, long_pair, &n);
        assert_int_equal(n, 3);
        assert_int_equal(sums[0].value, 11);
        assert_int_equal(sums[2].value, 30);
        assert_int_equal(folders(), before + 2);
    }
    assert_int_equal(reduced->parent_count + sorted->parent_count, 0);
    assert_int_equal(wadi_count(wadi_subtract_by_key(in, reduced)), 0);
}
static void test_no_partitions(void **state) {
    (void)state;
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *empty = wadi__rdd_make_text_files(sc, NULL, 0, &options);
    wadi_rdd_checkpoint(empty);
    for (int i = 0; i < 2; i++) assert_int_equal(wadi_count(empty), 0);
}
static void test_a_full_disk_fails_the_action(void **state) {
    (void)state;
    wadi__scope scope;
    wadi__scope_init(&scope, 1000);
    wadi__scope *outer = wadi__scope_enter(&scope);
    wadi_rdd *mapped = wadi_rdd_ref(wadi_map(wadi_range(sc, 0, 1000), counted));
    wadi_rdd_checkpoint(mapped);
    wadi__sim_disk_set_capacity(disk, wadi__sim_disk_used(disk) + 10);
    wadi_count(mapped);
    assert_true(scope.has_failed);
    assert_non_null(strstr(scope.err.message, "No space left on device"));
    assert_non_null(strstr(scope.err.message, "saving the dataset of "));
    wadi__scope_enter(outer);
    wadi__scope_fini(&scope);
    wadi__sim_disk_set_capacity(disk, INT64_MAX);
    wadi__scope_init(&scope, 2000); /* and the next one does it */
    outer = wadi__scope_enter(&scope);
    assert_int_equal(wadi_count(mapped), 1000);
    assert_int_equal(mapped->parent_count, 0);
    assert_int_equal(sum(mapped), 500500);
    wadi_rdd_unref(&mapped);
    wadi__scope_enter(outer);
    wadi__scope_fini(&scope);
}
static void test_no_directory(void **state) {
    (void)state;
    wadi_context *other = wadi_context_new("local[2]", "none");
    wadi_rdd *rdd = wadi_range(other, 0, 10);
    wadi_rdd_checkpoint(NULL);
    wadi_rdd_checkpoint(rdd);
    wadi_error err = WADI_ERROR_INIT;
    assert_true(wadi_rdd_failed(rdd, &err));
    assert_int_equal(err.status, WADI_E_STATE);
    assert_non_null(strstr(err.message,
                           "the checkpoint directory has not been set: "
                           "wadi_checkpoint(ssc, dir), or spark.streaming.checkpoint.directory"));
    wadi_finish(other);
}
/* That of a stream context comes before the setting's. */
static void test_directory_of_a_stream_context(void **state) {
    (void)state;
    wadi__env_use(disk);
    wadi_context *other = wadi_context_new("local[2]", "streams");
    wadi_stream_context *ssc = wadi_stream_context_new(other, 1000);
    wadi__env_use(NULL);
    wadi_checkpoint(ssc, "/elsewhere");
    bool exists;
    wadi_rdd *rdd = wadi_range(other, 0, 10);
    wadi_rdd_checkpoint(rdd);
    assert_int_equal(sum(rdd), 45);
    assert_int_equal(strncmp(rdd->saved_dir, "/elsewhere/rdds/", 16), 0);
    /* What a run that was killed has left goes at the start. */
    wadi__sim_disk_put(disk, "/elsewhere/rdds/0123/rdd-7/part-00000", "x", 1);
    wadi_print(wadi_queue_stream(ssc, int64_t, wadi_rdd_queue_new(other)));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi_stop(ssc, .keep_context = true);
    assert_int_equal(sum(rdd), 45); /* its own folder stays */
    assert_int_equal(
        wadi__fs_stat(disk, "/elsewhere/rdds/0123", &(wadi__file_stat){0}, &exists, NULL), WADI_OK);
    assert_false(exists);
    wadi__file_stat stat;
    wadi_finish(other);
    wadi__names names = {0};
    assert_int_equal(wadi__fs_stat(disk, "/elsewhere/rdds", &stat, &exists, NULL), WADI_OK);
    assert_int_equal(wadi__fs_list(disk, "/elsewhere/rdds", &names, NULL), WADI_OK);
    assert_int_equal(names.count, 0); /* nothing is left behind */
    wadi__names_fini(&names);
}

/* ---- Jobs at once ---- */

static wadi_rdd *shared;
static void *count_often(void *arg) {
    for (int i = 0; i < 30; i++)
        if (sum(shared) != 5050) atomic_fetch_add((atomic_int *)arg, 1);
    return NULL;
}
static void test_jobs_of_several_threads(void **state) {
    (void)state;
    atomic_int wrong = 0;
    for (int round = 0; round < 10; round++) {
        shared = wadi_rdd_ref(wadi_repartition(wadi_map(wadi_range(sc, 0, 100), counted), 3));
        pthread_t threads[3];
        if (round % 2 == 0) wadi_rdd_checkpoint(shared); /* else while they run */
        for (int i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, count_often, &wrong), 0);
        wadi_rdd_checkpoint(shared);
        for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
        assert_int_equal(sum(shared), 5050);
        assert_int_equal(shared->parent_count, 0);
        wadi_rdd_unref(&shared);
    }
    assert_int_equal(wrong, 0);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_read_from_files_after_an_action);
    wadi__unit_add(&unit, test_what_is_kept_is_computed_once);
    wadi__unit_add(&unit, test_a_loop_stays_short);
    wadi__unit_add(&unit, test_after_a_shuffle);
    wadi__unit_add(&unit, test_no_partitions);
    wadi__unit_add(&unit, test_a_full_disk_fails_the_action);
    wadi__unit_add(&unit, test_no_directory);
    wadi__unit_add(&unit, test_directory_of_a_stream_context);
    wadi__unit_add(&unit, test_jobs_of_several_threads);
    return _cmocka_run_group_tests("saved datasets", unit.tests, unit.count, begin, end);
}
