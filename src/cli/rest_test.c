/* SPDX-License-Identifier: Apache-2.0 */
/* rest_test.c: addresses of pages, and what they answer. */
#include "cli/rest.h"

#include "testing/unit.h"

typedef struct url_case {
    const char *name, *text, *host; /* host NULL: it is none */
    int port;
} url_case;
static url_case urls[] = {
    {"host and port", "http://box:8080", "box", 8080},
    {"a slash behind", "http://box:8080/", "box", 8080},
    {"no port", "http://box", "box", 4040},
    {"an address", "http://127.0.0.1:4041", "127.0.0.1", 4041},
    {"an address of version 6", "http://[::1]:4041/", "::1", 4041},
    {"version 6 without a port", "http://[::1]", "::1", 4040},
    {"TLS", "https://box:8080", NULL, 0},
    {"another scheme", "ftp://box", NULL, 0},
    {"no host", "http://:80", NULL, 0},
    {"nothing", "http://", NULL, 0},
    {"a path", "http://box/streaming/", NULL, 0},
    {"a port that is none", "http://box:x", NULL, 0},
    {"a port with more behind", "http://box:80x", NULL, 0},
    {"an empty port", "http://box:", NULL, 0},
    {"port 0", "http://box:0", NULL, 0},
    {"too large a port", "http://box:65536", NULL, 0},
    {"a password", "http://me:secret@box", NULL, 0},
    {"no end of the brackets", "http://[::1", NULL, 0},
};
static void test_url(void **state) {
    const url_case *row = *state;
    wadi__cli_url url;
    const char *why = NULL;
    bool is_url = wadi__cli_url_read(row->text, &url, &why);
    assert_int_equal(is_url, row->host != NULL);
    if (!is_url) {
        assert_non_null(why);
        return;
    }
    assert_string_equal(url.host, row->host);
    assert_int_equal(url.port, row->port);
}
static void test_nobody_there(void **state) {
    (void)state;
    wadi__cli_url url = {"127.0.0.1", 1};
    wadi__cli_answer answer;
    assert_false(wadi__cli_rest_ask(&url, 5, &answer));
    assert_non_null(strstr(answer.error, "refused"));
    wadi__cli_answer_fini(&answer);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_url, urls);
    wadi__unit_add(&unit, test_nobody_there);
    return wadi__unit_run(&unit, "rest");
}
