/* SPDX-License-Identifier: Apache-2.0 */
/* url_test.c: addresses of pages, and who asks them. */
#include "cli/url.h"

#include "testing/unit.h"

#include <stdio.h>

typedef struct url_case {
    const char *name, *text, *host; /* host NULL: it is none */
    int port;
    bool is_secure;
    const char *user, *password; /* NULL: none */
} url_case;
static url_case urls[] = {
    {"host and port", "http://box:8080", "box", 8080, false, NULL, NULL},
    {"a slash behind", "http://box:8080/", "box", 8080, false, NULL, NULL},
    {"no port", "http://box", "box", 4040, false, NULL, NULL},
    {"an address", "http://127.0.0.1:4041", "127.0.0.1", 4041, false, NULL, NULL},
    {"an address of version 6", "http://[::1]:4041/", "::1", 4041, false, NULL, NULL},
    {"version 6 without a port", "http://[::1]", "::1", 4040, false, NULL, NULL},
    {"TLS", "https://box:8080", "box", 8080, true, NULL, NULL},
    {"TLS without a port", "https://box/", "box", 4040, true, NULL, NULL},
    {"a user and password", "https://me:secret@box:1", "box", 1, true, "me", "secret"},
    {"a password alone", "http://:secret@box", "box", 4040, false, NULL, "secret"},
    {"a user alone", "http://me@box", "box", 4040, false, "me", NULL},
    {"a password with what must be spelt", "http://me:a%40b%3A%2f@box", "box", 4040, false, "me",
     "a@b:/"},
    {"a password with an @", "http://me:a@b@box", "box", 4040, false, "me", "a@b"},
    {"a percent sign at the end", "http://me:a%@box", NULL, 0, false, NULL, NULL},
    {"half a percent sign", "http://me:a%4@box", NULL, 0, false, NULL, NULL},
    {"a percent sign and no number", "http://me:a%4g@box", NULL, 0, false, NULL, NULL},
    {"a zero in a password", "http://me:a%00@box", NULL, 0, false, NULL, NULL},
    {"a line end in a password", "http://me:a%0d@box", NULL, 0, false, NULL, NULL},
    {"no host behind the password", "http://me:a@", NULL, 0, false, NULL, NULL},
    {"another scheme", "ftp://box", NULL, 0, false, NULL, NULL},
    {"no host", "http://:80", NULL, 0, false, NULL, NULL},
    {"nothing", "http://", NULL, 0, false, NULL, NULL},
    {"nothing of TLS", "https://", NULL, 0, false, NULL, NULL},
    {"a path", "http://box/streaming/", NULL, 0, false, NULL, NULL},
    {"a port that is none", "http://box:x", NULL, 0, false, NULL, NULL},
    {"a port with more behind", "http://box:80x", NULL, 0, false, NULL, NULL},
    {"an empty port", "http://box:", NULL, 0, false, NULL, NULL},
    {"port 0", "http://box:0", NULL, 0, false, NULL, NULL},
    {"too large a port", "http://box:65536", NULL, 0, false, NULL, NULL},
    {"no end of the brackets", "http://[::1", NULL, 0, false, NULL, NULL},
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
    assert_int_equal(url.is_secure, row->is_secure);
    assert_string_equal(url.user, row->user != NULL ? row->user : "");
    assert_string_equal(url.password, row->password != NULL ? row->password : "");
}
static void test_long_parts(void **state) {
    (void)state;
    char text[2000], letters[1200];
    wadi__cli_url url;
    const char *why;
    memset(letters, 'a', sizeof letters);
    for (size_t size = WADI__CLI_SECRET_MAX - 1; size <= WADI__CLI_SECRET_MAX; size++) {
        snprintf(text, sizeof text, "http://me:%.*s@box", (int)size, letters);
        assert_int_equal(wadi__cli_url_read(text, &url, &why), size < WADI__CLI_SECRET_MAX);
        snprintf(text, sizeof text, "http://%.*s:secret@box", (int)size, letters);
        assert_int_equal(wadi__cli_url_read(text, &url, &why), size < WADI__CLI_SECRET_MAX);
    }
    for (size_t size = sizeof url.host - 1; size <= sizeof url.host; size++) {
        snprintf(text, sizeof text, "http://%.*s", (int)size, letters);
        assert_int_equal(wadi__cli_url_read(text, &url, &why), size < sizeof url.host);
    }
}

typedef struct who_case {
    const char *name, *user, *password, *token, *header;
} who_case;
static who_case who[] = {
    {"nobody", "", "", "", ""},
    {"a user alone", "me", "", "", ""},
    {"a password", "", "pw", "", "Basic d2FkaTpwdw=="},
    {"no padding", "u", "p", "", "Basic dTpw"},
    {"one to be padded", "Aladdin", "open sesame", "", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
    {"two to be padded", "uu", "pp", "", "Basic dXU6cHA="},
    {"bytes above 127", "u", "\xff\xfe\xfd", "", "Basic dTr//v0="},
    {"a token", "", "", "abc", "Bearer abc"},
    {"a token, and a password", "me", "pw", "abc", "Bearer abc"},
};
static void test_who(void **state) {
    const who_case *row = *state;
    wadi__cli_url url = {0};
    char header[4 * WADI__CLI_SECRET_MAX];
    snprintf(url.user, sizeof url.user, "%s", row->user);
    snprintf(url.password, sizeof url.password, "%s", row->password);
    snprintf(url.token, sizeof url.token, "%s", row->token);
    assert_true(wadi__cli_authorization(&url, header, sizeof header));
    assert_string_equal(header, row->header);
    for (size_t size = 1; size <= strlen(row->header); size++) /* each room that is too small */
        assert_false(wadi__cli_authorization(&url, header, size));
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_url, urls);
    wadi__unit_add(&unit, test_long_parts);
    wadi__unit_rows(&unit, test_who, who);
    return wadi__unit_run(&unit, "url");
}
