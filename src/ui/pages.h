/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h: pages of HTML, made here as a whole; assets/app.js brings them up to date and draws
 * charts. All text of the program's goes through wadi__text_escape(). */
#ifndef WADI_UI_PAGES_H
#define WADI_UI_PAGES_H
#include "ui/site.h"

/* Everything that is a page or an asset. */
void wadi__pages_answer(const wadi__site *site, const wadi__asked *asked,
                        const wadi__http_request *request, wadi__http_response *response);

/* ---- For those who make pages; the store's lock is held ---- */

typedef struct wadi__page {
    const wadi__site *site;
    const wadi__asked *asked;
    wadi__text text;
    int status; /* of the answer */
    int64_t now_ms;
    int64_t batch_ms; /* the batch interval: how batch times are shown */
} wadi__page;

void wadi__page_streaming(wadi__page *page);
void wadi__page_batch(wadi__page *page);
void wadi__page_jobs(wadi__page *page);
void wadi__page_stages(wadi__page *page);
void wadi__page_stage(wadi__page *page);
void wadi__page_storage(wadi__page *page);
void wadi__page_state(wadi__page *page);
void wadi__page_environment(wadi__page *page);
void wadi__page_executors(wadi__page *page);

/* The batch time, or another time of the program, as local time. */
void wadi__page_time(wadi__page *page, int64_t time_ms, int64_t batch_ms);
void wadi__page_duration(wadi__page *page, int64_t ms);
/* A cell of a table: text, a number, a duration, bytes. */
void wadi__page_cell(wadi__page *page, const char *text);
/* "-" for a negative one, which is not known. */
void wadi__page_cell_int(wadi__page *page, int64_t value);
void wadi__page_cell_ms(wadi__page *page, int64_t ms);
void wadi__page_cell_bytes(wadi__page *page, int64_t bytes);
/* Begins a table with these heads, and | between them; one that begins with # is of numbers. Ends
 * it. */
void wadi__page_table(wadi__page *page, const char *id, const char *heads);
void wadi__page_table_end(wadi__page *page);
/* A whole number of the query, or `otherwise`. */
int64_t wadi__page_number(const wadi__page *page, const char *name, int64_t otherwise);

/* Which rows of a list stand on the page that the query asks for, and links to the others. */
typedef struct wadi__page_part {
    size_t first, end;
} wadi__page_part;
enum { WADI__PAGE_ROWS = 100 };
wadi__page_part wadi__page_part_of(const wadi__page *page, size_t count);
void wadi__page_links(wadi__page *page, size_t count);
/* The same where the query has more than the page's number: "id=5&amp;". */
void wadi__page_links_of(wadi__page *page, size_t count, const char *query);
#endif
