/* SPDX-License-Identifier: Apache-2.0 */
/* form_test.c: forms that are known, and mistakes that are told. A case of the tests is a good one
 * with some fields replaced, as JSON Merge Patch (RFC 7396) does: null takes a field away. */
#include "testing/conformance/form.h"

#include "testing/unit.h"

#include <stdio.h>

static const char good_pipeline[] =
    "{\"name\": \"n\", \"family\": \"f\", \"batch_ms\": 1000, \"partitions_per_batch\": 2,"
    " \"input\": [[1], null, []], \"op\": [{\"op\": \"map\", \"fn\": \"identity\"}],"
    " \"run_batches\": 1, \"unordered\": true, \"expect\": [[1]], \"expect_times_ms\": [1000]}";
static const char good_table[] = "{\"name\": \"n\", \"family\": \"f\", \"kind\": \"timer_start\","
                                 " \"rows\": [{\"now_ms\": 1, \"period_ms\": 2, \"expect\": 3}]}";

typedef struct form_case {
    const char *name, *base, *patch;
    const char *mistake; /* words of it; NULL: the form is good */
    const char *waits;   /* NULL: nothing */
} form_case;
#define OP(op) "{\"op\": [" op "]}"
static form_case form_cases[] = {
    {"a pipeline", good_pipeline, "{}", NULL, NULL},
    {"a table", good_table, "{}", NULL, NULL},
    {"every kind of value", good_pipeline,
     "{\"input\": [[1, \"\", [\"pair\", 1, [\"list\", [[\"some\", 1], [\"none\"]]]]]]}", NULL,
     NULL},
    {"expected bags and sets", good_pipeline,
     "{\"expect\": [[[\"bag\", [1]], [\"pair\", 1, [\"set\", []]]]]}", NULL, NULL},
    {"nested chains", good_pipeline,
     "{\"input2\": [[]], \"op\": [{\"op\": \"union\", \"others\": [{\"from\": \"input\"}, "
     "{\"from\": "
     "\"input2\", \"op\": [{\"op\": \"join\", \"other\": {\"from\": \"input\", \"op\": [{\"op\": "
     "\"map\", \"fn\": [\"pair_const\", 1]}]}}]}]}]}",
     NULL, NULL},
    {"an error while building", good_pipeline,
     "{\"expect\": null, \"expect_times_ms\": null, \"expect_error\": {\"phase\": \"define\", "
     "\"about\": \"different slide durations\"}}",
     NULL, NULL},

    {"a pending kind", good_table, "{\"kind\": \"dstream-behaviours-1\", \"x\": 1}", NULL,
     "dstream-behaviours-1"},
    {"a mistake beside what is pending", good_pipeline,
     OP("{\"op\": \"checkpoint\", \"interval_ms\": 1}, {\"op\": \"sort\"}"),
     "unknown operator 'sort'", NULL},
    {"a mistake in what is pending", good_pipeline,
     OP("{\"op\": \"mapWithState\", \"fn\": \"running_sum\"}"), "no function 'running_sum'", NULL},

    {"an unknown field", good_pipeline, "{\"seed\": 1}", "unknown field 'seed'", NULL},
    {"a field too few", good_pipeline, "{\"unordered\": null}", "'unordered' is missing", NULL},
    {"a field of another type", good_pipeline, "{\"batch_ms\": \"1s\"}", "batch_ms", NULL},
    {"no interval", good_pipeline, "{\"batch_ms\": 0}", "batch_ms", NULL},
    {"no partitions", good_pipeline, "{\"partitions_per_batch\": 0}", "partitions_per_batch", NULL},
    {"nothing expected", good_pipeline, "{\"expect\": null, \"expect_times_ms\": null}", "neither",
     NULL},
    {"lengths that differ", good_pipeline, "{\"expect_partitions\": [1, 2]}",
     "'expect_partitions' is not as long", NULL},
    {"an unknown kind", good_table, "{\"kind\": \"sorting\"}", "unknown kind 'sorting'", NULL},
    {"an unknown field of a table", good_table, "{\"more\": 1}", "unknown field 'more'", NULL},
    {"an unknown field of a row", good_table,
     "{\"rows\": [{\"now_ms\": 1, \"period_ms\": 2, \"expect\": 3, \"unit\": \"s\"}]}",
     "rows[0]: unknown field 'unit'", NULL},

    {"an unknown operator", good_pipeline, OP("{\"op\": \"shuffle\"}"),
     "op[0]: unknown operator 'shuffle'", NULL},
    {"an operator without a name", good_pipeline, OP("{\"fn\": \"identity\"}"), "no operator",
     NULL},
    {"an unknown parameter", good_pipeline, OP("{\"op\": \"count\", \"numPartitions\": 2}"),
     "count has no parameter 'numPartitions'", NULL},
    {"partitions of 0, which is not the same as left out", good_pipeline,
     OP("{\"op\": \"countByValue\", \"numPartitions\": 0}"), "op[0].numPartitions: not above 0", NULL},
    {"a slide of 0", good_pipeline, OP("{\"op\": \"window\", \"window_ms\": 1000, \"slide_ms\": 0}"),
     "op[0].slide_ms: not above 0", NULL},
    {"a parameter too few", good_pipeline, OP("{\"op\": \"map\"}"), "map without 'fn'", NULL},
    {"an unknown function", good_pipeline, OP("{\"op\": \"map\", \"fn\": \"sqrt\"}"),
     "op[0].fn: no function 'sqrt'", NULL},
    {"a function of another place", good_pipeline, OP("{\"op\": \"map\", \"fn\": \"even\"}"),
     "no function 'even'", NULL},
    {"a function of mapValues alone", good_pipeline,
     OP("{\"op\": \"map\", \"fn\": \"counter_of_state\"}"), "no function 'counter_of_state'", NULL},
    {"an argument too few", good_pipeline, OP("{\"op\": \"map\", \"fn\": \"add_const\"}"),
     "argument of 'add_const'", NULL},
    {"an argument too many", good_pipeline, OP("{\"op\": \"map\", \"fn\": [\"negate\", 1]}"),
     "argument of 'negate'", NULL},
    {"an argument of another type", good_pipeline,
     OP("{\"op\": \"filter\", \"fn\": [\"contains\", 1]}"), "argument of 'contains'", NULL},
    {"two arguments", good_pipeline, OP("{\"op\": \"map\", \"fn\": [\"add_const\", 1, 2]}"),
     "no function", NULL},
    {"an input that is not there", good_pipeline,
     OP("{\"op\": \"union\", \"others\": [{\"from\": \"input2\"}]}"), "the case has no 'input2'",
     NULL},
    {"an unknown input", good_pipeline,
     OP("{\"op\": \"union\", \"others\": [{\"from\": \"input4\"}]}"), "none of input", NULL},
    {"a mistake in a sub-chain", good_pipeline,
     OP("{\"op\": \"cogroup\", \"other\": {\"from\": \"input\", \"op\": [{\"op\": \"x\"}]}}"),
     "op[0].other.op[0]: unknown operator 'x'", NULL},
    {"an unknown RDD step", good_pipeline,
     OP("{\"op\": \"transform\", \"rdd_op\": [{\"op\": \"distinct\"}]}"),
     "op[0].rdd_op[0]: unknown RDD step 'distinct'", NULL},
    {"a function for more RDDs", good_pipeline,
     OP("{\"op\": \"transformWith\", \"other\": {\"from\": \"input\"}, \"rdd_fn\": "
        "\"union_2_3_1\"}"),
     "takes 3 RDDs, there are 2", NULL},
    {"snapshots of no state", good_pipeline, OP("{\"op\": \"stateSnapshots\"}"),
     "not right after mapWithState", NULL},

    {"a real number", good_pipeline, "{\"input\": [[1.0]]}", "input[0][0]", NULL},
    {"an unknown tag", good_pipeline, "{\"input\": [[[\"triple\", 1, 2, 3]]]}", "\"triple\"", NULL},
    {"a pair of three", good_pipeline, "{\"input\": [[[\"pair\", 1, 2, 3]]]}", "\"pair\"", NULL},
    {"a bag in an input", good_pipeline, "{\"input\": [[[\"bag\", [1]]]]}", "\"bag\"", NULL},
    {"true", good_pipeline, "{\"expect\": [[true]]}", "expect[0][0]", NULL},
    {"an unknown reason", good_pipeline,
     "{\"expect_error\": {\"phase\": \"define\", \"about\": \"bad luck\"}}", "unknown reason",
     NULL},
    {"an unknown phase", good_pipeline,
     "{\"expect_error\": {\"phase\": \"stop\", \"about\": \"different slide durations\"}}",
     "neither define nor run", NULL},
    {"a failure at no time", good_pipeline,
     "{\"expect_error\": {\"phase\": \"run\", \"about\": \"different slide durations\"}}",
     "no 'batch'", NULL},
    {"slices without queries", good_pipeline, "{\"family\": \"slice\"}", "slice_queries", NULL},
    {"a queue without RDDs", good_pipeline, "{\"family\": \"queueStream\"}", "enqueue_before_batch",
     NULL},
};

