/* SPDX-License-Identifier: Apache-2.0 */
/* client.h: programs of the same user that run now, and asking them (docs/formats/control.md). */
#ifndef WADI_CLI_CLIENT_H
#define WADI_CLI_CLIENT_H
#include "base/vec.h"
#include "cli/command.h"

typedef struct wadi__cli_line { /* of an answer */
    char *name, *value;
} wadi__cli_line;
typedef struct wadi__cli_answer {
    WADI__VEC(wadi__cli_line) lines; /* without the first, which says "ok" */
    char *text;                      /* that they point into */
    char error[320];                 /* "": it said ok */
    const char *to_do;               /* what helps against that; NULL: nothing special */
} wadi__cli_answer;
/* False: the program cannot be reached, and answer->error says why. */
bool wadi__cli_ask(const char *path, const char *request, wadi__cli_answer *answer);
/* Cuts answer->text into its lines. False: it does not begin with ok. */
bool wadi__cli_answer_read(wadi__cli_answer *answer);
void wadi__cli_answer_fini(wadi__cli_answer *answer);
/* The value of the first line of this name; "": there is none. */
const char *wadi__cli_answer_get(const wadi__cli_answer *answer, const char *name);

typedef struct wadi__cli_programs {
    WADI__VEC(char *) paths; /* of their sockets */
    unsigned silent;         /* programs that do not answer; it was told of each */
} wadi__cli_programs;
/* Those that answer, and whose process or name is `wanted` (NULL: all). WADI__CLI_OK, also if there
 * are none; else it was told why not. */
int wadi__cli_programs_find(const char *wanted, wadi__cli_programs *programs);
void wadi__cli_programs_fini(wadi__cli_programs *programs);
/* The one that is meant. WADI__CLI_OK; else it was told: none, or several. */
int wadi__cli_program_find(const char *wanted, char **path);
#endif
