/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_test.c: partitions through real commands. */
#include "testing/env_layer.h"
#include "testing/keyed.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <dirent.h>
#include <errno.h>

static wadi_context *sc;

/* The lines of a dataset of strings with bars between. */
static const char *lines_of(wadi_rdd *rdd) {
    static char text[4096];
    size_t n, used = 0;
    const wadi_str *rows = wadi_collect(rdd, wadi_str, &n);
    text[0] = 0;
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", i > 0 ? "|" : "",
                                 WADI_STR_ARG(rows[i]));
    return text;
}
typedef struct pipe_case {
    const char *name, *command, *out; /* of the numbers 0 to 5 in two partitions */
} pipe_case;
static pipe_case cases[] = {
    {"as they were", "cat", "0|1|2|3|4|5"},
    {"other ones", "tr 0-5 a-f", "a|b|c|d|e|f"},
    {"in another order", "sort -r", "2|1|0|5|4|3"},
    {"fewer", "head -n 1", "0|3"},
    {"none", "cat >/dev/null", ""},
    {"none that are taken", "true", ""},
    {"a line for each partition", "wc -l", "3|3"},
    {"more", "sed p", "0|0|1|1|2|2|3|3|4|4|5|5"},
    {"without an end of the last line", "cat; printf end", "0|1|2|end|3|4|5|end"},
    {"ends of two bytes", "printf 'a\\r\\nb\\r\\n\\r\\n'", "a|b||a|b|"},
    {"empty lines", "printf '\\n\\n'", "|||"},
    {"a closed standard output", "exec >&-; cat >/dev/null", ""},
    {"a closed standard error", "exec 2>&-; cat", "0|1|2|3|4|5"},
    {"much on the standard error", "head -c 1000000 /dev/zero >&2; cat", "0|1|2|3|4|5"},
    {"one that goes on behind it", "sleep 1 >/dev/null & cat", "0|1|2|3|4|5"},
};
static void test_commands(void **state) {
    const pipe_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    const char *got = lines_of(wadi_pipe(wadi_range(sc, 0, 6), row->command));
    assert_string_equal(test_batch_error(&batch), "");
    assert_string_equal(got, row->out);
    test_batch_end(&batch);
}

WADI_RECORD(word_score, (wadi_str, word), (double, score), (wadi_int64_list, at));
static void test_records_are_printed(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    static const int64_t at[] = {3, 4};
    word_score rows[] = {{wadi_str_of("one"), 1, {at, 2}},
                         {wadi_str_of("another word, a long one"), 1e10, {NULL, 0}}};
    wadi_rdd *in = wadi_parallelize(sc, word_score, rows, 2, .partitions = 1);
    assert_string_equal(lines_of(wadi_pipe(in, "cat")),
                        "(one,1.0,[3, 4])|(another word, a long one,1.0E10,[])");
    test_batch_end(&batch);
}
static void test_result(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *counts = wadi_count_by_value(wadi_range(sc, 0, 6), .partitions = 3);
    wadi_rdd *rdd = wadi_pipe(counts, "cat", .name = "through cat");
    assert_int_equal(wadi_rdd_partition_count(rdd), 3);
    assert_int_equal(rdd->partitioner.kind, WADI__PARTITION_NONE);
    assert_string_equal(rdd->name, "through cat");
    assert_int_equal(wadi_count(wadi_pipe(wadi_empty_rdd(sc, int64_t), "echo")), 0);
    int64_t one = 1; /* empty partitions go through the command too */
    wadi_rdd *in = wadi_parallelize(sc, int64_t, &one, 1, .partitions = 4);
    assert_int_equal(wadi_count(wadi_pipe(in, "echo")), 4);
    test_batch_end(&batch);
}

/* ---- Much ---- */

