/* SPDX-License-Identifier: Apache-2.0 */
/* top.c: `wadi top`: a running program in the terminal, anew every second. Any key but q is passed
 * by; without a terminal on standard output it prints once for each of --count. */
#include "base/env.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/rest.h"
#include "cli/values.h"
#include "ui/format.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { BAR_WIDTH = 40 };

static int64_t number(const char *text) { return strtoll(text, NULL, 10); }
static const char *get(const wadi__cli_answer *answer, const char *name) {
    return wadi__cli_answer_get(answer, name);
}

typedef struct batch {
    int64_t time_ms, records, scheduling_ms, processing_ms, total_ms;
    bool has_failed;
} batch;
/* The next number of a line; *at moves behind it, and is NULL where there is none. */
static int64_t next_number(const char **at) {
    char *end = NULL;
    long long read = *at != NULL ? strtoll(*at, &end, 10) : 0;
    *at = end != *at ? end : NULL;
    return read;
}
/* The next word, or NULL. */
static const char *next_word(const char **at) {
    if (*at == NULL) return NULL;
    const char *word = *at + strspn(*at, " ");
    *at = word[0] != 0 ? word + strcspn(word, " ") : NULL;
    return *at != NULL ? word : NULL;
}
static bool read_batch(const char *value, batch *to) {
    int64_t *const numbers[] = {&to->time_ms, &to->records, &to->scheduling_ms, &to->processing_ms,
                                &to->total_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = next_number(&value);
    const char *state = next_word(&value);
    to->has_failed = state != NULL && strcmp(state, "failed") == 0;
    return state != NULL;
}

/* ---- The picture ---- */

static void put_head(wadi__text *out, const wadi__cli_answer *answer) {
    int64_t now_ms = wadi__env_current()->wall_ms(wadi__env_current());
    int64_t up_s = (now_ms - number(get(answer, "started"))) / 1000;
    wadi__cli_format(out, "%s, process %s, %s on %s, up %" PRId64 ":%02d:%02d\n",
                     get(answer, "name"), get(answer, "process"), get(answer, "state"),
                     get(answer, "master"), up_s / 3600, (int)(up_s / 60 % 60), (int)(up_s % 60));
    wadi__cli_format(
        out, "batches of %s ms: %s completed, %s of them failed, %s waiting; %s records\n\n",
        get(answer, "interval"), get(answer, "completed"), get(answer, "failed"),
        get(answer, "waiting"), get(answer, "records"));
}
/* Right in its column; below zero it is not known. */
static void put_amount(wadi__text *out, int64_t value, int width) {
    if (value >= 0)
        wadi__cli_format(out, "%*" PRId64, width, value);
    else
        wadi__cli_format(out, "%*s", width, "-");
}
static void put_receiver(wadi__text *out, const char *value, bool is_first) {
    int64_t id = next_number(&value);
    const char *state = next_word(&value);
    int64_t records = next_number(&value), restarts = next_number(&value);
    if (value == NULL) return;
    if (is_first)
        wadi__cli_format(out, "%-8s %-7s %14s %9s  NAME\n", "RECEIVER", "STATE", "RECORDS",
                         "RESTARTS");
    wadi__cli_format(out, "%-8" PRId64 " %-7.*s ", id, (int)strcspn(state, " "), state);
    put_amount(out, records, 14);
    wadi__cli_format(out, " ");
    put_amount(out, restarts, 9);
    wadi__cli_format(out, " %s\n", value);
}
static void put_receivers(wadi__text *out, const wadi__cli_answer *answer) {
    bool is_first = true;
    for (size_t i = 0; i < answer->lines.count; i++) {
        const wadi__cli_line *line = &answer->lines.items[i];
        const char *value = line->value;
        if (strcmp(line->name, "receiver") == 0) {
            put_receiver(out, value, is_first);
            is_first = false;
        } else if (strcmp(line->name, "receiver-error") == 0) {
            next_number(&value);
            wadi__cli_format(out, "%9slast error: %.100s\n", "", value != NULL ? value : "");
        }
    }
    if (!is_first) wadi__cli_format(out, "\n");
}
static void put_bytes(wadi__text *out, int64_t bytes, int width) {
    char text[32];
    wadi__format_bytes(text, sizeof text, bytes);
    wadi__cli_format(out, "%*s", width, text);
}
static void put_state(wadi__text *out, const char *value, bool is_first) {
    int64_t keys = next_number(&value), bytes = next_number(&value);
    int64_t batch_ms = next_number(&value), written = next_number(&value),
            took_ms = next_number(&value);
    const char *name = next_word(&value);
    char when[32] = "-";
    if (name == NULL) return;
    if (is_first)
        wadi__cli_format(out, "%14s %10s  %-23s %10s %8s  STATE\n", "KEYS", "MEMORY",
                         "LAST SNAPSHOT", "WRITTEN", "TOOK ms");
    put_amount(out, keys, 14);
    wadi__cli_format(out, " ");
    put_bytes(out, bytes, 10);
    wadi__cli_format(out, "  %-23s ", batch_ms >= 0 ? wadi__cli_time(batch_ms, when) : when);
    put_bytes(out, written, 10);
    wadi__cli_format(out, " ");
    put_amount(out, took_ms, 8);
    wadi__cli_format(out, "  %s\n", name);
}
static void put_states(wadi__text *out, const wadi__cli_answer *answer) {
    bool is_first = true;
    for (size_t i = 0; i < answer->lines.count; i++) {
        if (strcmp(answer->lines.items[i].name, "stream-state") != 0) continue;
        put_state(out, answer->lines.items[i].value, is_first);
        is_first = false;
    }
    if (!is_first) wadi__cli_format(out, "\n");
}
/* Processing time against the interval: a whole bar is the interval. */
static void put_bar(wadi__text *out, int64_t processing_ms, int64_t interval_ms) {
    int64_t width = interval_ms > 0 ? processing_ms * BAR_WIDTH / interval_ms : 0;
    for (int64_t i = 0; i < width && i < BAR_WIDTH; i++) wadi__cli_format(out, "=");
    if (width >= BAR_WIDTH) wadi__cli_format(out, ">");
}
static void put_batches(wadi__text *out, const wadi__cli_answer *answer, size_t rows) {
    int64_t interval_ms = number(get(answer, "interval"));
    wadi__cli_format(out, "%-23s %12s %9s %9s %9s  PROCESSING, OF THE INTERVAL\n", "BATCH",
                     "RECORDS", "WAITED ms", "TOOK ms", "TOTAL ms");
    for (size_t i = answer->lines.count; i > 0 && rows > 0; i--) {
        batch at;
        char when[32];
        if (strcmp(answer->lines.items[i - 1].name, "batch") != 0 ||
            !read_batch(answer->lines.items[i - 1].value, &at))
            continue;
        wadi__cli_format(out, "%-23s %12" PRId64 " %9" PRId64 " %9" PRId64 " %9" PRId64 "  ",
                         wadi__cli_time(at.time_ms, when), at.records, at.scheduling_ms,
                         at.processing_ms, at.total_ms);
        if (at.has_failed)
            wadi__cli_format(out, "FAILED");
        else
            put_bar(out, at.processing_ms, interval_ms);
        wadi__cli_format(out, "\n");
        rows--;
    }
}

/* ---- Terminal ---- */

enum { ROWS = 24, ROWS_BELOW = 4, BATCHES_ONCE = 15, BATCHES_MAX = 64 };
static size_t rows_of_terminal(void) {
    struct winsize size;
    bool is_known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return is_known ? size.ws_row : ROWS;
}
/* How many batches fit below what there is. */
static size_t rows_left(const wadi__text *out) {
    size_t rows = rows_of_terminal(), used = ROWS_BELOW;
    for (size_t i = 0; i < out->size; i++) used += out->bytes[i] == '\n';
    return rows > used ? rows - used : 1;
}
/* Waits a second; true: q was typed. */
static bool wait_for_key(int64_t ms) {
    struct pollfd keys = {.fd = STDIN_FILENO, .events = POLLIN};
    char key = 0;
    int ready = poll(&keys, 1, (int)ms);
    if (ready <= 0) return false;
    ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got == 1) return key == 'q' || key == 3;
    poll(NULL, 0, (int)ms); /* there is no keyboard */
    return false;
}
typedef struct program { /* by its socket, or by its pages */
    char *path;          /* NULL: by url */
    wadi__cli_url url;
} program;

