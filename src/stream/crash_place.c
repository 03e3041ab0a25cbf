/* SPDX-License-Identifier: Apache-2.0 */
/* crash_place.c: batch, operator and function of the thread that crashed. Only what the thread
 * itself has set is looked at. */
#include "stream/crash_place.h"

#include "exec/backend.h"
#include "rdd/rdd.h"

static void put_where(wadi__crash_text *text, const wadi_where *where) {
    if (where->file == NULL) return;
    wadi__crash_put(text, " at ");
    wadi__crash_put(text, where->file);
    wadi__crash_put(text, ":");
    wadi__crash_put_number(text, where->line);
}
static void put_batch(wadi__crash_text *text, int64_t batch_ms) {
    if (batch_ms == 0) return;
    wadi__crash_put(text, "  batch: ");
    wadi__crash_put_number(text, batch_ms);
    wadi__crash_put(text, " ms\n");
}
static void put_task(wadi__crash_text *text, const wadi__task *task) {
    put_batch(text, task->batch_ms);
    wadi__crash_put(text, "  task: ");
    wadi__crash_put_number(text, task->partition_index);
    wadi__crash_put(text, " (try ");
    wadi__crash_put_number(text, (int64_t)task->attempt + 1);
    wadi__crash_put(text, ") of stage ");
    wadi__crash_put_number(text, (int64_t)task->stage_id);
    wadi__crash_put(text, "\n");
    const wadi__call_site *at = task->at;
    if (at == NULL) return;
    wadi__crash_put(text, "  operator: ");
    wadi__crash_put(text, at->action_name != NULL ? at->action_name
                                                  : wadi__rdd_ops_of(at->rdd->op)->name);
    put_where(text, &at->rdd->where);
    wadi__crash_put(text, ", function ");
    wadi__crash_put(text, at->code->name);
    put_where(text, &at->code->where);
    wadi__crash_put(text, "\n");
}
void wadi__crash_place(wadi__crash_text *text) {
    const wadi__task *task = wadi__task_running();
    const wadi__scope *scope = wadi__scope_now();
    if (task != NULL)
        put_task(text, task);
    else if (scope != NULL)
        put_batch(text, scope->batch_ms);
}
