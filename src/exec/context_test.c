/* SPDX-License-Identifier: Apache-2.0 */
/* context_test.c: what a context takes from its arguments, the environment and settings, and what
 * it says of those that are wrong. */
#include "base/machine.h"
#include "rdd/rdd.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

/* What is printed to stderr from here to printed_end(). */
static int stderr_before;
static FILE *printed;
static void printed_begin(void) {
    fflush(stderr);
    printed = tmpfile();
    stderr_before = dup(STDERR_FILENO);
    dup2(fileno(printed), STDERR_FILENO);
}
static const char *printed_end(void) {
    static char text[8192];
    fflush(stderr);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    rewind(printed);
    text[fread(text, 1, sizeof text - 1, printed)] = 0;
    fclose(printed);
    return text;
}

/* ---- Masters ---- */

typedef struct master_case {
    const char *name, *master;
    uint32_t slots; /* 0: it is none */
} master_case;
static master_case masters[] = {
    {"one thread", "local", 1},
    {"a number", "local[3]", 3},
    {"the most", "local[1024]", 1024},
    {"one past the most", "local[1025]", 0},
    {"none", "local[0]", 0},
    {"a negative number", "local[-1]", 0},
    {"no number", "local[]", 0},
    {"half a number", "local[2", 0},
    {"more behind it", "local[2]x", 0},
    {"another kind", "spark://host:7077", 0},
    {"nothing", "", 0},
};
static void test_master(void **state) {
    const master_case *row = *state;
    wadi_context *sc = wadi_context_new(row->master, "masters");
    assert_int_equal(sc->default_parallelism, row->slots != 0 ? row->slots : 1);
    assert_int_equal(sc->scope.has_failed, row->slots == 0);
    char wanted[200];
    snprintf(wanted, sizeof wanted,
             "masters: master '%s' is none of local, local[n] (n from 1 to 1024), local[*]\n",
             row->master);
    printed_begin();
    int rc = wadi_finish(sc);
    assert_string_equal(printed_end(), row->slots != 0 ? "" : wanted);
    assert_int_equal(rc, row->slots == 0);
}
static void test_all_cores(void **state) {
    (void)state;
    unsetenv("WADI_MASTER");
    static const char *const all[] = {"local[*]", NULL};
    for (size_t i = 0; i < 2; i++) {
        wadi_context *sc = wadi_context_new(all[i], NULL);
        assert_int_equal(sc->default_parallelism, wadi__machine_cores());
        assert_string_equal(sc->master, "local[*]");
        assert_string_equal(sc->app_name, "wadi");
        assert_int_equal(wadi_finish(sc), 0);
    }
}

/* ---- Where settings come from ---- */

static void test_force(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    wadi__temp_text(&dir, "app.conf",
                    "spark.app.name from the file\nspark.default.parallelism 5\n"
                    "spark.task.maxFailures 7\n");
    setenv("WADI_CONF", "spark.default.parallelism=6\nspark.task.maxFailures=8", 1);
    setenv("WADI_MASTER", "local[2]", 1);
    wadi_context *sc =
        wadi_context_new(NULL, NULL, .settings_file = wadi__temp_path(&dir, "app.conf"),
                         .settings = {{"spark.task.maxFailures", "9"}});
    assert_string_equal(wadi_context_setting(sc, "spark.app.name"), "from the file");
    assert_string_equal(wadi_context_setting(sc, "spark.default.parallelism"), "6");
    assert_string_equal(wadi_context_setting(sc, "spark.task.maxFailures"), "9");
    assert_string_equal(wadi_context_setting(sc, "spark.master"), "local[2]");
    assert_null(wadi_context_setting(sc, "no.such.setting"));
    assert_int_equal(sc->default_parallelism, 6);
    assert_string_equal(sc->app_name, "from the file");
    assert_int_equal(wadi_finish(sc), 0);
    sc = wadi_context_new("local[3]", "from code"); /* code is stronger than both */
    assert_string_equal(sc->master, "local[3]");
    assert_string_equal(sc->app_name, "from code");
    FILE *to = tmpfile();
    wadi_context_print_settings(sc, to);
    rewind(to);
    char line[512];
    bool is_there = false;
    while (fgets(line, sizeof line, to) != NULL)
        is_there |= strncmp(line, "spark.master = local[3]  # code", 31) == 0;
    assert_true(is_there);
    fclose(to);
    assert_int_equal(wadi_finish(sc), 0);
    unsetenv("WADI_CONF");
    unsetenv("WADI_MASTER");
    wadi__temp_dir_remove(&dir);
}

/* ---- Mistakes ---- */

