/* SPDX-License-Identifier: Apache-2.0 */
/* bag.h: the records of one batch, in any order: pairs of a key's number and a value. */
#ifndef SIMULATE_BAG_H
#define SIMULATE_BAG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { KEYS = 12 };

typedef struct item {
    int64_t key, value; /* key: 0 .. KEYS - 1 */
} item;
typedef struct bag {
    bool is_there; /* else there is no RDD, or nothing is known of it */
    size_t count, room;
    item *items;
} bag;

void bag_add(bag *self, int64_t key, int64_t value);
void bag_add_all(bag *self, const bag *other);
void bag_sort(bag *self);
/* Both sorted. */
bool bag_equal(const bag *a, const bag *b);
void bag_print(const bag *self, FILE *to);
void bag_fini(bag *self);
#endif
