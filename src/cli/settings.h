/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: the settings that a program would get from command line, environment and file. */
#ifndef WADI_CLI_SETTINGS_H
#define WADI_CLI_SETTINGS_H
#include "base/conf.h"
#include "cli/command.h"

/* Options of `run`, `replay` and `doctor`. */
#define WADI__CLI_SETTING_OPTIONS                                                               \
    {"conf", 'c', "NAME=VALUE", "a setting; may be repeated", true},                            \
        {"properties-file", 0, "FILE", "settings, in the form of spark-defaults.conf", false},  \
        {"master", 0, "MASTER", "where tasks run: local[4]; spark.master", false},              \
        {"name", 0, "NAME", "the program's name; spark.app.name", false}, {                     \
        "driver-memory", 0, "SIZE", "bound on memory for records; wadi.memory.max_bytes", false \
    }

/* What WADI_CONF is to be: the file's settings, then those that it has, then the options'; text of
 * lines. Mistakes are told, all of them: NULL. */
char *wadi__cli_settings_text(const wadi__cli_args *args);
/* The same, read, with the places that settings came from. */
wadi__conf *wadi__cli_settings_read(const wadi__cli_args *args);
#endif