static void test_all_mistakes_are_told(void **state) {
    (void)state;
    setenv("WADI_CONF", "no equals sign", 1);
    wadi_context *sc = wadi_context_new("local", "wrong", .settings_file = "/no/such/file",
                                        .settings = {{"spark.task.maxFailures", "many"},
                                                     {"wadi.no.such.thing", "1"},
                                                     {NULL, "a value"},
                                                     {"spark.app.name", NULL}});
    unsetenv("WADI_CONF");
    assert_true(sc->scope.has_failed);
    assert_int_equal(sc->scope.err.status, WADI_E_INVALID);
    static const char *const words[] = {"spark.task.maxFailures ",
                                        "there is no setting 'wadi.no.such.thing'; did you mean",
                                        "a setting without a name", "spark.app.name has no value",
                                        "settings file /no/such/file: No such file or directory"};
    printed_begin();
    assert_int_equal(wadi_finish(sc), 1);
    const char *text = printed_end();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]) == NULL) fail_msg("'%s' does not say '%s'", text, words[i]);
    assert_non_null(strstr(text, "wrong: " __FILE__ ":"));
    assert_non_null(strstr(text, "wrong: WADI_CONF:1: no '='; each line is name=value\n"));
}
static void test_folder_too_long(void **state) {
    (void)state;
    char path[6000];
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    wadi_context *sc = wadi_context_new("local", "hdfs", .settings = {{"wadi.fs.hdfs.root", path}});
    assert_non_null(strstr(sc->scope.err.message, "wadi.fs.hdfs.root names is longer than"));
    sc->scope.has_failed = false;
    assert_int_equal(wadi_finish(sc), 0);
    assert_int_equal(wadi_finish(wadi_context_new("local", "hdfs")), 0); /* as it was */
}
/* Lets each request for memory fail: a context all the same, which says so. */
static void test_no_memory(void **state) {
    (void)state;
    bool is_done = false;
    unsigned failed = 0;
    for (uint64_t n = 1; !is_done; n++) {
        int64_t before = wadi__mem_in_use();
        wadi__mem_fail_at(n, n % 2 == 0);
        wadi_context *sc = wadi_context_new("local[2]", "memory",
                                            .settings = {{"spark.task.maxFailures", "2"},
                                                         {"my.own", "setting"},
                                                         {"my.other", "setting"}});
        wadi__mem_fail_at(0, false);
        bool has_failed = sc->scope.has_failed;
        if (has_failed) assert_int_equal(sc->scope.err.status, WADI_E_NOMEM);
        printed_begin();
        if (sc->is_broken) { /* there was not even one */
            wadi_rdd *rdd = wadi_range(sc, 0, 3);
            assert_true(wadi_rdd_failed(rdd, NULL));
            assert_int_equal(wadi_count(wadi_repartition(rdd, 2)), 0);
            assert_int_equal(wadi_accumulator_new(sc, "none").id, 0);
            assert_null(wadi_context_setting(sc, "my.own"));
            wadi_context_print_settings(sc, stderr);
        }
        int rc = wadi_finish(sc);
        const char *text = printed_end();
        assert_int_equal(rc, has_failed);
        if (has_failed) assert_non_null(strstr(text, "no memory"));
        assert_int_equal(wadi__mem_in_use(), before);
        failed += has_failed;
        is_done = !has_failed && n % 2 == 0;
        assert_true(n < 1000);
    }
    assert_true(failed > 8);
}
static void test_plugin(void **state) {
    (void)state;
    wadi_context *sc = wadi_context_new("local", "plugins");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_load_plugin(sc, "/no/such/plugin.so", &err), WADI_E_IO);
    assert_non_null(strstr(err.message, "plugin /no/such/plugin.so cannot be loaded: /no/such"));
    assert_int_equal(wadi_finish(sc), 0);
}
/* Contexts stand side by side, and go in any order. */
static void test_several(void **state) {
    (void)state;
    wadi_context *all[3];
    for (size_t i = 0; i < 3; i++) all[i] = wadi_context_new("local[2]", "one of three");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wadi_count(wadi_range(all[(i + 1) % 3], 0, 100)), 100);
        assert_int_equal(wadi_finish(all[(i + 1) % 3]), 0);
    }
}

/* What others use, as the queue of a stream, is there as long as they are. */
typedef struct part {
    wadi__on_finish on_finish;
    wadi_context *sc;
    char name;
} part;
static char finished[8];
static bool leaves;
static void finish_part(wadi__on_finish *self) {
    part *each = (part *)self;
    strncat(finished, &each->name, 1);
    if (leaves && each->name == 'b') each->sc->is_left = true;
}
static void finish_parts(const char *expected) {
    wadi_context *sc = wadi_context_new("local", "parts");
    part parts[] = {{{finish_part, NULL, true}, sc, 'q'},
                    {{finish_part, NULL, false}, sc, 'a'},
                    {{finish_part, NULL, false}, sc, 'b'},
                    {{finish_part, NULL, true}, sc, 'r'}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        parts[i].on_finish.next = sc->on_finish;
        sc->on_finish = &parts[i].on_finish;
    }
    finished[0] = 0;
    assert_int_equal(wadi_finish(sc), 0);
    assert_string_equal(finished, expected);
}
static void test_what_is_used_goes_last(void **state) {
    (void)state;
    finish_parts("barq");
    leaves = true;
    finish_parts("ba");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_master, masters);
    wadi__unit_add(&unit, test_all_cores);
    wadi__unit_add(&unit, test_force);
    wadi__unit_add(&unit, test_all_mistakes_are_told);
    wadi__unit_add(&unit, test_folder_too_long);
    wadi__unit_add(&unit, test_no_memory);
    wadi__unit_add(&unit, test_plugin);
    wadi__unit_add(&unit, test_several);
    wadi__unit_add(&unit, test_what_is_used_goes_last);
    return wadi__unit_run(&unit, "context");
}
