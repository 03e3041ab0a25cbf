/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: wadi-conformance [--list] [--filter TEXT] [--share BYTES] FILE.json ... */
#include "base/log.h"
#include "exec/memory.h"
#include "testing/conformance/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(FILE *to, int status) {
    fputs("usage: wadi-conformance [--list] [--filter TEXT] [--share BYTES] FILE.json ...\n"
          "Runs the cases of the files; a line for each failure, and at the end\n"
          "N passed, N failed, N skipped. Exit status 1: some failed.\n"
          "  --list         names the cases instead\n"
          "  --filter TEXT  only those whose name has TEXT in it\n"
          "  --share BYTES  of memory for a task; what needs more works by parts on disk\n",
          to);
    return status;
}
/* What the library logs of failures that a case expects is no news. */
static void drop_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
int main(int argc, char **argv) {
    wadi__case_suite suite = {0};
    int first = 1;
    for (; first < argc && strncmp(argv[first], "--", 2) == 0; first++) {
        if (strcmp(argv[first], "--list") == 0)
            suite.lists = true;
        else if (strcmp(argv[first], "--filter") == 0 && first + 1 < argc)
            suite.filter = argv[++first];
        else if (strcmp(argv[first], "--share") == 0 && first + 1 < argc)
            wadi__memory_share_most = strtoull(argv[++first], NULL, 10);
        else
            return usage(strcmp(argv[first], "--help") == 0 ? stdout : stderr,
                         strcmp(argv[first], "--help") == 0 ? 0 : 2);
    }
    if (first == argc) return usage(stderr, 2);
    if (getenv("WADI_LOG") == NULL) wadi__log_capture(drop_line, NULL);
    for (; first < argc; first++) wadi__case_suite_run(&suite, argv[first]);
    return wadi__case_suite_end(&suite);
}
