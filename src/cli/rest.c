/* SPDX-License-Identifier: Apache-2.0 */
/* rest.c: from JSON to lines. */
#include "cli/rest.h"

#include "cli/http.h"
#include "cli/json.h"
#include "cli/values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- HTTP ---- */

static wadi__json fail(wadi__cli_answer *answer, const char *to_do, const char *why) {
    snprintf(answer->error, sizeof answer->error, "%s", why);
    answer->to_do = to_do;
    return (wadi__json){NULL, 0};
}
/* The body as JSON, in a response that is kept in *text. */
static wadi__json get_json(const wadi__cli_url *url, const char *path, char **text,
                           wadi__cli_answer *answer) {
    wadi__cli_response response;
    bool is_there = wadi__cli_http_get(url, path, &response);
    *text = response.text;
    if (!is_there) return fail(answer, response.to_do, response.why);
    if (response.status == 401 && (url->password[0] != 0 || url->token[0] != 0))
        return fail(answer, "compare with wadi.ui.user, wadi.ui.password, wadi.ui.token there",
                    "the password or token is not the one that it wants");
    if (response.status == 401)
        return fail(answer,
                    "give --password-file FILE or --token-file FILE, or set WADI_UI_PASSWORD or "
                    "WADI_UI_TOKEN",
                    "it wants a password or a token");
    if (response.status != 200)
        return fail(answer, "wait until its stream has started, or ask another port",
                    "it has no pages of a stream program");
    wadi__json found = wadi__json_of(response.body, response.body_size);
    return found.size > 0 ? found : fail(answer, NULL, "what it says is no JSON");
}

/* ---- From JSON to lines ---- */

static void say_int(wadi__text *out, const char *name, wadi__json value) {
    wadi__cli_format(out, "%s %" PRId64 "\n", name, wadi__json_int(value, -1));
}
static void say_statistics(wadi__text *out, wadi__json found) {
    wadi__cli_format(out, "state active\nmaster -\nprocess -\nfailed -\n");
    say_int(out, "interval", wadi__json_member(found, "batchDuration"));
    say_int(out, "completed", wadi__json_member(found, "numTotalCompletedBatches"));
    say_int(out, "waiting", wadi__json_member(found, "numActiveBatches"));
    say_int(out, "records", wadi__json_member(found, "numProcessedRecords"));
}
static void say_receivers(wadi__text *out, wadi__json list) {
    wadi__json at;
    for (size_t i = 0; (at = wadi__json_item(list, i)).size > 0; i++) {
        char name[200], error[300];
        wadi__json active = wadi__json_member(at, "isActive");
        int64_t id = wadi__json_int(wadi__json_member(at, "streamId"), -1);
        wadi__json_text(wadi__json_member(at, "streamName"), name, sizeof name);
        wadi__json_text(wadi__json_member(at, "lastErrorMessage"), error, sizeof error);
        if (active.size > 0)
            wadi__cli_format(out, "receiver %" PRId64 " %s -1 -1 %s\n", id,
                             wadi__json_is_true(active) ? "active" : "ended", name);
        if (error[0] != 0) wadi__cli_format(out, "receiver-error %" PRId64 " %s\n", id, error);
    }
}
static void say_states(wadi__text *out, wadi__json list) {
    wadi__json at;
    for (size_t i = 0; (at = wadi__json_item(list, i)).size > 0; i++) {
        char name[200];
        wadi__json snapshot = wadi__json_member(at, "lastSnapshot");
        wadi__json_text(wadi__json_member(at, "name"), name, sizeof name);
        wadi__cli_format(
            out, "stream-state %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
            wadi__json_int(wadi__json_member(at, "numKeys"), 0),
            wadi__json_int(wadi__json_member(at, "memoryUsed"), -1),
            wadi__json_int(wadi__json_member(snapshot, "batchId"), -1),
            wadi__json_int(wadi__json_member(snapshot, "size"), -1),
            wadi__json_int(wadi__json_member(snapshot, "duration"), -1), name);
    }
}
/* Newest first there, oldest first here. */
static void say_batches(wadi__text *out, wadi__json list, size_t count) {
    size_t there = 0;
    while (there < count && wadi__json_item(list, there).size > 0) there++;
    for (size_t i = there; i > 0; i--) {
        wadi__json at = wadi__json_item(list, i - 1);
        int64_t failed = wadi__json_int(wadi__json_member(at, "numFailedOutputOps"), 0);
        wadi__cli_format(out,
                         "batch %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
                         wadi__json_int(wadi__json_member(at, "batchId"), -1),
                         wadi__json_int(wadi__json_member(at, "inputSize"), -1),
                         wadi__json_int(wadi__json_member(at, "schedulingDelay"), -1),
                         wadi__json_int(wadi__json_member(at, "processingTime"), -1),
                         wadi__json_int(wadi__json_member(at, "totalDelay"), -1),
                         failed > 0 ? "failed" : "completed");
    }
}
typedef enum told { STATISTICS, RECEIVERS, STATES, BATCHES } told;
static bool say_one(const wadi__cli_url *url, const char *app, told kind, size_t batches,
                    wadi__text *out, wadi__cli_answer *answer) {
    static const char *const paths[] = {"statistics", "receivers", "state",
                                        "batches?status=COMPLETED"};
    const char *what = paths[kind];
    char *path = wadi__cli_must(wadi__format("/api/v1/applications/%s/streaming/%s", app, what)),
         *text = NULL;
    wadi__json found = get_json(url, path, &text, answer);
    if (kind == STATISTICS) say_statistics(out, found);
    if (kind == RECEIVERS) say_receivers(out, found);
    if (kind == STATES) say_states(out, found);
    if (kind == BATCHES) say_batches(out, found, batches);
    wadi__free(text);
    wadi__free(path);
    return found.size > 0;
}
/* Its id goes into paths: nothing but what ids are made of. */
static bool read_application(const wadi__cli_url *url, char app[100], wadi__text *out,
                             wadi__cli_answer *answer) {
    char *text = NULL, name[200];
    wadi__json list = get_json(url, "/api/v1/applications", &text, answer),
               first = wadi__json_item(list, 0);
    wadi__json_text(wadi__json_member(first, "id"), app, 100);
    wadi__json_text(wadi__json_member(first, "name"), name, sizeof name);
    wadi__json attempt = wadi__json_item(wadi__json_member(first, "attempts"), 0);
    bool is_id = app[0] != 0 &&
                 strspn(app, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
                     strlen(app);
    wadi__cli_format(out, "ok\nname %s\n", name);
    say_int(out, "started", wadi__json_member(attempt, "startTimeEpoch"));
    wadi__free(text);
    if (list.size > 0 && !is_id) fail(answer, NULL, "it has no application");
    return list.size > 0 && is_id;
}
bool wadi__cli_rest_ask(const wadi__cli_url *url, size_t batches, wadi__cli_answer *answer) {
    wadi__text out = {0};
    char app[100];
    *answer = (wadi__cli_answer){0};
    bool is_told = read_application(url, app, &out, answer);
    for (told kind = STATISTICS; is_told && kind <= BATCHES; kind++)
        is_told = say_one(url, app, kind, batches, &out, answer);
    wadi__text_add(&out, "", 1);
    if (out.failed) wadi__cli_must(NULL);
    if (!is_told) {
        wadi__text_fini(&out);
        return false;
    }
    answer->text = out.bytes; /* from the same allocator */
    return wadi__cli_answer_read(answer);
}
