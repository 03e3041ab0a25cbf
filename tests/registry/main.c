/* SPDX-License-Identifier: Apache-2.0 */
/* main.c [PLUGIN]: finds functions of this program, of a C++ file (WITH_CXX), of a shared library (WITH_LIBRARY)
 * and of a plugin by their names, and runs each in a job. The plugin comes by dlopen, goes, and comes back by wadi_load_plugin. */
#include "shared_record.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

WADI_MAP(main_add_one, pair, pair) { *out = (pair){in->key, in->value + 1}; }

static wadi_context *sc;
static int failures;

static void fail(const char *what, const char *why) {
    printf("%s: %s\n", what, why);
    failures++;
}
/* What the named function makes of 20, by a job and by itself. */
static void expect(const char *name, int64_t expected) {
    const wadi_fn *fn = wadi_fn_find(name);
    if (fn == NULL) {
        fail(name, "not found");
        return;
    }
    pair in = {1, 20}, out = {0, 0};
    wadi_call call = {.fn = fn, .count = 1, .in = &in, .out = &out};
    fn->run(&call);
    if (out.value != expected) fail(name, "computes something else");
    size_t n;
    wadi_rdd *mapped = wadi_map(wadi_parallelize(sc, pair, &in, 1), (wadi_map_fn){.fn = fn});
    const pair *rows = wadi_collect(mapped, pair, &n);
    if (n != 1 || rows[0].value != expected) fail(name, "a job computes something else");
}
static void expect_absent(const char *name, const char *when) {
    if (wadi_fn_find(name) != NULL) fail(name, when);
}
static void use_plugin(const char *path) {
    expect_absent("plugin_double", "is there before its plugin");
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        fail(path, dlerror());
        return;
    }
    expect("plugin_double", 40);
    dlclose(plugin);
    expect_absent("plugin_double", "is there after its plugin");

    wadi_error err = WADI_ERROR_INIT;
    if (wadi_load_plugin(sc, path, &err) != WADI_OK) fail(path, err.message);
    expect("plugin_double", 40);
    if (wadi_load_plugin(sc, "/no/such/plugin.so", &err) == WADI_OK || strstr(err.message, "/no/such/plugin.so") == NULL)
        fail("a plugin that is not there", err.message);
    if (wadi_load_plugin(sc, NULL, &err) != WADI_E_INVALID) fail("a plugin without a path", err.message);
}
int main(int argc, char **argv) {
    sc = wadi_context_new("local[2]", "Registry");
    expect("main_add_one", 21);
#ifdef WITH_CXX
    expect("cxx_negate", -20);
#endif
#ifdef WITH_LIBRARY
    expect("library_square", 400);
#endif
    if (argc > 1) use_plugin(argv[1]);
    return wadi_finish(sc) != 0 || failures != 0;
}
