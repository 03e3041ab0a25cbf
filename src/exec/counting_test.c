/* SPDX-License-Identifier: Apache-2.0 */
/* counting_test.c: what tasks tell of the records that they read and gave, by stage. */
#include "exec/counting.h"

#include "exec/memory.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <inttypes.h>
#include <stdio.h>

WADI_RECORD(test_pair, (int64_t, key), (int64_t, value));
WADI_RECORD(text_count, (wadi_str, text), (int64_t, count));
WADI_MAP(mod_ten, int64_t, test_pair) { *out = (test_pair){*in % 10, 1}; }
WADI_MAP(mod_many, int64_t, test_pair) { *out = (test_pair){*in % 5000, 1}; }
WADI_MAP(count_letters, wadi_str, int64_t) { *out = (int64_t)in->len; }
WADI_FILTER(is_even, int64_t) { return *in % 2 == 0; }
WADI_MAP_PARTITION(twice, int64_t, int64_t) {
    while ((in = wadi_next(it))) {
        wadi_emit(out, *in);
        wadi_emit(out, *in);
    }
}
WADI_COGROUP(sides, test_pair, test_pair, int64_t) {
    (void)key, (void)left, (void)right, (void)right_n;
    wadi_emit(out, (int64_t)left_n);
}
static wadi__temp_dir dir;

/* ---- Cases ---- */

static void filtered(wadi_context *sc) { wadi_count(wadi_filter(wadi_range(sc, 0, 100), is_even)); }
static void partitions(wadi_context *sc) {
    wadi_count(wadi_map_partitions(wadi_range(sc, 0, 100), twice));
}
static void both(wadi_context *sc) {
    wadi_rdd *numbers = wadi_range(sc, 0, 100);
    wadi_count(wadi_union(numbers, wadi_filter(numbers, is_even)));
}
static void by_key(wadi_context *sc) {
    wadi_count(wadi_reduce_by_key(wadi_map(wadi_range(sc, 0, 100), mod_ten), wadi_add));
}
static void by_many_keys(wadi_context *sc) {
    wadi_count(wadi_reduce_by_key(wadi_map(wadi_range(sc, 0, 10000), mod_many), wadi_add,
                                  .partitions = 100));
}
static void grouped(wadi_context *sc) {
    wadi_rdd *pairs = wadi_map(wadi_range(sc, 0, 100), mod_ten);
    wadi_count(wadi_cogroup(pairs, wadi_reduce_by_key(pairs, wadi_add), sides));
}
static void by_parts(wadi_context *sc) {
    wadi__memory_share_most = 2000;
    by_many_keys(sc);
    wadi__memory_share_most = SIZE_MAX;
}
static void sorted(wadi_context *sc) {
    wadi_count(wadi_sort_by_key(wadi_map(wadi_range(sc, 0, 100), mod_ten)));
}
static void cached(wadi_context *sc) {
    wadi_rdd *kept = wadi_cache(wadi_filter(wadi_range(sc, 0, 100), is_even));
    wadi_count(kept);
    wadi_count(kept);
}
static void whole_text(wadi_context *sc) {
    wadi_count(wadi_text_file(sc, wadi__temp_path(&dir, "text")));
}
static void lines(wadi_context *sc) {
    wadi_count(wadi_map(wadi_text_file(sc, wadi__temp_path(&dir, "text")), count_letters));
}
static void nothing(wadi_context *sc) { wadi_count(wadi_range(sc, 0, 0)); }

typedef struct count_case {
    const char *name;
    void (*run)(wadi_context *sc);
    const char *expected; /* of each stage */
} count_case;
static count_case cases[] = {
    {"a filter", filtered, "100>50 "},
    {"mapPartitions", partitions, "100>200 "},
    {"a union reads one twice", both, "200>150 "},
    {"nothing", nothing, "0>0 "},
    {"by key: the map side combines", by_key, "100>20 20>10 "},
    {"many partitions: records are put in order first", by_many_keys,
     "10000>10000 10000>10000 10000>5000 "},
    {"the same by parts on disk", by_parts, "10000>10000 10000>5000 "},
    {"a cogroup", grouped, "100>100 100>20 120>10 "},
    {"a sort goes over its records twice", sorted, "100>100 100>100 100>100 "},
    {"a cached dataset is read the second time", cached, "100>50 50>50 "},
    {"text that nobody cuts", whole_text, "?>? "},
    {"text in lines", lines, "3>3 "},
};
typedef struct sums {
    int64_t in[16], out[16];
    size_t count;
} sums;
static void on_task_ended(const wadi_task_info *task, void *user) {
    sums *self = user;
    size_t i = (size_t)task->stage_id;
    assert_true(i < 16);
    if (i >= self->count) self->count = i + 1;
    self->in[i] = task->records_in < 0 || self->in[i] < 0 ? -1 : self->in[i] + task->records_in;
    self->out[i] =
        task->records_out < 0 || self->out[i] < 0 ? -1 : self->out[i] + task->records_out;
}
static void test_counts(void **state) {
    const count_case *row = *state;
    sums told = {.count = 0};
    char text[300] = "";
    wadi_context *sc = wadi_context_new("local[2]", "test");
    wadi_add_engine_listener(sc, .on_task_ended = on_task_ended, .user = &told);
    row->run(sc);
    wadi_finish(sc);
    for (size_t i = 0; i < told.count; i++) {
        char each[60];
        snprintf(each, sizeof each, "%" PRId64 ">%" PRId64 " ", told.in[i], told.out[i]);
        strcat(text, told.in[i] < 0 && told.out[i] < 0 ? "?>? " : each);
    }
    assert_string_equal(text, row->expected);
}

int main(void) {
    dir = wadi__temp_dir_new();
    wadi__temp_text(&dir, "text", "a\nbb\nccc\n");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_counts, cases);
    int failed = wadi__unit_run(&unit, "counting");
    wadi__temp_dir_remove(&dir);
    return failed;
}
