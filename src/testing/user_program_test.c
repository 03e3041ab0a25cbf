/* SPDX-License-Identifier: Apache-2.0 */
/* user_program_test.c: tests of users' programs, those that pass and those that fail. */
#include "testing/must.h"
#include "testing/unit.h"

#include <wadi/testing.h>
#include <wadi/wadi.h>

#include <stdio.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
WADI_FLAT_MAP(split_words, wadi_str, wadi_str) {
    wadi_split words = wadi_split_on(in, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
}
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
WADI_REDUCE(add_counts, word_count) { acc->count += in->count; }
WADI_UPDATE_STATE(add_up, word_count, word_count) {
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return true;
}
WADI_MAP(refuse_bad, wadi_str, wadi_str) {
    if (wadi_str_equal(*in, wadi_str_of("bad"))) wadi_fail(task, "a bad word");
    *out = *in;
}

/* ---- Programs ---- */

static void count_words(wadi_test *test, wadi_stream_context *ssc) {
    (void)ssc;
    wadi_dstream *lines = wadi_test_input(test, "lines", wadi_str);
    wadi_dstream *pairs = wadi_map(wadi_flat_map(lines, split_words), pair_with_one);
    wadi_test_output(test, "counts", wadi_reduce_by_key(pairs, add_counts));
}
static void add_all_up(wadi_test *test, wadi_stream_context *ssc) {
    (void)ssc;
    wadi_dstream *counts = wadi_test_input(test, "counts", word_count);
    wadi_dstream *totals = wadi_update_state_by_key(counts, add_up);
    wadi_checkpoint(totals, 2000);
    wadi_test_output(test, "totals", totals);
    wadi_test_output(test, "batches", wadi_count(counts));
}
static void refuse(wadi_test *test, wadi_stream_context *ssc) {
    (void)ssc;
    wadi_test_output(test, "words", wadi_map(wadi_test_input(test, "words", wadi_str), refuse_bad));
}
static void without_output(wadi_test *test, wadi_stream_context *ssc) {
    (void)ssc;
    wadi_test_input(test, "words", wadi_str);
}
static void over_files(wadi_test *test, wadi_stream_context *ssc) {
    wadi_dstream *lines = wadi_text_file_stream(ssc, wadi_test_arg(test));
    wadi_test_output(test, "lines", lines);
    wadi_save_as_text_files(lines, "/out");
}

/* ---- What tests say: stderr of this process ---- */

typedef struct said {
    FILE *file;
    int before;
    char text[4000];
} said;
static void listen(said *self) {
    fflush(stderr);
    self->file = tmpfile();
    self->before = dup(STDERR_FILENO);
    assert_true(dup2(fileno(self->file), STDERR_FILENO) >= 0);
}
static void heard(said *self) {
    fflush(stderr);
    dup2(self->before, STDERR_FILENO);
    close(self->before);
    rewind(self->file);
    self->text[fread(self->text, 1, sizeof self->text - 1, self->file)] = 0;
    fclose(self->file);
}
static void assert_said(const said *self, const char *words) {
    if (strstr(self->text, words) == NULL)
        fail_msg("it does not say '%s' but\n%s", words, self->text);
}

/* ---- Tests that pass ---- */

static void test_word_count(void **state) {
    (void)state;
    wadi_test *test = wadi_test_new(count_words);
    wadi_test_feed_lines(test, "lines", "to be or not", "to be");
    wadi_test_feed_lines(test, "lines", "that is the question and a word of more bytes");
    wadi_test_advance(test, WADI_SECONDS(1));
    assert_true(wadi_test_expect(test, "counts", "(to,2)", "(be,2)", "(or,1)", "(not,1)"));
    assert_true(wadi_test_expect_nothing(test, "counts"));
    wadi_test_advance(test, WADI_SECONDS(2));
    size_t n = 0;
    int64_t batch_ms = 0;
    const char *const *rows = wadi_test_take(test, "counts", &n, &batch_ms);
    assert_non_null(rows);
    assert_int_equal(n, 10);
    assert_int_equal(batch_ms, 2000);
    assert_null(rows[10]);
    assert_true(wadi_test_expect(test, "counts")); /* nothing was fed to it */
    assert_null(wadi_test_take(test, "counts", NULL, NULL));
    assert_int_equal(wadi_test_failures(test), 0);
    assert_int_equal(wadi_test_finish(test), 0);
}
static void test_intervals(void **state) {
    (void)state;
    wadi_test *test =
        wadi_test_new(count_words, .batch_ms = 200, .start_ms = 1000000050, .master = "local[1]",
                      .settings = {{"spark.default.parallelism", "1"}});
    wadi_test_feed_lines(test, "lines", "a");
    wadi_test_advance(test, 149);
    wadi_test_expect_nothing(test, "counts");
    wadi_test_advance(test, 1);
    int64_t batch_ms = 0;
    assert_non_null(wadi_test_take(test, "counts", NULL, &batch_ms));
    assert_int_equal(batch_ms, 1000000200);
    assert_int_equal(wadi_test_finish(test), 0);
}
static void test_records(void **state) {
    (void)state;
    wadi_test *test = wadi_test_new(add_all_up);
    wadi_str a = wadi_str_of("a"), b = wadi_str_of("a name of more bytes");
    wadi_test_feed(test, "counts", word_count, {a, 1}, {b, 2});
    wadi_test_feed_nothing(test, "counts");
    wadi_test_feed_rows(test, "counts", word_count, NULL, 0);
    wadi_test_advance(test, WADI_SECONDS(1));
    wadi_test_expect(test, "totals", "(a,1)", "(a name of more bytes,2)");
    wadi_test_expect_in_order(test, "batches", "2");
    assert_int_equal(wadi_test_failures(test), 0);
    assert_int_equal(wadi_test_finish(test), 0);
}
static void test_crashes(void **state) {
    (void)state;
    wadi_test *test = wadi_test_new(add_all_up);
    wadi_str a = wadi_str_of("a");
    for (int64_t i = 1; i <= 9; i++)
        wadi_test_feed_rows(test, "counts", word_count, (&(word_count){a, i}), 1);
    wadi_test_advance(test, WADI_SECONDS(3));
    wadi_stream_context *first = wadi_test_context(test);
    wadi_test_crash(test);
    assert_true(wadi_stream_context_is_recovered(wadi_test_context(test)));
    (void)first;
    wadi_test_advance(test, WADI_SECONDS(1));
    wadi_test_expect(test, "totals", "(a,1)");
    wadi_test_expect(test, "totals", "(a,3)");
    wadi_test_expect(test, "totals", "(a,6)");
    wadi_test_expect(test, "totals", "(a,10)");
    wadi_test_expect_nothing(test, "totals");
    wadi_test_crash(test, .in_batch = true);
    wadi_test_expect(test, "totals", "(a,15)");
    wadi_test_expect_nothing(test, "totals");
    wadi_test_crash(test, .in_batch = true, .down_ms = 2000);
    wadi_test_expect(test, "totals", "(a,21)");
    wadi_test_expect(test, "totals", "(a,28)");
    wadi_test_expect(test, "totals", "(a,36)");
    wadi_test_advance(test, WADI_SECONDS(1));
    wadi_test_expect(test, "totals", "(a,45)");
    for (int i = 0; i < 9; i++) wadi_test_expect(test, "batches", "1");
    wadi_test_expect_nothing(test, "batches");
    assert_int_equal(wadi_test_failures(test), 0);
    assert_int_equal(wadi_test_finish(test), 0);
}
static void test_files(void **state) {
    (void)state;
    wadi_test *test = wadi_test_new(over_files, .arg = (void *)"/in");
    wadi_test_file(test, "/in/old.txt", "old\n");
    wadi_test_advance(test, 500);
    wadi_test_file(test, "/in/new.txt", "a\nb\n");
    wadi_test_advance(test, 500);
    wadi_test_expect_in_order(test, "lines", "a", "b"); /* old.txt was there before the start */
    assert_string_equal(wadi_test_file_text(test, "/out-1000/part-00000"), "a\nb\n");
    assert_null(wadi_test_file_text(test, "/out-2000/part-00000"));
    assert_int_equal(wadi_test_finish(test), 0);
}
static void test_two_at_once_in_a_row(void **state) {
    test_word_count(state);
    test_records(state);
}

/* ---- Tests that fail say why ---- */

static void test_difference_is_told(void **state) {
    (void)state;
    said self;
    wadi_test *test = wadi_test_new(count_words);
    wadi_test_feed_lines(test, "lines", "a b b");
    listen(&self);
    bool is_early = wadi_test_expect(test, "counts", "(a,1)");
    wadi_test_advance(test, WADI_SECONDS(1));
    bool is_so = wadi_test_expect(test, "counts", "(a,1)", "(b,1)");
    bool is_more = wadi_test_expect(test, "counts", "(a,1)");
    bool is_named = wadi_test_expect(test, "count", "(a,1)");
    int status = wadi_test_finish(test);
    heard(&self);
    assert_false(is_early || is_so || is_more || is_named);
    assert_int_equal(status, 1);
    assert_said(&self, "user_program_test.c:");
    assert_said(&self, "counts: no batch yet");
    assert_said(&self, ": counts, batch 1000 ms: 1 missing (-), 1 too many (+)\n      (a,1)\n"
                       "    - (b,1)\n    + (b,2)\n");
    assert_said(&self, "counts: no batch after that of 1000 ms");
    assert_said(&self, "no output 'count'");
}
static void test_wrong_feeding_is_told(void **state) {
    (void)state;
    said self;
    wadi_test *test = wadi_test_new(count_words);
    listen(&self);
    wadi_test_feed_lines(test, "line", "a");
    wadi_test_feed(test, "lines", int64_t, 1, 2);
    wadi_test_advance(test, WADI_SECONDS(1));
    bool is_nothing = wadi_test_expect_nothing(test, "counts");
    heard(&self);
    assert_false(is_nothing);
    assert_int_equal(wadi_test_failures(test), 3);
    assert_said(&self, "no input 'line'");
    assert_said(&self, "input 'lines' takes wadi_str, and is fed int64_t");
    assert_said(&self, "there is a batch of 1000 ms, of 0 records");
    wadi_test_finish(test);
}
static void test_failed_batch(void **state) {
    (void)state;
    said self;
    wadi_test *test = wadi_test_new(refuse);
    wadi_test_feed_lines(test, "words", "good");
    wadi_test_feed_lines(test, "words", "bad");
    listen(&self);
    wadi_test_advance(test, WADI_SECONDS(2));
    bool is_good = wadi_test_expect(test, "words", "good");
    bool is_failed = wadi_test_expect_error(test, "a bad word");
    int status = wadi_test_finish(test);
    heard(&self);
    assert_true(is_good && is_failed);
    assert_int_equal(status, 0);

    test = wadi_test_new(refuse);
    wadi_test_feed_lines(test, "words", "bad");
    listen(&self);
    wadi_test_advance(test, WADI_SECONDS(1));
    bool is_other = wadi_test_expect_error(test, "a worse word");
    heard(&self);
    assert_false(is_other);
    assert_said(&self, "failed in another way");
    listen(&self);
    assert_int_equal(wadi_test_finish(test), 1);
    heard(&self);
}
static void test_mistake(void **state) {
    (void)state;
    said self;
    listen(&self);
    wadi_test *test = wadi_test_new(without_output);
    wadi_test_advance(test, WADI_SECONDS(1));
    int status = wadi_test_finish(test);
    heard(&self);
    assert_int_equal(status, 1);
    assert_said(&self, "the program failed: ");
    test = wadi_test_new(without_output);
    assert_true(wadi_test_expect_error(test, "output"));
    assert_int_equal(wadi_test_finish(test), 0);
}
/* A program that gives something else when a batch is run again. */
static void of_another_kind(wadi_test *test, wadi_stream_context *ssc) {
    int *starts = wadi_test_arg(test);
    wadi_dstream *lines = wadi_test_input(test, "lines", wadi_str);
    (void)ssc;
    wadi_test_output(test, "lines", (*starts)++ == 0 ? lines : wadi_flat_map(lines, split_words));
}
static void test_another_second_run(void **state) {
    (void)state;
    said self;
    int starts = 0;
    wadi_test *test = wadi_test_new(of_another_kind, .arg = &starts);
    wadi_test_feed_lines(test, "lines", "a b");
    listen(&self);
    wadi_test_crash(test, .in_batch = true);
    int status = wadi_test_finish(test);
    heard(&self);
    assert_int_equal(status, 1);
    assert_said(&self, "lines, batch 1000 ms: run again, it is not what it was");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_word_count);
    wadi__unit_add(&unit, test_intervals);
    wadi__unit_add(&unit, test_records);
    wadi__unit_add(&unit, test_crashes);
    wadi__unit_add(&unit, test_files);
    wadi__unit_add(&unit, test_two_at_once_in_a_row);
    wadi__unit_add(&unit, test_difference_is_told);
    wadi__unit_add(&unit, test_wrong_feeding_is_told);
    wadi__unit_add(&unit, test_failed_batch);
    wadi__unit_add(&unit, test_mistake);
    wadi__unit_add(&unit, test_another_second_run);
    return wadi__unit_run(&unit, "user_program");
}
