/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h: the rows of the table, each in a file of its own. */
#ifndef WADI_CLI_COMMANDS_H
#define WADI_CLI_COMMANDS_H
#include "cli/command.h"

extern const wadi__cli_command wadi__cli_run;
extern const wadi__cli_command wadi__cli_new;
extern const wadi__cli_command wadi__cli_status;
extern const wadi__cli_command wadi__cli_top;
extern const wadi__cli_command wadi__cli_stop;
extern const wadi__cli_command wadi__cli_log_level;
extern const wadi__cli_command wadi__cli_doctor;
extern const wadi__cli_command wadi__cli_checkpoint;
extern const wadi__cli_command wadi__cli_wal;
extern const wadi__cli_command wadi__cli_replay;
extern const wadi__cli_command wadi__cli_history;
extern const wadi__cli_command wadi__cli_completion_command;
extern const wadi__cli_command wadi__cli_version;
extern const wadi__cli_command wadi__cli_help_command;
#endif
