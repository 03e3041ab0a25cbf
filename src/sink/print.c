/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: the first records of each batch on standard output, in Spark's layout. */
#include "base/log.h"
#include "rdd/action/job.h"
#include "sink/print.h"
#include "stream/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct print_state {
    uint32_t records_max;
} print_state;

void wadi__print_batch(wadi__text *text, int64_t batch_ms, const wadi__type *type, const void *rows, size_t count,
                       uint32_t records_max) {
    char head[160];
    int n = snprintf(head, sizeof head,
                     "-------------------------------------------\nTime: %" PRId64
                     " ms\n-------------------------------------------\n", batch_ms);
    wadi__text_add(text, head, (size_t)n);
    for (size_t i = 0; i < count && i < records_max; i++) {
        wadi__print_value(text, type, (const char *)rows + i * type->pub.size);
        wadi__text_add(text, "\n", 1);
    }
    if (count > records_max) wadi__text_add(text, "...\n", 4);
    wadi__text_add(text, "\n", 1);
}
static void print_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    uint32_t records_max = ((const print_state *)output->state)->records_max;
    size_t n = 0;
    const void *rows = wadi__take_named(rdd, "print", &rdd->type->pub, (size_t)records_max + 1, &n);
    char reason[100];
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_rdd_failed(rdd, NULL)) return;
    wadi__text text = {0};
    wadi__print_batch(&text, batch_ms, rdd->type, rows, n, records_max);
    wadi__log_output_begins();
    bool is_printed = !text.failed && fwrite(text.bytes, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    int why = errno;
    wadi__log_output_ends();
    if (is_printed) {
        wadi__text_fini(&text);
        return;
    }
    if (text.failed) wadi_error_context(&err, WADI_E_NOMEM, "no memory to print a batch");
    else wadi_error_context(&err, WADI_E_IO, "standard output cannot be written: %s", strerror_r(why, reason, sizeof reason));
    wadi__text_fini(&text);
    wadi__job_fail(rdd, "print", &err);
}
static const wadi__output_ops print_ops = {.name = "print", .run = print_run};

void wadi_dstream_print(wadi_dstream *in, const wadi_print_options *given) {
    wadi_print_options options;
    wadi__output_op *output =
        wadi__output_new_with(in, &print_ops, sizeof(print_state), given, &options, sizeof options);
    if (output != NULL)
        ((print_state *)output->state)->records_max = options.records_max != 0 ? options.records_max : 10;
}
