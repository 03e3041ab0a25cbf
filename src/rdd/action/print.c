/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: the first records on standard output, one a line, and "..." when there are more. */
#include "base/log.h"
#include "data/print.h"
#include "rdd/action/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void wadi_rdd_print(wadi_rdd *in, const wadi_print_options *options) {
    size_t limit = options->records_max != 0 ? options->records_max : 10, n = 0;
    const char *rows = wadi__take_named(in, "print", &in->type->pub, limit + 1, &n);
    wadi__text text = {0};
    char reason[100];
    wadi_error err = WADI_ERROR_INIT;
    for (size_t i = 0; i < n && i < limit; i++) {
        wadi__print_value(&text, in->type, rows + i * in->type->pub.size);
        wadi__text_add(&text, "\n", 1);
    }
    if (n > limit) wadi__text_add(&text, "...\n", 4);
    wadi__log_output_begins();
    if (text.failed)
        wadi_error_context(&err, WADI_E_NOMEM, "no memory to print %zu records", n);
    else if (fwrite(text.bytes, 1, text.size, stdout) != text.size || fflush(stdout) != 0)
        wadi_error_context(&err, WADI_E_IO, "standard output cannot be written: %s",
                           strerror_r(errno, reason, sizeof reason));
    wadi__log_output_ends();
    if (err.status != WADI_OK) wadi__job_fail(in, "print", &err);
    wadi__text_fini(&text);
}
