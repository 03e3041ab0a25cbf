/* SPDX-License-Identifier: Apache-2.0 */
/* mistakes_test.c: wrong graphs, and what wadi_start() says of them: every mistake, with the place
 * of the call. */
#include "stream/stream_context.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>
#include <stdlib.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
WADI_RECORD(by_number, (int64_t, number), (wadi_str, text));
WADI_RECORD(two_counts, (wadi_str, word), (int64_t, left), (int64_t, right));
WADI_RECORD(words_of, (wadi_str, word), (wadi_str_list, all));
WADI_RECORD(limit, (int64_t, least));

WADI_MAP(twice, int64_t, int64_t) { *out = *in * 2; }
WADI_REDUCE(add_counts, word_count) { acc->count += in->count; }
WADI_REDUCE(add_numbers, int64_t) { *acc += *in; }
WADI_MAP(renumber, word_count, by_number) { *out = (by_number){in->count, in->word}; }
WADI_FILTER(at_least, int64_t, limit) { return *in >= env->least; }
WADI_JOIN(join_counts, word_count, by_number, word_count) {
    *out = left != NULL ? *left : (word_count){right->text, 1};
}
WADI_PARTITIONER(by_parity, int64_t) { return (uint32_t)*in % partition_count; }
WADI_COMBINE(count_up, word_count, two_counts) { acc->left += in->count; }
WADI_REDUCE(merge_counts, two_counts) { acc->left += in->left; }
WADI_TRANSFORM(same, int64_t, int64_t) { return rdd; }
WADI_TRANSFORM_ALL(first_of_all, int64_t) { return n > 0 ? rdds[0] : NULL; }
WADI_FOREACH(look_at, int64_t) {
    if (*in < 0) wadi_fail(task, "negative");
}

/* What only bindings can get wrong, and casts. */
static const wadi_map_fn no_map;
static const wadi_reduce_fn no_reduce;
static const wadi_foreach_rdd_fn no_foreach_rdd;
static const wadi_filter_fn unbound = {&at_least__fn, NULL};
static const wadi_map_fn filter_as_map = {&at_least__fn, NULL};

typedef struct graph { /* what the cases build on */
    wadi__rig rig, other;
    wadi_stream_context *ssc;
    wadi_dstream *numbers, *words, *counts, *foreign;
} graph;

