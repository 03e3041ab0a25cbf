/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h: the functions of the program, by name.
 *
 * Declared functions enter themselves when their shared object is loaded and leave when it is closed.
 * A function that was filled in by hand enters when an operator first takes it and stays. Graphs hold
 * names; whoever runs a task looks the function up, so the same graph works in another process. */
#ifndef WADI_RDD_REGISTRY_H
#define WADI_RDD_REGISTRY_H
#include "data/type.h"

#include <wadi/function.h>

/* A function with its types from the table of types. NULL: the function has none there. */
typedef struct wadi__fn_entry {
    const char *name; /* as long as the process lives */
    const wadi_fn *fn;
    const wadi__type *in, *other, *out, *state, *env;
    bool is_ambiguous; /* two functions have this name */
} wadi__fn_entry;

/* What an operator got, resolved. False: err says what is wrong with it (an ambiguous name, a kind that
 * does not belong here, captured values missing, a descriptor that makes no sense). */
bool wadi__fn_resolve(const wadi_fn *fn, wadi_fn_kind kind, const void *env, wadi__fn_entry *entry,
                      wadi_error *err);
/* By name, for tasks. False: nothing has this name (any more). */
bool wadi__fn_lookup(const char *name, wadi__fn_entry *entry);

/* Names the declared functions of a kind; `each` does not ask for others. */
void wadi__fn_list(wadi_fn_kind kind, void (*each)(const char *name, void *arg), void *arg);

/* A kind in messages: WADI_MAP, WADI_FLAT_MAP, ... */
const char *wadi__fn_kind_text(wadi_fn_kind kind);
#endif
