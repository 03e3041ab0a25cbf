/* SPDX-License-Identifier: Apache-2.0 */
/* event_line_fuzz.c: any bytes as lines of an event log. What is read of them must be shown without
 * harm. */
#include "base/assert.h"
#include "base/conf.h"
#include "base/module.h"
#include "ui/event_line.h"
#include "ui/site.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void show(const wadi__site *site, const char *path) {
    wadi__http_request request = {.method = "GET", .path = path, .query = "id=1"};
    wadi__http_response response = {0};
    wadi__site_answer((void *)(uintptr_t)site, &request, &response);
    wadi__free(response.own_body);
}
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    wadi_error err = WADI_ERROR_INIT;
    wadi__status_store store;
    const wadi__json_tree_ops *ops = wadi__module_open("ui", "wadi__json_tree_module", &err);
    if (ops == NULL || !wadi__status_init(&store, "app", 1000)) return 0;
    wadi__replay to = {.ops = ops, .store = &store, .retained_max = 10, .conf = wadi__conf_new()};
    const char *at = (const char *)bytes, *end = at + size;
    while (at < end && to.conf != NULL) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        wadi__replay_line(&to, at, (size_t)(stop - at));
        at = stop + 1;
    }
    wadi__site site = {.store = &store, .is_history = true, .ended_ms = to.ended_ms};
    static const char *const paths[] = {"/streaming/", "/jobs/", "/stages/", "/storage/", "/state/", "/stages/stage/", "/executors/",
                                        "/api/v1/applications/local-1000/streaming/batches",
                                        "/api/v1/applications/local-1000/stages", "/api/v1/applications/local-1000/stages/1/0/taskList",
                                        "/api/v1/applications/local-1000/storage/rdd/1", "/metrics/prometheus"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) show(&site, paths[i]);
    if (to.conf != NULL) wadi__conf_free(to.conf);
    wadi__status_fini(&store);
    return 0;
}