enum { EXPECTED_MAX = 12 };
typedef struct mistake_case {
    const char *name;
    void (*build)(graph *g);
    const char *expected[EXPECTED_MAX]; /* "op: text": with the place before it; "^text": as it is;
                                           "+n op: text": n lines below the first */
    int line;                           /* of the calls */
} mistake_case;
/* A builder of one call; its place is that of the macro. */
#define GRAPH(id, ...)                \
    enum { line_of_##id = __LINE__ }; \
    static void id(graph *g WADI_UNUSED) { __VA_ARGS__; }
#define ROW(id, ...)                                                                \
    {                                                                               \
        .name = #id, .build = id, .line = line_of_##id, .expected = { __VA_ARGS__ } \
    }

/* clang-format off */
/* ---- Types ---- */
GRAPH(map_of_another_type, wadi_print(wadi_map(g->words, twice)))
GRAPH(reduce_of_another_type, wadi_print(wadi_reduce_by_key(g->words, add_counts)))
GRAPH(output_of_another_type, wadi_foreach(g->words, look_at))
GRAPH(transform_of_another_type, wadi_print(wadi_transform(g->words, same)))
GRAPH(ready_made_for_numbers, wadi_print(wadi_reduce(g->words, wadi_add)))
GRAPH(pieces_between_nothing, wadi_print(wadi_flat_map(g->words, wadi_split_by(""))))
GRAPH(parts_of_no_text, wadi_print(wadi_filter(g->words, wadi_containing(NULL))))
GRAPH(union_of_two_types, wadi_print(wadi_union(g->numbers, g->words)))
GRAPH(cogroup_into_wrong_fields, wadi_print(wadi_cogroup_all(words_of, g->counts, g->counts)))
GRAPH(fields_into_wrong_record, wadi_print(wadi_join(g->counts, g->counts, wadi_fields_into(words_of))))
/* ---- Keys ---- */
GRAPH(no_key_to_reduce, wadi_print(wadi_reduce_by_key(g->numbers, add_numbers)))
GRAPH(no_key_to_keep, wadi_print(wadi_map_values(g->numbers, twice)))
GRAPH(another_key_than_before, wadi_print(wadi_map_values(g->counts, renumber)))
GRAPH(keys_of_two_types, wadi_print(wadi_join(g->counts, wadi_map(g->counts, renumber), join_counts)))
GRAPH(partitioner_of_another_key, wadi_print(wadi_reduce_by_key(g->counts, add_counts, .partitioner = by_parity)))
/* ---- Functions ---- */
GRAPH(no_function, wadi_print(wadi_map(g->numbers, no_map)))
GRAPH(no_merge_function, wadi_print(wadi_combine_by_key(g->counts, count_up, no_reduce)))
GRAPH(no_output_function, wadi_foreach_rdd(g->numbers, no_foreach_rdd))
GRAPH(captured_values_missing, wadi_print(wadi_filter(g->numbers, unbound)))
GRAPH(another_kind, wadi_print(wadi_map(g->numbers, filter_as_map)))
/* ---- Arguments ---- */
GRAPH(no_partitions, wadi_print(wadi_repartition(g->numbers, 0)))
GRAPH(partitions_of_a_map, wadi_print(wadi_map(g->numbers, twice, .partitions = 2)))
GRAPH(partitioner_of_a_count, wadi_print(wadi_count(g->numbers, .partitioner = by_parity)))
GRAPH(zero_of_a_combine, wadi_print(wadi_combine_by_key(g->counts, count_up, merge_counts, .zero = "")))
GRAPH(direction_of_a_group, wadi_print(wadi_reduce_by_key(g->counts, add_counts, .descending = true)))
GRAPH(window_between_batches, wadi_print(wadi_window(g->numbers, 1500)))
GRAPH(slide_between_batches, wadi_print(wadi_window(g->numbers, 2000, 700)))
GRAPH(window_of_nothing, wadi_print(wadi_window(g->numbers, 0)))
GRAPH(filter_of_a_window, wadi_print(wadi_window(g->numbers, 2000, .partitions = 3)))
GRAPH(window_and_slide, wadi_print(wadi_window(g->numbers, 1500, 700)))
GRAPH(slides_differ, wadi_print(wadi_union(g->numbers, wadi_window(g->numbers, 2000, 2000))))
GRAPH(slides_differ_in_join, wadi_print(wadi_join(g->counts, wadi_window(g->counts, 3000, 3000), wadi_fields_into(two_counts))))
GRAPH(two_levels, wadi_persist(wadi_persist(g->numbers, WADI_DISK_ONLY), WADI_MEMORY_ONLY); wadi_print(g->numbers))
GRAPH(no_such_level, wadi_print(wadi_persist(g->numbers, (wadi_storage_level)77)))
GRAPH(port_of_none, wadi_print(wadi_socket_text_stream(g->ssc, "localhost", 0)))
GRAPH(host_of_none, wadi_print(wadi_socket_text_stream(g->ssc, NULL, 70000)))
GRAPH(queue_of_none, wadi_print(wadi_queue_stream(g->ssc, int64_t, NULL)))
GRAPH(queue_of_another_type, wadi_print(wadi_queue_stream(g->ssc, int64_t, wadi_rdd_queue_new(g->rig.sc), .default_rdd = wadi_empty_rdd(g->rig.sc, wadi_str))))
GRAPH(queue_of_another_context, wadi_print(wadi_queue_stream(g->ssc, int64_t, wadi_rdd_queue_new(g->other.sc))))
GRAPH(file_format_of_none, wadi_print(wadi_file_stream(g->ssc, word_count, "/in", "excel")))
GRAPH(sequence_files, wadi_print(wadi_file_stream(g->ssc, word_count, "/in", "sequence")))
GRAPH(hadoop_files, wadi_save_as_hadoop_files(g->numbers, "/out/a", "sequence"))
/* ---- Streams ---- */
GRAPH(another_context, wadi_print(wadi_union(g->numbers, g->foreign)))
GRAPH(no_stream, wadi_print(wadi_map((wadi_dstream *)NULL, twice)))
GRAPH(no_stream_to_print, wadi_print((wadi_dstream *)NULL))
GRAPH(no_second_stream, wadi_print(wadi_join(g->counts, (wadi_dstream *)NULL, wadi_fields_into(two_counts))))
GRAPH(no_streams_at_all, wadi_print(wadi_transform_all(NULL, 0, first_of_all)))
GRAPH(no_context, wadi_print(wadi_socket_text_stream(NULL, "localhost", 9999)))
GRAPH(no_context_for_files, wadi_print(wadi_text_file_stream(NULL, "/in")))
/* ---- Checkpoints ---- */
GRAPH(checkpoint_without_directory, wadi_dstream *d = wadi_map(g->numbers, twice); wadi_checkpoint(d, 2000); wadi_print(d))
GRAPH(checkpoint_too_often, wadi_checkpoint(g->ssc, "/tmp/c"); wadi_dstream *d = wadi_map(g->numbers, twice); wadi_checkpoint(d, 500); wadi_print(d))
GRAPH(checkpoint_between_batches, wadi_checkpoint(g->ssc, "/tmp/c"); wadi_dstream *d = wadi_map(g->numbers, twice); wadi_checkpoint(d, 2500); wadi_print(d))
GRAPH(checkpoint_never, wadi_dstream *d = wadi_map(g->numbers, twice); wadi_checkpoint(d, 0); wadi_print(d))
/* ---- The context ---- */
GRAPH(no_output, wadi_map(g->numbers, twice))
GRAPH(remember_twice, wadi_remember(g->ssc, 5000); wadi_remember(g->ssc, 5000); wadi_print(g->numbers))
GRAPH(remember_nothing, wadi_remember(g->ssc, 0); wadi_print(g->numbers))
/* ---- Several at once; what follows from one is not told again ---- */
GRAPH(all_at_once, wadi_print(wadi_map(wadi_map(g->words, twice), twice)); wadi_print(wadi_repartition(g->numbers, 0)); wadi_foreach(g->words, look_at))


/* Ten mistakes of all sorts in one program, each on a line of its own; what is right stands between. */
enum { line_of_ten_mistakes = __LINE__ + 2 };
static void ten_mistakes(graph *g) {
    wadi_print(wadi_map(g->words, twice));
    wadi_dstream *twos = wadi_map(g->numbers, twice);
    wadi_dstream *wrong = wadi_reduce_by_key(g->words, add_counts);
    wadi_print(wadi_reduce_by_key(twos, add_numbers));
    wadi_print(wadi_map_values(wrong, twice));
    wadi_print(wadi_join(g->counts, wadi_map(g->counts, renumber), join_counts));
    wadi_print(wadi_filter(g->numbers, unbound));
    wadi_print(wadi_repartition(twos, 0));
    wadi_print(wadi_count(twos, .partitioner = by_parity));
    wadi_print(wadi_window(twos, 1500));
    wadi_print(wadi_socket_text_stream(g->ssc, "localhost", 70000));
    wadi_checkpoint(twos, 1000);
    wadi_foreach(g->words, look_at);
    wadi_remember(g->ssc, -1);
    wadi_print(twos);
}

static mistake_case cases[] = {
    ROW(map_of_another_type, "map: 'twice' takes int64_t, the stream carries wadi_str"),
    ROW(reduce_of_another_type, "reduce_by_key: 'add_counts' takes word_count, the stream carries wadi_str"),
    ROW(output_of_another_type, "foreach: 'look_at' takes int64_t, the stream carries wadi_str"),
    ROW(transform_of_another_type, "transform: 'same' takes int64_t, the stream carries wadi_str"),
    ROW(ready_made_for_numbers, "reduce: 'wadi_add' takes whole numbers and floats, not wadi_str"),
    ROW(pieces_between_nothing, "flat_map: 'wadi_split_by' needs at least one byte to look for"),
    ROW(parts_of_no_text, "filter: 'wadi_containing' needs at least one byte to look for"),
    ROW(union_of_two_types, "union: records of int64_t cannot be united with wadi_str"),
    ROW(cogroup_into_wrong_fields, "cogroup_all: words_of must have the key, wadi_str, and 2 sequences"),
    ROW(fields_into_wrong_record, "join: wadi_fields_into(words_of): the key, 1 fields of the left side and 1 of the right side do not go into its 2 fields"),
    ROW(no_key_to_reduce, "reduce_by_key: a stream of int64_t has no key, which is the first field of a record"),
    ROW(no_key_to_keep, "map_values: a stream of int64_t has no key, which is the first field of a record"),
    ROW(another_key_than_before, "map_values: 'renumber' returns records with the key int64_t, those that come in have wadi_str"),
    ROW(keys_of_two_types, "join: the left side has the key wadi_str, the right one has int64_t"),
    ROW(partitioner_of_another_key, "reduce_by_key: the partitioner 'by_parity' takes int64_t, neither the records, word_count, nor their key, wadi_str"),
    ROW(no_function, "map: no function is given"),
    ROW(no_merge_function, "combine_by_key: no function is given"),
    ROW(no_output_function, "foreach_rdd: no function is given"),
    ROW(captured_values_missing, "filter: 'at_least' needs captured values: wadi_bind(at_least, ..)"),
    ROW(another_kind, "map: 'at_least' is declared with WADI_FILTER, and WADI_MAP is wanted"),
    ROW(no_partitions, "repartition: the number of partitions is 0"),
    ROW(partitions_of_a_map, "map: .partitions means nothing here"),
    ROW(partitioner_of_a_count, "count: .partitioner means nothing here"),
    ROW(zero_of_a_combine, "combine_by_key: .zero means nothing here"),
    ROW(direction_of_a_group, "reduce_by_key: .ascending or .descending means nothing here"),
    ROW(window_between_batches, "window: The window duration of windowed DStream (1500 ms) must be a multiple of the slide duration of parent DStream (1000 ms)"),
    ROW(slide_between_batches, "window: The slide duration of windowed DStream (700 ms) must be a multiple of the slide duration of parent DStream (1000 ms)"),
    ROW(window_of_nothing, "window: The window duration of windowed DStream (0 ms) must be a multiple of the slide duration of parent DStream (1000 ms)"),
    ROW(filter_of_a_window, "window: .partitions means nothing here"),
    ROW(window_and_slide, "window: The window duration of windowed DStream (1500 ms) must be a multiple of the slide duration of parent DStream (1000 ms)", "window: The slide duration of windowed DStream (700 ms) must be a multiple of the slide duration of parent DStream (1000 ms)"),
    ROW(slides_differ, "union: Some of the DStreams have different slide durations"),
    ROW(slides_differ_in_join, "join: Some of the DStreams have different slide durations"),
    ROW(two_levels, "persist: this stream has another storage level already"),
    ROW(no_such_level, "persist: there is no such storage level"),
    ROW(port_of_none, "socket_text_stream: port 0 is none from 1 to 65535"),
    ROW(host_of_none, "socket_text_stream: no host is given", "socket_text_stream: port 70000 is none from 1 to 65535"),
    ROW(queue_of_none, "queue_stream: the queue is NULL"),
    ROW(queue_of_another_type, "queue_stream: the stream carries int64_t, .default_rdd is a dataset of wadi_str"),
    ROW(queue_of_another_context, "queue_stream: the queue belongs to another context"),
    ROW(file_format_of_none, "file_stream: 'excel' is none of the formats object, csv, json"),
    ROW(sequence_files, "file_stream: 'sequence' comes with Hadoop's file formats, which are not built in yet"),
    ROW(hadoop_files, "save_as_hadoop_files: Hadoop's file formats are not built in yet; text and object files are"),
    ROW(another_context, "union: the streams belong to different stream contexts"),
    ROW(no_stream, "map: the stream is NULL"),
    ROW(no_stream_to_print, "print: the stream is NULL"),
    ROW(no_second_stream, "join: the stream is NULL"),
    ROW(no_streams_at_all, "transform_all: the stream is NULL"),
    ROW(no_context, "socket_text_stream: the stream context is NULL"),
    ROW(no_context_for_files, "text_file_stream: the stream context is NULL"),
    ROW(checkpoint_without_directory, "map: the stream is to be checkpointed, but the checkpoint directory has not been set: wadi_checkpoint(ssc, dir)"),
    ROW(checkpoint_too_often, "map: the checkpoint interval of 500 ms is lower than the stream's slide time of 1000 ms"),
    ROW(checkpoint_between_batches, "map: the checkpoint interval of 2500 ms is not a multiple of the stream's slide time of 1000 ms"),
    ROW(checkpoint_never, "checkpoint: the checkpoint interval must be 1 ms or more"),
    ROW(no_output, "^start: No output operations registered, so nothing to execute"),
    ROW(remember_twice, "remember: the remember duration is already set"),
    ROW(remember_nothing, "remember: the remember duration must be positive"),
    ROW(all_at_once, "map: 'twice' takes int64_t, the stream carries wadi_str", "repartition: the number of partitions is 0", "foreach: 'look_at' takes int64_t, the stream carries wadi_str"),
    ROW(ten_mistakes,
        "+0 map: 'twice' takes int64_t, the stream carries wadi_str",
        "+2 reduce_by_key: 'add_counts' takes word_count, the stream carries wadi_str",
        "+3 reduce_by_key: a stream of int64_t has no key, which is the first field of a record",
        "+5 join: the left side has the key wadi_str, the right one has int64_t",
        "+6 filter: 'at_least' needs captured values: wadi_bind(at_least, ..)",
        "+7 repartition: the number of partitions is 0",
        "+8 count: .partitioner means nothing here",
        "+9 window: The window duration of windowed DStream (1500 ms) must be a multiple of the slide duration of parent DStream (1000 ms)",
        "+10 socket_text_stream: port 70000 is none from 1 to 65535",
        "+12 foreach: 'look_at' takes int64_t, the stream carries wadi_str",
        "+13 remember: the remember duration must be positive",
        "+1 map: the stream is to be checkpointed, but the checkpoint directory has not been set: wadi_checkpoint(ssc, dir)"),
};
/* clang-format on */

static void place(char *text, size_t size, const mistake_case *row, const char *expected) {
    int line = row->line;
    if (expected[0] == '^') {
        snprintf(text, size, "%s", expected + 1);
        return;
    }
    if (expected[0] == '+') {
        char *rest;
        line += (int)strtol(expected + 1, &rest, 10);
        expected = rest + 1;
    }
    snprintf(text, size, "%s:%d: %s", __FILE__, line, expected);
}
static void test_mistake(void **state) {
    const mistake_case *row = *state;
    graph g = {.rig = wadi__rig_new(NULL), .other = wadi__rig_new(NULL)};
    g.ssc = g.rig.ssc;
    g.numbers = wadi__rig_input(&g.rig, WADI_TYPE(int64_t), "1", 1);
    g.words = wadi__rig_input(&g.rig, WADI_TYPE(wadi_str), "a", 1);
    g.counts = wadi__rig_input(&g.rig, WADI_TYPE(word_count), "a:1", 1);
    g.foreign = wadi__rig_input(&g.other, WADI_TYPE(int64_t), "1", 1);
    row->build(&g);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_start(g.ssc, &err), WADI_OK);
    assert_int_equal(wadi_stream_context_state(g.ssc), WADI_STREAM_STOPPED);
    size_t count = 0;
    char expected[600];
    for (; count < EXPECTED_MAX && row->expected[count] != NULL; count++) {
        place(expected, sizeof expected, row, row->expected[count]);
        const wadi_error *mistake = wadi_mistake(g.ssc, count);
        if (mistake == NULL) {
            fail_msg("mistake %zu is missing: %s", count, expected);
            break;
        }
        if (strcmp(mistake->message, expected) != 0)
            fail_msg("\n    expected: %s\n    actual:   %s", expected, mistake->message);
    }
    const wadi_error *more = wadi_mistake(g.ssc, count);
    if (more != NULL) fail_msg("one more: %s", more->message);
    assert_int_equal(strncmp(err.message, wadi_mistake(g.ssc, 0)->message,
                             strlen(wadi_mistake(g.ssc, 0)->message)),
                     0);
    if (count > 1) {
        snprintf(expected, sizeof expected, "(the first of %zu mistakes)", count);
        assert_non_null(strstr(err.message, expected));
    }
    wadi__rig_free(&g.rig);
    wadi__rig_free(&g.other);
}

