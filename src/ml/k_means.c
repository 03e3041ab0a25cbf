/* SPDX-License-Identifier: Apache-2.0 */
/* k_means.c: k-means that learns batch by batch and forgets. */
#include "ml/k_means.h"

#include <math.h>

double wadi__k_means_decay(double half_life) { return exp(log(0.5) / half_life); }

static double distance(const double *a, const double *b, size_t dimensions) {
    double sum = 0;
    for (size_t i = 0; i < dimensions; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}
size_t wadi__k_means_predict(const wadi__k_means *self, const double *point) {
    size_t nearest = 0;
    double least = INFINITY;
    for (size_t i = 0; i < self->cluster_count; i++) {
        double d = distance(self->centers + i * self->dimensions, point, self->dimensions);
        if (d < least) {
            least = d;
            nearest = i;
        }
    }
    return nearest;
}
/* Towards the mean of the batch's points, as far as they weigh. */
static void move_center(wadi__k_means *self, size_t cluster, const double *sum, double hits) {
    double *center = self->centers + cluster * self->dimensions;
    self->weights[cluster] += hits;
    double share = hits / (self->weights[cluster] > 1e-16 ? self->weights[cluster] : 1e-16);
    for (size_t i = 0; i < self->dimensions; i++)
        center[i] = (1 - share) * center[i] + share * (sum[i] / hits);
}
/* A cluster that has nearly died takes over half of the heaviest one. */
static void split_heaviest(wadi__k_means *self) {
    size_t lightest = 0, heaviest = 0;
    for (size_t i = 1; i < self->cluster_count; i++) {
        if (self->weights[i] < self->weights[lightest]) lightest = i;
        if (self->weights[i] > self->weights[heaviest]) heaviest = i;
    }
    if (!(self->weights[lightest] < 1e-8 * self->weights[heaviest])) return;
    double weight = (self->weights[lightest] + self->weights[heaviest]) / 2;
    self->weights[lightest] = self->weights[heaviest] = weight;
    const double *from = self->centers + heaviest * self->dimensions;
    double *large = self->centers + heaviest * self->dimensions;
    double *small = self->centers + lightest * self->dimensions;
    for (size_t i = 0; i < self->dimensions; i++) {
        double x = from[i], apart = 1e-14 * fmax(fabs(x), 1);
        large[i] = x + apart;
        small[i] = x - apart;
    }
}
void wadi__k_means_train(wadi__k_means *self, const double *points, size_t count, double *sums) {
    double *hits = sums + self->cluster_count * self->dimensions;
    for (size_t i = 0; i < self->cluster_count * (self->dimensions + 1); i++) sums[i] = 0;
    for (size_t p = 0; p < count; p++) {
        const double *point = points + p * self->dimensions;
        size_t cluster = wadi__k_means_predict(self, point);
        hits[cluster]++;
        for (size_t i = 0; i < self->dimensions; i++)
            sums[cluster * self->dimensions + i] += point[i];
    }
    double left = self->decays_by_points ? pow(self->decay, (double)count) : self->decay;
    for (size_t i = 0; i < self->cluster_count; i++) self->weights[i] *= left;
    for (size_t i = 0; i < self->cluster_count; i++)
        if (hits[i] > 0) move_center(self, i, sums + i * self->dimensions, hits[i]);
    split_heaviest(self);
}
