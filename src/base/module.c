/* SPDX-License-Identifier: Apache-2.0 */
/* module.c: finding and loading modules. */
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef WADI_MODULE_DIR
#define WADI_MODULE_DIR "/usr/local/lib/wadi"
#endif

/* Loads dir/wadi-name.so if it is there; else leaves the reason in `why`. */
static void *open_in(const char *dir, size_t dir_size, const char *sub, const char *name, char *why,
                     size_t why_size) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%.*s%s/wadi-%s.so", (int)dir_size, dir, sub, name);
    if (n < 0 || (size_t)n >= sizeof path || access(path, F_OK) != 0) return NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) snprintf(why, why_size, "%s", dlerror());
    return handle;
}
static void *find(const char *name, char *why, size_t why_size) {
    void *handle = NULL;
    const char *path = getenv("WADI_MODULE_PATH");
    while (handle == NULL && path != NULL && *path != 0) {
        size_t len = strcspn(path, ":");
        handle = open_in(path, len, "", name, why, why_size);
        path += len + (path[len] == ':');
    }
    Dl_info self;
    if (handle == NULL && dladdr((const void *)(uintptr_t)&wadi__module_open, &self) != 0 &&
        self.dli_fname != NULL) {
        const char *slash = strrchr(self.dli_fname, '/');
        const char *dir = slash != NULL ? self.dli_fname : ".";
        size_t len = slash != NULL ? (size_t)(slash - self.dli_fname) : 1;
        handle = open_in(dir, len, "", name, why, why_size);
        if (handle == NULL) handle = open_in(dir, len, "/wadi", name, why, why_size);
    }
    if (handle == NULL)
        handle = open_in(WADI_MODULE_DIR, strlen(WADI_MODULE_DIR), "", name, why, why_size);
    return handle;
}
const void *wadi__module_open(const char *name, const char *symbol, wadi_error *err) {
    char why[300] = "";
    void *handle = find(name, why, sizeof why);
    const void *table = handle != NULL ? dlsym(handle, symbol) : NULL;
    if (table != NULL) return table;
    if (handle != NULL)
        snprintf(why, sizeof why, "it has no '%s': it belongs to another version of the library",
                 symbol);
    wadi_error_context(err, WADI_E_INVALID, "the module wadi-%s.so %s%s", name,
                       why[0] != 0
                           ? "cannot be loaded: "
                           : "is not there: it was not built, or is not installed beside libwadi",
                       why);
    return NULL;
}