/* ---- Options of other headers ---- */

typedef struct newer_options { /* what headers of a later version might have */
    wadi_op_options old;
    const char *new_one;
} newer_options;
static void test_options_of_other_headers(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2", 1);
    /* An older struct ends after the place; what lies behind it is not looked at. */
    wadi_op_options older = {
        .size = offsetof(wadi_op_options, partitions), .where = {"old.c", 7}, .partitions = 99};
    newer_options newer = {.old = {.size = sizeof newer, .where = {"new.c", 8}}};
    wadi_dstream *mapped = wadi_dstream_map(wadi_dstream_map(in, twice, &older), twice, &newer.old);
    wadi__collector *collector = wadi__collector_new(wadi_dstream_map(mapped, twice, NULL));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__rig_batches(&rig, 1);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    assert_string_equal(text, "1000: 8 16");
    free(text);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_unknown_option(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2", 1);
    newer_options newer = {.old = {.size = sizeof newer, .where = {"new.c", 8}}, .new_one = "x"};
    wadi_dstream_foreach(wadi_dstream_map(in, twice, &newer.old), look_at, &newer.old);
    assert_int_not_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    assert_string_equal(
        wadi_mistake(rig.ssc, 0)->message,
        "new.c:8: map: an option is given that this version of the library does not know");
    assert_string_equal(
        wadi_mistake(rig.ssc, 1)->message,
        "new.c:8: foreach: an option is given that this version of the library does not know");
    wadi__rig_free(&rig);
}

/* ---- Too late ---- */

static void expect_late(wadi_stream_context *ssc, size_t i, const char *op, const char *when) {
    const wadi_error *mistake = wadi_mistake(ssc, i);
    if (mistake == NULL) {
        fail_msg("mistake %zu is missing", i);
        return;
    }
    assert_int_equal(mistake->status, WADI_E_STATE);
    char expected[200];
    snprintf(expected, sizeof expected,
             "%s: Adding new inputs, transformations, and output operations after %s a context is "
             "not supported",
             op, when);
    if (strstr(mistake->message, expected) == NULL) fail_msg("%s", mistake->message);
}
/* Datasets made outside a batch: each mistake, and those of settings before them. */
static void test_datasets(void **state) {
    (void)state;
    for (int has_settings = 0; has_settings < 2; has_settings++) {
        wadi__rig_options options = {.settings = {{NULL, NULL}}};
        if (has_settings) options.settings[0] = (wadi_setting){"wadi.no.such", "1"};
        wadi__rig rig = wadi__rig_new(&options);
        wadi_print(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1));
        int line = __LINE__ + 1;
        wadi_rdd *numbers = wadi_range(rig.sc, 0, 3);
        wadi_map(wadi_sample(numbers, 2, 1), twice); /* told once, where it is made */
        wadi_coalesce(wadi_keys(numbers), 0);
        wadi_values(numbers, wadi_str);
        wadi_object_file(rig.sc, int64_t, "/no/such/folder");
        static const char *const says[] = {"sample: the fraction is 2;",
                                           "coalesce: ", "values: ", "object_file: "};
        wadi_error err = WADI_ERROR_INIT;
        assert_int_not_equal(wadi_start(rig.ssc, &err), WADI_OK);
        assert_non_null(strstr(err.message, has_settings ? "(the first of 5 mistakes)"
                                                         : "(the first of 4 mistakes)"));
        for (int i = 0; i < 4; i++) {
            char place[200];
            snprintf(place, sizeof place, "%s:%d: %s", __FILE__, line + 1 + i, says[i]);
            const char *message = wadi_mistake(rig.ssc, (size_t)(i + has_settings))->message;
            if (strncmp(message, place, strlen(place)) != 0)
                fail_msg("'%s' does not begin with '%s'", message, place);
        }
        assert_null(wadi_mistake(rig.ssc, (size_t)(4 + has_settings)));
        wadi__rig_free(&rig);
    }
}
/* They are bounded, and the first ones are kept. */
static void test_very_many_mistakes(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_print(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1));
    wadi_rdd *numbers = wadi_range(rig.sc, 0, 3);
    for (int i = 0; i < 1000; i++) wadi_sample(numbers, 2 + i, 1);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_E_INVALID);
    assert_non_null(strstr(wadi_mistake(rig.ssc, 7)->message, "the fraction is 9;"));
    assert_non_null(wadi_mistake(rig.ssc, WADI__LATER_ERRORS_MAX));
    assert_null(wadi_mistake(rig.ssc, WADI__LATER_ERRORS_MAX + 1));
    wadi__rig_free(&rig);
}
static void test_a_mistake_of_a_loop_is_told_once(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_print(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1));
    wadi_rdd *numbers = wadi_range(rig.sc, 0, 3);
    for (int i = 0; i < 1000; i++) wadi_sample(numbers, 2, 1);
    wadi_coalesce(numbers, 0);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_E_INVALID);
    assert_non_null(strstr(wadi_mistake(rig.ssc, 0)->message, "the fraction is 2;"));
    assert_non_null(strstr(wadi_mistake(rig.ssc, 1)->message, "coalesce"));
    assert_null(wadi_mistake(rig.ssc, 2));
    wadi__rig_free(&rig);
}
static void test_after_start_and_stop(void **state) {
    (void)state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1);
    wadi__collector *collector = wadi__collector_new(in);
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi_print(wadi_map(wadi_text_file_stream(rig.ssc, "/in"), twice));
    wadi_map(in, twice);
    wadi_print(in);
    wadi_persist(in, WADI_DISK_ONLY);
    wadi_checkpoint(in, 1000);
    wadi_remember(rig.ssc, 1000);
    static const char *const ops[] = {"text_file_stream", "map",        "print",   "map", "print",
                                      "persist",          "checkpoint", "remember"};
    for (size_t i = 0; i < 8; i++) expect_late(rig.ssc, i, ops[i], "starting");
    wadi__rig_batches(&rig, 1); /* the program runs on */
    assert_non_null(wadi__collector_run(collector, 0));
    wadi_stop(rig.ssc, .keep_context = true);
    wadi_map(in, twice);
    expect_late(rig.ssc, 8, "map", "stopping");
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
}
static void test_no_context_at_all(void **state) {
    (void)state;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(NULL, &err), WADI_E_INVALID);
    assert_non_null(strstr(err.message, "the stream context is NULL"));
    wadi_stream_context *ssc = wadi_stream_context_new(NULL, 1000);
    wadi_print(wadi_text_file_stream(ssc, "/in"));
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi_start(ssc, &err), WADI_E_INVALID);
    assert_non_null(strstr(err.message, "stream_context_new: the context is NULL"));
    bool stopped = false;
    assert_int_equal(wadi_await_termination(ssc, NULL), WADI_E_STATE); /* it would wait for ever */
    assert_int_equal(wadi_await_termination_or_timeout(NULL, 10, &stopped, NULL), WADI_E_STATE);
    assert_true(stopped);
    assert_int_equal(wadi_stop(ssc), WADI_OK);
    assert_int_equal(wadi_stop(NULL), WADI_OK);
    wadi_remember(NULL, 1000);
    wadi_stream_context_checkpoint(NULL, "/tmp/c");
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_print(wadi__rig_input(&rig, WADI_TYPE(int64_t), "1", 1));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_E_INVALID);
    static const char *const says[] = {": remember: the stream context is NULL",
                                       ": checkpoint: the stream context is NULL"};
    for (size_t i = 0; i < 2; i++) {
        const char *message = wadi_mistake(rig.ssc, i)->message;
        assert_int_equal(strncmp(message, __FILE__, strlen(__FILE__)), 0);
        assert_non_null(strstr(message, says[i]));
    }
    wadi__rig_free(&rig);
}

