/* SPDX-License-Identifier: Apache-2.0 */
/* engine_listener_test.c: what listeners hear of jobs, stages, tasks and blocks. */
#include "exec/engine.h"
#include "exec/engine_listener.h"
#include "exec/memory.h"

#include "testing/unit.h"

#include <wadi/wadi.h>

#include <inttypes.h>
#include <stdio.h>

/* What was heard, as text; written by the listener's thread alone. */
typedef struct heard {
    char text[8000];
    size_t used;
    atomic_uint *shut; /* NULL: it is fast */
} heard;
__attribute__((format(printf, 2, 3))) static void note(heard *self, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    self->used +=
        (size_t)vsnprintf(self->text + self->used, sizeof self->text - self->used, fmt, args);
    va_end(args);
}
/* "map at FILE:12" as "map". */
static int word(const char *name) { return (int)strcspn(name, " "); }

static void on_job_started(const wadi_job_info *job, void *user) {
    note(user, "job %" PRId64 " %.*s\n", job->id, word(job->name), job->name);
    assert_true(job->submission_ms > 0 && job->completion_ms == -1);
}
static void on_job_ended(const wadi_job_info *job, void *user) {
    note(user, "job %" PRId64 " ends%s%.8s\n", job->id, job->failure_reason != NULL ? ": " : "",
         job->failure_reason != NULL ? job->failure_reason : "");
    assert_true(job->completion_ms >= job->submission_ms);
}
static void on_stage_submitted(const wadi_stage_info *stage, void *user) {
    note(user, " stage %" PRId64 " of job %" PRId64 ": %u tasks:", stage->id, stage->job_id,
         stage->task_count);
    for (size_t i = 0; i < stage->operator_count; i++)
        note(user, " %.*s%s<%zu", word(stage->operators[i].name), stage->operators[i].name,
             stage->operators[i].is_stored ? "!" : "", stage->operators[i].parent_count);
    note(user, "\n");
}
static void on_stage_completed(const wadi_stage_info *stage, void *user) {
    note(user, " stage %" PRId64 " ends: %u failed%s\n", stage->id, stage->failed_task_count,
         stage->failure_reason != NULL ? ", and so it" : "");
    assert_true(stage->run_ms >= 0 && stage->completion_ms >= stage->submission_ms);
}
static void on_task_ended(const wadi_task_info *task, void *user) {
    note(user, "  task %u try %u", task->partition_index, task->attempt);
    if (task->failure_reason != NULL)
        note(user, " failed\n");
    else
        note(user, ": %" PRId64 " in, %" PRId64 " out\n", task->records_in, task->records_out);
}
static void on_block_stored(const wadi_stored_info *block, void *user) {
    note(user, "  block %u of %u of %.*s%s%s\n", block->partition_index, block->partition_count,
         word(block->name), block->name, block->is_on_disk ? " on disk" : "",
         block->size_bytes > 0 ? "" : ", empty");
}
static void on_block_evicted(const wadi_stored_info *block, void *user) {
    note(user, "  block %u of %u %s\n", block->partition_index, block->partition_count,
         block->is_on_disk && block->size_bytes > 0     ? "goes to disk"
         : !block->is_on_disk && block->size_bytes == 0 ? "goes"
                                                        : "?");
    assert_null(block->name);
}
static void on_unpersisted(uint64_t rdd_id, void *user) { note(user, "gone %d\n", rdd_id > 0); }
static void on_executor(const wadi_executor_info *executor, void *user) {
    note(user, "executor %s: %u slots\n", executor->id, executor->slots);
}

WADI_RECORD(test_pair, (int64_t, key), (int64_t, value));
WADI_MAP(mod_three, int64_t, test_pair) { *out = (test_pair){*in % 3, 1}; }
WADI_REDUCE(add, test_pair) { acc->value += in->value; }
WADI_FILTER(is_odd, test_pair) { return in->key % 2 == 1; }
WADI_FILTER(fails_at_two, int64_t) {
    if (*in == 2) wadi_fail(task, "no twos");
    return true;
}

