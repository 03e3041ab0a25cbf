/* SPDX-License-Identifier: Apache-2.0 */
/* table_k_means.c: k-means that learns batch by batch. */
#include "ml/k_means.h"
#include "testing/conformance/table_numbers.h"
#include "testing/must.h"

#include <string.h>

enum { DIMENSIONS_MAX = 100 };

static bool check_points(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, wadi__case_form_numbers);
}
static bool check_batches(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_points);
}
static bool check_centers(wadi__case_form *form, const json_t *json) {
    if (!check_points(form, json)) return false;
    size_t dimensions = json_array_size(json_array_get(json, 0));
    return (dimensions > 0 && dimensions <= DIMENSIONS_MAX) ||
           wadi__case_form_fail(form, "no centers of 1 to %d numbers", DIMENSIONS_MAX);
}
static bool check_unit(wadi__case_form *form, const json_t *json) {
    const char *unit = json_string_value(json);
    return (unit != NULL && (strcmp(unit, "batches") == 0 || strcmp(unit, "points") == 0)) ||
           wadi__case_form_fail(form, "neither batches nor points");
}
static bool check_model(wadi__case_form *form, const json_t *json) {
    static const wadi__case_field fields[] = {
        {"centers", check_points, true},
        {"weights", wadi__case_form_numbers, true},
        {NULL, NULL, false},
    };
    return wadi__case_form_fields(form, json, fields);
}
static bool check_models(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_model);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"initial_centers", check_centers, true},
    {"initial_weights", wadi__case_form_numbers, true},
    {"decay_factor", wadi__case_form_number, true},
    {"half_life", wadi__case_form_number, false},
    {"time_unit", check_unit, true},
    {"batches", check_batches, true},
    {"expect_after_each_batch", check_models, false},
    {"predict_after_train", check_batches, false},
    {"expect_predictions", wadi__case_form_any, false},
    {"tolerance_absolute", wadi__case_form_number, false},
    {"tolerance_relative", wadi__case_form_number, false},
    {NULL, NULL, false},
};

/* The numbers of an array of arrays, side by side; to be freed. */
static double *flat(const json_t *points, size_t dimensions) {
    double *made = wadi__must_calloc(json_array_size(points) * dimensions + 1, sizeof *made);
    for (size_t i = 0; i < json_array_size(points); i++)
        for (size_t d = 0; d < dimensions; d++)
            made[i * dimensions + d] =
                json_number_value(json_array_get(json_array_get(points, i), d));
    return made;
}
static json_t *numbers(const double *from, size_t count) {
    json_t *made = wadi__must(json_array());
    for (size_t i = 0; i < count; i++) json_array_append_new(made, json_real(from[i]));
    return made;
}
static void compare_model(const json_t *json, const wadi__k_means *model, size_t batch,
                          wadi__case_results *results) {
    const json_t *expected =
        json_array_get(json_object_get(json, "expect_after_each_batch"), batch);
    if (expected == NULL) return;
    json_t *weights = numbers(model->weights, model->cluster_count);
    json_t *centers = wadi__must(json_array());
    for (size_t i = 0; i < model->cluster_count; i++)
        json_array_append_new(centers,
                              numbers(model->centers + i * model->dimensions, model->dimensions));
    const json_t *wanted = json_object_get(expected, "centers");
    if (!wadi__case_all_near(json, wanted, centers))
        wadi__case_fail_values(results, "centers", wanted, centers);
    wanted = json_object_get(expected, "weights");
    if (!wadi__case_all_near(json, wanted, weights))
        wadi__case_fail_values(results, "weights", wanted, weights);
    json_decref(weights);
    json_decref(centers);
}
static void compare_predictions(const json_t *json, const wadi__k_means *model, size_t batch,
                                wadi__case_results *results) {
    const json_t *points = json_array_get(json_object_get(json, "predict_after_train"), batch);
    const json_t *expected = json_array_get(json_object_get(json, "expect_predictions"), batch);
    if (points == NULL || expected == NULL) return;
    double *flattened = flat(points, model->dimensions);
    json_t *actual = wadi__must(json_array());
    for (size_t i = 0; i < json_array_size(points); i++)
        json_array_append_new(actual, json_integer((json_int_t)wadi__k_means_predict(
                                          model, flattened + i * model->dimensions)));
    if (!json_equal(expected, actual))
        wadi__case_fail_values(results, "predictions", expected, actual);
    json_decref(actual);
    free(flattened);
}
static void run(const json_t *json, wadi__case_results *results) {
    const json_t *centers = json_object_get(json, "initial_centers");
    const json_t *weights = json_object_get(json, "initial_weights");
    const json_t *batches = json_object_get(json, "batches");
    wadi__k_means model = {
        .cluster_count = json_array_size(centers),
        .dimensions = json_array_size(json_array_get(centers, 0)),
        .decay = wadi__case_number(json, "decay_factor"),
        .decays_by_points =
            strcmp(json_string_value(json_object_get(json, "time_unit")), "points") == 0,
    };
    model.centers = flat(centers, model.dimensions);
    model.weights = wadi__must_calloc(model.cluster_count, sizeof *model.weights);
    for (size_t i = 0; i < model.cluster_count; i++)
        model.weights[i] = json_number_value(json_array_get(weights, i));
    double *sums = wadi__must_calloc((model.dimensions + 1) * model.cluster_count, sizeof *sums);
    for (size_t i = 0; i < json_array_size(batches); i++) {
        const json_t *points = json_array_get(batches, i);
        double *flattened = flat(points, model.dimensions);
        wadi__k_means_train(&model, flattened, json_array_size(points), sums);
        free(flattened);
        compare_model(json, &model, i, results);
        compare_predictions(json, &model, i, results);
    }
    free(sums);
    free(model.weights);
    free(model.centers);
}
static void run_half_life(const json_t *json, wadi__case_results *results) {
    const json_t *lives = json_object_get(json, "half_lives");
    const json_t *expected = json_object_get(json, "expect_decay");
    json_t *actual = wadi__must(json_array());
    for (size_t i = 0; i < json_array_size(lives); i++)
        json_array_append_new(
            actual, json_real(wadi__k_means_decay(json_number_value(json_array_get(lives, i)))));
    if (!wadi__case_all_near(json, expected, actual))
        wadi__case_fail_values(results, "decay", expected, actual);
    json_decref(actual);
}
static const wadi__case_field half_life_fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"half_lives", wadi__case_form_numbers, true},
    {"expect_decay", wadi__case_form_numbers, true},
    {"tolerance_absolute", wadi__case_form_number, false},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_streaming_kmeans = {"streaming_kmeans", fields, run};
const wadi__case_table wadi__case_kmeans_half_life = {"kmeans_half_life", half_life_fields,
                                                      run_half_life};
