/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c: the frame that all pages have, and which page a path asks for. */
#include "ui/pages.h"

#include "base/env.h"
#include "base/machine.h"
#include "base/version.h"
#include "ui/assets.h"
#include "ui/format.h"
#include "ui/request.h"

#include <inttypes.h>
#include <string.h>

/* ---- Parts of pages ---- */

void wadi__page_time(wadi__page *page, int64_t time_ms, int64_t batch_ms) {
    char text[64];
    if (time_ms < 0) {
        wadi__text_put(&page->text, "-");
        return;
    }
    wadi__format_batch_time(text, sizeof text, time_ms, batch_ms, true,
                            wadi__machine_utc_offset_s(time_ms));
    wadi__text_put(&page->text, text);
}
void wadi__page_duration(wadi__page *page, int64_t ms) {
    char text[32];
    wadi__format_duration(text, sizeof text, ms);
    wadi__text_put(&page->text, text);
}
void wadi__page_cell(wadi__page *page, const char *text) {
    wadi__text_put(&page->text, "<td>");
    wadi__text_escape(&page->text, text);
    wadi__text_put(&page->text, "</td>");
}
void wadi__page_cell_int(wadi__page *page, int64_t value) {
    if (value < 0)
        wadi__text_put(&page->text, "<td class=number>-</td>");
    else
        wadi__text_printf(&page->text, "<td class=number>%" PRId64 "</td>", value);
}
void wadi__page_cell_ms(wadi__page *page, int64_t ms) {
    wadi__text_put(&page->text, "<td class=number>");
    wadi__page_duration(page, ms);
    wadi__text_put(&page->text, "</td>");
}
void wadi__page_cell_bytes(wadi__page *page, int64_t bytes) {
    char text[32];
    wadi__format_bytes(text, sizeof text, bytes);
    wadi__text_printf(&page->text, "<td class=number>%s</td>", text);
}
void wadi__page_table(wadi__page *page, const char *id, const char *heads) {
    wadi__text_printf(&page->text, "<div class=scroll><table id=\"%s\"><thead><tr>", id);
    while (*heads != 0) {
        size_t size = strcspn(heads, "|");
        bool is_number = *heads == '#';
        wadi__text_put(&page->text, is_number ? "<th class=number>" : "<th>");
        wadi__text_add(&page->text, heads + is_number, size - is_number);
        wadi__text_put(&page->text, "</th>");
        heads += size + (heads[size] == '|');
    }
    wadi__text_put(&page->text, "</tr></thead><tbody>\n");
}
void wadi__page_table_end(wadi__page *page) {
    wadi__text_put(&page->text, "</tbody></table></div>\n");
}
int64_t wadi__page_number(const wadi__page *page, const char *name, int64_t otherwise) {
    char value[WADI__REQUEST_VALUE_MAX];
    const char *query = page->asked->query;
    int64_t number;
    return wadi__query_next(&query, name, value) && wadi__parse_number(value, &number) ? number
                                                                                       : otherwise;
}
wadi__page_part wadi__page_part_of(const wadi__page *page, size_t count) {
    int64_t number = wadi__page_number(page, "page", 1);
    size_t pages = count == 0 ? 1 : (count + WADI__PAGE_ROWS - 1) / WADI__PAGE_ROWS;
    size_t at = number < 1 ? 0 : (size_t)number - 1;
    if (at >= pages) at = pages - 1;
    size_t end = (at + 1) * WADI__PAGE_ROWS;
    return (wadi__page_part){at * WADI__PAGE_ROWS, end < count ? end : count};
}
void wadi__page_links_of(wadi__page *page, size_t count, const char *query) {
    if (count <= WADI__PAGE_ROWS) return;
    size_t pages = (count + WADI__PAGE_ROWS - 1) / WADI__PAGE_ROWS;
    size_t here = wadi__page_part_of(page, count).first / WADI__PAGE_ROWS + 1;
    wadi__text_printf(&page->text,
                      "<nav class=pages aria-label=\"Pages\"><span>Page %zu of %zu</span>", here,
                      pages);
    if (here > 1)
        wadi__text_printf(&page->text, "<a id=newer href=\"?%spage=%zu\">Newer</a>", query,
                          here - 1);
    if (here < pages)
        wadi__text_printf(&page->text, "<a id=older href=\"?%spage=%zu\">Older</a>", query,
                          here + 1);
    wadi__text_put(&page->text, "</nav>\n");
}
void wadi__page_links(wadi__page *page, size_t count) { wadi__page_links_of(page, count, ""); }

/* ---- The frame ---- */

typedef struct tab {
    const char *path, *name;
    bool is_of_streams; /* shown while a stream program runs */
    void (*put)(wadi__page *page);
    void (*put_one)(wadi__page *page); /* of a path below; NULL: none */
    const char *below;
} tab;
static const tab tabs[] = {
    {"streaming", "Streaming", true, wadi__page_streaming, wadi__page_batch, "batch"},
    {"jobs", "Jobs", false, wadi__page_jobs, NULL, NULL},
    {"stages", "Stages", false, wadi__page_stages, wadi__page_stage, "stage"},
    {"storage", "Storage", false, wadi__page_storage, NULL, NULL},
    {"state", "State", true, wadi__page_state, NULL, NULL},
    {"environment", "Environment", false, wadi__page_environment, NULL, NULL},
    {"executors", "Executors", false, wadi__page_executors, NULL, NULL},
};
enum { TAB_COUNT = sizeof tabs / sizeof tabs[0] };

