/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_placement_test.c: where receivers go; more in tests/conformance/tables.json. */
#include "cluster/receiver_placement.h"

#include "testing/unit.h"

enum { EXECUTORS = 3 };
static const char *const executors[EXECUTORS] = {"a:1", "a:2", "ab:1"};

static void test_a_host_is_preferred_by_its_whole_name(void **state) {
    (void)state;
    uint32_t room[2][EXECUTORS], loads[EXECUTORS];
    wadi__placed_receiver receivers[2] = {{.candidates = room[0]},
                                          {.preferred_host = "ab", .candidates = room[1]}};
    wadi__receivers_place(receivers, 2, executors, EXECUTORS, loads);
    assert_int_equal(receivers[1].candidates[0], 2);
    assert_int_equal(receivers[0].candidates[0], 0);
    /* The one that is left over goes to who has the fewest. */
    assert_int_equal(receivers[0].candidate_count + receivers[1].candidate_count, 3);
}
static void test_a_host_without_executors_is_waited_for(void **state) {
    (void)state;
    uint32_t room[EXECUTORS], loads[EXECUTORS];
    wadi__placed_receiver receiver = {.preferred_host = "c", .candidates = room};
    wadi__receivers_place(&receiver, 1, executors, EXECUTORS, loads);
    assert_true(receiver.is_elsewhere);
}
typedef struct again_case {
    const char *name, *preferred_host;
    double loads[EXECUTORS];
    uint32_t candidates[EXECUTORS];
    size_t count;
} again_case;
static const again_case again_cases[] = {
    {"those without load", NULL, {1, 0, 0}, {1, 2}, 2},
    {"those with the least", NULL, {1, 0.5, 0.5}, {1, 2}, 2},
    {"and the preferred host's", "a", {1, 1, 0.5}, {0, 1, 2}, 3},
};
static void test_again(void **state) {
    const again_case *row = *state;
    uint32_t room[EXECUTORS];
    wadi__placed_receiver receiver = {.preferred_host = row->preferred_host, .candidates = room};
    wadi__receiver_place_again(&receiver, executors, row->loads, EXECUTORS);
    assert_int_equal(receiver.candidate_count, row->count);
    assert_memory_equal(room, row->candidates, row->count * sizeof *room);
    assert_false(receiver.is_elsewhere);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_again, again_cases);
    wadi__unit_add(&unit, test_a_host_is_preferred_by_its_whole_name);
    wadi__unit_add(&unit, test_a_host_without_executors_is_waited_for);
    return wadi__unit_run(&unit, "receiver_placement");
}
