/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: a command of the `wadi` program, as a row of a table: what it takes, what it says of
 * itself, and what it does. Help, completion and the man pages are made from the same rows.
 *
 * A command runs in main's thread, from beginning to end; what it allocates may stay until the
 * process ends. */
#ifndef WADI_CLI_COMMAND_H
#define WADI_CLI_COMMAND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* exit statuses; those of a program that is run are its own */
       WADI__CLI_OK = 0,
       WADI__CLI_FOUND = 1,       /* what was looked at is not as it should be */
       WADI__CLI_USAGE = 2,       /* the command line */
       WADI__CLI_FAILED = 3,      /* a file or program that cannot be reached or read */
       WADI__CLI_NO_EXEC = 126,   /* run, replay: the program cannot be executed */
       WADI__CLI_NOT_FOUND = 127, /* run, replay: there is no such program */
};

typedef struct wadi__cli_option {
    const char *name;  /* without its dashes */
    char letter;       /* 0: none */
    const char *value; /* what follows it: "FILE"; NULL: nothing */
    const char *text;
    bool repeats;
} wadi__cli_option;

enum { WADI__CLI_OPTIONS_MAX = 10, WADI__CLI_VALUES_MAX = 256 };

/* What the command line says. */
typedef struct wadi__cli_args {
    const struct wadi__cli_command *command;
    struct {
        const wadi__cli_option *option;
        const char *value; /* "": it takes none */
    } given[WADI__CLI_VALUES_MAX];
    size_t given_count;
    char **words; /* what is no option, NULL after the last one */
    int word_count;
} wadi__cli_args;
/* The value that was given last; NULL: it was not given. */
const char *wadi__cli_value(const wadi__cli_args *args, const char *option);

typedef struct wadi__cli_example {
    const char *line, *text;
} wadi__cli_example;

typedef struct wadi__cli_command {
    const char *name;         /* "checkpoint" */
    const char *usage;        /* what follows the name: "ls|show|verify DIR" */
    const char *summary;      /* one line */
    const char *text;         /* a paragraph, or several */
    int words_min, words_max; /* -1: any number */
    int ends_at_word; /* options end at this word, what follows is a program's; 0: nowhere */
    const char *first_words;  /* that complete: "ls show verify"; NULL: none */
    const char *completes;    /* "file", "dir", "command"; NULL: nothing */
    wadi__cli_option options[WADI__CLI_OPTIONS_MAX]; /* name NULL: the end */
    wadi__cli_example examples[5];
    int (*run)(const wadi__cli_args *args);
} wadi__cli_command;

/* All of them, in the order of help; NULL after the last one. */
extern const wadi__cli_command *const wadi__cli_commands[];
const wadi__cli_command *wadi__cli_find(const char *name);
/* Whether the command's own options ask for help; those of a program do not count. */
bool wadi__cli_asks_for_help(const wadi__cli_command *command, int argc, char **argv);
/* Reads argv, what follows the command's name. WADI__CLI_OK, or WADI__CLI_USAGE, which was told. */
int wadi__cli_parse(const wadi__cli_command *command, int argc, char **argv, wadi__cli_args *args);

/* ---- Errors: what, where, why, what to do; each but the first may be NULL ---- */

void wadi__cli_error(const char *what, const char *where, const char *why, const char *to_do);
/* The same for a mistake on the command line; returns WADI__CLI_USAGE. */
int wadi__cli_usage_error(const wadi__cli_command *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Ends the process: there is no memory. Returns what is there. */
void *wadi__cli_must(void *p);

/* ---- Documents made from the tables ---- */

void wadi__cli_help_all(void);
void wadi__cli_help(const wadi__cli_command *command);
/* "bash", "zsh", "fish". False: there is none of that name. */
bool wadi__cli_completion(const char *shell);
/* "wadi", "wadi.conf", "libwadi", as roff. */
bool wadi__cli_man(const char *page);
#endif