static bool has_asset(const char *name) {
    for (size_t i = 0; i < wadi__asset_count; i++)
        if (strcmp(wadi__assets[i].name, name) == 0) return true;
    return false;
}
static void begin(wadi__page *page, const tab *of) {
    const wadi__status_store *store = page->site->store;
    wadi__text *text = &page->text;
    bool has_charts = has_asset("uPlot.iife.min.js");
    wadi__text_printf(text, "<!doctype html>\n<html lang=en><head><meta charset=utf-8><title>%s - ",
                      of->name);
    wadi__text_escape(text, store->app_name);
    wadi__text_put(
        text, "</title><meta name=viewport content=\"width=device-width, initial-scale=1\">"
              "<link rel=icon href=\"data:,\"><link rel=stylesheet href=\"/static/style.css\">");
    if (has_charts)
        wadi__text_put(text, "<link rel=stylesheet href=\"/static/uPlot.min.css\">"
                             "<script src=\"/static/uPlot.iife.min.js\" defer></script>");
    wadi__text_printf(
        text,
        "<script src=\"/static/app.js\" defer></script></head>\n<body data-live=%s>"
        "<a class=skip href=\"#main\">To the content</a><header><strong>Wadi " WADI__VERSION
        "</strong><nav aria-label=\"Pages\">",
        page->site->is_history ? "no" : "yes");
    for (size_t i = 0; i < TAB_COUNT; i++)
        if (!tabs[i].is_of_streams || store->stream.is_there)
            wadi__text_printf(text, "<a href=\"/%s/\"%s>%s</a>", tabs[i].path,
                              &tabs[i] == of ? " aria-current=page" : "", tabs[i].name);
    wadi__text_put(text, "</nav><span class=app>");
    wadi__text_escape(text, store->app_name);
    wadi__text_put(text, "</span></header>\n<main id=main>\n");
}
static void answer_page(const wadi__site *site, const wadi__asked *asked, const tab *of,
                        void (*put)(wadi__page *page), wadi__http_response *response) {
    wadi__page page = {.site = site, .asked = asked, .status = 200};
    page.now_ms = wadi__env_real.wall_ms(&wadi__env_real);
    wadi__status_lock(site->store);
    page.batch_ms = site->store->stream.batch_ms;
    begin(&page, of);
    if (of->is_of_streams && !site->store->stream.is_there) {
        page.status = 404;
        wadi__text_put(&page.text, "<p>No stream program runs.</p>");
    } else {
        put(&page);
    }
    wadi__status_unlock(site->store);
    wadi__text_put(&page.text, "</main></body></html>\n");
    wadi__respond(response, page.status, WADI__TYPE_HTML, &page.text);
}

/* ---- Paths ---- */

static void answer_asset(const char *name, const wadi__http_request *request,
                         wadi__http_response *response) {
    for (size_t i = 0; i < wadi__asset_count; i++) {
        const wadi__asset *asset = &wadi__assets[i];
        if (strcmp(asset->name, name) != 0) continue;
        bool is_known =
            request->if_none_match != NULL && strcmp(request->if_none_match, asset->etag) == 0;
        *response = (wadi__http_response){.status = is_known ? 304 : 200,
                                          .type = asset->type,
                                          .etag = asset->etag,
                                          .body = asset->bytes,
                                          .body_size = is_known ? 0 : asset->size};
        return;
    }
    wadi__respond_line(response, 404, "not found\n");
}
static void redirect(const wadi__site *site, wadi__http_response *response) {
    wadi__status_lock(site->store);
    const char *to = site->store->stream.is_there ? "/streaming/" : "/jobs/";
    wadi__status_unlock(site->store);
    *response =
        (wadi__http_response){.status = 302, .type = WADI__TYPE_TEXT, .location = to, .body = ""};
}
void wadi__pages_answer(const wadi__site *site, const wadi__asked *asked,
                        const wadi__http_request *request, wadi__http_response *response) {
    const char *first = wadi__asked_part(asked, 0), *second = wadi__asked_part(asked, 1);
    if (asked->count == 0 && strcmp(request->path, "/") == 0) {
        redirect(site, response);
        return;
    }
    if (asked->count == 2 && strcmp(first, "static") == 0) {
        answer_asset(second, request, response);
        return;
    }
    for (size_t i = 0; i < TAB_COUNT; i++) {
        const tab *of = &tabs[i];
        if (strcmp(first, of->path) != 0) continue;
        bool is_below = asked->count == 2 && of->below != NULL && strcmp(second, of->below) == 0;
        if (asked->count != 1 && !is_below) continue;
        answer_page(site, asked, of, is_below ? of->put_one : of->put, response);
        return;
    }
    wadi__respond_line(response, 404, "not found\n");
}
