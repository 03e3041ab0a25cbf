/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.h: one field of records as an array of doubles. */
#ifndef WADI_RDD_ACTION_NUMBERS_H
#define WADI_RDD_ACTION_NUMBERS_H
#include "rdd/pipeline.h"

/* What the field is of the records of `type`; field NULL: the record itself. */
typedef struct wadi__numbers {
    const wadi__type *type;
    size_t offset, record_size;
} wadi__numbers;
wadi__numbers wadi__numbers_of(const wadi__type *type, const wadi_field *field);
/* Writes one double for each record of the slice. */
void wadi__numbers_get(const wadi__numbers *numbers, const wadi__slice *in, double *out);
#endif
