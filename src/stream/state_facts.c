/* SPDX-License-Identifier: Apache-2.0 */
/* state_facts.c: goes through the streams that keep a state. The graph stays as it is while the
 * program runs. */
#include "stream/state_facts.h"

#include "stream/stream_context.h"

#include <stdio.h>
#include <string.h>

static void name_stream(const wadi_dstream *node, char *name, size_t size) {
    const char *file = node->where.file != NULL ? node->where.file : "?";
    const char *slash = strrchr(file, '/');
    snprintf(name, size, "%s at %s:%d", node->name != NULL ? node->name : node->ops->name,
             slash != NULL ? slash + 1 : file, node->where.line);
}
size_t wadi__states_shown(const wadi_stream_context *ssc, wadi__state_shown *rows) {
    size_t count = 0;
    for (size_t i = 0; i < ssc->nodes.count && count < WADI__STATES_SHOWN_MAX; i++) {
        const wadi_dstream *node = ssc->nodes.items[i];
        if (node->ops->state_facts == NULL || !node->is_reached) continue;
        wadi__state_shown *row = &rows[count];
        *row = (wadi__state_shown){
            .checkpoint_ms = ssc->checkpoint_dir != NULL ? node->checkpoint_ms : 0,
            .facts.snapshot = {-1, -1, -1},
        };
        name_stream(node, row->name, sizeof row->name);
        count += node->ops->state_facts(node, &row->facts);
    }
    return count;
}
