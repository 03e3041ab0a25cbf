/* SPDX-License-Identifier: Apache-2.0 */
/* new.h: the files of a new project, which the build makes from new/ (embed.py). */
#ifndef WADI_CLI_NEW_H
#define WADI_CLI_NEW_H
#include <stddef.h>

typedef struct wadi__cli_new_file {
    const char *path, *text; /* @NAME@ stands for the project's name in both */
} wadi__cli_new_file;
extern const wadi__cli_new_file wadi__cli_new_files[]; /* path NULL: the end */
#endif
