/* SPDX-License-Identifier: Apache-2.0 */
/* driver_fn.h: calling a user's function that runs on the driver. */
#ifndef WADI_STREAM_DRIVER_FN_H
#define WADI_STREAM_DRIVER_FN_H
#include "rdd/rdd.h"

/* Fills in fn, env and context of `call`, and runs it in the calling thread and its scope. An action of
 * the function that failed, or its wadi_rdd_fail(), is an error here too. */
wadi_status wadi__driver_fn_run(wadi_context *sc, const wadi__bound_fn *fn, wadi_call *call,
                                wadi_error *err);
/* Looks at the RDD that the function returned: it must carry the records that the function is declared
 * to return. `kind` is what the function is: "transform". */
wadi_status wadi__driver_fn_check(const wadi__bound_fn *fn, const char *kind,
                                  const wadi_rdd *returned, wadi_error *err);
#endif
