/* SPDX-License-Identifier: Apache-2.0 */
/* save.h: RDDs as directories of part files. */
#ifndef WADI_RDD_ACTION_SAVE_H
#define WADI_RDD_ACTION_SAVE_H
#include "rdd/rdd.h"

/* Writes records to a new directory, as lines of text or as frames. `may_replace`: for a batch that
 * may be run again, whose directory may be there already (see fs/output_dir.h). False: the error
 * has stuck as an action's does. */
bool wadi__save_text(wadi_rdd *rdd, const char *path, bool may_replace);
bool wadi__save_objects(wadi_rdd *rdd, const char *path, bool may_replace);
#endif
