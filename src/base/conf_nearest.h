/* SPDX-License-Identifier: Apache-2.0 */
/* conf_nearest.h: which name or word was meant. */
#ifndef WADI_BASE_CONF_NEAREST_H
#define WADI_BASE_CONF_NEAREST_H
#include <stdbool.h>
#include <stddef.h>

/* Edits (insert, delete, replace a byte) from one text to the other; upper and lower case count as
 * equal. Texts of more than 256 bytes are SIZE_MAX away from everything. */
size_t wadi__conf_distance(const char *a, size_t a_size, const char *b, size_t b_size);

/* Whether a name is under wadi. or spark.streaming., where there are no others than the table's. */
bool wadi__conf_is_own_name(const char *name);

/* The name of the table's row that is nearest to `name`, if it is no more than far_max edits away,
 * else NULL; for an own name one under the same prefix. Of equal ones the first. */
const char *wadi__conf_nearest(const char *name, size_t far_max);
#endif
