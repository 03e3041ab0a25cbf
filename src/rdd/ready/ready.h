/* SPDX-License-Identifier: Apache-2.0 */
/* ready.h: what the files of ready-made functions share.
 *
 * A ready-made function takes records of any shape. When an operator takes it, `fit` looks at the types
 * and writes what the loop needs into the captured values: offsets and kinds, plain data. */
#ifndef WADI_RDD_READY_READY_H
#define WADI_RDD_READY_READY_H
#include "rdd/rdd.h"

#include <string.h>

/* One field that a loop works on. */
typedef struct wadi__ready_field {
    uint32_t offset;
    uint16_t kind, size; /* wadi_kind */
    const wadi__type *type;
} wadi__ready_field;

typedef struct wadi__ready_fields { /* the captured values of reduce functions */
    uint32_t record_size, count;
    wadi__ready_field fields[];
} wadi__ready_fields;

/* The fields after the key, of nested records too; of a value that is no record itself. */
wadi__ready_fields *wadi__ready_values(const wadi__type *type, wadi__arena *arena);

/* Whether the node's function suits how its operator pairs records, if it is wadi_fields_into(): a join gives
 * the key once, and `sides` says which one may lack; zip and cartesian give all fields. False: the node
 * has an error. */
bool wadi__ready_fields_check(wadi_rdd *rdd, bool is_join, wadi__join_sides sides);
/* Whether a ready-made function gives each result the key of the records that it is made of. */
bool wadi__ready_keeps_key(const wadi__bound_fn *f);

/* The function of cogroup_all(): records of `out`, the key and a sequence for each side. */
typedef struct wadi__ready_sides {
    const wadi_type *out;
    const wadi__type *const *types;
    uint32_t count;
} wadi__ready_sides;
extern const wadi_group_fn wadi__ready_lists_of_sides; /* captures a wadi__ready_sides */

/* Every table of ready-made functions, ended by one with a NULL function. */
extern const wadi__ready_ops wadi__ready_reduces[], wadi__ready_strings[], wadi__ready_parse[], wadi__ready_joins[],
    wadi__ready_groups[], wadi__ready_nonzero[];
/* Records whose one field after the key, a count, is not 0. */
extern const wadi_filter_fn wadi__nonzero;

/* Enters a function under its name, as WADI_MAP and the like do. */
#define WADI__READY_FN(f, KIND, in_type, out_type, run_fn)                                         \
    static const wadi_fn f##__fn = {.name = #f,                                                    \
                                    .kind = WADI_FN_##KIND,                                        \
                                    .size = sizeof(wadi_fn),                                       \
                                    .in = in_type,                                                 \
                                    .out = out_type,                                               \
                                    .run = run_fn};                                                \
    WADI__REGISTER(f)
#endif
