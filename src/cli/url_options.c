/* SPDX-License-Identifier: Apache-2.0 */
/* url_options.c: an address on the command line, and the options about who asks it. */
#include "cli/command.h"
#include "cli/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line of a file, or of the environment. False: it was told why not. */
static bool read_secret(const char *path, const char *variable, char out[WADI__CLI_SECRET_MAX]) {
    const char *given = path == NULL ? getenv(variable) : NULL;
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    const char *why = path != NULL && file == NULL ? strerror(errno) : NULL;
    if (given != NULL) snprintf(out, WADI__CLI_SECRET_MAX, "%s", given);
    if (file != NULL && fgets(out, WADI__CLI_SECRET_MAX, file) == NULL) why = "it is empty";
    if (file != NULL) (void)fclose(file);
    size_t size = strcspn(out, "\r\n");
    if (size == WADI__CLI_SECRET_MAX - 1) why = "its first line is too long";
    out[size] = 0;
    if (why != NULL)
        wadi__cli_error("a password or token cannot be read", path != NULL ? path : variable, why,
                        "put it into the first line of a file that only you may read");
    return why == NULL;
}
static int take_options(const wadi__cli_args *args, wadi__cli_url *url) {
    const char *user = wadi__cli_value(args, "user"), *ca = wadi__cli_value(args, "ca");
    const char *password = wadi__cli_value(args, "password-file"),
               *token = wadi__cli_value(args, "token-file");
    if (user != NULL) snprintf(url->user, sizeof url->user, "%s", user);
    url->ca_file = ca;
    url->trusts_anybody = wadi__cli_value(args, "insecure") != NULL;
    if ((ca != NULL || url->trusts_anybody) && !url->is_secure)
        return wadi__cli_usage_error(args->command, "--ca and --insecure are for https://");
    if (strchr(url->user, ':') != NULL)
        return wadi__cli_usage_error(args->command, "a user's name has no colon");
    bool has_given = url->password[0] != 0;
    if ((has_given && password == NULL) ||
        read_secret(password, "WADI_UI_PASSWORD", url->password)) {
        bool wants_token = token != NULL || (!has_given && password == NULL);
        if (!wants_token || read_secret(token, "WADI_UI_TOKEN", url->token)) return WADI__CLI_OK;
    }
    return WADI__CLI_FAILED;
}
static bool has_options(const wadi__cli_args *args) {
    static const char *const options[] = {"user", "password-file", "token-file", "ca", "insecure"};
    bool is_any = false;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        is_any |= wadi__cli_value(args, options[i]) != NULL;
    return is_any;
}
/* Without the user and password. */
static void hide_secret(const char *text, char shown[WADI__CLI_URL_SHOWN]) {
    const char *begin = strstr(text, "://"), *end = strrchr(text, '@');
    size_t scheme = begin != NULL ? (size_t)(begin - text) + 3 : 0;
    if (end == NULL || end < text + scheme)
        snprintf(shown, WADI__CLI_URL_SHOWN, "%s", text);
    else
        snprintf(shown, WADI__CLI_URL_SHOWN, "%.*s%s", (int)scheme, text, end + 1);
}
int wadi__cli_url_take(const wadi__cli_args *args, const char *text, wadi__cli_url *url,
                       char shown[WADI__CLI_URL_SHOWN]) {
    const char *why = NULL;
    shown[0] = 0;
    *url = (wadi__cli_url){0};
    if (text == NULL && has_options(args))
        return wadi__cli_usage_error(args->command,
                                     "passwords, tokens, --ca and --insecure are for a URL");
    if (text == NULL) return WADI__CLI_OK;
    hide_secret(text, shown);
    if (!wadi__cli_url_read(text, url, &why))
        return wadi__cli_usage_error(args->command, "%s: %s", shown, why);
    return take_options(args, url);
}
