/* SPDX-License-Identifier: Apache-2.0 */
/* ops.c: what several constructors do alike. */
#include "rdd/ops/ops.h"

#include "data/value.h"

void wadi__rdd_keep_key(wadi_rdd *rdd, const wadi_rdd *in) {
    const wadi__type *out = rdd->fn->out;
    if (!wadi__type_matches(out->key, in->type->key)) {
        char a[128], b[128];
        wadi__rdd_set_error(rdd, WADI_E_TYPE,
                            "'%s' returns records with the key %s, those that come in have %s",
                            rdd->fn->name, wadi__type_text(out->key, a, sizeof a),
                            wadi__type_text(in->type->key, b, sizeof b));
        return;
    }
    rdd->type = out;
    rdd->key = out->key;
    rdd->partitioner = in->partitioner;
}
/* A user's partitioner takes the records of every side, or the key alone. */
static bool partitioner_suits(wadi_rdd *rdd, const wadi__bound_fn *by) {
    for (uint32_t i = 0; i < rdd->parent_count; i++) {
        const wadi__type *type = rdd->parents[i].rdd->type;
        if (wadi__type_matches(by->in, type) || wadi__type_matches(by->in, rdd->key)) continue;
        char a[128], b[128], c[128];
        wadi__rdd_set_error(
            rdd, WADI_E_TYPE,
            "the partitioner '%s' takes %s, neither the records, %s, nor their key, %s", by->name,
            wadi__type_text(by->in, a, sizeof a), wadi__type_text(type, b, sizeof b),
            wadi__type_text(rdd->key, c, sizeof c));
        return false;
    }
    return true;
}
bool wadi__rdd_choose_partitioner(wadi_rdd *rdd, const wadi_op_options *options,
                                  wadi__partitioner *partitioner) {
    if (rdd->err != NULL) return false;
    uint32_t count = wadi__rdd_partitions(rdd->sc, options);
    *partitioner = wadi__partitioner_hash(count);
    const wadi_fn *fn = options->partitioner.fn;
    if (fn == NULL) return true;
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *in =
        fn->in == NULL ? rdd->parents[0].rdd->type : NULL; /* of its own, or any */
    rdd->by = wadi__bound_fn_new(fn, WADI_FN_PARTITIONER, options->partitioner.env, in, NULL, &err);
    if (rdd->by == NULL) {
        wadi__rdd_set_error(rdd, err.status, "%s", err.message);
        return false;
    }
    *partitioner = (wadi__partitioner){WADI__PARTITION_USER, count, 0, rdd->by};
    return partitioner_suits(rdd, rdd->by);
}
bool wadi__rdd_choose_partitioner_like(wadi_rdd *rdd, const wadi_rdd *in,
                                       const wadi_op_options *options,
                                       wadi__partitioner *partitioner) {
    const wadi__partitioner *old = &in->partitioner;
    bool goes_by_first = rdd->key == in->type->key && in->type->key != in->type;
    if (rdd->err == NULL && options->partitions == 0 && options->partitioner.fn == NULL &&
        goes_by_first &&
        (old->kind == WADI__PARTITION_HASH ||
         (old->kind == WADI__PARTITION_USER && wadi__type_matches(old->fn->in, rdd->key)))) {
        *partitioner = *old;
        return true;
    }
    wadi_op_options as_many = *options;
    if (options->partitions == 0)
        as_many.partitions = in->partition_count > 0 ? in->partition_count : 1;
    return wadi__rdd_choose_partitioner(rdd, &as_many, partitioner);
}
bool wadi__rdd_same_keys(wadi_rdd *rdd) {
    for (uint32_t i = 1; rdd->err == NULL && i < rdd->parent_count; i++) {
        const wadi_rdd *first = rdd->parents[0].rdd, *other = rdd->parents[i].rdd;
        if (wadi__type_matches(first->type->key, other->type->key)) continue;
        char a[128], b[128];
        wadi__rdd_set_error(rdd, WADI_E_TYPE, "the left side has the key %s, %s has %s",
                            wadi__type_text(first->type->key, a, sizeof a),
                            rdd->parent_count > 2 ? "another" : "the right one",
                            wadi__type_text(other->type->key, b, sizeof b));
    }
    return rdd->err == NULL;
}
bool wadi__rdd_set_zero(wadi_rdd *rdd, const void *zero, const wadi__type *type) {
    if (rdd->err != NULL) return false;
    rdd->zero_keep = wadi__keep_new();
    void *copy =
        rdd->zero_keep != NULL ? wadi__arena_alloc(&rdd->zero_keep->arena, type->pub.size) : NULL;
    if (copy != NULL && zero != NULL) memcpy(copy, zero, type->pub.size);
    if (copy == NULL || (zero != NULL && !wadi__value_own(type, copy, &rdd->zero_keep->arena))) {
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for .zero");
        return false;
    }
    if (zero != NULL) rdd->zero = copy;
    return true;
}
void wadi__rdd_partition(wadi_rdd *rdd, const wadi_rdd *in, uint32_t i,
                         const wadi__partitioner *partitioner) {
    if (!wadi__partitioner_same(&in->partitioner, partitioner))
        wadi__rdd_shuffle(rdd, i, partitioner);
    rdd->partition_count = partitioner->count;
    rdd->partitioner = *partitioner;
}
void wadi__rdd_partition_records(wadi_rdd *rdd, uint32_t i, const wadi__partitioner *partitioner) {
    wadi__rdd_shuffle(rdd, i, partitioner);
    rdd->partition_count = partitioner->count;
    rdd->partitioner = (wadi__partitioner){0};
}
