/* SPDX-License-Identifier: Apache-2.0 */
/* rate_limiter_test.c: what a bucket lets through in a time. */
#include "stream/rate_limiter.h"
#include "testing/unit.h"

#define MS INT64_C(1000000)

/* Stores pieces as fast as it may for 10 s, and never more than the rate and one burst. */
typedef struct flow_case {
    const char *name;
    int64_t initial_rate, max_rate;
    size_t piece;
    int64_t expected; /* records a second; 0: all at once */
} flow_case;
static flow_case flows[] = {
    {"no limit", 0, 0, 1000, 0},
    {"values below zero are no limit", -5, -1, 1000, 0},
    {"one a second", 0, 1, 1, 1},
    {"one a second, of many", 0, 1, 5000, 1},
    {"a few", 0, 7, 3, 7},
    {"a thousand, one by one", 0, 1000, 1, 1000},
    {"a thousand, of many", 0, 1000, 100000, 1000},
    {"the first rate is less", 100, 1000, 10, 100},
    {"the most is less", 1000, 100, 10, 100},
    {"a first rate alone", 50, 0, 10, 50},
    {"a most below zero does not cap", 50, -1, 10, 50},
    {"a first rate below zero does not hold", -1, 50, 10, 50},
    {"more than can be", 0, INT64_MAX, 1000, INT64_MAX},
};
static void test_flow(void **state) {
    const flow_case *row = *state;
    wadi__rate_limiter limiter;
    wadi__rate_limiter_init(&limiter, row->initial_rate, row->max_rate, 5 * MS);
    int64_t now_ns = 5 * MS, wait_ns = 0;
    double burst = 1 + (double)row->expected / WADI__RATE_BURSTS_PER_SECOND;
    double stored = 0;
    for (int i = 0; i < 100000 && now_ns < 10005 * MS; i++) {
        size_t some = wadi__rate_limiter_take(&limiter, row->piece, now_ns, &wait_ns);
        assert_true(some > 0 ? wait_ns == 0 : wait_ns > 0);
        assert_true(some <= row->piece);
        stored += (double)some;
        now_ns += wait_ns;
        double passed_s = (double)(now_ns - 5 * MS) / 1e9;
        if (row->expected != 0 && some > 0)
            assert_true(stored <= passed_s * (double)row->expected + burst + 0.01);
    }
    if (row->expected == 0)
        assert_int_equal(now_ns, 5 * MS);
    else if (row->expected != INT64_MAX) {
        assert_true(now_ns >= 10005 * MS);
        assert_true(stored >= 10.0 * (double)row->expected * 0.98 - 1);
    }
}
/* How many it lets through at once after a pause: not what would have passed meanwhile. */
static size_t take_all(wadi__rate_limiter *limiter, int64_t now_ns) {
    size_t all = 0, some;
    int64_t wait_ns;
    while ((some = wadi__rate_limiter_take(limiter, 1, now_ns, &wait_ns)) > 0) all += some;
    return all;
}
static void test_no_burst_after_a_pause(void **state) {
    (void)state;
    wadi__rate_limiter limiter;
    wadi__rate_limiter_init(&limiter, 0, 1000, 0);
    assert_int_equal(take_all(&limiter, 0), 101);
    assert_int_equal(take_all(&limiter, 3600000 * MS), 101);
    assert_int_equal(take_all(&limiter, 3600010 * MS), 10);
    assert_int_equal(take_all(&limiter, 3600000 * MS), 0); /* a clock that went back adds nothing */
}
static void test_rates_that_change(void **state) {
    (void)state;
    wadi__rate_limiter limiter;
    wadi__rate_limiter_init(&limiter, 200, 1000, 0);
    assert_int_equal(take_all(&limiter, 0), 21);
    static const struct {
        int64_t set, rate;
    } changes[] = {{0, 200}, {-7, 200}, {500, 500}, {5000, 1000}, {1, 1}, {0, 1}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        wadi__rate_limiter_set_rate(&limiter, changes[i].set, 0);
        assert_int_equal(limiter.rate, changes[i].rate);
    }
    wadi__rate_limiter_init(&limiter, 0, 0, 0);
    wadi__rate_limiter_set_rate(&limiter, 100, 50 * MS); /* from none to one */
    assert_int_equal(limiter.rate, 100);
    assert_true(take_all(&limiter, 50 * MS) <= 11);
    wadi__rate_limiter_init(&limiter, 0, 1000, 0);
    assert_int_equal(take_all(&limiter, 0), 101);
    wadi__rate_limiter_set_rate(&limiter, 100,
                                50 * MS); /* 50 came before; more than the new burst */
    assert_int_equal(take_all(&limiter, 50 * MS), 11);
}
static void test_given_back(void **state) {
    (void)state;
    wadi__rate_limiter limiter;
    int64_t wait_ns;
    wadi__rate_limiter_init(&limiter, 0, 1000, 0);
    assert_int_equal(wadi__rate_limiter_take(&limiter, 60, 0, &wait_ns), 60);
    wadi__rate_limiter_give_back(&limiter, 60);
    assert_int_equal(take_all(&limiter, 0), 101);
    wadi__rate_limiter_init(&limiter, 0, 0, 0);
    wadi__rate_limiter_give_back(&limiter, 60);
    assert_int_equal(wadi__rate_limiter_take(&limiter, 7, 0, &wait_ns), 7);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_flow, flows);
    wadi__unit_add(&unit, test_no_burst_after_a_pause);
    wadi__unit_add(&unit, test_rates_that_change);
    wadi__unit_add(&unit, test_given_back);
    return wadi__unit_run(&unit, "rate_limiter");
}
