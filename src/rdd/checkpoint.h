/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h: RDDs that are to be saved in files, and are read from there instead of being
 * computed. A mark is set by the user; the engine saves what is marked after the next job that
 * goes through it (exec/saved.c). */
#ifndef WADI_RDD_CHECKPOINT_H
#define WADI_RDD_CHECKPOINT_H
#include "rdd/rdd.h"

enum { /* wadi_rdd.checkpoint */
       WADI__UNMARKED,
       WADI__MARKED,
       WADI__BEING_SAVED,
};

/* Where RDDs of this context are saved: the directory of its stream context, or the setting's; a
 * copy. NULL: none is set, or no memory. */
char *wadi__checkpoint_dir_of(wadi_context *sc);

/* What the RDD is read from; NULL: it is computed. Any thread. */
static inline const wadi_rdd *wadi__rdd_saved(const wadi_rdd *rdd) {
    return atomic_load_explicit(&rdd->saved, memory_order_acquire);
}
/* From now on it is read from the part files of `dir`, which goes with it; takes `dir` over. Its
 * parents stay until wadi__rdd_drop_parents(). */
wadi_status wadi__rdd_set_saved(wadi_rdd *rdd, char *dir, wadi_error *err);
/* Releases the parents of a saved RDD. No job may run that was begun before it was saved. */
void wadi__rdd_drop_parents(wadi_rdd *rdd);
#endif
