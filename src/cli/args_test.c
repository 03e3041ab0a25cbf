/* SPDX-License-Identifier: Apache-2.0 */
/* args_test.c: command lines, right and wrong, and what the table of commands must have. */
#include "cli/commands.h"
#include "testing/unit.h"

#include <stdio.h>

static int nothing(const wadi__cli_args *args) {
    (void)args;
    return WADI__CLI_OK;
}
static const wadi__cli_command plain = {
    .name = "plain",
    .usage = "A [B]",
    .words_min = 1,
    .words_max = 2,
    .options = {{"json", 'j', NULL, "as JSON", false},
                {"at", 'a', "TIME", "when", false},
                {"conf", 'c', "NAME=VALUE", "a setting", true}},
    .run = nothing,
};
static const wadi__cli_command ending = {
    .name = "ending",
    .usage = "PROGRAM [ARGUMENTS]",
    .words_min = 1,
    .words_max = -1,
    .ends_at_word = 1,
    .options = {{"verbose", 'v', NULL, "tells more", false}},
    .run = nothing,
};

static const wadi__cli_command later = {
    .name = "later",
    .usage = "DIR PROGRAM [ARGUMENTS]",
    .words_min = 1,
    .words_max = -1,
    .ends_at_word = 2,
    .options = {{"at", 'a', "TIME", "when", false}},
    .run = nothing,
};

typedef struct args_case {
    const char *name;
    const wadi__cli_command *command;
    char *argv[8];
    int status;
    const char *words; /* each with a slash behind it */
    const char *at;    /* the value of the option; NULL: not given */
    const char *option;
} args_case;
static args_case cases[] = {
    {"one word", &plain, {"x"}, WADI__CLI_OK, "x/", NULL, "json"},
    {"a flag behind a word", &plain, {"x", "--json"}, WADI__CLI_OK, "x/", "", "json"},
    {"a letter", &plain, {"-j", "x"}, WADI__CLI_OK, "x/", "", "json"},
    {"a value in the next word", &plain, {"--at", "5", "x"}, WADI__CLI_OK, "x/", "5", "at"},
    {"a value behind =", &plain, {"--at=5=6", "x"}, WADI__CLI_OK, "x/", "5=6", "at"},
    {"an empty value", &plain, {"--at=", "x"}, WADI__CLI_OK, "x/", "", "at"},
    {"a value behind its letter", &plain, {"-a5", "x"}, WADI__CLI_OK, "x/", "5", "at"},
    {"the last of several counts",
     &plain,
     {"-c", "a=1", "-cb=2", "x"},
     WADI__CLI_OK,
     "x/",
     "b=2",
     "conf"},
    {"behind -- all are words", &plain, {"--", "-j", "--at"}, WADI__CLI_OK, "-j/--at/", NULL, "at"},
    {"a dash is a word", &plain, {"-"}, WADI__CLI_OK, "-/", NULL, "at"},
    {"a program's own options are its own",
     &ending,
     {"-v", "p", "-v", "--x"},
     WADI__CLI_OK,
     "p/-v/--x/",
     "",
     "verbose"},
    {"also --", &ending, {"p", "--", "-v"}, WADI__CLI_OK, "p/--/-v/", NULL, "verbose"},
    {"options between the words",
     &later,
     {"d", "--at", "5", "p", "--at", "6"},
     WADI__CLI_OK,
     "d/p/--at/6/",
     "5",
     "at"},
    {"options before the words",
     &later,
     {"-a", "5", "d", "p", "-a6"},
     WADI__CLI_OK,
     "d/p/-a6/",
     "5",
     "at"},
    {"no word", &plain, {"--json"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"a word too many", &plain, {"x", "y", "z"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"an unknown option", &plain, {"--jso", "x"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"an unknown letter", &plain, {"-x", "x"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"a flag with a value", &plain, {"--json=yes", "x"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"a value is missing", &plain, {"x", "--at"}, WADI__CLI_USAGE, NULL, NULL, NULL},
    {"an option twice", &plain, {"x", "-j", "-j"}, WADI__CLI_USAGE, NULL, NULL, NULL},
};
static void test_case(void **state) {
    args_case *row = *state;
    char *argv[8], words[200] = "";
    int argc = 0;
    while (row->argv[argc] != NULL) argc++;
    memcpy(argv, row->argv, sizeof argv);
    wadi__cli_args args;
    int status = wadi__cli_parse(row->command, argc, argv, &args);
    assert_int_equal(status, row->status);
    if (status != WADI__CLI_OK) return;
    for (int i = 0; i < args.word_count; i++) {
        strcat(words, args.words[i]);
        strcat(words, "/");
    }
    assert_string_equal(words, row->words);
    assert_null(args.words[args.word_count]);
    const char *at = wadi__cli_value(&args, row->option);
    if (row->at == NULL)
        assert_null(at);
    else
        assert_string_equal(at, row->at);
}
static void test_too_many_options(void **state) {
    (void)state;
    char *argv[WADI__CLI_VALUES_MAX + 2], word[] = "-cx=1";
    for (size_t i = 0; i < WADI__CLI_VALUES_MAX + 1; i++) argv[i] = word;
    argv[WADI__CLI_VALUES_MAX + 1] = NULL;
    wadi__cli_args args;
    assert_int_equal(wadi__cli_parse(&plain, WADI__CLI_VALUES_MAX + 1, argv, &args),
                     WADI__CLI_USAGE);
}
/* What help, completion and man pages rely on. */
static void test_table(void **state) {
    (void)state;
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++) {
        const wadi__cli_command *command = *at;
        assert_ptr_equal(wadi__cli_find(command->name), command);
        assert_non_null(command->usage);
        assert_non_null(command->run);
        assert_true(strlen(command->summary) <= 70);
        assert_null(command->options[WADI__CLI_OPTIONS_MAX - 1].name);
        assert_null(command->examples[4].line);
        for (const wadi__cli_option *option = command->options; option->name != NULL; option++)
            assert_non_null(option->text);
    }
    assert_null(wadi__cli_find("no such command"));
}

typedef struct help_case {
    const char *name;
    const wadi__cli_command *command;
    char *argv[8];
    bool expected;
} help_case;
static help_case helps[] = {
    {"nothing asks", &plain, {NULL}, false},
    {"help alone", &plain, {"--help"}, true},
    {"its letter behind a word", &plain, {"x", "-h"}, true},
    {"help of a program", &ending, {"p", "--help"}, false},
    {"help before a program", &ending, {"-v", "--help", "p"}, true},
    {"behind an option's value", &plain, {"--at", "5", "--help"}, true},
    {"as an option's value", &plain, {"--at", "--help"}, false},
    {"behind a value behind =", &plain, {"--at=5", "--help"}, true},
    {"behind the first of two words", &later, {"d", "--at", "5", "--help"}, true},
    {"behind the second", &later, {"d", "--at", "5", "p", "--help"}, false},
    {"a value is missing", &plain, {"--at"}, false},
    {"behind --", &plain, {"--", "--help"}, false},
    {"behind an option that there is not", &ending, {"--no", "--help"}, true},
};
static void test_help(void **state) {
    const help_case *row = *state;
    int count = 0;
    char *argv[8];
    while (row->argv[count] != NULL) {
        argv[count] = row->argv[count];
        count++;
    }
    assert_int_equal(wadi__cli_asks_for_help(row->command, count, argv), row->expected);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_case, cases);
    wadi__unit_add(&unit, test_too_many_options);
    wadi__unit_add(&unit, test_table);
    wadi__unit_rows(&unit, test_help, helps);
    return wadi__unit_run(&unit, "args");
}
