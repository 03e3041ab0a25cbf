/* SPDX-License-Identifier: Apache-2.0 */
/* validate.c: what is wrong with a whole graph, told at start. */
#include "base/conf.h"
#include "stream/checkpoint.h"
#include "stream/lifecycle.h"
#include "stream/nowhere.h"

#include <stdio.h>

static void mark_reached(wadi_dstream *node) {
    if (node->is_reached) return;
    node->is_reached = true;
    for (uint32_t i = 0; i < node->parent_count; i++) mark_reached(node->parents[i]);
}
/* Mistakes of settings, and of datasets made outside a batch, have stuck to the engine context. */
static void take_over_mistakes(wadi_stream_context *ssc) {
    wadi__scope *scope = &ssc->sc->scope;
    size_t settings = ssc->sc->conf != NULL ? wadi__conf_mistake_count(ssc->sc->conf) : 0;
    for (size_t i = 0; i < settings; i++)
        wadi__stream_context_mistake(ssc, NULL, "settings",
                                     wadi__conf_mistake_is_memory(ssc->sc->conf, i) ? WADI_E_NOMEM : WADI_E_INVALID,
                                     wadi__conf_mistake(ssc->sc->conf, i));
    const wadi_error *err; /* which begin with those of the settings */
    for (size_t i = settings; (err = wadi__scope_error(scope, i)) != NULL; i++)
        wadi__stream_context_mistake_err(ssc, err);
}
void wadi__validate(wadi_stream_context *ssc) {
    take_over_mistakes(ssc);
    wadi__nowhere_tell(ssc);
    if (ssc->outputs.count == 0 && ssc->mistakes.count == 0)
        wadi__stream_context_mistake(ssc, NULL, "start", WADI_E_INVALID,
                                     "No output operations registered, so nothing to execute");
    for (size_t i = 0; i < ssc->outputs.count; i++) mark_reached(ssc->outputs.items[i]->stream);
    wadi__checkpoint_validate(ssc);
    for (size_t i = 0; i < ssc->nodes.count; i++) ssc->nodes.items[i]->is_reached = false; /* set anew when initialized */
}
