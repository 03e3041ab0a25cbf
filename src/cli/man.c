/* SPDX-License-Identifier: Apache-2.0 */
/* man.c: the man pages, from the tables of commands and settings. */
#include "base/conf.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* Text as roff wants it: no line begins with a dot or a quote, and dashes stay dashes. */
static void put(const char *text) {
    bool at_start = true;
    for (; *text != 0; text++) {
        if (at_start && (*text == '.' || *text == '\'')) printf("\\&");
        if (*text == '\n' && text[1] == '\n') {
            printf("\n.PP\n");
            text++;
            at_start = true;
            continue;
        }
        if (*text == '\\')
            printf("\\e");
        else if (*text == '-')
            printf("\\-");
        else
            putchar(*text);
        at_start = *text == '\n';
    }
}
static void head(const char *name, int section, const char *what) {
    printf(".TH %s %d \"\" \"wadi %s\"\n.SH NAME\n%s \\- %s\n", name, section, WADI_VERSION, name,
           what);
}
static void see_also(const char *pages) { printf(".SH SEE ALSO\n%s\n", pages); }

/* ---- wadi(1) ---- */

static void put_options(const wadi__cli_command *command) {
    for (const wadi__cli_option *at = command->options; at->name != NULL; at++) {
        printf(".TP\n");
        if (at->letter != 0) printf("\\fB\\-%c\\fR, ", at->letter);
        printf("\\fB\\-\\-");
        put(at->name);
        printf("\\fR%s%s%s\n", at->value != NULL ? " \\fI" : "", at->value != NULL ? at->value : "",
               at->value != NULL ? "\\fR" : "");
        put(at->text);
        printf("\n");
    }
}
static void put_command(const wadi__cli_command *command) {
    printf(".SS wadi %s ", command->name);
    put(command->usage);
    printf("\n");
    put(command->summary);
    printf(".\n");
    if (command->text != NULL) {
        printf(".PP\n");
        put(command->text);
        printf("\n");
    }
    put_options(command);
    for (const wadi__cli_example *at = command->examples; at->line != NULL; at++) {
        printf(".PP\n.nf\n    ");
        put(at->line);
        printf("\n.fi\n");
        put(at->text);
        printf("\n");
    }
}
static void wadi_1(void) {
    head("wadi", 1, "runs and looks after stream programs");
    printf(".SH SYNOPSIS\n.B wadi\n.I command\n[options]\n.SH COMMANDS\n");
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        put_command(*at);
    printf(".SH EXIT STATUS\n");
    static const struct {
        int status;
        const char *text;
    } statuses[] = {
        {WADI__CLI_OK, "All is well."},
        {WADI__CLI_FOUND, "What was looked at is not as it should be: verify and doctor have found "
                          "something, or no program runs."},
        {WADI__CLI_USAGE, "The command line is wrong."},
        {WADI__CLI_FAILED, "A file or program cannot be reached or read."},
        {WADI__CLI_NO_EXEC, "run, replay: the program cannot be executed."},
        {WADI__CLI_NOT_FOUND, "run, replay: there is no such program."},
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        printf(".TP\n%d\n", statuses[i].status);
        put(statuses[i].text);
        printf("\n");
    }
    printf(".PP\nOtherwise run and replay end as their program does.\n.SH ENVIRONMENT\n");
    static const char *const variables[][2] = {
        {"WADI_CONF", "Settings, a name=value a line; run adds to them."},
        {"WADI_MASTER", "Where tasks run, when the program does not say."},
        {"WADI_LOG",
         "The least level of log lines, of all modules and of some: warn,stream=debug."},
        {"WADI_REPLAY_DIR, WADI_REPLAY_BATCH", "Set by replay: the directory and the batch."},
        {"WADI_RUNTIME_DIR", "The directory of programs' sockets, in place of that of the user."},
        {"WADI_CHECK", "1: what functions emit is checked."},
        {"WADI_MODULE_PATH", "Folders of optional modules, with colons between."},
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        printf(".TP\n\\fB%s\\fR\n", variables[i][0]);
        put(variables[i][1]);
        printf("\n");
    }
    see_also("wadi.conf(5), libwadi(3)");
}

/* ---- wadi.conf(5) ---- */

