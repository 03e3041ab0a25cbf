/* SPDX-License-Identifier: Apache-2.0 */
/* copier.c IN OUT [US_PER_LINE]: copies the lines of files that appear in a folder into a folder
 * for each batch, and prints each line as it passes. With US_PER_LINE it is a slow program. */
#include <wadi/wadi.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

WADI_RECORD(pace, (int64_t, us_per_line));

WADI_MAP(pass, wadi_str, wadi_str, pace) {
    struct timespec some = {0, env->us_per_line * 1000};
    if (in->len < 100) {
        printf("%.*s\n", WADI_STR_ARG(*in));
        fflush(stdout);
    }
    if (env->us_per_line > 0) nanosleep(&some, NULL);
    *out = *in;
}
WADI_FILTER(has_text, wadi_str) { return in->len > 0; }

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    wadi_context *sc = wadi_context_new("local", "copier");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 200);
    wadi_dstream *lines = wadi_filter(wadi_text_file_stream(ssc, argv[1]), has_text);
    wadi_dstream *passed =
        wadi_map(lines, wadi_bind(pass, .us_per_line = argc > 3 ? atoi(argv[3]) : 0));
    wadi_save_as_text_files(passed, argv[2], NULL);
    return wadi_run(ssc);
}
