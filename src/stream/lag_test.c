/* SPDX-License-Identifier: Apache-2.0 */
/* lag_test.c: when slow batches are told of. */
#include "stream/lag.h"

#include "base/log.h"
#include "stream/dstream.h"
#include "testing/unit.h"

#include <string.h>

static char lines[4000];
static void take_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)arg;
    strcat(strcat(lines, text), "\n");
}
static const wadi__output_ops print_ops = {.name = "print"}, save_ops = {.name = "save"};
static const wadi__dstream_ops map_ops = {.name = "map"};

/* `count` batches of a second that take so long. */
static void run(wadi__lag *lag, int count, int64_t processing_ms) {
    wadi_dstream stream = {.ops = &map_ops};
    wadi__output_op print = {.ops = &print_ops, .stream = &stream, .id = 0, .where = {"a.c", 7}},
                    save = {.ops = &save_ops, .stream = &stream, .id = 1, .where = {"a.c", 8}};
    wadi__batch *batch = calloc(1, sizeof *batch + 2 * sizeof batch->jobs[0]);
    assert_non_null(batch);
    *batch = (wadi__batch){
        .time_ms = 5000, .job_count = 2, .start_ms = 100, .end_ms = 100 + processing_ms};
    batch->jobs[0] = (wadi__job){.output = &print, .start_ms = 100, .end_ms = 200};
    batch->jobs[1] = (wadi__job){.output = &save, .start_ms = 200, .end_ms = 100 + processing_ms};
    for (; count > 0; count--) wadi__lag_completed(lag, batch, 1000);
    free(batch);
}
static void test_told_once(void **state) {
    (void)state;
    wadi__lag lag = {0};
    lines[0] = 0;
    wadi__log_capture(take_line, NULL);
    run(&lag, 9, 1500);
    run(&lag, 1, 1000); /* as long as it may be: counting begins anew */
    run(&lag, 9, 1500);
    assert_string_equal(lines, "");
    run(&lag, 1, 1500);
    assert_non_null(strstr(lines, "the last 10 batches took longer than their 1000 ms"));
    assert_non_null(strstr(lines, "that of 5000 ms took 1500 ms, of which 1400 ms went into output "
                                  "operation 1 (save at a.c:8, of map)"));
    assert_non_null(strstr(lines, "spark.streaming.backpressure.enabled"));
    lines[0] = 0;
    run(&lag, 50, 1500);
    wadi__lag_completed(&lag, &(wadi__batch){.start_ms = -1, .end_ms = -1},
                        1000); /* nothing to do */
    assert_string_equal(lines, "");
    run(&lag, 2, 900);
    assert_string_equal(lines, "batches take no longer than their 1000 ms any more\n");
    run(&lag, 10, 1500);
    assert_non_null(strstr(lines, "the last 10 batches"));
    wadi__log_capture(NULL, NULL);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_told_once);
    return wadi__unit_run(&unit, "lag");
}
