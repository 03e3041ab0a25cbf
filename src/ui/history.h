/* SPDX-License-Identifier: Apache-2.0 */
/* history.h: the pages of a program that has ended, from its event log. */
#ifndef WADI_UI_HISTORY_H
#define WADI_UI_HISTORY_H
#include "base/env.h"

#include <wadi/error.h>

typedef struct wadi__history wadi__history;
typedef struct wadi__history_options {
    const char *dir; /* the folder of a program's event log, or one of several, of which the newest
                        is taken */
    const char *address; /* NULL: 127.0.0.1 */
    int port;            /* 0: any; else the next free one if it is taken */
} wadi__history_options;

/* Reads the log and serves it, by a thread of its own. Damaged lines are passed by, and counted in
 * the log. Errors: WADI_E_IO, there is no event log, or it cannot be read, or no port is free;
 * WADI_E_INVALID, the module wadi-ui.so is not there; WADI_E_NOMEM. */
wadi_status wadi__history_open(const wadi__history_options *options, wadi__history **history,
                               wadi_error *err);
/* "http://127.0.0.1:18080" */
const char *wadi__history_url(const wadi__history *history);
void wadi__history_close(wadi__history *history); /* NULL is fine */

/* Without a server, for those who answer themselves: the site of the log. */
struct wadi__site;
wadi_status wadi__history_read(wadi__env *env, const char *dir, wadi__history **history,
                               wadi_error *err);
struct wadi__site *wadi__history_site(wadi__history *history);
#endif
