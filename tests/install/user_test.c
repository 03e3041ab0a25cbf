/* SPDX-License-Identifier: Apache-2.0 */
/* user_test.c: a test of a program outside the tree, built against the installed libraries: totals
 * by key go on over a crash. */
#include <wadi/testing.h>
#include <wadi/wadi.h>

WADI_RECORD(visits, (wadi_str, page), (int64_t, count));
WADI_UPDATE_STATE(add_visits, visits, visits) {
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return true;
}
static void program(wadi_test *test, wadi_stream_context *ssc) {
    (void)ssc;
    wadi_test_output(test, "totals",
                     wadi_update_state_by_key(wadi_test_input(test, "seen", visits), add_visits));
}
int main(void) {
    wadi_test *test = wadi_test_new(program);
    wadi_test_feed(test, "seen", visits, {wadi_str_of("/"), 3}, {wadi_str_of("/a"), 1});
    wadi_test_feed(test, "seen", visits, {wadi_str_of("/a"), 4});
    wadi_test_advance(test, WADI_SECONDS(1));
    wadi_test_expect(test, "totals", "(/,3)", "(/a,1)");
    wadi_test_crash(test, .in_batch = true);
    wadi_test_expect(test, "totals", "(/,3)", "(/a,5)");
    wadi_test_expect_nothing(test, "totals");
    return wadi_test_finish(test);
}