WADI_MAP(number_of, wadi_str, int64_t) { wadi_str_to_int64(*in, out); }
typedef struct large_case {
    const char *name, *command;
} large_case;
static large_case large[] = {
    {"a million through cat", "cat"},
    {"a million through sort", "sort -n"},
    {"read whole before a line is written", "tac | tac"},
    {"written much faster than read", "sh -c 'sleep 0.05; cat'"},
};
static void test_large(void **state) {
    const large_case *row = *state;
    enum { COUNT = 1000000 };
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *back = wadi_map(wadi_pipe(wadi_range(sc, 0, COUNT), row->command), number_of);
    size_t n;
    const int64_t *rows = wadi_collect(back, int64_t, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, COUNT);
    for (size_t i = 0; i < n; i++)
        if (rows[i] != (int64_t)i) fail_msg("row %zu is %" PRId64, i, rows[i]);
    test_batch_end(&batch);
}
static void test_long_lines(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    enum { SIZE = 3000000 };
    char *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++) bytes[i] = (char)('a' + i % 26);
    wadi_str rows[] = {wadi_str_of("short"), wadi_str_view(bytes, SIZE), wadi_str_of("")};
    wadi_rdd *in = wadi_parallelize(sc, wadi_str, rows, 3, .partitions = 1);
    size_t n;
    const wadi_str *out = wadi_collect(wadi_pipe(in, "cat"), wadi_str, &n);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) assert_true(wadi_str_equal(out[i], rows[i]));
    test_batch_end(&batch);
    free(bytes);
}
/* More than the command reads is not computed. */
WADI_RECORD(counting, (wadi_accumulator, seen));
WADI_MAP(count_seen, int64_t, int64_t, counting) {
    wadi_accumulator_add(task, env->seen, 1);
    *out = *in;
}
static void test_unread_records_are_not_computed(void **state) {
    (void)state;
    wadi_accumulator seen = wadi_accumulator_new(sc, NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *in = wadi_map(wadi_range(sc, 0, 10000000), wadi_bind(count_seen, .seen = seen));
    assert_string_equal(lines_of(wadi_pipe(wadi_coalesce(in, 1), "head -n 2")), "0|1");
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_true(wadi_accumulator_value(sc, seen) < 1000000);
}
/* A command without an end, of which not all is wanted. */
static void test_take(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const wadi_str *rows =
        wadi_take(wadi_pipe(wadi_range(sc, 0, 10000000), "yes"), wadi_str, 5, &n);
    assert_int_equal(n, 5);
    assert_true(wadi_str_equal(rows[4], wadi_str_of("y")));
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
}

/* ---- Failures ---- */

typedef struct failure_case {
    const char *name, *command, *words;
} failure_case;
static failure_case failures[] = {
    {"a status", "false", "the command ended with status 1; in pipe through 'false'; in task 0"},
    {"its words", "cat >/dev/null; echo one >&2; echo two >&2; exit 3",
     "the command ended with status 3, saying: one\ntwo; in pipe through 'cat "},
    {"the last of its words", "seq 100000 >&2; exit 1", "99999\n100000; in pipe through"},
    {"a signal", "kill -15 $$", "the command was ended by signal 15; in pipe through"},
    {"a missing command", "wadi-has-no-such-command",
     "the command ended with status 127, saying: "},
    {"a long command",
     "exit 1 # 456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "890abcdefgh",
     "7890abcd..'"},
};
static void test_failures(void **state) {
    const failure_case *row = *state;
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(wadi_count(wadi_pipe(wadi_range(sc, 0, 100000), row->command)), 0);
    test_says(test_batch_error(&batch), row->words);
    test_batch_end(&batch);
}
static void test_tried_again(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    test_batch batch;
    test_batch_begin(&batch);
    char command[600];
    snprintf(command, sizeof command, "cat; mkdir %s/tried 2>/dev/null && exit 1; true", dir.path);
    wadi_rdd *rdd = wadi_pipe(wadi_coalesce(wadi_range(sc, 0, 6), 1), command);
    assert_string_equal(lines_of(rdd), "0|1|2|3|4|5"); /* what the first try gave is gone */
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    wadi__temp_dir_remove(&dir);
}
WADI_MAP(fails_on_many, int64_t, int64_t) {
    if (*in == 90000) wadi_fail(task, "too many");
    *out = *in;
}
static void test_parent_fails(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_pipe(wadi_map(wadi_range(sc, 0, 100000), fails_on_many), "cat"));
    test_says(test_batch_error(&batch), "too many; in map of 'fails_on_many'; at record 40000 of");
    test_batch_end(&batch);
}
static void test_line_too_long(void **state) {
    (void)state;
    static const char *const commands[] = {"echo 12345678901", "printf 12345678901",
                                           "echo 123; echo 1234567890123"};
    wadi_context *own =
        wadi_context_new("local", "lines", .settings = {{"wadi.source.line_max_bytes", "10"}});
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_count(wadi_pipe(wadi_range(own, 0, 1), commands[i]));
        test_says(test_batch_error(&batch),
                  "a line of more than 10 bytes (wadi.source.line_max_bytes); in pipe through '");
        test_batch_end(&batch);
    }
    test_batch batch;
    test_batch_begin(&batch);
    assert_string_equal(lines_of(wadi_pipe(wadi_range(own, 0, 1), "printf '1234567890\\r\\n'")),
                        "1234567890");
    test_batch_end(&batch);
    wadi_finish(own);
}
static void test_mistakes(void **state) {
    (void)state;
    test_batch batch;
    test_batch_begin(&batch);
    test_says(test_error_of(wadi_pipe(wadi_range(sc, 0, 1), NULL)), "no command is given");
    test_says(test_error_of(wadi_pipe(wadi_range(sc, 0, 1), "")), "no command is given");
    test_says(test_batch_error(&batch), "pipe_test.c:");
    wadi_rdd *broken = wadi_pipe(wadi_pipe(wadi_range(sc, 0, 1), ""), "cat");
    assert_true(wadi_rdd_failed(broken, NULL));
    test_batch_end(&batch);
}

