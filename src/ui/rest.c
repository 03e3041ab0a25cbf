/* SPDX-License-Identifier: Apache-2.0 */
/* rest.c: values of the program as JSON, at the paths and with the names that Spark has. Source:
 * Spark 3 status.api.v1. */
#include "base/version.h"
#include "ui/site.h"

#include <string.h>

static void put_app(const wadi__site *site, wadi__doc *doc) {
    const wadi__status_store *store = site->store;
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_string(doc, "id", store->app_id);
    wadi__doc_string(doc, "name", store->app_name);
    wadi__doc_open(doc, "attempts", '[');
    wadi__doc_open(doc, NULL, '{');
    wadi__doc_time(doc, "startTime", store->start_ms);
    wadi__doc_int(doc, "startTimeEpoch", store->start_ms);
    if (site->is_history) {
        wadi__doc_time(doc, "endTime", site->ended_ms);
        wadi__doc_int(doc, "endTimeEpoch", site->ended_ms);
        wadi__doc_int(doc, "duration", site->ended_ms - store->start_ms);
    }
    wadi__doc_bool(doc, "completed", site->is_history);
    wadi__doc_close(doc, '}');
    wadi__doc_close(doc, ']');
    wadi__doc_close(doc, '}');
}
static void answer_apps(const wadi__site *site, wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '[');
    put_app(site, &doc);
    wadi__doc_close(&doc, ']');
    wadi__respond_doc(response, &doc);
}
static void answer_version(wadi__http_response *response) {
    wadi__doc doc = {0};
    wadi__doc_open(&doc, NULL, '{');
    wadi__doc_string(&doc, "wadi", WADI__VERSION);
    wadi__doc_close(&doc, '}');
    wadi__respond_doc(response, &doc);
}
static void answer_app(const wadi__site *site, const wadi__asked *asked,
                       wadi__http_response *response) {
    const char *what = wadi__asked_part(asked, 4);
    if (asked->count == 4) {
        wadi__doc doc = {0};
        put_app(site, &doc);
        wadi__respond_doc(response, &doc);
    } else if (strcmp(what, "streaming") == 0) {
        wadi__rest_streaming(site, asked, response);
    } else {
        wadi__rest_engine(site, asked, response);
    }
}
void wadi__rest_answer(const wadi__site *site, const wadi__asked *asked,
                       wadi__http_response *response) {
    const char *what = wadi__asked_part(asked, 2);
    if (asked->count == 3 && strcmp(what, "version") == 0)
        answer_version(response);
    else if (asked->count == 3 && strcmp(what, "applications") == 0)
        answer_apps(site, response);
    else if (asked->count < 4 || strcmp(what, "applications") != 0)
        wadi__respond_line(response, 404, "not found\n");
    else if (strcmp(asked->parts[3], site->store->app_id) != 0)
        wadi__respond_line(response, 404, "no such app: %.200s", asked->parts[3]);
    else
        answer_app(site, asked, response);
}