static wadi_rdd *numbers(wadi_context *sc) {
    const int64_t values[] = {1, 2, 3, 4};
    return wadi_parallelize(sc, int64_t, values, 4, .partitions = 2);
}
static void test_events_of_jobs(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL};
    wadi_context *sc =
        wadi_context_new("local[1]", "test", .settings = {{"spark.task.maxFailures", "2"}});
    assert_int_equal(wadi_add_engine_listener(
                         sc, .on_job_started = on_job_started, .on_job_ended = on_job_ended,
                         .on_stage_submitted = on_stage_submitted,
                         .on_stage_completed = on_stage_completed, .on_task_ended = on_task_ended,
                         .on_executor_added = on_executor, .user = &self),
                     WADI_OK);
    wadi_rdd *counts = wadi_reduce_by_key(wadi_map(numbers(sc), mod_three), add, .partitions = 1);
    assert_int_equal(wadi_count(counts), 3);
    wadi_count(counts); /* the shuffle is there */
    wadi_count(wadi_filter(numbers(sc), fails_at_two));
    wadi_finish(sc);
    assert_string_equal(self.text, "executor driver: 1 slots\n"
                                   "job 0 count\n"
                                   " stage 0 of job 0: 2 tasks: map<1 parallelize<0\n"
                                   "  task 0 try 0: 2 in, 2 out\n"
                                   "  task 1 try 0: 2 in, 2 out\n"
                                   " stage 0 ends: 0 failed\n"
                                   " stage 1 of job 0: 1 tasks: reduce_by_key<1\n"
                                   "  task 0 try 0: 4 in, 3 out\n"
                                   " stage 1 ends: 0 failed\n"
                                   "job 0 ends\n"
                                   "job 1 count\n"
                                   " stage 2 of job 1: 1 tasks: reduce_by_key<1\n"
                                   "  task 0 try 0: 4 in, 3 out\n"
                                   " stage 2 ends: 0 failed\n"
                                   "job 1 ends\n"
                                   "job 2 count\n"
                                   " stage 3 of job 2: 2 tasks: filter<1 parallelize<0\n"
                                   "  task 0 try 0 failed\n"
                                   "  task 1 try 0: 2 in, 2 out\n"
                                   "  task 0 try 1 failed\n"
                                   " stage 3 ends: 2 failed, and so it\n"
                                   "job 2 ends: no twos;\n");
}
static void test_events_of_blocks(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL};
    wadi_context *sc = wadi_context_new("local[1]", "test");
    wadi_add_engine_listener(sc, .on_block_stored = on_block_stored,
                             .on_rdd_unpersisted = on_unpersisted,
                             .on_stage_submitted = on_stage_submitted, .user = &self);
    wadi_rdd *kept = wadi_cache(wadi_map(numbers(sc), mod_three));
    wadi_count(kept);
    wadi_count(kept);
    wadi_unpersist(kept);
    wadi_rdd *on_disk = wadi_persist(wadi_map(numbers(sc), mod_three), WADI_DISK_ONLY);
    wadi_count(on_disk);
    wadi_finish(sc);
    assert_string_equal(self.text, " stage 0 of job 0: 2 tasks: map!<1 parallelize<0\n"
                                   "  block 0 of 2 of map\n"
                                   "  block 1 of 2 of map\n"
                                   " stage 1 of job 1: 2 tasks: map!<1 parallelize<0\n"
                                   "gone 1\n"
                                   " stage 2 of job 2: 2 tasks: map!<1 parallelize<0\n"
                                   "  block 0 of 2 of map on disk\n"
                                   "  block 1 of 2 of map on disk\n");
}
static void test_events_of_evictions(void **state) {
    (void)state;
    heard self = {{0}, 0, NULL};
    wadi_context *sc = wadi_context_new("local[1]", "test");
    wadi_add_engine_listener(sc, .on_block_stored = on_block_stored,
                             .on_block_evicted = on_block_evicted, .user = &self);
    wadi_rdd *kept = wadi_cache(wadi_map(numbers(sc), mod_three));
    wadi_count(kept);
    wadi_count(wadi_persist(wadi_filter(kept, is_odd), WADI_MEMORY_AND_DISK));
    wadi__memory_share_most = 0; /* there is room for nothing */
    wadi__memory_make_room(sc, 1);
    wadi__memory_share_most = SIZE_MAX;
    wadi_count(kept); /* computed again */
    wadi_finish(sc);
    assert_string_equal(self.text, "  block 0 of 2 of map\n"
                                   "  block 1 of 2 of map\n"
                                   "  block 0 of 2 of filter\n"
                                   "  block 1 of 2 of filter\n"
                                   "  block 0 of 2 goes\n"
                                   "  block 0 of 2 goes to disk\n"
                                   "  block 1 of 2 goes\n"
                                   "  block 1 of 2 goes to disk\n"
                                   "  block 0 of 2 of map\n"
                                   "  block 1 of 2 of map\n");
}
/* It hears of what begins later, and of the executor. */
static void test_a_later_listener(void **state) {
    (void)state;
    heard first = {{0}, 0, NULL}, second = {{0}, 0, NULL};
    wadi_context *sc = wadi_context_new("local[2]", "test");
    wadi_count(numbers(sc)); /* nobody listens */
    wadi_add_engine_listener(sc, .on_job_started = on_job_started, .on_executor_added = on_executor,
                             .user = &first);
    wadi_count(numbers(sc));
    wadi_add_engine_listener(sc, .on_job_started = on_job_started, .on_executor_added = on_executor,
                             .user = &second);
    wadi_count(numbers(sc));
    wadi_finish(sc);
    assert_string_equal(first.text, "executor driver: 2 slots\njob 0 count\njob 1 count\n");
    assert_true(strstr(second.text, "executor driver: 2 slots\n") != NULL);
    assert_true(strstr(second.text, "job 1 count\n") != NULL);
}
static void wait_at_door(const wadi_job_info *job, void *user) {
    (void)job;
    heard *self = user;
    while (atomic_load(self->shut) != 0)
        wadi__env_real.wait(&wadi__env_real, self->shut, 1, WADI__DEADLINE_NONE);
    self->used++;
}
static void test_a_slow_listener_holds_nothing_up(void **state) {
    (void)state;
    atomic_uint shut = 1;
    heard self = {{0}, 0, &shut};
    wadi_context *sc =
        wadi_context_new("local[1]", "test",
                         .settings = {{"spark.scheduler.listenerbus.eventqueue.capacity", "10"}});
    wadi_add_engine_listener(sc, .on_job_started = wait_at_door, .user = &self);
    for (int i = 0; i < 50; i++) assert_int_equal(wadi_count(numbers(sc)), 4);
    assert_true(wadi__engine_events_dropped(sc) >= 50);
    atomic_store(&shut, 0);
    wadi__env_real.wake(&wadi__env_real, &shut, 1);
    wadi_finish(sc);
    assert_true(self.used >= 1 && self.used < 15);
}
static void test_refusals(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local[1]", "test");
    const struct {
        wadi_engine_listener listener;
        void *later;
    } newer = {.listener = {.size = sizeof newer}};
    assert_int_equal((wadi_add_engine_listener)(sc, &newer.listener), WADI_E_INVALID);
    wadi__context_stop(sc);
    assert_int_equal(wadi_add_engine_listener(sc, .on_executor_added = on_executor), WADI_E_STATE);
    wadi_finish(sc);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_events_of_jobs);
    wadi__unit_add(&unit, test_events_of_blocks);
    wadi__unit_add(&unit, test_events_of_evictions);
    wadi__unit_add(&unit, test_a_later_listener);
    wadi__unit_add(&unit, test_a_slow_listener_holds_nothing_up);
    wadi__unit_add(&unit, test_refusals);
    return wadi__unit_run(&unit, "engine_listener");
}
