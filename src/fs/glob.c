/* SPDX-License-Identifier: Apache-2.0 */
/* glob.c: braces are expanded first, as Hadoop's GlobExpander does, then each path is walked part
 * by part. */
#include "fs/glob.h"

#include <stdlib.h>
#include <string.h>

enum { EXPANDED_MAX = 10000 };

bool wadi__glob_is_pattern(const char *path) {
    return strpbrk(wadi__fs_path_part(path), "*?[{\\") != NULL;
}

/* ---- One name ---- */

/* Matches one character against the set that begins after '['; *end is behind its ']'. */
static bool in_set(const char *at, unsigned char c, const char **end) {
    bool is_not = *at == '^' || *at == '!', found = false;
    if (is_not) at++;
    for (bool first = true; *at != 0 && (*at != ']' || first); first = false) {
        if (*at == '\\' && at[1] != 0) at++;
        unsigned char low = (unsigned char)*at++, high = low;
        if (at[0] == '-' && at[1] != 0 && at[1] != ']') {
            high = (unsigned char)at[at[1] == '\\' && at[2] != 0 ? 2 : 1];
            at += at[1] == '\\' && at[2] != 0 ? 3 : 2;
        }
        found |= c >= low && c <= high;
    }
    *end = *at == ']' ? at + 1 : at;
    return found != is_not;
}
bool wadi__glob_match(const char *pattern, const char *name) {
    const char *star = NULL,
               *star_name = NULL; /* where the last * began to match, to let it take one more */
    for (;;) {
        const char *next = pattern + 1;
        bool fits;
        if (*pattern == '*') {
            star = ++pattern;
            star_name = name;
            continue;
        }
        if (*name == 0) {
            if (*pattern == 0) return true;
            fits = false;
        } else if (*pattern == '?') {
            fits = true;
        } else if (*pattern == '[') {
            fits = in_set(pattern + 1, (unsigned char)*name, &next);
        } else {
            if (*pattern == '\\' && pattern[1] != 0) next = ++pattern + 1;
            fits = *pattern == *name;
        }
        if (fits) {
            pattern = next;
            name++;
        } else {
            if (star == NULL || *star_name == 0) return false;
            pattern = star;
            name = ++star_name;
        }
    }
}

/* ---- Braces ---- */

/* Behind the brace that closes the one at `at`; NULL: none does. */
static const char *brace_end(const char *at) {
    int depth = 0;
    for (; *at != 0; at++) {
        if (*at == '\\' && at[1] != 0)
            at++;
        else if (*at == '{')
            depth++;
        else if (*at == '}' && --depth == 0)
            return at + 1;
    }
    return NULL;
}
/* The next comma outside of inner braces, or the closing brace. */
static const char *brace_piece_end(const char *at) {
    for (int depth = 0;; at++) {
        if (*at == '\\' && at[1] != 0)
            at++;
        else if (depth == 0 && (*at == ',' || *at == '}'))
            return at;
        else if (*at == '{')
            depth++;
        else if (*at == '}')
            depth--;
    }
}
/* Whether every bracket is closed in its own part of the path. */
static bool has_whole_sets(const char *at) {
    for (; *at != 0; at++) {
        if (*at == '\\' && at[1] != 0) {
            at++; /* what follows stands for itself */
            continue;
        }
        if (*at != '[') continue;
        const char *end;
        in_set(at + 1, 0, &end);
        if (end[-1] != ']' || memchr(at, '/', (size_t)(end - at)) != NULL) return false;
        at = end - 1;
    }
    return true;
}
static wadi_status expand(const char *pattern, wadi__names *out, wadi_error *err) {
    const char *open = pattern;
    while (*open != 0 && *open != '{') open += *open == '\\' && open[1] != 0 ? 2 : 1;
    if (*open == 0) {
        if (!has_whole_sets(pattern))
            return wadi_error_context(err, WADI_E_INVALID, "%s: a bracket is not closed", pattern);
        char *copy = wadi__strdup(pattern);
        if (out->count >= EXPANDED_MAX) {
            wadi__free(copy);
            return wadi_error_context(err, WADI_E_INVALID,
                                      "a pattern stands for more than %d others", EXPANDED_MAX);
        }
        if (copy != NULL && wadi__vec_push(out, copy)) return WADI_OK;
        wadi__free(copy);
        return wadi__fs_no_memory(err, pattern);
    }
    const char *end = brace_end(open);
    if (end == NULL)
        return wadi_error_context(err, WADI_E_INVALID, "%s: a brace is not closed", pattern);
    wadi_status status = WADI_OK;
    for (const char *piece = open + 1; status == WADI_OK;) {
        const char *stop = brace_piece_end(piece);
        char *made = wadi__format("%.*s%.*s%s", (int)(open - pattern), pattern, (int)(stop - piece),
                                  piece, end);
        status = made != NULL ? expand(made, out, err) : wadi__fs_no_memory(err, pattern);
        wadi__free(made);
        if (*stop == '}') break;
        piece = stop + 1;
    }
    return status;
}

