/* SPDX-License-Identifier: Apache-2.0 */
/* ui_ops.h: what contexts tell the pages, which src/ui fills in: when they come and go. What
 * happens in between reaches the pages as it reaches any listener. */
#ifndef WADI_EXEC_UI_OPS_H
#define WADI_EXEC_UI_OPS_H
#include "rdd/context.h"

typedef struct wadi__ui_ops {
    /* A context has come up: pages are served from now on, if they are wanted and can be; sets
     * sc->ui. */
    void (*open)(wadi_context *sc);
    /* A stream program is about to start; it is driven by the calling thread. */
    void (*stream_starts)(wadi_stream_context *ssc);
    /* It has ended, and its listeners with it. */
    void (*stream_ended)(wadi_stream_context *ssc);
    /* The context goes. is_left: some of its threads still run, and may use what the pages keep. */
    void (*close)(wadi_context *sc, bool is_left);
} wadi__ui_ops;
extern const wadi__ui_ops wadi__ui_ops_table; /* ui/ui.c */
#endif
