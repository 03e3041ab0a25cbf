/* SPDX-License-Identifier: Apache-2.0 */
/* client.c: a request over a program's socket, and its answer. */
#include "cli/client.h"

#include "base/env.h"
#include "base/runtime_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wadi/error.h>

enum { ANSWER_BYTES_MAX = 1 << 20, TIMEOUT_MS = 5000 };
#define NO_ANSWER "it does not answer"

/* ---- Asking ---- */

static char *receive(wadi__env *env, int socket, int64_t deadline_ns) {
    char *text = wadi__cli_must(wadi__malloc(ANSWER_BYTES_MAX + 1));
    size_t used = 0;
    ssize_t got = 0;
    while (used < ANSWER_BYTES_MAX &&
           (got = env->socket_recv(env, socket, text + used, ANSWER_BYTES_MAX - used,
                                   deadline_ns)) > 0)
        used += (size_t)got;
    text[used] = 0;
    if (got == 0 && strlen(text) == used) return text;
    wadi__free(text);
    return NULL;
}
bool wadi__cli_answer_read(wadi__cli_answer *answer) {
    char *save = NULL, *line = strtok_r(answer->text, "\n", &save);
    if (line == NULL || strcmp(line, "ok") != 0) {
        bool is_error = line != NULL && strncmp(line, "error ", 6) == 0;
        snprintf(answer->error, sizeof answer->error, "%s",
                 is_error ? line + 6 : "it does not answer as a program of Wadi does");
        return false;
    }
    while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
        char *blank = strchr(line, ' ');
        if (blank != NULL) *blank++ = 0;
        wadi__cli_line made = {line, blank != NULL ? blank : line + strlen(line)};
        if (!wadi__vec_push(&answer->lines, made)) wadi__cli_must(NULL);
    }
    return true;
}
bool wadi__cli_ask(const char *path, const char *request, wadi__cli_answer *answer) {
    wadi__env *env = wadi__env_current();
    *answer = (wadi__cli_answer){0};
    int64_t deadline_ns = wadi__env_deadline(env, TIMEOUT_MS);
    int socket = env->unix_connect(env, path);
    if (socket < 0) {
        snprintf(answer->error, sizeof answer->error, "%s", strerror(-socket));
        return false;
    }
    char *line = wadi__cli_must(wadi__format("%s\n", request));
    ssize_t sent = env->socket_send(env, socket, line, strlen(line), deadline_ns);
    if (sent == (ssize_t)strlen(line)) answer->text = receive(env, socket, deadline_ns);
    env->socket_close(env, socket);
    wadi__free(line);
    if (answer->text != NULL) return wadi__cli_answer_read(answer);
    snprintf(answer->error, sizeof answer->error, NO_ANSWER);
    return false;
}
void wadi__cli_answer_fini(wadi__cli_answer *answer) {
    wadi__vec_fini(&answer->lines);
    wadi__free(answer->text);
}
const char *wadi__cli_answer_get(const wadi__cli_answer *answer, const char *name) {
    for (size_t i = 0; i < answer->lines.count; i++)
        if (strcmp(answer->lines.items[i].name, name) == 0) return answer->lines.items[i].value;
    return "";
}

/* ---- Finding ---- */

typedef struct finding {
    const char *dir, *wanted;
    wadi__cli_programs *programs;
} finding;

/* Whoever has the socket takes connections, and says nothing. */
static void tell_silent(const finding *self, const char *path, const char *name, size_t size) {
    char process[32];
    snprintf(process, sizeof process, "%.*s", size < sizeof process ? (int)size : 0, name);
    bool is_other = self->wanted != NULL &&
                    strspn(self->wanted, "0123456789") == strlen(self->wanted) &&
                    strcmp(self->wanted, process) != 0;
    if (is_other) return; /* a process was asked for, and it is not this one */
    char *to_do = wadi__cli_must(
        wadi__format("look at its log; kill -CONT %s if it was stopped, else gdb -p %s shows "
                     "where it hangs",
                     process, process));
    wadi__cli_error("a program does not answer", path, "it has said nothing for 5 s", to_do);
    wadi__free(to_do);
    self->programs->silent++;
}
static bool look_at(const char *name, void *arg) {
    const finding *self = arg;
    size_t size = strlen(name);
    if (size < 6 || strcmp(name + size - 5, ".sock") != 0) return true;
    char *path = wadi__cli_must(wadi__format("%s/%s", self->dir, name));
    wadi__cli_answer answer;
    bool is_it = wadi__cli_ask(path, "status 0", &answer);
    if (!is_it && strcmp(answer.error, NO_ANSWER) == 0) tell_silent(self, path, name, size - 5);
    if (is_it && self->wanted != NULL)
        is_it = strcmp(wadi__cli_answer_get(&answer, "process"), self->wanted) == 0 ||
                strcmp(wadi__cli_answer_get(&answer, "name"), self->wanted) == 0;
    wadi__cli_answer_fini(&answer);
    if (!is_it)
        wadi__free(path);
    else if (!wadi__vec_push(&self->programs->paths, path))
        wadi__cli_must(NULL);
    return true;
}
int wadi__cli_programs_find(const char *wanted, wadi__cli_programs *programs) {
    wadi__env *env = wadi__env_current();
    char dir[WADI__RUNTIME_PATH_MAX];
    *programs = (wadi__cli_programs){0};
    int rc = wadi__runtime_dir(dir, sizeof dir, false);
    if (rc == -ENOENT) return WADI__CLI_OK;
    finding self = {dir, wanted, programs};
    if (rc == 0) rc = env->dir_list(env, dir, look_at, &self);
    if (rc == 0) return WADI__CLI_OK;
    wadi__cli_error("the programs that run cannot be found", dir,
                    rc == -EPERM ? "it is somebody else's, or others may write there"
                                 : strerror(-rc),
                    "set XDG_RUNTIME_DIR, or WADI_RUNTIME_DIR, to a directory of your own, for the "
                    "programs too");
    return WADI__CLI_FAILED;
}
void wadi__cli_programs_fini(wadi__cli_programs *programs) {
    for (size_t i = 0; i < programs->paths.count; i++) wadi__free(programs->paths.items[i]);
    wadi__vec_fini(&programs->paths);
}
int wadi__cli_program_find(const char *wanted, char **path) {
    wadi__cli_programs programs;
    int status = wadi__cli_programs_find(wanted, &programs);
    size_t count = programs.paths.count;
    if (status == WADI__CLI_OK && count == 1) {
        *path = programs.paths.items[0];
        programs.paths.count = 0;
    } else if (status == WADI__CLI_OK && count == 0 && programs.silent > 0) {
        status = WADI__CLI_FAILED;
    } else if (status == WADI__CLI_OK) {
        wadi__cli_error(count == 0 ? "no such program runs" : "several programs run", wanted, NULL,
                        count == 0
                            ? "wadi status lists those of this user; wadi.control.enabled=false "
                              "keeps one from being found"
                            : "name one by its process: wadi status lists them");
        status = WADI__CLI_FOUND;
    }
    wadi__cli_programs_fini(&programs);
    return status;
}
