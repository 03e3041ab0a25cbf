/* SPDX-License-Identifier: Apache-2.0 */
/* k_means.h: k-means that learns batch by batch and forgets. Source: Spark 3 StreamingKMeansModel
 * (SEMANTICS.md section 20). Numbers only; one thread at a time. */
#ifndef WADI_ML_K_MEANS_H
#define WADI_ML_K_MEANS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wadi__k_means {
    size_t cluster_count, dimensions;
    double *centers, *weights; /* center i at centers + i * dimensions. The caller's */
    double decay;          /* what a batch leaves of the weights before it: 0 forgets, 1 keeps */
    bool decays_by_points; /* decay is for a point, not for a batch */
} wadi__k_means;

/* The decay of which half is left after half_life batches or points. */
double wadi__k_means_decay(double half_life);
/* The nearest center; of two the first. */
size_t wadi__k_means_predict(const wadi__k_means *self, const double *point);
/* Learns a batch: point i at points + i * dimensions. `sums` has room for (dimensions + 1) *
 * cluster_count numbers. */
void wadi__k_means_train(wadi__k_means *self, const double *points, size_t count, double *sums);
#endif
