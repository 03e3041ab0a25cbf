/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c: what shells need to complete command lines, from the table of commands. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static void each_name(const char *before) {
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        printf("%s%s", at == wadi__cli_commands ? "" : before, (*at)->name);
}
static void each_option(const wadi__cli_command *command) {
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++)
        printf("%s--%s", at == command->options ? "" : " ", at->name);
}
static bool completes(const wadi__cli_command *command, const char *what) {
    return command->completes != NULL && strcmp(command->completes, what) == 0;
}

static bool is_path(const wadi__cli_option *option) {
    return option->value != NULL &&
           (strcmp(option->value, "FILE") == 0 || strcmp(option->value, "DIR") == 0);
}

/* ---- bash ---- */

static void bash_names(const wadi__cli_option *at) {
    printf("--%s", at->name);
    if (at->letter != 0) printf(" | -%c", at->letter);
}
/* The word behind an option that takes one. */
static void bash_values(const wadi__cli_command *command) {
    bool has_any = false;
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++) {
        if (at->value == NULL) continue;
        if (!has_any) printf("        case ${COMP_WORDS[COMP_CWORD - 1]} in\n");
        has_any = true;
        printf("        ");
        bash_names(at);
        printf(is_path(at)
                   ? ") compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
                   : ") return ;;\n");
    }
    if (has_any) printf("        esac\n");
}
static void bash_command(const wadi__cli_command *command) {
    printf("    %s)\n", command->name);
    bash_values(command);
    printf("        words='");
    if (command->first_words != NULL) printf("%s ", command->first_words);
    if (completes(command, "command")) each_name(" ");
    printf("%s", command->first_words != NULL || completes(command, "command") ? " " : "");
    each_option(command);
    printf("'\n");
    if (completes(command, "file") || completes(command, "dir"))
        printf("        compopt -o filenames\n        COMPREPLY+=($(compgen -%c -- \"$word\"))\n",
               completes(command, "dir") ? 'd' : 'f');
    printf("        ;;\n");
}
static void bash(void) {
    printf("# bash completion of wadi, from `wadi completion bash`\n_wadi() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} words=''\n    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    each_name(" ");
    printf("' -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        bash_command(*at);
    printf("    esac\n    COMPREPLY+=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
           "complete -F _wadi wadi\n");
}

/* ---- zsh ---- */

/* A text within quotes and brackets. */
static void zsh_text(const char *text) {
    for (; *text != 0; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}
/* '(-n --count)'{-n,--count=}'[text]:N:' */
static void zsh_option(const wadi__cli_option *at) {
    const char *many = at->repeats ? "*" : "", *takes = at->value != NULL ? "=" : "";
    if (at->letter == 0)
        printf(" \\\n            '%s--%s%s[", many, at->name, takes);
    else if (at->repeats)
        printf(" \\\n            '*'{-%c,--%s%s}'[", at->letter, at->name, takes);
    else
        printf(" \\\n            '(-%c --%s)'{-%c,--%s%s}'[", at->letter, at->name, at->letter,
               at->name, takes);
    zsh_text(at->text);
    printf("]");
    if (at->value != NULL) printf(":%s:%s", at->value, is_path(at) ? "_files" : "");
    printf("'");
}
static void zsh_command(const wadi__cli_command *command) {
    bool has_any = command->options[0].name != NULL || command->first_words != NULL ||
                   command->completes != NULL;
    printf("    %s)\n        %s", command->name,
           has_any ? "_arguments -S" : "_message 'nothing to complete'");
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++) zsh_option(at);
    if (command->first_words != NULL)
        printf(" \\\n            '1:what:(%s)'", command->first_words);
    if (completes(command, "command")) {
        printf(" \\\n            '1:command:(");
        each_name(" ");
        printf(")'");
    }
    if (completes(command, "file") || completes(command, "dir"))
        printf(" \\\n            '*:path:_files%s'", completes(command, "dir") ? " -/" : "");
    printf("\n        ;;\n");
}
static void zsh(void) {
    printf("#compdef wadi\n# zsh completion of wadi, from `wadi completion zsh`\n"
           "if (( CURRENT == 2 )); then\n    local -a commands\n    commands=(\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++) {
        printf("        '%s:", (*at)->name);
        zsh_text((*at)->summary);
        printf("'\n");
    }
    printf("    )\n    _describe command commands\nelse\n    local command=$words[2]\n"
           "    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        zsh_command(*at);
    printf("    esac\nfi\n");
}

/* ---- fish ---- */

static void fish_text(const char *text) {
    for (; *text != 0; text++) printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}
static void fish_command(const wadi__cli_command *command) {
    printf("complete -c wadi -n __fish_use_subcommand -f -a %s -d '", command->name);
    fish_text(command->summary);
    printf("'\n");
    const char *seen = "complete -c wadi -n '__fish_seen_subcommand_from";
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++) {
        printf("%s %s' -l %s", seen, command->name, at->name);
        if (at->letter != 0) printf(" -s %c", at->letter);
        printf("%s -d '", is_path(at) ? " -r -F" : at->value != NULL ? " -x" : "");
        fish_text(at->text);
        printf("'\n");
    }
    if (command->first_words != NULL)
        printf("%s %s' -a '%s'\n", seen, command->name, command->first_words);
    if (!completes(command, "file") && !completes(command, "dir"))
        printf("%s %s' -f\n", seen, command->name);
}
static void fish(void) {
    printf("# fish completion of wadi, from `wadi completion fish`\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        fish_command(*at);
}

bool wadi__cli_completion(const char *shell) {
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return false;
    return true;
}
static int run(const wadi__cli_args *args) {
    if (wadi__cli_completion(args->words[0]) || wadi__cli_man(args->words[0])) return WADI__CLI_OK;
    return wadi__cli_usage_error(args->command, "there is nothing for '%s'", args->words[0]);
}
const wadi__cli_command wadi__cli_completion_command = {
    .name = "completion",
    .usage = "bash|zsh|fish|wadi|wadi.conf|libwadi",
    .summary = "prints completion for a shell, or a man page",
    .text =
        "Both are made from the tables that the program itself goes by, and are installed with it.",
    .words_min = 1,
    .words_max = 1,
    .first_words = "bash zsh fish wadi wadi.conf libwadi",
    .examples = {{"wadi completion bash >~/.local/share/bash-completion/completions/wadi",
                  "completion in bash, for one user"},
                 {"wadi completion wadi.conf | man -l -", "all settings"}},
    .run = run,
};
