/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c: `wadi stop` and `wadi log-level`: what a running program is told. */
#include "base/env.h"
#include "cli/client.h"
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 20, WAIT_S = 60 };

/* Sends a request to the one program that is meant. */
static int tell(const char *wanted, const char *request, char **path) {
    int status = wadi__cli_program_find(wanted, path);
    if (status != WADI__CLI_OK) return status;
    wadi__cli_answer answer;
    if (!wadi__cli_ask(*path, request, &answer)) {
        wadi__cli_error("the program has refused", *path, answer.error, NULL);
        status = WADI__CLI_FAILED;
    }
    wadi__cli_answer_fini(&answer);
    return status;
}

/* ---- stop ---- */

/* Its socket goes when all is stopped. */
static bool wait_for_end(const char *path, int64_t seconds) {
    wadi__env *env = wadi__env_current();
    int64_t deadline_ns = wadi__env_deadline(env, seconds * 1000);
    while (env->monotonic_ns(env) < deadline_ns) {
        int socket = env->unix_connect(env, path);
        if (socket < 0) return true;
        env->socket_close(env, socket);
        atomic_uint never = 0;
        env->wait(env, &never, 0, wadi__env_deadline(env, LOOK_MS));
    }
    return false;
}
static int run_stop(const wadi__cli_args *args) {
    const char *timeout = wadi__cli_value(args, "timeout");
    int64_t seconds = timeout != NULL ? strtoll(timeout, NULL, 10) : WAIT_S;
    if (timeout != NULL && (seconds < 0 || timeout[strspn(timeout, "0123456789")] != 0))
        return wadi__cli_usage_error(args->command, "--timeout takes seconds, 0 or more");
    bool gracefully = wadi__cli_value(args, "graceful") != NULL;
    char *path = NULL;
    int status = tell(args->words[0], gracefully ? "stop gracefully" : "stop", &path);
    if (status == WADI__CLI_OK && seconds > 0 && !wait_for_end(path, seconds)) {
        wadi__cli_error(
            "the program has not stopped yet", path, NULL,
            "look at its log, or kill its process; with --graceful it processes what was "
            "received first");
        status = WADI__CLI_FOUND;
    }
    wadi__free(path);
    return status;
}
const wadi__cli_command wadi__cli_stop = {
    .name = "stop",
    .usage = "[PROCESS|NAME] [OPTIONS]",
    .summary = "stops a running program",
    .text = "Without a name, the one that runs. It returns when the program has stopped.",
    .words_max = 1,
    .options = {{"graceful", 'g', NULL, "what was received is processed first", false},
                {"timeout", 't', "SECONDS", "how long to wait for its end; 60 when left out",
                 false}},
    .examples = {{"wadi stop wordcount --graceful", "nothing that was received is left"}},
    .run = run_stop,
};

/* ---- log-level ---- */

static int run_log_level(const wadi__cli_args *args) {
    const char *wanted = args->word_count > 1 ? args->words[0] : NULL;
    const char *levels = args->words[args->word_count - 1];
    char *request = wadi__cli_must(wadi__format("log-level %s", levels)), *path = NULL;
    int status = tell(wanted, request, &path);
    wadi__free(request);
    wadi__free(path);
    return status;
}
const wadi__cli_command wadi__cli_log_level = {
    .name = "log-level",
    .usage = "[PROCESS|NAME] LEVELS",
    .summary = "changes which lines a running program logs",
    .text = "LEVELS is LEVEL and MODULE=LEVEL with commas between; a level is debug, info, warn, "
            "error or "
            "off. One without a module is of all modules, and forgets their own.",
    .words_min = 1,
    .words_max = 2,
    .examples = {{"wadi log-level wordcount stream=debug",
                  "more of one module, in the program's log"}},
    .run = run_log_level,
};
