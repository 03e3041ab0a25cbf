/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: errors in one form: what, where, why, what to do. */
#include "cli/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void wadi__cli_error(const char *what, const char *where, const char *why, const char *to_do) {
    fprintf(stderr, "wadi: %s\n", what);
    if (where != NULL) fprintf(stderr, "  where: %s\n", where);
    if (why != NULL) fprintf(stderr, "  why:   %s\n", why);
    if (to_do != NULL) fprintf(stderr, "  to do: %s\n", to_do);
}
int wadi__cli_usage_error(const wadi__cli_command *command, const char *fmt, ...) {
    char why[512], where[512], to_do[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    snprintf(where, sizeof where, "wadi %s %s", command->name, command->usage);
    snprintf(to_do, sizeof to_do, "see wadi %s --help", command->name);
    wadi__cli_error("the command line is wrong", where, why, to_do);
    return WADI__CLI_USAGE;
}
void *wadi__cli_must(void *p) {
    if (p != NULL) return p;
    wadi__cli_error("there is no memory", NULL, NULL, "end other programs, or raise ulimit -v");
    exit(WADI__CLI_FAILED);
}
