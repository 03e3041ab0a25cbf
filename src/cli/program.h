/* SPDX-License-Identifier: Apache-2.0 */
/* program.h: starting a user's program in place of this one. */
#ifndef WADI_CLI_PROGRAM_H
#define WADI_CLI_PROGRAM_H
/* Returns only if it cannot be: the exit status, and it was told why. argv[0]: a path, or a name to
 * be looked for in PATH. */
int wadi__cli_exec(char **argv);
#endif
