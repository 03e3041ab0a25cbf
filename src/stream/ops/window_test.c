/* SPDX-License-Identifier: Apache-2.0 */
/* window_test.c: windows of all kinds, batch by batch. */
#include "stream/ops/cases.h"

WADI_RECORD(text_pair, (wadi_str, key), (wadi_str, value));
WADI_RECORD(mean, (wadi_str, key), (int64_t, sum), (int64_t, count));
WADI_RECORD(weight, (wadi_str, key), (double, value));
WADI_RECORD(both, (wadi_str, key), (int64_t, left), (int64_t, right));
WADI_RECORD(lonely, (wadi_str, key));

WADI_MAP(one, wadi_str, pair) { *out = (pair){*in, 1}; }
WADI_REDUCE(add, pair) { acc->value += in->value; }
WADI_REDUCE(subtract, pair) { acc->value -= in->value; }
WADI_REDUCE(larger, pair) {
    if (in->value > acc->value) acc->value = in->value;
}
WADI_REDUCE(sum, int64_t) { *acc += *in; }
WADI_REDUCE(difference, int64_t) { *acc -= *in; }
WADI_REDUCE(join_texts, text_pair) {
    acc->value =
        wadi_str_printf(task, "%.*s%.*s", WADI_STR_ARG(acc->value), WADI_STR_ARG(in->value));
}
/* Takes the text off the front again. */
WADI_REDUCE(cut_texts, text_pair) {
    acc->value = wadi_str_copy(task, wadi_str_data(&acc->value) + in->value.len,
                               acc->value.len - in->value.len);
}
WADI_MAP(to_mean, pair, mean) { *out = (mean){in->key, in->value, 1}; }
WADI_REDUCE(add_means, mean) {
    acc->sum += in->sum;
    acc->count += in->count;
}
WADI_REDUCE(subtract_means, mean) {
    acc->sum -= in->sum;
    acc->count -= in->count;
}
WADI_REDUCE(either, lonely) { (void)acc, (void)in; }
WADI_MAP(alone, wadi_str, lonely) { *out = (lonely){*in}; }
WADI_FILTER(is_some, pair) { return in->value != 0; }
WADI_FILTER(is_many, pair) { return in->value > 1; }
WADI_GROUP(list, pair, text_pair) {
    wadi_str all = {0};
    for (size_t i = 0; i < n; i++)
        all = wadi_str_printf(task, "%.*s.%lld", WADI_STR_ARG(all), (long long)in[i].value);
    wadi_emit(out, (text_pair){*key, all});
}
WADI_JOIN(side_by_side, pair, pair, both) { *out = (both){left->key, left->value, right->value}; }

#define SECONDS(n) ((n)*1000)
BUILD(anew, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2));)
BUILD(anew_slide_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(4), SECONDS(2));)
BUILD(anew_3_over_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(3), SECONDS(2));)
BUILD(anew_1_over_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(1), SECONDS(2));)
BUILD(largest, return wadi_reduce_by_key_and_window(in[0], larger, SECONDS(2), .partitions = 1);)
BUILD(texts, return wadi_reduce_by_key_and_window(in[0], join_texts, SECONDS(3));)
BUILD(keys_alone, return wadi_reduce_by_key_and_window(wadi_map(in[0], alone), either, SECONDS(2));)
BUILD(inverse, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .inverse = subtract);)
BUILD(inverse_slide_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(4), SECONDS(2),
                                                            .inverse = subtract);)
BUILD(inverse_3_over_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(3), SECONDS(2),
                                                             .inverse = subtract);)
BUILD(inverse_1_over_2, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(1), SECONDS(2),
                                                             .inverse = subtract);)
BUILD(inverse_texts,
      return wadi_reduce_by_key_and_window(in[0], join_texts, SECONDS(2), .inverse = cut_texts);)
BUILD(inverse_means, return wadi_reduce_by_key_and_window(wadi_map(in[0], to_mean), add_means,
                                                          SECONDS(2), .inverse = subtract_means);)
BUILD(inverse_ready,
      return wadi_reduce_by_key_and_window(in[0], wadi_add, SECONDS(2), .inverse = wadi_subtract);)
