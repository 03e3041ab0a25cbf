/* SPDX-License-Identifier: Apache-2.0 */
/* nonzero.c: wadi__nonzero: the filter of windows of counts, which forget what is not there any
 * more. */
#include "base/assert.h"
#include "rdd/ready/ready.h"

static void nonzero_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    size_t kept = 0;
    for (size_t i = 0; i < call->count; i++) {
        uint32_t row = call->rows != NULL ? call->rows[i] : (uint32_t)i;
        const char *in = (const char *)call->in + row * (size_t)env->record_size;
        call->selected[kept] = row;
        kept += *(const int64_t *)(const void *)(in + env->fields[0].offset) != 0;
    }
    call->selected_count = kept;
}
static bool fit(wadi__bound_fn *f, const void *given, wadi__arena *arena, wadi_error *err) {
    (void)given;
    wadi__ready_fields *fields = wadi__ready_values(f->in, arena);
    if (fields == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    WADI_ASSERT(fields->count == 1 && fields->fields[0].size == sizeof(int64_t));
    f->env = fields;
    f->env_size = sizeof *fields + sizeof fields->fields[0];
    f->out = f->in;
    return true;
}
WADI__READY_FN(wadi__nonzero, FILTER, NULL, NULL, nonzero_run)

const wadi_filter_fn wadi__nonzero = {&wadi__nonzero__fn, NULL};
const wadi__ready_ops wadi__ready_nonzero[] = {{.fn = &wadi__nonzero__fn, .fit = fit},
                                               {.fn = NULL}};
