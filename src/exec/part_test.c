/* SPDX-License-Identifier: Apache-2.0 */
/* part_test.c: operators by parts: that they are, what they leave behind, what does not fit, and a
 * disk that fails. That results are the same is for the tests of each operator. */
#include "exec/engine.h"
#include "exec/memory.h"
#include "exec/part.h"
#include "testing/keyed.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>

static wadi_context *sc;
static wadi__env *disk;

static void start(void) {
    disk = wadi__sim_disk_new(&wadi__env_real, 7);
    wadi__env_use(disk);
    sc = wadi_context_new("local[2]", "parts");
    wadi__memory_share_most = 8000;
}
static int stop(void) {
    int status = wadi_finish(sc);
    wadi__env_use(NULL);
    assert_int_equal(wadi__sim_disk_used(disk), 0);
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    wadi__sim_disk_free(disk);
    wadi__memory_share_most = SIZE_MAX;
    return status;
}
static bool no_name(const char *name, void *arg) {
    (void)name, (void)arg;
    fail_msg("the disk has a file %s", name);
    return false;
}

/* ---- Jobs of each operator, over strings longer than what is kept in place ---- */

typedef struct job {
    test_rows rows;
    uint64_t (*digest)(const struct job *self);
} job;
static wadi_rdd *input(const job *self) { return test_rdd(sc, &self->rows, 3); }
static uint64_t by_reduce(const job *self) {
    return test_digest(wadi_reduce_by_key(input(self), wadi_add, .partitions = 2), false);
}
static uint64_t by_group(const job *self) {
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    return test_digest(
        wadi_rdd_group_by_key(input(self), wadi__list_into(WADI_TYPE(str_values)), &options),
        false);
}
static uint64_t by_join(const job *self) {
    wadi_rdd *sums = wadi_reduce_by_key(input(self), wadi_add, .partitions = 2);
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    return test_digest(wadi_rdd_full_outer_join(input(self), sums,
                                                wadi__fields_into(WADI_TYPE(str_joined)), &options),
                       false);
}
static uint64_t by_sort(const job *self) {
    return test_digest(wadi_sample(wadi_sort_by_key(input(self), .partitions = 2), 0.1, 3), true);
}
static uint64_t by_set(const job *self) {
    wadi_rdd *few = wadi_sample(input(self), 0.5, 3);
    return test_digest(wadi_subtract(input(self), few, .partitions = 2), false);
}
static uint64_t by_many_reduced(const job *self) {
    wadi_rdd *sums = wadi_reduce_by_key(input(self), wadi_add, .partitions = 100);
    wadi_statistics all = wadi_stats(sums, "value");
    return (uint64_t)all.count * 1000003 + (uint64_t)all.sum;
}
static uint64_t by_many_sorted(const job *self) {
    return test_digest(wadi_sample(wadi_sort_by_key(input(self), .partitions = 80), 0.1, 3), true);
}
typedef struct job_case {
    const char *name;
    uint64_t (*digest)(const job *self);
    size_t room_bytes; /* with which it finishes, but not in memory */
} job_case;
static job_case jobs[] = {
    {"reduce", by_reduce, 14 << 20}, {"group", by_group, 20 << 20}, {"join", by_join, 32 << 20},
    {"sort", by_sort, 14 << 20},     {"set", by_set, 20 << 20},
};
static job_case many[] = {
    {"100 partitions", by_many_reduced, 14 << 20},
    {"80 partitions, sorted", by_many_sorted, 11 << 20},
};
static uint64_t run_in_batch(const job *self, char *error, size_t size) {
    test_batch batch;
    test_batch_begin(&batch);
    uint64_t digest = self->digest(self);
    if (error != NULL) snprintf(error, size, "%s", test_batch_error(&batch));
    test_batch_end(&batch);
    return digest;
}
static job make(const job_case *row) {
    uint64_t seed = 5;
    return (job){test_rows_make(&test_kinds[4], 3000, 700, &seed), row->digest};
}
/* The result is that of memory alone; files are gone with the job, and never have a name. */
static void test_same(void **state) {
    start();
    job self = make(*state);
    char error[600];
    uint64_t by_parts = run_in_batch(&self, error, sizeof error);
    assert_string_equal(error, "");
    assert_true(sc->engine->spill->bytes_so_far > 0);
    assert_int_equal(sc->engine->spill->bytes, 0);
    assert_int_equal(wadi__sim_disk_used(disk), 0);
    disk->dir_list(disk, "/tmp", no_name, NULL);
    uint64_t so_far = sc->engine->spill->bytes_so_far;
    wadi__memory_share_most = SIZE_MAX;
    assert_int_equal(run_in_batch(&self, error, sizeof error), by_parts);
    assert_int_equal(sc->engine->spill->bytes_so_far, so_far);
    test_rows_free(&self.rows);
    assert_int_equal(stop(), 0);
}
/* One call in some fails: tasks are tried again, and the result is as always. */
static void test_failing_disk(void **state) {
    start();
    job self = make(*state);
    uint64_t digest = run_in_batch(&self, NULL, 0);
    for (uint64_t n = 1; n < 200; n += 7) {
        char error[600];
        wadi__sim_disk_fail(disk, WADI__SIM_OPEN | WADI__SIM_WRITE | WADI__SIM_READ, n, 1, EIO);
        assert_int_equal(run_in_batch(&self, error, sizeof error), digest);
        assert_string_equal(error, "");
        wadi__sim_disk_fail(disk, WADI__SIM_ALL, 0, 0, 0);
    }
    wadi__sim_disk_set_short(disk, true);
    assert_int_equal(run_in_batch(&self, NULL, 0), digest);
    test_rows_free(&self.rows);
    assert_int_equal(stop(), 0);
}
static void test_full_disk(void **state) {
    start();
    job self = make(*state);
    char error[600];
    wadi__sim_disk_set_capacity(disk, 2000);
    assert_int_equal(run_in_batch(&self, error, sizeof error), 0);
    test_says(error,
              "bytes that do not fit into memory in folder /tmp: No space left on device; make "
              "room there, name another folder by spark.local.dir, or raise wadi.memory.max_bytes");
    wadi__sim_disk_set_capacity(disk, -1);
    sc->engine->spill->bytes_max = 2000;
    assert_int_equal(run_in_batch(&self, error, sizeof error), 0);
    test_says(error, "of the 2000 bytes of wadi.spill.max_bytes are taken: raise that, or");
    test_rows_free(&self.rows);
    assert_int_equal(stop(), 0);
}
static uint64_t digest_of(void *arg) { return ((const job *)arg)->digest(arg); }
static void test_no_memory(void **state) {
    const job_case *row = *state;
    start();
    uint64_t seed = 6;
    job self = {test_rows_make(&test_kinds[4], 300, 100, &seed), row->digest};
    wadi__memory_share_most = 2000;
    test_sweep(digest_of, &self);
    test_rows_free(&self.rows);
    assert_int_equal(stop(), 0);
}

