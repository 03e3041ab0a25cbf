/* SPDX-License-Identifier: Apache-2.0 */
/* partitioner.c: when two partitioners put equal keys in equal places. */
#include "rdd/partitioner.h"

#include <string.h>

bool wadi__partitioner_same(const wadi__partitioner *a, const wadi__partitioner *b) {
    if (a->kind != b->kind || a->count != b->count) return false;
    switch (a->kind) {
    case WADI__PARTITION_NONE:
    case WADI__PARTITION_SPREAD: return false;
    case WADI__PARTITION_HASH: return true;
    case WADI__PARTITION_RANGE: return a->range_id == b->range_id;
    case WADI__PARTITION_USER:
        return a->fn == b->fn || (strcmp(a->fn->name, b->fn->name) == 0 && a->fn->env_size == b->fn->env_size &&
                                  (a->fn->env_size == 0 || memcmp(a->fn->env, b->fn->env, a->fn->env_size) == 0));
    }
    return false;
}