BUILD(filtered, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .inverse = subtract,
                                                     .filter = is_some);)
BUILD(filtered_too_much,
      return wadi_reduce_by_key_and_window(in[0], add, SECONDS(3), .inverse = subtract,
                                           .filter = is_many);)
BUILD(partitioned, return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .partitions = 3,
                                                        .inverse = subtract);)
BUILD(all_sum, return wadi_reduce_by_window(in[0], sum, SECONDS(2));)
BUILD(all_max_3_over_2, return wadi_reduce_by_window(in[0], wadi_max, SECONDS(3), SECONDS(2));)
BUILD(all_inverse, return wadi_reduce_by_window(in[0], sum, SECONDS(2), .inverse = difference);)
BUILD(count, return wadi_count_by_window(in[0], SECONDS(2));)
BUILD(count_by_value, return wadi_count_by_value_and_window(in[0], SECONDS(2));)
BUILD(count_by_value_1, return wadi_count_by_value_and_window(in[0], SECONDS(2), .partitions = 1);)
BUILD(groups, return wadi_group_by_key_and_window(in[0], list, SECONDS(2));)
BUILD(groups_3_over_2, return wadi_group_by_key_and_window(in[0], list, SECONDS(3), SECONDS(2));)
BUILD(of_a_window, {
    wadi_dstream *inner =
        wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .inverse = subtract);
    return wadi_window(inner, SECONDS(2));
})
BUILD(of_a_windows_map, {
    wadi_dstream *inner =
        wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .inverse = subtract);
    return wadi_window(wadi_filter(inner, is_some), SECONDS(4), SECONDS(4));
})
BUILD(windowed_window, {
    wadi_dstream *inner = wadi_reduce_by_key_and_window(in[0], larger, SECONDS(2), .partitions = 3);
    return wadi_reduce_by_key_and_window(inner, add, SECONDS(4), SECONDS(2), .inverse = subtract);
})
BUILD(gaps_above_a_window, {
    wadi_dstream *inner = wadi_reduce_by_key_and_window(in[0], add, SECONDS(3));
    return wadi_window(inner, SECONDS(1), SECONDS(4));
})
BUILD(joined, {
    wadi_dstream *recent = wadi_reduce_by_key_and_window(in[0], add, SECONDS(2));
    wadi_dstream *longer =
        wadi_reduce_by_key_and_window(in[0], add, SECONDS(3), .inverse = subtract);
    return wadi_join(recent, longer, side_by_side);
})
BUILD(united, {
    wadi_dstream *recent = wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .partitions = 3);
    wadi_dstream *other =
        wadi_reduce_by_key_and_window(in[1], add, SECONDS(2), .inverse = subtract, .partitions = 3);
    return wadi_union(recent, other);
})
BUILD(no_multiple, return wadi_reduce_by_key_and_window(in[0], add, 1500);)
BUILD(inverse_no_multiple,
      return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), 700, .inverse = subtract);)
BUILD(no_key, return wadi_reduce_by_key_and_window(in[0], sum, SECONDS(2));)
BUILD(no_key_to_group, return wadi_group_by_key_and_window(in[0], list, SECONDS(2));)
BUILD(filter_alone,
      return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .filter = is_some);)
BUILD(inverse_of_count, return wadi_count_by_window(in[0], SECONDS(2), .inverse = difference);)
BUILD(partitions_of_one, return wadi_reduce_by_window(in[0], sum, SECONDS(2), .partitions = 2);)
BUILD(filter_of_groups,
      return wadi_group_by_key_and_window(in[0], list, SECONDS(2), .filter = is_some);)
BUILD(other_type, return wadi_reduce_by_key_and_window(in[0], add_means, SECONDS(2));)
BUILD(other_inverse,
      return wadi_reduce_by_key_and_window(in[0], add, SECONDS(2), .inverse = subtract_means);)

