/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c: the table of commands. */
#include "cli/commands.h"

#include <string.h>

const wadi__cli_command *const wadi__cli_commands[] = {
    &wadi__cli_run,
    &wadi__cli_new,
    &wadi__cli_status,
    &wadi__cli_top,
    &wadi__cli_stop,
    &wadi__cli_log_level,
    &wadi__cli_doctor,
    &wadi__cli_checkpoint,
    &wadi__cli_wal,
    &wadi__cli_replay,
    &wadi__cli_history,
    &wadi__cli_completion_command,
    &wadi__cli_version,
    &wadi__cli_help_command,
    NULL,
};
const wadi__cli_command *wadi__cli_find(const char *name) {
    for (const wadi__cli_command *const *at = wadi__cli_commands; *at != NULL; at++)
        if (strcmp((*at)->name, name) == 0) return *at;
    return NULL;
}
