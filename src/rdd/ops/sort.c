/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: records in the order of their key, or of any field: partitions are ranges. What runs is
 * src/exec/sort.c. */
#include "rdd/ops/ops.h"

#include <stdio.h>

const wadi__rdd_ops wadi__rdd_sort_by_key_ops = {.name = "sort_by_key"};
const wadi__rdd_ops wadi__rdd_sort_by_ops = {.name = "sort_by"};

static void sort(wadi_rdd *rdd, const wadi_rdd *in, const wadi_field *field,
                 const wadi_op_options *options) {
    if (options->ascending && options->descending)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, ".ascending and .descending exclude each other");
    if (options->partitioner.fn != NULL)
        wadi__rdd_set_error(rdd, WADI_E_INVALID,
                            "sorted partitions are ranges; .partitioner has no place here");
    if (wadi__rdd_is_broken(rdd)) return;
    uint32_t count = options->partitions != 0  ? options->partitions
                     : in->partition_count > 0 ? in->partition_count
                                               : 1;
    wadi__partitioner range = {count > 1 ? WADI__PARTITION_RANGE : WADI__PARTITION_SPREAD, count,
                               rdd->id, NULL};
    rdd->wide = WADI__WIDE_SORT;
    rdd->sort_field = field;
    rdd->is_descending = options->descending;
    rdd->partition_count = count;
    wadi__rdd_shuffle(rdd, 0, &range);
    rdd->partitioner = (wadi__partitioner){0};
    bool by_key = field == NULL ? rdd->type->key == rdd->type : field == &rdd->type->pub.fields[0];
    if (by_key) rdd->partitioner = (wadi__partitioner){WADI__PARTITION_RANGE, count, rdd->id, NULL};
}
wadi_rdd *(wadi_sort_by_key)(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_SORT_BY_KEY, in, &options->where);
    sort(rdd, in, in->type->pub.field_count > 0 ? &in->type->pub.fields[0] : NULL, options);
    return wadi__rdd_done(rdd, options);
}
/* "word, count" */
static const char *field_names(const wadi__type *type, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < type->pub.field_count && used < size; i++) {
        int n =
            snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", type->pub.fields[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    return text;
}
wadi_rdd *(wadi_sort_by)(wadi_rdd *in, const char *name, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_SORT_BY, in, &options->where);
    const wadi_field *field = name != NULL ? wadi__type_field(in->type, name) : NULL;
    char type[128], names[160];
    if (name != NULL && field == NULL && in->type->pub.field_count > 0)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "%s has no field '%s'; it has %s",
                            wadi__type_text(in->type, type, sizeof type), name,
                            field_names(in->type, names, sizeof names));
    else if (name != NULL && field == NULL)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "%s has no fields: sort by NULL, the value itself",
                            wadi__type_text(in->type, type, sizeof type));
    sort(rdd, in, field, options);
    return wadi__rdd_done(rdd, options);
}
