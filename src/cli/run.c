/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: `wadi run`: a program with settings from the command line, under Spark's names. */
#include "cli/commands.h"
#include "cli/program.h"
#include "cli/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int wadi__cli_exec(char **argv) {
    execvp(argv[0], argv);
    int error = errno;
    bool is_missing = error == ENOENT;
    wadi__cli_error("the program cannot be run", argv[0], strerror(error),
                    is_missing ? "give its path, such as ./program"
                               : "build it, and look at its permissions");
    return is_missing ? WADI__CLI_NOT_FOUND : WADI__CLI_NO_EXEC;
}
static void show(const wadi__cli_args *args) {
    fprintf(stderr, "program:");
    for (int i = 0; i < args->word_count; i++) fprintf(stderr, " %s", args->words[i]);
    fprintf(stderr, "\n");
    wadi__conf *conf = wadi__cli_settings_read(args);
    wadi__conf_print(conf, stderr);
    wadi__conf_free(conf);
}
static int run(const wadi__cli_args *args) {
    char *settings = wadi__cli_settings_text(args);
    if (settings == NULL) return WADI__CLI_USAGE;
    const char *master = wadi__cli_value(args, "master");
    if (wadi__cli_value(args, "verbose") != NULL) show(args);
    if (setenv("WADI_CONF", settings, 1) != 0 ||
        (master != NULL && setenv("WADI_MASTER", master, 1) != 0))
        wadi__cli_must(NULL);
    wadi__free(settings);
    return wadi__cli_exec(args->words);
}
const wadi__cli_command wadi__cli_run = {
    .name = "run",
    .usage = "[OPTIONS] PROGRAM [ARGUMENTS]",
    .summary = "runs a program with settings from the command line",
    .text =
        "Settings get into WADI_CONF: those of the file first, then what it has, then the options. "
        "What "
        "the program's code sets counts more. Mistakes are told before it is started. On a terminal it shows bars of the stages that run. It takes the "
        "place of this process, and ends as it ends.",
    .words_min = 1,
    .words_max = -1,
    .ends_at_word = 1,
    .completes = "file",
    .options = {WADI__CLI_SETTING_OPTIONS,
                {"verbose", 'v', NULL, "shows the program and every setting first", false}},
    .examples = {{"wadi run --master 'local[4]' ./wordcount localhost 9999", "on four cores"},
                 {"wadi run -c spark.streaming.blockInterval=50ms ./wordcount", "with a setting"}},
    .run = run,
};