/* ---- Under a bound ---- */

/* Inputs stay in memory, and all that is made of them has less room than they need themselves. */
static void test_bound(void **state) {
    const job_case *row = *state;
    start();
    wadi__memory_share_most = SIZE_MAX;
    uint64_t seed = 5;
    job self = {test_rows_make(&test_kinds[4], 100000, 40000, &seed), row->digest};
    char error[600];
    size_t limit = wadi__pool_limit();
    uint64_t digest = run_in_batch(&self, error, sizeof error);
    assert_string_equal(error, "");
    assert_int_equal(sc->engine->spill->bytes_so_far, 0);
    wadi__pool_trim();
    wadi__pool_set_limit(wadi__pool_in_use() + row->room_bytes);
    uint64_t under_bound = run_in_batch(&self, error, sizeof error);
    wadi__pool_set_limit(limit);
    assert_string_equal(error, "");
    assert_int_equal(under_bound, digest);
    assert_true(sc->engine->spill->bytes_so_far > 0);
    assert_int_equal(sc->engine->spill->bytes, 0);
    test_rows_free(&self.rows);
    assert_int_equal(stop(), 0);
}

/* ---- Groups ---- */

WADI_MAP(under_seven, int64_t, long_pair) { *out = (long_pair){7, *in}; }