static void put_setting(const wadi__conf_entry *entry) {
    static const char *const types[] = {"true or false",
                                        "a whole number",
                                        "a number",
                                        "a size: 64k, 256m, 1g; plain: bytes",
                                        "a duration: 200ms, 5s, 1m, 2h; plain: milliseconds",
                                        "a duration; plain: seconds",
                                        "text",
                                        "one of "};
    printf(".TP\n\\fB");
    put(entry->name);
    printf("\\fR\n");
    put(entry->text);
    printf("\nTakes %s", types[entry->type]);
    for (const char *at = entry->choices; at != NULL && *at != 0; at++)
        printf(*at == '|' ? ", " : "%c", *at);
    if (entry->unit[0] != 0) printf(" (%s)", entry->unit);
    if (entry->by_default[0] != 0) {
        printf("; default: ");
        put(entry->by_default);
    }
    printf(".\n");
}
static void wadi_conf_5(void) {
    head("wadi.conf", 5, "settings of stream programs");
    printf(".SH DESCRIPTION\n");
    put("Settings have Spark's names; Wadi's own begin with \"wadi.\". A settings file has the "
        "form of "
        "spark-defaults.conf: a name and a value on each line, with blanks, = or : between; # "
        "begins a "
        "comment, and a backslash at the end of a line goes on. A program names its file in "
        ".settings_file, wadi run by --properties-file.\n\n"
        "Of several values the one of the code counts, else that of the environment (WADI_CONF, "
        "which "
        "wadi run --conf fills), else that of the file, else that of the checkpoint that a program "
        "goes "
        "on from, else the default. wadi doctor prints all with their origin.");
    printf("\n.SH SETTINGS\n");
    for (int i = 0; i < WADI__CONF_COUNT; i++) put_setting(wadi__conf_entry_of((wadi__conf_id)i));
    see_also("wadi(1), libwadi(3)");
}

/* ---- libwadi(3) ---- */

static void libwadi_3(void) {
    head("libwadi", 3, "streams as small batches of records");
    printf(".SH SYNOPSIS\n.nf\n#include <wadi/wadi.h>\n.PP\n"
           "cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs wadi)\n.fi\n.SH DESCRIPTION\n");
    put("Spark Streaming's programming model as a C library: a stream of data is cut into small "
        "batches, "
        "each batch is a dataset that operators turn into others, and whatever fails is computed "
        "again "
        "from what it was made of. A program declares its records and functions, builds a graph of "
        "streams, and hands it to wadi_run(). Every function is described where it is declared:");
    static const char *const headers[][2] = {
        {"wadi/context.h", "engine and stream contexts, settings, starting and stopping"},
        {"wadi/record.h", "records: plain structs with a descriptor"},
        {"wadi/function.h", "functions: WADI_MAP and its kin, and what their bodies may call"},
        {"wadi/str.h", "strings"},
        {"wadi/source.h", "sockets, files, queues, receivers and inputs of one's own"},
        {"wadi/operators.h", "operators that streams and datasets share"},
        {"wadi/dstream.h", "windows, state, joins of streams, outputs"},
        {"wadi/rdd.h", "datasets and their actions"},
        {"wadi/ready.h", "ready-made functions"},
        {"wadi/listener.h", "hearing of batches, outputs and receivers"},
        {"wadi/postgres.h", "batches into tables of PostgreSQL"},
        {"wadi/testing.h", "tests of programs, in libwadi-testing"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        printf("\n.TP\n\\fB%s\\fR\n", headers[i][0]);
        put(headers[i][1]);
    }
    printf("\n.SH EXIT STATUS\n");
    put("wadi_run() returns main's exit status: 0, or 1 after a mistake or failure.");
    printf("\n.SH ENVIRONMENT\n");
    put("WADI_CONF, WADI_MASTER, WADI_LOG, WADI_CHECK, WADI_MODULE_PATH: see wadi(1).");
    printf("\n");
    see_also("wadi(1), wadi.conf(5)");
}

bool wadi__cli_man(const char *page) {
    if (strcmp(page, "wadi") == 0)
        wadi_1();
    else if (strcmp(page, "wadi.conf") == 0)
        wadi_conf_5();
    else if (strcmp(page, "libwadi") == 0)
        libwadi_3();
    else
        return false;
    return true;
}
