/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: command line, environment and file as one WADI_CONF. */
#include "cli/settings.h"

#include "data/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *option, *setting;
} named[] = {{"master", "spark.master"},
             {"name", "spark.app.name"},
             {"driver-memory", "wadi.memory.max_bytes"}};

/* The setting that an option stands for; NULL: none. */
static const char *setting_of(const char *option) {
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (strcmp(named[i].option, option) == 0) return named[i].setting;
    return NULL;
}
/* Options by their own places: --conf NAME=VALUE, --master VALUE. */
static void add_options(const wadi__cli_args *args, wadi__conf *conf) {
    for (size_t i = 0; i < args->given_count; i++) {
        const char *option = args->given[i].option->name, *value = args->given[i].value;
        const char *setting = setting_of(option);
        char *place = wadi__cli_must(wadi__format("--%s", option));
        if (setting != NULL)
            wadi__conf_set(conf, setting, value, WADI__CONF_FROM_ENVIRONMENT, place);
        else if (strcmp(option, "conf") == 0)
            wadi__conf_set_lines(conf, value, WADI__CONF_FROM_ENVIRONMENT, place);
        wadi__free(place);
    }
}
wadi__conf *wadi__cli_settings_read(const wadi__cli_args *args) {
    wadi__conf *conf = wadi__cli_must(wadi__conf_new());
    const char *file = wadi__cli_value(args, "properties-file");
    const char *lines = getenv("WADI_CONF"), *master = getenv("WADI_MASTER");
    if (file != NULL) wadi__conf_set_file(conf, file, "--properties-file");
    if (lines != NULL) wadi__conf_set_lines(conf, lines, WADI__CONF_FROM_ENVIRONMENT, "WADI_CONF");
    if (master != NULL)
        wadi__conf_set(conf, "spark.master", master, WADI__CONF_FROM_ENVIRONMENT, "WADI_MASTER");
    add_options(args, conf);
    return conf;
}

static void add_setting(const char *name, const char *value, wadi__conf_origin origin,
                        const char *place, void *arg) {
    wadi__text *text = arg;
    (void)place;
    if (value == NULL || origin == WADI__CONF_FROM_DEFAULT) return;
    wadi__text_add(text, name, strlen(name));
    wadi__text_add(text, "=", 1);
    for (; *value != 0; value++) /* one line each */
        wadi__text_add(text, *value == '\n' || *value == '\r' ? " " : value, 1);
    wadi__text_add(text, "\n", 1);
}
char *wadi__cli_settings_text(const wadi__cli_args *args) {
    wadi__conf *conf = wadi__cli_settings_read(args);
    size_t mistakes = wadi__conf_mistake_count(conf);
    for (size_t i = 0; i < mistakes; i++)
        wadi__cli_error("a setting is wrong", NULL, wadi__conf_mistake(conf, i),
                        "see wadi.conf(5), or wadi doctor");
    wadi__text text = {0};
    wadi__conf_each(conf, add_setting, &text);
    if (isatty(STDERR_FILENO) == 1 && !wadi__conf_is_set(conf, WADI__CONF_CONSOLE_PROGRESS)) {
        const wadi__conf_entry *bars = wadi__conf_entry_of(WADI__CONF_CONSOLE_PROGRESS);
        add_setting(bars->name, "true", WADI__CONF_FROM_ENVIRONMENT, "", &text);
    }
    wadi__text_add(&text, "", 1);
    if (text.failed) wadi__cli_must(NULL);
    wadi__conf_free(conf);
    if (mistakes == 0) return text.bytes;
    wadi__text_fini(&text);
    return NULL;
}