#define SORTED .form = WADI__COLLECTED_SORTED
#define CHECKPOINT .has_checkpoint = true
static wadi__stream_case cases[] = {
    {"reduce_by_key_and_window",
     {PAIRS("a:1 b:2; a:4; none; ; c:5")},
     anew,
     .expected = "1000: (a,1) (b,2); 2000: (a,5) (b,2); 3000: (a,4); 4000:; 5000: (c,5)",
     SORTED},
    {"a slide of two batches",
     {PAIRS("a:1; b:1; a:1; a:1; b:1; ; a:1; ")},
     anew_slide_2,
     .expected = "2000: (a,1) (b,1); 4000: (a,3) (b,1); 6000: (a,2) (b,1); 8000: (a,1) (b,1)",
     SORTED},
    {"a window that is no multiple of its slide",
     {PAIRS("a:1; a:2; a:4; a:8; a:16; a:32; b:1; ; ; ")},
     anew_3_over_2,
     .expected = "2000: (a,3); 4000: (a,14); 6000: (a,56); 8000: (a,32) (b,1); 10000:",
     SORTED},
    {"a slide longer than the window",
     {PAIRS("a:1; a:2; a:4; a:8; a:16; ")},
     anew_1_over_2,
     .expected = "2000: (a,2); 4000: (a,8); 6000:",
     SORTED},
    {"no inverse is needed for the largest",
     {PAIRS("a:5 b:-7; a:2; a:3; ")},
     largest,
     .expected = "1000: (a,5) (b,-7); 2000: (a,5) (b,-7); 3000: (a,3); 4000: (a,3)",
     SORTED},
    {"texts in the order of their batches, long keys and values",
     {{WADI_TYPE(text_pair), "a_key_of_many_bytes:first k:1; a_key_of_many_bytes:second; "
                             "a_key_of_many_bytes:third; k:2"}},
     texts,
     .expected =
         "1000: (a_key_of_many_bytes,first) (k,1); 2000: (a_key_of_many_bytes,firstsecond) (k,1); "
         "3000: (a_key_of_many_bytes,firstsecondthird) (k,1); "
         "4000: (a_key_of_many_bytes,secondthird) (k,2)",
     SORTED},
    {"records that are nothing but a key",
     {WORDS("a b a; b; ; ")},
     keys_alone,
     .expected = "1000: (a) (b); 2000: (a) (b); 3000: (b); 4000:",
     SORTED},
    {"with an inverse keys stay",
     {PAIRS("a:1 b:2; a:4; none; ; c:5; ")},
     inverse,
     .expected = "1000: (a,1) (b,2); 2000: (a,5) (b,2); 3000: (a,4) (b,0); 4000: (a,0) (b,0); "
                 "5000: (a,0) (b,0) (c,5); 6000: (a,0) (b,0) (c,5)",
     SORTED,
     CHECKPOINT},
    {"with an inverse: a slide of two batches",
     {PAIRS("a:1; b:1; a:1; a:1; b:1; ; a:1; ")},
     inverse_slide_2,
     .expected = "2000: (a,1) (b,1); 4000: (a,3) (b,1); 6000: (a,2) (b,1); 8000: (a,1) (b,1)",
     SORTED,
     CHECKPOINT},
    {"with an inverse: no multiple of the slide",
     {PAIRS("a:1; a:2; a:4; a:8; a:16; a:32; b:1; ; ; ")},
     inverse_3_over_2,
     .expected = "2000: (a,3); 4000: (a,14); 6000: (a,56); 8000: (a,32) (b,1); 10000: (a,0) (b,0)",
     SORTED,
     CHECKPOINT},
    /* At 4000 it subtracts batch 2, in the window before, and batch 3, of the gap, and adds batches
     * 3 and 4, as Spark does. */
    {"with an inverse: a slide longer than the window miscounts",
     {PAIRS("a:1; a:2; a:4; a:8; a:16; ")},
     inverse_1_over_2,
     .expected = "2000: (a,3); 4000: (a,9); 6000: (a,1)",
     SORTED,
     CHECKPOINT},
    {"with an inverse: long texts",
     {{WADI_TYPE(text_pair),
       "a_key_of_many_bytes:first_of_many_texts; a_key_of_many_bytes:second_of_many; "
       "a_key_of_many_bytes:third_of_many_texts; "}},
     inverse_texts,
     .expected = "1000: (a_key_of_many_bytes,first_of_many_texts); "
                 "2000: (a_key_of_many_bytes,first_of_many_textssecond_of_many); "
                 "3000: (a_key_of_many_bytes,second_of_manythird_of_many_texts); "
                 "4000: (a_key_of_many_bytes,third_of_many_texts)",
     SORTED,
     CHECKPOINT},
    {"with an inverse: several fields",
     {PAIRS("a:1 a:2 b:2; a:4; ; ")},
     inverse_means,
     .expected = "1000: (a,3,2) (b,2,1); 2000: (a,7,3) (b,2,1); 3000: (a,4,1) (b,0,0); 4000: "
                 "(a,0,0) (b,0,0)",
     SORTED,
     CHECKPOINT},
    {"with a ready-made inverse",
     {PAIRS("a:1; a:4; ; ")},
     inverse_ready,
     .expected = "1000: (a,1); 2000: (a,5); 3000: (a,4); 4000: (a,0)",
     SORTED,
     CHECKPOINT},
    {"a filter forgets keys",
     {PAIRS("a:1 b:2; ; ; a:4; ")},
     filtered,
     .expected = "1000: (a,1) (b,2); 2000: (a,1) (b,2); 3000:; 4000: (a,4); 5000: (a,4)",
     SORTED,
     CHECKPOINT},
    {"a key that the filter drops too soon begins anew, and fails when it leaves",
     {PAIRS("a:1; a:1 b:3; a:2; b:1; ")},
     filtered_too_much,
     .expected = "1000:; 2000: (b,3); 3000: (a,2) (b,3); 4000: (b,4)",
     .error = "Neither previous window has value for key, nor new values found",
     SORTED,
     CHECKPOINT},
    {"partitions of nothing",
     {PAIRS("none; ; ")},
     partitioned,
     .expected = "1000: | |; 2000: | |; 3000: | |",
     .form = WADI__COLLECTED_PARTITIONS,
     CHECKPOINT},
    {"reduce_by_window",
     {INTS("1 2 3; ; none; ; 7")},
     all_sum,
     .expected = "1000: 6; 2000: 6; 3000:; 4000:; 5000: 7",
     .form = WADI__COLLECTED_PARTITIONS},
    {"reduce_by_window: no multiple of the slide",
     {INTS("1; 9; 3; 4; 5; ")},
     all_max_3_over_2,
     .expected = "2000: 9; 4000: 9; 6000: 5",
     .form = WADI__COLLECTED_PARTITIONS},
    {"reduce_by_window: with an inverse",
     {INTS("; 1 2 3; 4; ; ; 7")},
     all_inverse,
     .expected = "1000:; 2000: 6; 3000: 10; 4000: 4; 5000: 0; 6000: 7",
     .form = WADI__COLLECTED_PARTITIONS,
     CHECKPOINT},
    {"count_by_window: nothing before the first record",
     {WORDS("none; ; a b; c; ; none; d")},
     count,
     .expected = "1000:; 2000:; 3000: 2; 4000: 3; 5000: 1; 6000: 0; 7000: 1",
     .form = WADI__COLLECTED_PARTITIONS,
     CHECKPOINT},
    {"count_by_value_and_window",
     {WORDS("a b a; b; none; a; ")},
     count_by_value,
     .expected = "1000: (a,2) (b,1); 2000: (a,2) (b,2); 3000: (b,1); 4000: (a,1); 5000: (a,1)",
     SORTED,
     CHECKPOINT},
    {"count_by_value_and_window: of records, in one partition",
     {PAIRS("a:1 a:1 a:2; a:1; ; ")},
     count_by_value_1,
     .expected = "1000: ((a,1),2) ((a,2),1); 2000: ((a,1),3) ((a,2),1); 3000: ((a,1),1); 4000:",
     SORTED,
     CHECKPOINT},
    {"group_by_key_and_window: batch by batch",
     {PAIRS("a:1 b:2 a:3; a:4; none; b:5")},
     groups,
     .expected = "1000: (a,.1.3) (b,.2); 2000: (a,.1.3.4) (b,.2); 3000: (a,.4); 4000: (b,.5)",
     SORTED},
    {"group_by_key_and_window: no multiple of the slide",
     {PAIRS("a:1; a:2; a:3; a:4; ; ; ; ")},
     groups_3_over_2,
     .expected = "2000: (a,.1.2); 4000: (a,.2.3.4); 6000: (a,.4); 8000:",
     SORTED},
    {"a window of a window",
     {PAIRS("a:1; a:2; a:4; ")},
     of_a_window,
     .expected = "1000: (a,1); 2000: (a,1) (a,3); 3000: (a,3) (a,6); 4000: (a,4) (a,6)",
     SORTED,
     CHECKPOINT},
    {"a window of what is made of a window, several at once",
     {PAIRS("a:1; a:2; a:4; ; b:1; ; ; ")},
     of_a_windows_map,
     .expected = "4000: (a,1) (a,3) (a,4) (a,6); 8000: (b,1) (b,1)",
     SORTED,
     CHECKPOINT},
    {"a windowed sum of windowed maxima",
     {PAIRS("a:1; a:2; a:4; ; b:1; ; ; ")},
     windowed_window,
     .expected = "2000: (a,3); 4000: (a,11); 6000: (a,8) (b,2); 8000: (a,0) (b,2)",
     SORTED,
     CHECKPOINT},
    {"a window that is asked for now and then",
     {PAIRS("a:1; a:2; a:4; a:8; a:16; a:32; a:64; a:128")},
     gaps_above_a_window,
     .expected = "4000: (a,14); 8000: (a,224)",
     SORTED},
    {"a join of two windows",
     {PAIRS("a:1 b:1; a:2; ; ")},
     joined,
     .expected = "1000: (a,1,1) (b,1,1); 2000: (a,3,3) (b,1,1); 3000: (a,2,3); 4000:",
     SORTED,
     CHECKPOINT},
    {"a union of two windows",
     {PAIRS("a:1; ; "), PAIRS("a:7; ; ")},
     united,
     .expected = "1000: (a,1) (a,7); 2000: (a,1) (a,7); 3000: (a,0)",
     SORTED,
     CHECKPOINT},
    {"a window between two batches",
     {PAIRS("a:1")},
     no_multiple,
     .expected = "",
     .error = "reduce_by_key_and_window: The window duration of windowed DStream (1500 ms) must be "
              "a multiple of "
              "the slide duration of parent DStream (1000 ms)"},
    {"a slide between two batches",
     {PAIRS("a:1")},
     inverse_no_multiple,
     .expected = "",
     .error = "The slide duration of ReducedWindowedDStream (700 ms) must be multiple of the slide "
              "duration of "
              "parent DStream (1000 ms)",
     CHECKPOINT},
    {"no checkpoint directory",
     {PAIRS("a:1")},
     inverse,
     .expected = "",
     .error = "the checkpoint directory has not been set"},
    {"no checkpoint directory to count",
     {WORDS("a")},
     count,
     .expected = "",
     .error = "the checkpoint directory"},
    {"no key",
     {INTS("1")},
     no_key,
     .expected = "",
     .error = "reduce_by_key_and_window: a stream of int64_t has no key"},
    {"no key to group by",
     {INTS("1")},
     no_key_to_group,
     .expected = "",
     .error = "group_by_key_and_window: a stream of int64_t has no key"},
    {"a filter alone",
     {PAIRS("a:1")},
     filter_alone,
     .expected = "",
     .error = ".filter means nothing without .inverse"},
    {"an inverse of counts",
     {INTS("1")},
     inverse_of_count,
     .expected = "",
     .error = ".inverse means nothing here"},
    {"partitions of one record",
     {INTS("1")},
     partitions_of_one,
     .expected = "",
     .error = ".partitions means nothing here"},
    {"a filter of groups",
     {PAIRS("a:1")},
     filter_of_groups,
     .expected = "",
     .error = ".filter means nothing here"},
    {"a function of another type",
     {PAIRS("a:1")},
     other_type,
     .expected = "",
     .error = "'add_means' takes mean, the stream carries pair"},
    {"an inverse of another type",
     {PAIRS("a:1")},
     other_inverse,
     .expected = "",
     .error = "'subtract_means' takes mean"},
};
RUN_CASES("windows")
