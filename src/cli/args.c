/* SPDX-License-Identifier: Apache-2.0 */
/* args.c: the command line, as a command's row has it. "--" ends the options; so does the
 * word behind which all belongs to a program. */
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
static const wadi__cli_option *find_option(const wadi__cli_command *command, const char *text) {
    return text[1] == '-' ? find_name(command, text + 2, strcspn(text + 2, "="))
                          : find_letter(command, text[1]);
}
static bool has_value(const char *text) {
    return text[1] == '-' ? strchr(text, '=') != NULL : text[2] != 0;
}
static bool is_option(const char *text) { return text[0] == '-' && text[1] != 0; }
bool wadi__cli_asks_for_help(const wadi__cli_command *command, int argc, char **argv) {
    int words = 0;
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
        bool is_one = is_option(argv[i]);
        const wadi__cli_option *option = is_one ? find_option(command, argv[i]) : NULL;
        if (option != NULL && option->value != NULL && !has_value(argv[i])) i++;
        if (!is_one && ++words == command->ends_at_word) return false;
    }
    return false;
}
/* One argument that begins with a dash; *at moves over its value. */
static int take_option(wadi__cli_args *args, int argc, char **argv, int *at) {
    const char *text = argv[*at], *value = NULL;
    const wadi__cli_option *option = find_option(args->command, text);
    if (has_value(text)) value = text[1] == '-' ? strchr(text, '=') + 1 : text + 2;
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
        bool is_one = !has_ended && is_option(text);
        if (is_one && strcmp(text, "--") == 0)
            has_ended = true;
        else if (is_one)
            status = take_option(args, argc, argv, &i);
        else
            argv[args->word_count++] = text; /* never past where it was read */
        has_ended |= args->word_count > 0 && args->word_count == command->ends_at_word;
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
