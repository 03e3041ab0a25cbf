/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: `wadi status`: the programs of this user that run, and how they are. */
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/values.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether what has this name is a text, also one like "12". */
static bool is_text(const char *name) {
    static const char *const names[] = {"name",  "master",     "state",     "message",
                                        "pages", "checkpoint", "log-level", NULL};
    size_t i = 0;
    while (names[i] != NULL && strcmp(names[i], name) != 0) i++;
    return names[i] != NULL;
}
/* Whether a value is a number for JSON. */
static bool is_number(const char *text) {
    size_t length = strlen(text), sign = text[0] == '-';
    return length > sign && length < 19 && strspn(text + sign, "0123456789") == length - sign &&
           (text[sign] != '0' || length == sign + 1);
}
static void put_value(wadi__text *out, const char *name, const char *value) {
    if (!is_text(name) && is_number(value))
        wadi__text_add(out, value, strlen(value));
    else
        wadi__cli_json_string(out, value, strlen(value));
}
/* The words of a value as fields; the last one has all that is left. */
static void put_words(wadi__text *out, const char *value, const char *const *names) {
    wadi__text_add(out, "{", 1);
    for (size_t i = 0; names[i] != NULL; i++) {
        size_t size = names[i + 1] != NULL ? strcspn(value, " ") : strlen(value);
        char *word = wadi__cli_must(wadi__memdup(value, size));
        wadi__cli_format(out, "%s\"%s\":", i > 0 ? "," : "", names[i]);
        put_value(out, names[i], word);
        wadi__free(word);
        value += size + (value[size] == ' ');
    }
    wadi__text_add(out, "}", 1);
}
static void put_list(wadi__text *out, const wadi__cli_answer *answer, const char *name,
                     const char *as, const char *const *names) {
    size_t count = 0;
    wadi__cli_format(out, ",\"%s\":[", as);
    for (size_t i = 0; i < answer->lines.count; i++) {
        if (strcmp(answer->lines.items[i].name, name) != 0) continue;
        if (count++ > 0) wadi__text_add(out, ",", 1);
        put_words(out, answer->lines.items[i].value, names);
    }
    wadi__text_add(out, "]", 1);
}
static void print_json(const wadi__cli_answer *answer) {
    static const char *const receiver[] = {"streamId", "state", "records",
                                           "restarts", "name",  NULL};
    static const char *const error[] = {"streamId", "message", NULL};
    static const char *const state[] = {
        "keys", "bytes", "snapshotBatchMs", "snapshotBytes", "snapshotMs", "name", NULL};
    static const char *const batch[] = {
        "batchMs", "records", "schedulingDelayMs", "processingMs", "totalDelayMs", "state", NULL};
    wadi__text out = {0};
    size_t count = 0;
    wadi__text_add(&out, "{", 1);
    for (size_t i = 0; i < answer->lines.count; i++) {
        const wadi__cli_line *line = &answer->lines.items[i];
        if (strncmp(line->name, "receiver", 8) == 0 || strcmp(line->name, "batch") == 0 ||
            strcmp(line->name, "stream-state") == 0)
            continue;
        wadi__cli_format(&out, "%s\"%s\":", count++ > 0 ? "," : "", line->name);
        put_value(&out, line->name, line->value);
    }
    put_list(&out, answer, "receiver", "receivers", receiver);
    put_list(&out, answer, "receiver-error", "receiverErrors", error);
    put_list(&out, answer, "stream-state", "states", state);
    put_list(&out, answer, "batch", "batches", batch);
    wadi__text_add(&out, "}\n", 2);
    wadi__cli_flush(&out);
    wadi__text_fini(&out);
}
static void print_text(const wadi__cli_answer *answer) {
    for (size_t i = 0; i < answer->lines.count; i++) {
        const wadi__cli_line *line = &answer->lines.items[i];
        bool is_time = strcmp(line->name, "started") == 0;
        char when[32];
        printf("%-15s %s\n", line->name,
               is_time ? wadi__cli_time(strtoll(line->value, NULL, 10), when) : line->value);
    }
    printf("\n");
}
static int run(const wadi__cli_args *args) {
    const char *wanted = args->words[0], *batches = wadi__cli_value(args, "batches");
    char request[64];
    if (batches != NULL && (strlen(batches) > 2 || !isdigit((unsigned char)batches[0])))
        return wadi__cli_usage_error(args->command, "--batches takes a number up to 64");
    snprintf(request, sizeof request, "status %s", batches != NULL ? batches : "5");
    wadi__cli_programs programs;
    int status = wadi__cli_programs_find(wanted, &programs);
    for (size_t i = 0; i < programs.paths.count; i++) {
        wadi__cli_answer answer;
        bool is_told = wadi__cli_ask(programs.paths.items[i], request, &answer);
        if (is_told && wadi__cli_value(args, "json") != NULL)
            print_json(&answer);
        else if (is_told)
            print_text(&answer);
        wadi__cli_answer_fini(&answer);
    }
    if (status == WADI__CLI_OK && programs.silent > 0) status = WADI__CLI_FAILED;
    if (status == WADI__CLI_OK && programs.paths.count == 0) {
        wadi__cli_error(wanted != NULL ? "no such program runs" : "no program runs", wanted, NULL,
                        "only programs of this user are found, and with wadi.control.enabled");
        status = WADI__CLI_FOUND;
    }
    wadi__cli_programs_fini(&programs);
    return status;
}
const wadi__cli_command wadi__cli_status = {
    .name = "status",
    .usage = "[PROCESS|NAME] [OPTIONS]",
    .summary = "tells how the running programs of this user are",
    .text = "Each program listens on a socket of its own, which only its user may use: in "
            "$WADI_RUNTIME_DIR, else in wadi of $XDG_RUNTIME_DIR or /run/user/UID, else in "
            "/tmp/wadi-UID.",
    .words_max = 1,
    .options = {{"json", 0, NULL, "as JSON, a program a line", false},
                {"batches", 'n', "N", "with the last N batches, up to 64; 5 when left out", false}},
    .examples = {{"wadi status wordcount --json", "the last batches and receivers of one program"}},
    .run = run,
};
