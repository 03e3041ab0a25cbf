/* SPDX-License-Identifier: Apache-2.0 */
/* k_means_test.c: what a batch makes of the centers; more in tests/conformance/numeric.json. */
#include "ml/k_means.h"

#include "testing/unit.h"

#include <math.h>

static void expect(const double *expected, const double *actual, size_t count) {
    for (size_t i = 0; i < count; i++) assert_true(fabs(expected[i] - actual[i]) < 1e-9);
}
static void test_forgets_by_points(void **state) {
    (void)state;
    double centers[] = {0}, weights[] = {8}, sums[2];
    const double points[] = {3, 3, 3};
    wadi__k_means model = {1, 1, centers, weights, 0.5, true};
    wadi__k_means_train(&model, points, 3, sums);
    expect((double[]){4}, weights, 1);    /* 8 / 2^3 + 3 */
    expect((double[]){2.25}, centers, 1); /* (0 x 1 + 3 x 3) / 4 */
    wadi__k_means_train(&model, NULL, 0, sums);
    expect((double[]){4}, weights, 1); /* no points, nothing is forgotten */
}
static void test_a_cluster_that_dies_takes_half_of_the_heaviest(void **state) {
    (void)state;
    double centers[] = {5, 1000}, weights[] = {1, 1e-20}, sums[4];
    const double points[] = {5, 5};
    wadi__k_means model = {2, 1, centers, weights, 1, false};
    wadi__k_means_train(&model, points, 2, sums);
    expect((double[]){1.5, 1.5}, weights, 2);
    expect((double[]){5, 5}, centers, 2);
    assert_true(centers[0] > centers[1]);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_forgets_by_points);
    wadi__unit_add(&unit, test_a_cluster_that_dies_takes_half_of_the_heaviest);
    return wadi__unit_run(&unit, "k_means");
}
