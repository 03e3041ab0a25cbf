/* SPDX-License-Identifier: Apache-2.0 */
/* rest_test.c: asking pages. */
#include "cli/rest.h"

#include "testing/unit.h"

static void test_nobody_there(void **state) {
    (void)state;
    wadi__cli_url url = {.host = "127.0.0.1", .port = 1};
    wadi__cli_answer answer;
    assert_false(wadi__cli_rest_ask(&url, 5, &answer));
    assert_non_null(strstr(answer.error, "refused"));
    wadi__cli_answer_fini(&answer);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_nobody_there);
    return wadi__unit_run(&unit, "rest");
}
