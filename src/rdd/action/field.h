/* SPDX-License-Identifier: Apache-2.0 */
/* field.h: fields that actions are given by name. */
#ifndef WADI_RDD_ACTION_FIELD_H
#define WADI_RDD_ACTION_FIELD_H
#include "rdd/rdd.h"

/* Finds a field of the RDD's records; a NULL name is the record itself, and gives NULL. False:
 * there is none, it is an array, or no number where one is wanted; the error has stuck, or the RDD
 * is broken. */
bool wadi__job_field(wadi_rdd *rdd, const char *action_name, const char *name, bool is_number,
                     const wadi_field **field);
#endif
