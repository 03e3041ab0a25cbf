/* SPDX-License-Identifier: Apache-2.0 */
/* history.c: `wadi history`: serves the pages of a program that has ended, until it is told to
 * stop. */
#include "ui/history.h"
#include "cli/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 18080 }; /* of Spark's history server */

static bool read_port(const char *text, int *port) {
    size_t size = strlen(text);
    *port = (int)strtol(text, NULL, 10);
    return size > 0 && size <= 5 && strspn(text, "0123456789") == size && *port <= 65535;
}
/* Blocked before the server has threads, so that none of them gets one. */
static void block_stops(sigset_t *stops) {
    sigemptyset(stops);
    sigaddset(stops, SIGINT);
    sigaddset(stops, SIGTERM);
    sigprocmask(SIG_BLOCK, stops, NULL);
}
static int run(const wadi__cli_args *args) {
    const char *port = wadi__cli_value(args, "port");
    wadi__history_options options = {
        .dir = args->words[0], .address = wadi__cli_value(args, "address"), .port = PORT};
    if (port != NULL && !read_port(port, &options.port))
        return wadi__cli_usage_error(args->command, "--port takes a number up to 65535");
    sigset_t stops;
    block_stops(&stops);
    wadi__history *history = NULL;
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__history_open(&options, &history, &err) != WADI_OK) {
        wadi__cli_error("the pages cannot be served", options.dir, err.message,
                        "name the folder that spark.eventLog.dir gives to the program, which needs "
                        "spark.eventLog.enabled=true");
        return WADI__CLI_FAILED;
    }
    printf("%s\n", wadi__history_url(history));
    fflush(stdout);
    int number = 0;
    sigwait(&stops, &number);
    wadi__history_close(history);
    return WADI__CLI_OK;
}
const wadi__cli_command wadi__cli_history = {
    .name = "history",
    .usage = "[OPTIONS] DIR",
    .summary = "serves the pages of a program that has ended",
    .text =
        "DIR is the folder of its event log, or one with several, of which the newest is taken. It "
        "prints where the pages are, and serves them until Ctrl-C. Pages and REST are as of a "
        "program "
        "that runs.",
    .words_min = 1,
    .words_max = 1,
    .completes = "dir",
    .options = {{"port", 'p', "PORT", "18080 when left out, else the next free one; 0: any", false},
                {"address", 'a', "ADDRESS", "127.0.0.1 when left out", false}},
    .examples = {{"wadi history /var/log/spark-events",
                  "the pages of the program that ended last"}},
    .run = run,
};