static bool ask(const program *self, size_t rows, wadi__cli_answer *answer) {
    char request[32];
    snprintf(request, sizeof request, "status %zu", rows);
    return self->path != NULL ? wadi__cli_ask(self->path, request, answer)
                              : wadi__cli_rest_ask(&self->url, rows, answer);
}
/* False: the program has gone. */
static bool show(const program *self, bool is_live, wadi__text *out) {
    wadi__cli_answer answer;
    bool is_there = ask(self, is_live ? BATCHES_MAX : BATCHES_ONCE, &answer);
    if (is_there) {
        if (is_live) wadi__cli_format(out, "\033[H\033[J");
        put_head(out, &answer);
        put_receivers(out, &answer);
        put_states(out, &answer);
        put_batches(out, &answer, is_live ? rows_left(out) : BATCHES_ONCE);
        if (is_live) wadi__cli_format(out, "\nq ends\n");
        wadi__cli_flush(out);
        fflush(stdout);
    }
    wadi__cli_answer_fini(&answer);
    return is_there;
}
static void watch(const program *self, bool is_live, int64_t interval_ms, int64_t count) {
    wadi__text out = {0};
    struct termios before;
    bool has_keys = is_live && tcgetattr(STDIN_FILENO, &before) == 0;
    if (has_keys) {
        struct termios raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    while (show(self, is_live, &out) && --count != 0 && !wait_for_key(interval_ms)) {}
    if (has_keys) tcsetattr(STDIN_FILENO, TCSANOW, &before);
    wadi__text_fini(&out);
}
static int find(const wadi__cli_args *args, program *found) {
    const char *wanted = args->words[0];
    char shown[WADI__CLI_URL_SHOWN];
    *found = (program){.path = NULL};
    bool is_url = wanted != NULL && strstr(wanted, "://") != NULL;
    int status = wadi__cli_url_take(args, is_url ? wanted : NULL, &found->url, shown);
    if (status != WADI__CLI_OK) return status;
    if (!is_url) return wadi__cli_program_find(wanted, &found->path);
    wadi__cli_answer answer;
    bool is_there = wadi__cli_rest_ask(&found->url, 1, &answer);
    if (!is_there)
        wadi__cli_error("the program cannot be asked", shown, answer.error,
                        answer.to_do != NULL
                            ? answer.to_do
                            : "look at its log for where its pages are: spark.ui.port");
    wadi__cli_answer_fini(&answer);
    return is_there ? WADI__CLI_OK : WADI__CLI_FAILED;
}
static int run(const wadi__cli_args *args) {
    const char *delay = wadi__cli_value(args, "delay"), *count = wadi__cli_value(args, "count");
    double seconds = delay != NULL ? strtod(delay, NULL) : 1;
    if (!(seconds >= 0.05 && seconds <= 3600))
        return wadi__cli_usage_error(args->command, "--delay takes seconds, 0.05 to 3600");
    if (count != NULL && number(count) < 1)
        return wadi__cli_usage_error(args->command, "--count takes a number above 0");
    program found;
    int status = find(args, &found);
    bool is_live = isatty(STDOUT_FILENO) == 1;
    if (status == WADI__CLI_OK)
        watch(&found, is_live, (int64_t)(seconds * 1000),
              count != NULL ? number(count)
              : is_live     ? 0
                            : 1);
    wadi__free(found.path);
    return status;
}
const wadi__cli_command wadi__cli_top = {
    .name = "top",
    .usage = "[PROCESS|NAME|URL] [OPTIONS]",
    .summary = "shows a running program live: batches, delays, receivers, states",
    .text =
        "On a terminal it is drawn anew every second until q, or until the program ends; else "
        "it is "
        "printed once. URL, http://HOST:4040 or https://HOST:4040, asks the pages of a program, of "
        "another user or on another machine. A password or token that it wants comes from a file, "
        "or from WADI_UI_PASSWORD or WADI_UI_TOKEN; a URL may have USER:PASSWORD@ too, which "
        "others see in the list of processes.",
    .words_max = 1,
    .options = {{"delay", 'd', "SECONDS", "between two pictures; 1 when left out", false},
                {"count", 'n', "N", "ends after so many", false},
                {"user", 'u', "NAME", "of a URL's password; wadi when left out", false},
                {"password-file", 0, "FILE", "its first line is the password for a URL", false},
                {"token-file", 0, "FILE", "its first line is the bearer token for a URL", false},
                {"ca", 0, "FILE",
                 "PEM: who may have signed the certificate; else whom the system trusts", false},
                {"insecure", 0, NULL, "asks whoever answers at an https URL", false}},
    .examples = {{"wadi top", "the one program of this user that runs"},
                 {"wadi top https://box:4040 --ca ca.pem --token-file ~/.wadi-token",
                  "a program on another machine"}},
    .run = run,
};
