/* SPDX-License-Identifier: Apache-2.0 */
/* bag.c: the records of one batch. */
#include "bag.h"

#include "testing/must.h"

#include <inttypes.h>

void bag_add(bag *self, int64_t key, int64_t value) {
    if (self->count == self->room) {
        self->room = self->room != 0 ? 2 * self->room : 16;
        self->items = wadi__must_realloc(self->items, self->room * sizeof *self->items);
    }
    self->items[self->count++] = (item){key, value};
    self->is_there = true;
}
void bag_add_all(bag *self, const bag *other) {
    for (size_t i = 0; i < other->count; i++)
        bag_add(self, other->items[i].key, other->items[i].value);
}
static int by_key_and_value(const void *a, const void *b) {
    const item *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}
void bag_sort(bag *self) {
    if (self->count > 1) qsort(self->items, self->count, sizeof *self->items, by_key_and_value);
}
bool bag_equal(const bag *a, const bag *b) {
    return a->is_there == b->is_there && a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof *a->items) == 0);
}
void bag_print(const bag *self, FILE *to) {
    if (!self->is_there) fprintf(to, " nothing");
    for (size_t i = 0; i < self->count; i++)
        fprintf(to, " %" PRId64 ":%" PRId64, self->items[i].key, self->items[i].value);
    fputc('\n', to);
}
void bag_fini(bag *self) {
    free(self->items);
    *self = (bag){0};
}