/* ---- Walking ---- */

static bool has_wildcard(const char *part, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (part[i] == '\\')
            i++;
        else if (part[i] == '*' || part[i] == '?' || part[i] == '[')
            return true;
    }
    return false;
}
static void unescape(char *text) {
    char *to = text;
    for (; *text != 0; text++) {
        if (*text == '\\' && text[1] != 0) text++;
        *to++ = *text;
    }
    *to = 0;
}
static wadi_status walk(wadi__env *env, const char *dir, const char *rest, wadi__names *paths,
                        wadi_error *err);

/* Goes on below dir/name, or takes it when it is the last part. */
static wadi_status walk_into(wadi__env *env, const char *dir, const char *name, const char *rest,
                             wadi__names *paths, wadi_error *err) {
    size_t len = strlen(dir);
    char *path = wadi__format("%s%s%s", dir, len > 0 && dir[len - 1] != '/' ? "/" : "", name);
    wadi__file_stat stat;
    bool exists = false, is_last = rest[strspn(rest, "/")] == 0;
    wadi_status status =
        path != NULL ? wadi__fs_stat(env, path, &stat, &exists, err) : wadi__fs_no_memory(err, dir);
    if (status == WADI_OK && exists && is_last) {
        if (wadi__vec_push(paths, path))
            path = NULL;
        else
            status = wadi__fs_no_memory(err, dir);
    } else if (status == WADI_OK && exists && stat.kind == WADI__FILE_DIR) {
        status = walk(env, path, rest, paths, err);
    }
    wadi__free(path);
    return status;
}
/* Everything below `dir` that matches `rest`. */
static wadi_status walk(wadi__env *env, const char *dir, const char *rest, wadi__names *paths,
                        wadi_error *err) {
    rest += strspn(rest, "/");
    size_t len = strcspn(rest, "/");
    char *part = wadi__memdup(rest, len);
    if (part == NULL) return wadi__fs_no_memory(err, dir);
    wadi_status status = WADI_OK;
    if (!has_wildcard(rest, len)) {
        unescape(part);
        status = walk_into(env, dir, part, rest + len, paths, err);
    } else {
        wadi__names names = {0};
        status = wadi__fs_list(env, dir[0] != 0 ? dir : ".", &names, err);
        for (size_t i = 0; i < names.count && status == WADI_OK; i++)
            if (wadi__glob_match(part, names.items[i]))
                status = walk_into(env, dir, names.items[i], rest + len, paths, err);
        wadi__names_fini(&names);
    }
    wadi__free(part);
    return status;
}
static wadi_status walk_pattern(wadi__env *env, const char *pattern, wadi__names *paths,
                                wadi_error *err) {
    const char *part = wadi__fs_path_part(pattern);
    char *root = wadi__format("%.*s%s", (int)(part - pattern), pattern, part[0] == '/' ? "/" : "");
    if (root == NULL) return wadi__fs_no_memory(err, pattern);
    wadi_status status = walk(env, root, part, paths, err);
    wadi__free(root);
    return status;
}
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

wadi_status wadi__glob(wadi__env *env, const char *pattern, wadi__names *paths, wadi_error *err) {
    wadi__names patterns = {0};
    size_t before = paths->count;
    wadi_status status =
        wadi__fs_find(pattern, err) != NULL ? expand(pattern, &patterns, err) : WADI_E_INVALID;
    for (size_t i = 0; i < patterns.count && status == WADI_OK; i++)
        status = walk_pattern(env, patterns.items[i], paths, err);
    wadi__names_fini(&patterns);
    if (paths->count > before)
        qsort(paths->items + before, paths->count - before, sizeof(char *), by_text);
    return status;
}

/* ---- What a list of paths stands for ---- */