/* ---- Cancelling, and what is left ---- */

static size_t count_files(void) {
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    while (readdir(dir) != NULL) count++;
    closedir(dir);
    return count;
}
static atomic_uint has_started;
WADI_MAP(tells_start, wadi_str, wadi_str) {
    *out = *in;
    atomic_store(&has_started, 1);
    wadi__env_real.wake(&wadi__env_real, &has_started, 1);
}
static void *run_endless(void *arg) {
    test_batch *batch = arg;
    test_batch_begin(batch);
    wadi_count(wadi_map(
        wadi_pipe(wadi_range(sc, 0, 10), "echo started; cat >/dev/null; sleep 1000"), tells_start));
    wadi__scope_enter(batch->before);
    return NULL;
}
static void test_cancelled(void **state) {
    (void)state;
    size_t files = count_files();
    test_batch batch;
    pthread_t thread;
    pthread_create(&thread, NULL, run_endless, &batch);
    while (atomic_load(&has_started) == 0)
        wadi__env_real.wait(&wadi__env_real, &has_started, 0, WADI__DEADLINE_NONE);
    atomic_store(&batch.scope.is_cancelled, true);
    pthread_join(thread, NULL);
    assert_true(batch.scope.has_failed);
    wadi__scope_fini(&batch.scope);
    assert_int_equal(count_files(), files);
}

