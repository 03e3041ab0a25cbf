/* SPDX-License-Identifier: Apache-2.0 */
/* glob.h: patterns over directories and files, as Hadoop's GlobPattern and FileInputFormat have
 * them:
 *
 *     *        any characters, but no slash         {a,b}    one of these, slashes and patterns
 * included ?        any one of them                      \x       x itself [a-c]    one of these
 * [^a-c]   one that is none of these
 *
 * A list of paths has commas between them; those in braces belong to the pattern. */
#ifndef WADI_FS_GLOB_H
#define WADI_FS_GLOB_H
#include "fs/fs.h"

/* Whether a path is a pattern. */
bool wadi__glob_is_pattern(const char *path);
/* Whether a name matches a pattern without braces and slashes; bytes are compared, not characters.
 */
bool wadi__glob_match(const char *pattern, const char *name);
/* All paths that exist and match, sorted; appends. A directory that cannot be listed is an error,
 * one that is not there matches nothing. A pattern that makes no sense (an open bracket) is
 * WADI_E_INVALID. */
wadi_status wadi__glob(wadi__env *env, const char *pattern, wadi__names *paths, wadi_error *err);

/* A file to be read. */
typedef struct wadi__input {
    char *path;
    int64_t size_bytes;
    int64_t modified_ms;
} wadi__input;
typedef WADI__VEC(wadi__input) wadi__inputs;
void wadi__inputs_fini(wadi__inputs *inputs);

/* Names that are never read when a directory or a pattern names them: _SUCCESS, .part-00000.crc. */
static inline bool wadi__fs_is_hidden(const char *name) { return name[0] == '_' || name[0] == '.'; }

/* The files that a list of paths stands for: files, patterns, and directories, which stand for the
 * files in them, sorted by name. What is missing, matches nothing, or is no file is an error; an
 * empty directory is not. */
wadi_status wadi__fs_inputs(wadi__env *env, const char *paths, wadi__inputs *inputs,
                            wadi_error *err);
/* One file, by its very name. */
wadi_status wadi__fs_input_file(wadi__env *env, const char *path, wadi__inputs *inputs,
                                wadi_error *err);
#endif
