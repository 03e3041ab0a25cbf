/* SPDX-License-Identifier: Apache-2.0 */
/* conf_file.c: many settings at once: lines of the environment, files. */
#include "base/conf_own.h"
#include "base/conf_properties.h"
#include "base/env.h"

#include <errno.h>
#include <string.h>

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* A copy without the spaces around it, in the conf's arena. */
static char *trimmed(wadi__conf *conf, const char *text, size_t size) {
    while (size > 0 && is_space(*text)) text++, size--;
    while (size > 0 && is_space(text[size - 1])) size--;
    char *copy = wadi__arena_alloc(&conf->texts, size + 1);
    if (copy == NULL) {
        conf->is_out_of_memory = true;
        return NULL;
    }
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}
static bool set_trimmed(wadi__conf *conf, const char *name, size_t name_size, const char *value,
                        size_t value_size, wadi__conf_origin origin, const char *source, int line) {
    char place[512];
    snprintf(place, sizeof place, "%.490s:%d", source, line);
    if (name == NULL) return wadi__conf_add_mistake(conf, place, "%s", value);
    char *own_name = trimmed(conf, name, name_size), *own_value = trimmed(conf, value, value_size);
    return own_name != NULL && own_value != NULL &&
           wadi__conf_set(conf, own_name, own_value, origin, place);
}

bool wadi__conf_set_lines(wadi__conf *conf, const char *text, wadi__conf_origin origin,
                          const char *source) {
    bool has_memory = true;
    for (int line = 1; *text != 0; line++) {
        size_t size = strcspn(text, "\n");
        size_t blanks = strspn(text, " \t\r");
        const char *equals = memchr(text, '=', size);
        if (equals != NULL)
            has_memory &= set_trimmed(conf, text, (size_t)(equals - text), equals + 1,
                                      size - (size_t)(equals + 1 - text), origin, source, line);
        else if (blanks < size)
            has_memory &= set_trimmed(conf, NULL, 0, "no '='; each line is name=value", 0, origin,
                                      source, line);
        text += size + (text[size] == '\n');
    }
    return has_memory;
}

bool wadi__conf_set_properties(wadi__conf *conf, const char *bytes, size_t size,
                               wadi__conf_origin origin, const char *source) {
    wadi__properties reader;
    if (!wadi__properties_open(&reader, bytes, size)) {
        conf->is_out_of_memory = true;
        return false;
    }
    bool has_memory = true;
    while (wadi__properties_next(&reader)) {
        if (reader.mistake != NULL)
            has_memory &=
                set_trimmed(conf, NULL, 0, reader.mistake, 0, origin, source, reader.line);
        else
            has_memory &= set_trimmed(conf, reader.name, strlen(reader.name), reader.value,
                                      strlen(reader.value), origin, source, reader.line);
    }
    wadi__properties_close(&reader);
    return has_memory;
}

/* Reads a file of at most WADI__CONF_FILE_MAX bytes. Returns its size or -errno. */
static ssize_t read_all(wadi__env *env, const char *path, char *bytes) {
    int file = env->file_open(env, path, WADI__OPEN_READ, 0);
    if (file < 0) return file;
    ssize_t size = 0, got;
    while ((got = env->file_read(env, file, bytes + size,
                                 (size_t)(WADI__CONF_FILE_MAX + 1 - size))) > 0)
        size += got;
    env->file_close(env, file);
    if (got < 0) return got;
    return size <= WADI__CONF_FILE_MAX ? size : -EFBIG;
}
bool wadi__conf_set_file(wadi__conf *conf, const char *path, const char *place) {
    char *bytes = wadi__malloc(WADI__CONF_FILE_MAX + 1);
    if (bytes == NULL) {
        conf->is_out_of_memory = true;
        return false;
    }
    char reason[128];
    ssize_t size = read_all(wadi__env_current(), path, bytes);
    bool has_memory =
        size >= 0 ? wadi__conf_set_properties(conf, bytes, (size_t)size, WADI__CONF_FROM_FILE, path)
                  : wadi__conf_add_mistake(conf, place, "settings file %.300s: %s", path,
                                           strerror_r((int)-size, reason, sizeof reason));
    wadi__free(bytes);
    return has_memory;
}
