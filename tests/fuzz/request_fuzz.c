/* SPDX-License-Identifier: Apache-2.0 */
/* request_fuzz.c: any bytes as a request, after it was cut into its parts: method, path, query and
 * headers, a line each. It must be answered with a status, and nothing of it may stand on a page as a
 * tag. */
#include "base/assert.h"
#include "ui/request.h"
#include "ui/site.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static wadi__status_store store;

static void tell_something(void) {
    wadi_listener to = wadi__status_listener(&store);
    wadi_input_info input = {0, 5, "file:/a"};
    wadi_output_info output = {1000, 0, "print at a.c:1", "print at /a.c:1", 1000, 1005, "it broke"};
    wadi_batch_info batch = {.batch_ms = 1000, .submission_ms = 1000, .processing_start_ms = 1001,
                             .processing_end_ms = 1010, .record_count = 5, .inputs = &input, .input_count = 1,
                             .outputs = &output, .output_count = 1};
    wadi__status_stream_begins(&store, 1000, 10);
    wadi__status_add_input(&store, 0, "in");
    to.on_batch_completed(&batch, to.user);
}
/* The next line, with a zero after it; NULL: there is none. */
static char *next(char **at) {
    char *line = *at;
    if (line == NULL) return NULL;
    char *end = strchr(line, '\n');
    if (end != NULL) *end = 0;
    *at = end != NULL ? end + 1 : NULL;
    return line;
}
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char text[4096];
    if (size >= sizeof text) return 0;
    if (store.app_id == NULL) {
        WADI_ASSERT(wadi__status_init(&store, "app", 1000));
        tell_something();
    }
    memcpy(text, bytes, size);
    text[size] = 0;
    char *at = text;
    wadi__http_request request = {.method = next(&at), .path = next(&at)};
    request.query = next(&at);
    request.authorization = next(&at);
    request.asked_by = next(&at);
    request.if_none_match = next(&at);
    if (request.path == NULL) return 0;
    for (int is_guarded = 0; is_guarded < 2; is_guarded++) {
        wadi__site site = {.store = &store, .user = "me", .password = is_guarded ? "pw" : NULL};
        wadi__http_response response = {0};
        wadi__site_answer(&site, &request, &response);
        WADI_ASSERT(response.status >= 200 && response.status < 600 && response.type != NULL);
        if (response.own_body != NULL && strcmp(response.type, WADI__TYPE_HTML) == 0)
            WADI_ASSERT(memmem(response.own_body, response.body_size, "<script>", 8) == NULL);
        wadi__free(response.own_body);
    }
    return 0;
}
