/* SPDX-License-Identifier: Apache-2.0 */
/* zip_with_index.c: (value, number) of each record, in the order of the partitions. How many
 * records the partitions before have is counted in a stage of its own. What runs is
 * src/exec/index.c. */
#include "rdd/ops/ops.h"

const wadi__rdd_ops wadi__rdd_zip_with_index_ops = {.name = "zip_with_index"};

wadi_rdd *(wadi_zip_with_index)(wadi_rdd *in, const wadi_op_options *options) {
    const wadi_op_options none = {.size = sizeof none, .where = options->where};
    static const char *const names[] = {"value", "index"};
    wadi_error err = WADI_ERROR_INIT;
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_ZIP_WITH_INDEX, in, &options->where);
    if (!wadi__rdd_is_broken(rdd))
        wadi__rdd_add_parent(rdd, wadi__rdd_make_count_partition(in, &none));
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    const wadi__type *types[] = {in->type, wadi__type_int64()};
    const wadi__type *pair =
        types[1] != NULL ? wadi__type_make_record(names, types, 2, &err) : NULL;
    if (pair == NULL) {
        wadi__rdd_set_error(rdd, err.status != WADI_OK ? err.status : WADI_E_NOMEM, "%s",
                            err.message);
        return wadi__rdd_done(rdd, options);
    }
    wadi__rdd_retype(rdd, pair);
    rdd->wide = WADI__WIDE_INDEX;
    wadi__partitioner all = {WADI__PARTITION_SPREAD, 1, 0, NULL};
    wadi__rdd_shuffle(rdd, 1, &all);
    return wadi__rdd_done(rdd, options);
}