static json_t *patched(const char *base, const char *patch) {
    json_t *json = json_loads(base, 0, NULL), *changes = json_loads(patch, 0, NULL);
    assert_non_null(json);
    assert_non_null(changes);
    const char *name;
    json_t *value;
    json_object_foreach(changes, name, value) {
        if (json_is_null(value))
            json_object_del(json, name);
        else
            json_object_set(json, name, value);
    }
    json_decref(changes);
    return json;
}
static void test_form(void **state) {
    const form_case *row = *state;
    json_t *json = patched(row->base, row->patch);
    wadi__case_form form;
    bool good = wadi__case_form_check(&form, json);
    json_decref(json);
    if (row->mistake != NULL) {
        assert_false(good);
        if (strstr(form.mistake, row->mistake) == NULL) fail_msg("told: %s", form.mistake);
        return;
    }
    if (!good) fail_msg("told: %s", form.mistake);
    assert_string_equal(form.waits != NULL ? form.waits : "", row->waits != NULL ? row->waits : "");
}
static void test_no_object(void **state) {
    (void)state;
    wadi__case_form form;
    json_t *json = json_loads("[1]", 0, NULL);
    assert_false(wadi__case_form_check(&form, json));
    json_decref(json);
}
int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_form, form_cases);
    wadi__unit_add(&unit, test_no_object);
    return wadi__unit_run(&unit, "conformance: forms");
}