/* An env that refuses. */
typedef struct refusing {
    wadi__env_layer layer;
    int start, poll, read, write; /* -errno that the call gives; 0: as ever */
} refusing;
static int refusing_start(wadi__env *env, const char *command, wadi__process **process) {
    const refusing *self = env->state;
    wadi__env *below = self->layer.below;
    return self->start != 0 ? self->start : below->process_start(below, command, process);
}
static int refusing_poll(wadi__env *env, wadi__process *process, int wanted) {
    const refusing *self = env->state;
    wadi__env *below = self->layer.below;
    return self->poll != 0 ? self->poll : below->process_poll(below, process, wanted);
}
static ssize_t refusing_read(wadi__env *env, wadi__process *process, int from, void *bytes,
                             size_t size) {
    const refusing *self = env->state;
    wadi__env *below = self->layer.below;
    return self->read != 0 ? self->read : below->process_read(below, process, from, bytes, size);
}
static ssize_t refusing_write(wadi__env *env, wadi__process *process, const void *bytes,
                              size_t size) {
    const refusing *self = env->state;
    wadi__env *below = self->layer.below;
    return self->write != 0 ? self->write : below->process_write(below, process, bytes, size);
}
typedef struct refusal_case {
    const char *name;
    int start, poll, read, write;
    const char *words;
} refusal_case;
static refusal_case refusals[] = {
    {"no process", -EAGAIN, 0, 0, 0,
     "the command cannot be started: Resource temporarily unavailable; in pipe through 'cat'"},
    {"no memory for one", -ENOMEM, 0, 0, 0, "the command cannot be started: Cannot allocate"},
    {"no waiting", 0, -EINVAL, 0, 0, "the command cannot be waited for: Invalid argument"},
    {"no reading", 0, 0, -EIO, 0, "lines cannot be read: Input/output error"},
    {"no writing", 0, 0, 0, -EIO, "records cannot be written: Input/output error"},
};
static void test_refusals(void **state) {
    const refusal_case *row = *state;
    refusing env = {.start = row->start, .poll = row->poll, .read = row->read, .write = row->write};
    wadi__env_layer_init(&env.layer, "refusing", &wadi__env_real);
    env.layer.env.process_start = refusing_start;
    env.layer.env.process_poll = refusing_poll;
    env.layer.env.process_read = refusing_read;
    env.layer.env.process_write = refusing_write;
    size_t files = count_files();
    wadi__env_use(&env.layer.env);
    wadi_context *own = wadi_context_new("local", "refused");
    wadi__env_use(NULL);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_count(wadi_pipe(wadi_range(own, 0, 10), "cat"));
    test_says(test_batch_error(&batch), row->words);
    assert_int_equal(batch.scope.err.status, row->start == -ENOMEM ? WADI_E_NOMEM : WADI_E_IO);
    test_batch_end(&batch);
    wadi_finish(own);
    assert_int_equal(count_files(), files);
}
static uint64_t digest_of_pipe(void *arg) {
    (void)arg;
    return test_digest(wadi_pipe(wadi_range(sc, 0, 100), "sed 's/$/ and more of a line/'"), true);
}
static void test_no_memory(void **state) {
    (void)state;
    size_t files = count_files();
    test_sweep(digest_of_pipe, NULL);
    assert_int_equal(count_files(), files);
}

int main(void) {
    sc = wadi_context_new("local[2]", "pipe");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_commands, cases);
    wadi__unit_add(&unit, test_records_are_printed);
    wadi__unit_add(&unit, test_result);
    wadi__unit_rows(&unit, test_large, large);
    wadi__unit_add(&unit, test_long_lines);
    wadi__unit_add(&unit, test_unread_records_are_not_computed);
    wadi__unit_add(&unit, test_take);
    wadi__unit_rows(&unit, test_failures, failures);
    wadi__unit_add(&unit, test_tried_again);
    wadi__unit_add(&unit, test_parent_fails);
    wadi__unit_add(&unit, test_line_too_long);
    wadi__unit_add(&unit, test_mistakes);
    wadi__unit_add(&unit, test_cancelled);
    wadi__unit_rows(&unit, test_refusals, refusals);
    wadi__unit_add(&unit, test_no_memory);
    int failed = wadi__unit_run(&unit, "pipe");
    return wadi_finish(sc) + failed;
}
