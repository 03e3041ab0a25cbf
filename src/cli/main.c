/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: the `wadi` program: finds the command and runs it. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    const wadi__cli_command *command = wadi__cli_find(name);
    if (command == NULL) {
        wadi__cli_error("there is no such command", name, NULL, "wadi help lists the commands");
        return WADI__CLI_USAGE;
    }
    int rest = argc > 2 ? argc - 2 : 0;
    char *none[] = {NULL}, **words = argc > 2 ? argv + 2 : none;
    if (wadi__cli_asks_for_help(command, rest, words)) {
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
