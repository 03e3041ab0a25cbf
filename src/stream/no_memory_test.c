/* SPDX-License-Identifier: Apache-2.0 */
/* no_memory_test.c: a program of many operators whose requests for memory are refused while batches
 * run: one of them, or all from one on. Every batch is right or fails with an error, later ones are
 * right again, and nothing is left behind. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(count_of, (wadi_str, word), (int64_t, count));
WADI_RECORD(both_counts, (wadi_str, word), (int64_t, left), (int64_t, right));
WADI_RECORD(position, (int64_t, next), (wadi_str, name));

WADI_FLAT_MAP(split, wadi_str, wadi_str) {
    wadi_split words = wadi_split_on(in, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
}
WADI_MAP(pair_with_one, wadi_str, count_of) { *out = (count_of){*in, 1}; }
WADI_REDUCE(add, count_of) { acc->count += in->count; }
WADI_MAP(twice, count_of, count_of) { *out = (count_of){in->word, in->count * 2}; }
WADI_FILTER(any, count_of) { return in->count >= 0; }
WADI_TRANSFORM(counted, count_of, count_of) { /* runs a job */
    return wadi_count(rdd) < 100 ? wadi_filter(rdd, any) : NULL;
}
WADI_INPUT(sure_words, count_of, position) {
    const count_of rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("a_word_of_many_bytes"), 2}};
    state->next++;
    state->name = wadi_str_of("a name of more than twelve bytes");
    return wadi_parallelize(sc, count_of, rows, 2, .partitions = 2);
}
WADI_FOREACH_RDD(look, both_counts) {
    size_t n = 0;
    (void)batch_ms;
    wadi_collect(rdd, both_counts, &n);
}

typedef struct refusal {
    uint64_t n; /* the request that is refused; 0: none */
    bool for_good;
    uint64_t requests; /* that there were while it was in force */
} refusal;

/* Runs three batches; in the second memory is refused. What came out is in `text`, to be freed. */
static bool run(refusal *self, char **text) {
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 500);
    wadi__env *disk = wadi__sim_disk_new(clock, 1);
    wadi__rig_options options = {.clock = clock, .env = disk, .master = "local"};
    options.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    wadi__sim_disk_put(disk, "/in/old", "x\n", 2);
    wadi__rig rig = wadi__rig_new(&options);
    wadi_dstream *lines = wadi_text_file_stream(rig.ssc, "/in");
    wadi_dstream *ones = wadi_map(wadi_flat_map(lines, split), pair_with_one);
    wadi_dstream *sums = wadi_reduce_by_key(wadi_window(ones, 2000), add, .partitions = 2);
    wadi_dstream *own = wadi_transform(wadi_input_stream(rig.ssc, sure_words), counted);
    wadi_dstream *joined =
        wadi_join(wadi_map_values(sums, twice), own, wadi_fields_into(both_counts));
    wadi_foreach_rdd(wadi_cache(joined), look);
    wadi_save_as_text_files(wadi_count(joined), "/out/n");
    wadi__collector *collector = wadi__collector_new(joined);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__rig_advance(&rig, 100);
    wadi__sim_disk_put(disk, "/in/1", "a b a\n", 6);
    wadi__rig_advance(&rig, 400);
    wadi__rig_advance(&rig, 100);
    wadi__sim_disk_put(disk, "/in/2", "a c\na_word_of_many_bytes\n", 25);
    uint64_t before = wadi__mem_requests();
    wadi__mem_fail_at(self->n, self->for_good);
    wadi__rig_advance(&rig, 900);
    wadi__mem_fail_at(0, false);
    self->requests = wadi__mem_requests() - before;
    wadi__rig_batches(&rig, 1);
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_error err = WADI_ERROR_INIT;
    wadi_await_termination(rig.ssc, &err);
    if (err.status != WADI_OK && err.status != WADI_E_NOMEM)
        fail_msg("request %llu: %s", (unsigned long long)self->n, err.message);
    *text = wadi__collector_text(collector, WADI__COLLECTED_SORTED);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
    return err.status == WADI_OK;
}
static void check(uint64_t n, bool for_good, const char *expected) {
    refusal self = {.n = n, .for_good = for_good};
    wadi__pool_trim(); /* whose own lists count as memory */
    int64_t before = wadi__mem_in_use();
    size_t pool_before = wadi__pool_in_use();
    char *text;
    bool is_well = run(&self, &text);
    if (is_well && strcmp(text, expected) != 0)
        fail_msg("request %llu refused: %s", (unsigned long long)n, text);
    free(text);
    wadi__pool_trim();
    if (wadi__mem_in_use() != before || wadi__pool_in_use() != pool_before)
        fail_msg("request %llu refused: %lld bytes are left, and %lld of the pool",
                 (unsigned long long)n, (long long)(wadi__mem_in_use() - before),
                 (long long)wadi__pool_in_use() - (long long)pool_before);
}
static void nobody(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
static void test_refused(bool for_good) {
    refusal none = {0};
    char *expected;
    assert_true(run(&none, &expected));
    free(expected);
    assert_true(run(&none, &expected)); /* what the process keeps is there now */
    wadi__log_capture(nobody, NULL);
    for (uint64_t n = 1; n <= none.requests; n++) check(n, for_good, expected);
    wadi__log_capture(NULL, NULL);
    free(expected);
}
static void test_one_request_is_refused(void **state) {
    (void)state;
    test_refused(false);
}
static void test_all_requests_from_one_on_are_refused(void **state) {
    (void)state;
    test_refused(true);
}
static void test_undisturbed(void **state) {
    (void)state;
    refusal none = {0};
    char *text;
    assert_true(run(&none, &text));
    assert_string_equal(text, "1000: (a,4,1); 2000: (a,6,1) (a_word_of_many_bytes,2,2); "
                              "3000: (a,2,1) (a_word_of_many_bytes,2,2)");
    free(text);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_undisturbed);
    wadi__unit_add(&unit, test_one_request_is_refused);
    wadi__unit_add(&unit, test_all_requests_from_one_on_are_refused);
    return wadi__unit_run(&unit, "refused memory");
}
