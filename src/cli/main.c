/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the `wadi` program: finds the command and runs it. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static bool is_help(const char *text) {
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0;
}
/* Whether the command's own options ask for help; those of a program do not count. */
static bool asks_for_help(const wadi__cli_command *command, int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (is_help(argv[i])) return true;
        if (command->ends_at_word && argv[i][0] != '-') return false;
    }
    return false;
}
int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "help";
    if (is_help(name)) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    const wadi__cli_command *command = wadi__cli_find(name);
    if (command == NULL) {
        wadi__cli_error("there is no such command", name, NULL, "wadi help lists the commands");
        return WADI__CLI_USAGE;
    }
    int rest = argc > 2 ? argc - 2 : 0;
    char *none[] = {NULL}, **words = argc > 2 ? argv + 2 : none;
    if (asks_for_help(command, rest, words)) {
        wadi__cli_help(command);
        return WADI__CLI_OK;
    }
    wadi__cli_args args;
    int status = wadi__cli_parse(command, rest, words, &args);
    if (status == WADI__CLI_OK) status = command->run(&args);
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return status;
    wadi__cli_error("the output cannot be written", "standard output", NULL, NULL);
    return WADI__CLI_FAILED;
}