/* ---- No memory ---- */

WADI_INPUT(count_calls, int64_t, limit) { return wadi_range(sc, 0, state->least++); }
WADI_MAP(to_count, int64_t, word_count) { *out = (word_count){wadi_str_of("a"), *in}; }
WADI_RECORD(lists_of, (wadi_str, word), (wadi_int64_list, left), (wadi_int64_list, right));
WADI_RECEIVER(gives_one, int64_t) { wadi_store(out, 1); }
WADI_FOREACH_RDD(look_at_all, word_count) { (void)rdd, (void)batch_ms; }
static bool build_much(void *arg) {
    (void)arg;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *numbers = wadi_input_stream(rig.ssc, count_calls);
    wadi_dstream *counts = wadi_map(numbers, to_count);
    wadi_dstream *sums = wadi_reduce_by_key(counts, add_counts, .name = "sums");
    wadi_dstream *both = wadi_join(sums, wadi_window(counts, 2000), wadi_fields_into(two_counts));
    wadi_print(wadi_union(both, both));
    wadi_save_as_text_files(wadi_count(both), "a", "b");
    wadi_save_as_object_files(wadi_cogroup_all(lists_of, counts, counts), NULL);
    wadi_dstream *lines[] = {
        wadi_socket_text_stream(rig.ssc, "localhost", 9999, .name = "lines"),
        wadi_text_file_stream(rig.ssc, "/in/*", .filter = wadi_containing("a")),
        wadi_queue_stream(rig.ssc, wadi_str, wadi_rdd_queue_new(rig.sc)),
    };
    wadi_foreach(wadi_transform(wadi_count(wadi_union_all(lines, 3)), same), look_at);
    wadi_dstream *raw = wadi_raw_socket_stream(rig.ssc, word_count, "localhost", 9998);
    wadi_foreach_rdd(wadi_persist(raw, WADI_MEMORY_ONLY), look_at_all);
    wadi_checkpoint(raw, 2000);
    wadi_foreach(wadi_receiver_stream(rig.ssc, gives_one), look_at);
    bool is_whole = wadi_mistake(rig.ssc, 0) == NULL && !rig.sc->scope.has_failed &&
                    !rig.sc->is_broken && !rig.ssc->lost_a_mistake;
    wadi__rig_free(&rig);
    return is_whole;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_true(build_much(NULL)); /* what the process keeps is there now */
    assert_in_range(wadi__unit_refuse_each(build_much, NULL, false), 50, 5000);
    assert_in_range(wadi__unit_refuse_each(build_much, NULL, true), 50, 5000);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_mistake, cases);
    wadi__unit_add(&unit, test_options_of_other_headers);
    wadi__unit_add(&unit, test_unknown_option);
    wadi__unit_add(&unit, test_datasets);
    wadi__unit_add(&unit, test_very_many_mistakes);
    wadi__unit_add(&unit, test_a_mistake_of_a_loop_is_told_once);
    wadi__unit_add(&unit, test_after_start_and_stop);
    wadi__unit_add(&unit, test_no_context_at_all);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "mistakes of graphs");
}
