/* SPDX-License-Identifier: Apache-2.0 */
/* help.c: `wadi help`, and --help of every command. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

void wadi__cli_help_all(void) {
    printf("wadi COMMAND [OPTIONS]: runs and looks after stream programs\n\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        printf("  %-11s %s\n", (*at)->name, (*at)->summary);
    printf("\nwadi COMMAND --help tells more; wadi(1) and wadi.conf(5) tell all.\n");
}
/* A paragraph in lines of at most 78 bytes, where words allow. */
static void print_wrapped(const char *text) {
    enum { WIDTH = 78 };
    size_t used = 0;
    while (*text != 0) {
        size_t word = strcspn(text, " \n");
        if (used > 0 && used + 1 + word > WIDTH) {
            putchar('\n');
            used = 0;
        }
        printf("%s%.*s", used > 0 ? " " : "", (int)word, text);
        used += word + (used > 0);
        text += word + (text[word] == ' ');
        for (; *text == '\n'; text++, used = 0) putchar('\n');
    }
    putchar('\n');
}
static void print_option(const wadi__cli_option *option) {
    char left[64], letter[8] = "    ";
    if (option->letter != 0) snprintf(letter, sizeof letter, "-%c, ", option->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, option->name,
             option->value != NULL ? " " : "", option->value != NULL ? option->value : "");
    printf("  %-28s %s\n", left, option->text);
}
void wadi__cli_help(const wadi__cli_command *command) {
    printf("wadi %s%s%s: %s\n", command->name, command->usage[0] != 0 ? " " : "", command->usage,
           command->summary);
    if (command->text != NULL) {
        putchar('\n');
        print_wrapped(command->text);
    }
    if (command->options[0].name != NULL) printf("\n");
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++) print_option(at);
    if (command->examples[0].line != NULL) printf("\n");
    for (const wadi__cli_example *at = command->examples; at->line != NULL; at++)
        printf("  %s\n      %s\n", at->line, at->text);
}
static int run(const wadi__cli_args *args) {
    if (args->word_count == 0) {
        wadi__cli_help_all();
        return WADI__CLI_OK;
    }
    const wadi__cli_command *command = wadi__cli_find(args->words[0]);
    if (command == NULL)
        return wadi__cli_usage_error(args->command, "there is no command '%s'", args->words[0]);
    wadi__cli_help(command);
    return WADI__CLI_OK;
}
const wadi__cli_command wadi__cli_help_command = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "lists the commands, or tells about one",
    .words_max = 1,
    .completes = "command",
    .run = run,
};