void wadi__inputs_fini(wadi__inputs *inputs) {
    for (size_t i = 0; i < inputs->count; i++) wadi__free(inputs->items[i].path);
    wadi__vec_fini(inputs);
}
static bool has_hidden_name(const char *path) {
    size_t len;
    const char *last = wadi__fs_last(path, &len);
    return len > 0 && wadi__fs_is_hidden(last) &&
           !(last[0] == '.' && (len == 1 || (len == 2 && last[1] == '.')));
}
static wadi_status add_file(const char *path, const wadi__file_stat *stat, wadi__inputs *inputs,
                            wadi_error *err) {
    if (stat->kind != WADI__FILE_PLAIN)
        return wadi_error_context(err, WADI_E_INVALID, "not a file: %s", path);
    char *copy = wadi__strdup(path);
    if (copy != NULL &&
        wadi__vec_push(inputs, (wadi__input){copy, stat->size_bytes, stat->modified_ms}))
        return WADI_OK;
    wadi__free(copy);
    return wadi__fs_no_memory(err, path);
}
static wadi_status add_dir(wadi__env *env, const char *path, wadi__inputs *inputs,
                           wadi_error *err) {
    wadi__names names = {0};
    wadi_status status = wadi__fs_list(env, path, &names, err);
    for (size_t i = 0; i < names.count && status == WADI_OK; i++) {
        if (wadi__fs_is_hidden(names.items[i])) continue;
        char *child = wadi__fs_join(path, names.items[i]);
        status = child != NULL ? wadi__fs_input_file(env, child, inputs, err)
                               : wadi__fs_no_memory(err, path);
        wadi__free(child);
    }
    wadi__names_fini(&names);
    return status;
}
static wadi_status add_path(wadi__env *env, const char *path, wadi__inputs *inputs,
                            wadi_error *err) {
    wadi__file_stat stat;
    bool exists;
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status != WADI_OK) return status;
    if (!exists) return wadi_error_context(err, WADI_E_IO, "no such file: %s", path);
    return stat.kind == WADI__FILE_DIR ? add_dir(env, path, inputs, err)
                                       : add_file(path, &stat, inputs, err);
}
wadi_status wadi__fs_input_file(wadi__env *env, const char *path, wadi__inputs *inputs,
                                wadi_error *err) {
    wadi__file_stat stat;
    bool exists;
    if (has_hidden_name(path))
        return wadi_error_context(
            err, WADI_E_IO, "no file to be read: %s (names that begin with _ or . are hidden)",
            path);
    wadi_status status = wadi__fs_stat(env, path, &stat, &exists, err);
    if (status != WADI_OK) return status;
    if (!exists) return wadi_error_context(err, WADI_E_IO, "no such file: %s", path);
    return add_file(path, &stat, inputs, err);
}
static wadi_status add_pattern(wadi__env *env, const char *pattern, wadi__inputs *inputs,
                               wadi_error *err) {
    wadi__names paths = {0};
    size_t taken = 0;
    wadi_status status = wadi__glob(env, pattern, &paths, err);
    for (size_t i = 0; i < paths.count && status == WADI_OK; i++) {
        if (has_hidden_name(paths.items[i])) continue;
        taken++;
        status = add_path(env, paths.items[i], inputs, err);
    }
    wadi__names_fini(&paths);
    if (status == WADI_OK && taken == 0)
        return wadi_error_context(err, WADI_E_IO, "no file matches %s", pattern);
    return status;
}
wadi_status wadi__fs_inputs(wadi__env *env, const char *paths, wadi__inputs *inputs,
                            wadi_error *err) {
    wadi_status status = WADI_OK;
    for (const char *at = paths;; at++) {
        const char *stop = at;
        for (int depth = 0; *stop != 0 && (*stop != ',' || depth > 0); stop++) {
            if (*stop == '\\' && stop[1] != 0)
                stop++;
            else
                depth += *stop == '{' ? 1 : *stop == '}' && depth > 0 ? -1 : 0;
        }
        char *path = wadi__memdup(at, (size_t)(stop - at));
        if (path == NULL)
            status = wadi__fs_no_memory(err, paths);
        else if (wadi__glob_is_pattern(path))
            status = add_pattern(env, path, inputs, err);
        else if (has_hidden_name(path))
            status = wadi__fs_input_file(env, path, inputs, err);
        else
            status = add_path(env, path, inputs, err);
        wadi__free(path);
        if (status != WADI_OK || *stop == 0) return status;
        at = stop;
    }
}
