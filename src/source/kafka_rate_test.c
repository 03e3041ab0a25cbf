/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_rate_test.c: shares of partitions; more in tests/conformance/numeric.json. */
#include "source/kafka_rate.h"

#include "testing/unit.h"

typedef struct share_case {
    const char *name;
    double rate;
    int64_t max_rate, min_rate;
    int64_t latest[2]; /* both from 0 */
    int64_t until[2];
    bool is_limited;
} share_case;
static const share_case share_cases[] = {
    {"nothing is known and nothing set", 0, 0, 1, {50, 7000}, {50, 7000}, false},
    {"by how far they lag behind", 1000, 0, 1, {1000, 3000}, {250, 750}, true},
    {"no partition gets more than its most", 1000, 300, 1, {1000, 3000}, {250, 300}, true},
    {"nor less than its least", 10, 0, 5, {1, 9999}, {1, 9}, true},
    {"nobody lags behind", 1000, 300, 1, {0, 0}, {0, 0}, false},
    {"an offset that went back", 1000, 0, 1, {-5, 10}, {-5, 10}, true},
    {"a rate beyond all offsets", 1e300, 0, 1, {10, 10}, {10, 10}, true},
};
static void test_shares(void **state) {
    const share_case *row = *state;
    wadi__kafka_lag lags[2];
    for (size_t i = 0; i < 2; i++)
        lags[i] = (wadi__kafka_lag){
            .latest = row->latest[i], .max_rate = row->max_rate, .min_rate = row->min_rate};
    wadi__kafka_rate_limit(lags, 2, 1000, row->rate);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lags[i].until, row->until[i]);
        assert_int_equal(lags[i].max_messages >= 0, row->is_limited);
    }
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_shares, share_cases);
    return wadi__unit_run(&unit, "kafka_rate");
}
