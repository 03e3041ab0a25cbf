/* SPDX-License-Identifier: Apache-2.0 */
/* args.c: the command line, as a command's row has it. "--" ends the options; so does the first
 * word, where what follows it belongs to a program. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

const char *wadi__cli_value(const wadi__cli_args *args, const char *option) {
    for (size_t i = args->given_count; i > 0; i--)
        if (strcmp(args->given[i - 1].option->name, option) == 0) return args->given[i - 1].value;
    return NULL;
}
static const wadi__cli_option *find_name(const wadi__cli_command *command, const char *name,
                                         size_t size) {
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++)
        if (strlen(at->name) == size && memcmp(at->name, name, size) == 0) return at;
    return NULL;
}
static const wadi__cli_option *find_letter(const wadi__cli_command *command, char letter) {
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++)
        if (at->letter != 0 && at->letter == letter) return at;
    return NULL;
}
static int give(wadi__cli_args *args, const wadi__cli_option *option, const char *value) {
    if (!option->repeats && wadi__cli_value(args, option->name) != NULL)
        return wadi__cli_usage_error(args->command, "--%s is given twice", option->name);
    if (args->given_count == WADI__CLI_VALUES_MAX)
        return wadi__cli_usage_error(args->command, "there are more than %d options",
                                     WADI__CLI_VALUES_MAX);
    args->given[args->given_count].option = option;
    args->given[args->given_count++].value = value;
    return WADI__CLI_OK;
}
/* One argument that begins with a dash; *at moves over its value. */
static int take_option(wadi__cli_args *args, int argc, char **argv, int *at) {
    const char *text = argv[*at], *value = NULL;
    const wadi__cli_option *option;
    if (text[1] == '-') {
        size_t size = strcspn(text + 2, "=");
        option = find_name(args->command, text + 2, size);
        if (text[2 + size] == '=') value = text + 3 + size;
    } else {
        option = find_letter(args->command, text[1]);
        if (text[2] != 0) value = text + 2;
    }
    if (option == NULL) return wadi__cli_usage_error(args->command, "there is no option %s", text);
    if (option->value == NULL && value != NULL)
        return wadi__cli_usage_error(args->command, "--%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return wadi__cli_usage_error(args->command, "--%s wants %s", option->name,
                                         option->value);
        value = argv[++*at];
    }
    return give(args, option, value != NULL ? value : "");
}
int wadi__cli_parse(const wadi__cli_command *command, int argc, char **argv, wadi__cli_args *args) {
    *args = (wadi__cli_args){.command = command, .words = argv};
    int status = WADI__CLI_OK;
    bool has_ended = false;
    for (int i = 0; i < argc && status == WADI__CLI_OK; i++) {
        char *text = argv[i];
        bool is_option = !has_ended && text[0] == '-' && text[1] != 0;
        if (is_option && strcmp(text, "--") == 0)
            has_ended = true;
        else if (is_option)
            status = take_option(args, argc, argv, &i);
        else
            argv[args->word_count++] = text; /* never past where it was read */
        has_ended |= !is_option && command->ends_at_word;
    }
    argv[args->word_count] = NULL;
    if (status != WADI__CLI_OK) return status;
    if (args->word_count < command->words_min)
        return wadi__cli_usage_error(command, "something is missing");
    if (command->words_max >= 0 && args->word_count > command->words_max)
        return wadi__cli_usage_error(command, "'%s' is one word too many",
                                     args->words[command->words_max]);
    return WADI__CLI_OK;
}
