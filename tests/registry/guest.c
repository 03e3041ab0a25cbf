/* SPDX-License-Identifier: Apache-2.0 */
/* guest.c: a shared object that brings libwadi along, for hosts that know nothing of it: an
 * interpreter's extension. */
#include "shared_record.h"

WADI_MAP(guest_halve, pair, pair) { *out = (pair){in->key, in->value / 2}; }
WADI_REDUCE(guest_add, pair) { acc->value += in->value; }

int guest_run(void);
int guest_run(void) {
    wadi_context *sc = wadi_context_new("local[2]", "Guest");
    pair rows[] = {{1, 20}, {2, 40}, {1, 60}};
    size_t n;
    const pair *sums = wadi_collect(
        wadi_reduce_by_key(wadi_map(wadi_parallelize(sc, pair, rows, 3), guest_halve), guest_add),
        pair, &n);
    int64_t total = 0;
    for (size_t i = 0; i < n; i++) total += sums[i].value;
    return wadi_finish(sc) != 0 || n != 2 || total != 60;
}
