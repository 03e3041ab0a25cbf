/* SPDX-License-Identifier: Apache-2.0 */
/* conf_print.c: settings for people to read, their secrets hidden. */
#include "base/conf_own.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* Java's (?i) at the beginning of a pattern asks for both cases. */
static int compile(regex_t *regex, const char *pattern) {
    bool any_case = strncmp(pattern, "(?i)", 4) == 0;
    return regcomp(regex, pattern + (any_case ? 4 : 0),
                   REG_EXTENDED | REG_NOSUB | (any_case ? REG_ICASE : 0));
}
bool wadi__conf_regex_check(const char *pattern, char *why, size_t why_size) {
    regex_t regex;
    int rc = compile(&regex, pattern);
    if (rc == 0) {
        regfree(&regex);
        return true;
    }
    char reason[128];
    regerror(rc, &regex, reason, sizeof reason);
    snprintf(why, why_size, "is '%.80s', which is no pattern: %s", pattern, reason);
    return false;
}
/* Which settings are secret, for looking at many. */
typedef struct secrets {
    enum { NONE, MATCHING, ALL } which;
    regex_t regex; /* while MATCHING */
} secrets;
static void open_secrets(secrets *rule, const wadi__conf *conf) {
    const char *pattern = wadi__conf_string(conf, WADI__CONF_REDACTION_REGEX);
    rule->which = NONE;
    if (pattern[0] == 0) return;
    rule->which = compile(&rule->regex, pattern) == 0 ? MATCHING : ALL; /* ALL: no memory for it */
}
static bool is_secret(const secrets *rule, const char *name, const char *value) {
    if (strcmp(name, wadi__conf_entry_of(WADI__CONF_REDACTION_REGEX)->name) == 0) return false;
    if (rule->which != MATCHING) return rule->which == ALL;
    return regexec(&rule->regex, name, 0, NULL, 0) == 0 ||
           (value != NULL && regexec(&rule->regex, value, 0, NULL, 0) == 0);
}
static void close_secrets(secrets *rule) {
    if (rule->which == MATCHING) regfree(&rule->regex);
}
bool wadi__conf_is_secret(const wadi__conf *conf, const char *name, const char *value) {
    secrets rule;
    open_secrets(&rule, conf);
    bool result = is_secret(&rule, name, value);
    close_secrets(&rule);
    return result;
}

const char *wadi__conf_origin_name(wadi__conf_origin origin) {
    static const char *const names[] = {"default", "checkpoint", "file", "environment", "code"};
    return names[origin];
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(const wadi__conf_value *const *)a)->name,
                  (*(const wadi__conf_value *const *)b)->name);
}
void wadi__conf_each(const wadi__conf *conf, wadi__conf_each_fn *each, void *arg) {
    WADI__VEC(const wadi__conf_value *) all = {0};
    size_t count = WADI__CONF_COUNT + conf->own.count;
    bool is_sorted = wadi__vec_reserve(&all, count);
    for (size_t i = 0; i < count; i++) {
        const wadi__conf_value *value =
            i < WADI__CONF_COUNT ? &conf->values[i] : &conf->own.items[i - WADI__CONF_COUNT];
        if (is_sorted)
            all.items[all.count++] = value;
        else /* no memory to sort them */
            each(value->name, value->text, value->origin, value->place, arg);
    }
    if (all.count > 0) qsort(all.items, all.count, sizeof all.items[0], by_name);
    for (size_t i = 0; i < all.count; i++)
        each(all.items[i]->name, all.items[i]->text, all.items[i]->origin, all.items[i]->place,
             arg);
    wadi__vec_fini(&all);
}

typedef struct printing {
    secrets rule;
    FILE *to;
} printing;
/* A value on one line. */
static void print_value(FILE *to, const char *text) {
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '\n')
            fputs("\\n", to);
        else if (c < 32 || c == 127)
            fprintf(to, "\\x%02x", c);
        else
            fputc(c, to);
    }
}
static void print_one(const char *name, const char *value, wadi__conf_origin origin,
                      const char *place, void *arg) {
    const printing *print = arg;
    fprintf(print->to, "%s = ", name);
    if (value != NULL && is_secret(&print->rule, name, value)) value = "*********(redacted)";
    if (value != NULL) print_value(print->to, value);
    if (origin == WADI__CONF_FROM_DEFAULT)
        fprintf(print->to, "  # %s\n", value != NULL ? "default" : "unset");
    else
        fprintf(print->to, "  # %s %s\n", wadi__conf_origin_name(origin), place);
}
void wadi__conf_print(const wadi__conf *conf, FILE *to) {
    printing print = {.to = to};
    open_secrets(&print.rule, conf);
    wadi__conf_each(conf, print_one, &print);
    close_secrets(&print.rule);
}