static void test_group_too_large(void **state) {
    (void)state;
    start();
    wadi__memory_share_most = SIZE_MAX;
    size_t limit = wadi__pool_limit();
    wadi__pool_trim();
    wadi__pool_set_limit(wadi__pool_in_use() + (8 << 20));
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *numbers = wadi_map(wadi_range(sc, 0, 400000), under_seven);
    uint64_t digest = test_digest(
        wadi_rdd_group_by_key(numbers, wadi__list_into(WADI_TYPE(long_values)), &options), false);
    wadi__pool_set_limit(limit);
    test_says(test_batch_error(&batch),
              "the group of key 7 has 400000 records of 6400000 bytes, which do not fit into "
              "wadi.memory.max_bytes");
    assert_int_equal(digest, 0);
    test_batch_end(&batch);
    assert_int_equal(stop(), 0);
}
/* A join holds the smaller side of its only key; the larger one does not fit. */
WADI_JOIN(left_and_right, long_pair, long_pair, long_pair) {
    *out = (long_pair){left->key, left->value * 2 + right->value};
}
static uint64_t join_of_one_key(int64_t left, int64_t right) {
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    wadi_rdd *sides[] = {wadi_map(wadi_range(sc, 0, left), under_seven),
                         wadi_map(wadi_range(sc, 0, right), under_seven)};
    wadi_statistics all =
        wadi_stats(wadi_rdd_join(sides[0], sides[1], left_and_right, &options), "value");
    return (uint64_t)all.count * 1000003 + (uint64_t)all.sum;
}
static void test_join_of_one_key(void **state) {
    (void)state;
    static const struct {
        int64_t left, right;
        const char *words; /* "": it fits */
    } rows[] = {{400000, 2, ""},
                {2, 400000, ""},
                {600000, 400000, "the group of key 7 has 400000 records of 6400000 bytes"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        test_batch batch;
        test_batch_begin(&batch);
        wadi__memory_share_most = SIZE_MAX;
        bool fits = rows[i].words[0] == 0;
        uint64_t in_memory = fits ? join_of_one_key(rows[i].left, rows[i].right) : 0;
        test_batch_end(&batch);
        test_batch_begin(&batch);
        size_t limit = wadi__pool_limit();
        wadi__pool_trim();
        wadi__pool_set_limit(wadi__pool_in_use() + (8 << 20));
        uint64_t bounded = join_of_one_key(rows[i].left, rows[i].right);
        wadi__pool_set_limit(limit);
        test_says(test_batch_error(&batch), rows[i].words);
        assert_int_equal(bounded, in_memory);
        test_batch_end(&batch);
        assert_int_equal(stop(), 0);
    }
}

/* ---- Where records go ---- */

/* Of the keys that a partition and its parts down to a depth have, half go to each side. */
static void test_parts_are_even(void **state) {
    (void)state;
    enum { KEYS = 1 << 20, DEPTHS = 5 };
    uint64_t seed = 11, come[DEPTHS] = {0}, go_right[DEPTHS] = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        uint64_t hash = test_random(&seed);
        if (wadi__partition_of(hash, 8) != 3) continue;
        for (uint32_t d = 0; d < DEPTHS; d++) {
            uint32_t number = wadi__part_number(hash, d + 1, 1);
            come[d]++;
            go_right[d] += number;
            if (number != 0) break;
        }
    }
    for (uint32_t d = 0; d < DEPTHS; d++)
        if (go_right[d] * 5 < come[d] * 2 || go_right[d] * 5 > come[d] * 3)
            fail_msg("at depth %u %" PRIu64 " of %" PRIu64 " go to the right", d + 1, go_right[d],
                     come[d]);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_same, jobs);
    wadi__unit_rows(&unit, test_failing_disk, jobs);
    wadi__unit_rows(&unit, test_full_disk, jobs);
    wadi__unit_rows(&unit, test_no_memory, jobs);
    wadi__unit_rows(&unit, test_bound, jobs);
    wadi__unit_rows(&unit, test_bound, many);
    wadi__unit_add(&unit, test_group_too_large);
    wadi__unit_add(&unit, test_join_of_one_key);
    wadi__unit_add(&unit, test_parts_are_even);
    return wadi__unit_run(&unit, "part");
}
