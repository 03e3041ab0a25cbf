/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c HOST PORT BATCH_MS [US_PER_LINE]: counts lines from a peer; after each batch it prints
 * how many there were so far, their bytes, and the sum of these, so that whoever sent them sees
 * whether any was lost or doubled. With US_PER_LINE it is a slow program. */
#include <wadi/wadi.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

WADI_RECORD(totals, (int64_t, lines), (int64_t, bytes), (int64_t, sum));
WADI_RECORD(pace, (int64_t, us_per_line));

WADI_MAP(measure, wadi_str, totals, pace) {
    const char *bytes = wadi_str_data(in);
    *out = (totals){1, in->len, 0};
    for (uint32_t i = 0; i < in->len; i++) out->sum += (unsigned char)bytes[i];
    struct timespec some = {0, env->us_per_line * 1000};
    if (env->us_per_line > 0) nanosleep(&some, NULL);
}
WADI_REDUCE(add_up, totals) {
    *acc = (totals){acc->lines + in->lines, acc->bytes + in->bytes, acc->sum + in->sum};
}
static totals all;
WADI_FOREACH_RDD(tell, totals) {
    (void)batch_ms;
    const totals *batch = wadi_first(rdd, totals);
    if (batch == NULL) return;
    all = (totals){all.lines + batch->lines, all.bytes + batch->bytes, all.sum + batch->sum};
    printf("lines %lld bytes %lld sum %lld\n", (long long)all.lines, (long long)all.bytes,
           (long long)all.sum);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    wadi_context *sc = wadi_context_new("local[2]", "lines");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, atoi(argv[3]));
    wadi_dstream *lines = wadi_socket_text_stream(ssc, argv[1], atoi(argv[2]));
    wadi_dstream *measured =
        wadi_map(lines, wadi_bind(measure, .us_per_line = argc > 4 ? atoi(argv[4]) : 0));
    wadi_foreach_rdd(wadi_reduce(measured, add_up), tell);
    return wadi_run(ssc);
}
