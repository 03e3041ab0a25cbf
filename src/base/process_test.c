/* SPDX-License-Identifier: Apache-2.0 */
/* process_test.c: commands of the shell through the real env. */
#include "base/env.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

static wadi__env *const env = &wadi__env_real;

typedef struct output {
    char out[4096], err[4096];
    size_t out_size, err_size;
    int status;
} output;

/* Reads both to their ends, and takes the status. */
static void read_all(wadi__process *process, output *to) {
    *to = (output){.status = -2};
    int wanted = WADI__PROCESS_OUT | WADI__PROCESS_ERR;
    while (wanted != 0) {
        int can = env->process_poll(env, process, wanted);
        assert_true(can >= 0);
        for (int from = WADI__PROCESS_OUT; from <= WADI__PROCESS_ERR; from *= 2) {
            if ((can & from) == 0) continue;
            char *bytes = from == WADI__PROCESS_OUT ? to->out : to->err;
            size_t *size = from == WADI__PROCESS_OUT ? &to->out_size : &to->err_size;
            ssize_t got =
                env->process_read(env, process, from, bytes + *size, sizeof to->out - 1 - *size);
            assert_true(got >= 0);
            *size += (size_t)got;
            if (got == 0) wanted &= ~from;
        }
    }
    env->process_end(env, process, false, &to->status);
}
static wadi__process *start(const char *command) {
    wadi__process *process = NULL;
    assert_int_equal(env->process_start(env, command, &process), 0);
    return process;
}

typedef struct command_case {
    const char *name, *command, *in, *out, *err;
    int status;
} command_case;
static command_case cases[] = {
    {"what goes in comes out", "cat", "one\ntwo", "one\ntwo", "", 0},
    {"two outputs", "echo one; echo two >&2", "", "one\n", "two\n", 0},
    {"a status", "exit 7", "", "", "", 7 << 8},
    {"a signal", "kill -9 $$", "", "", "", 9},
    {"nothing to be run", "", "", "", "", 0},
    {"the environment", "echo $WADI_PROCESS_TEST", "", "is set\n", "", 0},
};
static void test_commands(void **state) {
    const command_case *row = *state;
    setenv("WADI_PROCESS_TEST", "is set", 1);
    wadi__process *process = start(row->command);
    ssize_t size = (ssize_t)strlen(row->in);
    if (size > 0) assert_int_equal(env->process_write(env, process, row->in, (size_t)size), size);
    env->process_close_in(env, process);
    env->process_close_in(env, process); /* a second time does nothing */
    output got;
    read_all(process, &got);
    assert_string_equal(got.out, row->out);
    assert_string_equal(got.err, row->err);
    assert_int_equal(got.status, row->status);
}
static void test_missing_command_is_told_by_the_shell(void **state) {
    (void)state;
    output got;
    read_all(start("wadi-has-no-such-command"), &got);
    assert_int_equal(got.status, 127 << 8);
    assert_non_null(strstr(got.err, "wadi-has-no-such-command"));
}
/* Neither blocked nor ignored nor handled ones reach the child. */
static void test_signals_of_the_child(void **state) {
    (void)state;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    output got;
    read_all(start("grep -E '^Sig(Blk|Ign):' /proc/self/status"), &got);
    signal(SIGPIPE, before);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    unsigned long blocked, ignored;
    assert_int_equal(sscanf(got.out, "SigBlk: %lx SigIgn: %lx", &blocked, &ignored), 2);
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored & 0x7fffffff, 0); /* beyond are those that libc has for itself */
}
static size_t count_files(void) {
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    while (readdir(dir) != NULL) count++;
    closedir(dir);
    return count;
}
static void test_descriptors(void **state) {
    (void)state;
    size_t before = count_files();
    output alone, beside;
    read_all(start("ls /proc/self/fd"), &alone);
    wadi__process *other = start("cat");
    read_all(start("ls /proc/self/fd"), &beside);
    assert_string_equal(beside.out, alone.out);
    env->process_end(env, other, true, NULL);
    assert_int_equal(count_files(), before);
}
/* Also when the program has closed its own standard descriptors. */
static void closed_ones(void) {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    wadi__process *process;
    if (env->process_start(env, "cat; echo two >&2", &process) != 0) _exit(1);
    if (env->process_write(env, process, "one", 3) != 3) _exit(2);
    env->process_close_in(env, process);
    char bytes[2][8] = {"", ""};
    for (int i = 0, from = WADI__PROCESS_OUT; i < 2; i++, from = WADI__PROCESS_ERR) {
        while ((env->process_poll(env, process, from) & from) == 0) continue;
        env->process_read(env, process, from, bytes[i], sizeof bytes[i] - 1);
    }
    int status;
    env->process_end(env, process, false, &status);
    if (strcmp(bytes[0], "one") != 0 || strcmp(bytes[1], "two\n") != 0 || status != 0) _exit(3);
    abort(); /* it went well */
}
static void test_without_standard_descriptors(void **state) {
    (void)state;
    assert_true(wadi__unit_aborts(closed_ones));
}
static void test_nobody_reads(void **state) {
    (void)state;
    wadi__process *process = start("exec <&-; echo ready; cat /dev/null; sleep 1000");
    char bytes[100];
    while ((env->process_poll(env, process, WADI__PROCESS_OUT) & WADI__PROCESS_OUT) == 0) continue;
    assert_int_equal(env->process_read(env, process, WADI__PROCESS_OUT, bytes, 100), 6);
    assert_int_equal(env->process_read(env, process, WADI__PROCESS_OUT, bytes, 100), -EAGAIN);
    assert_true((env->process_poll(env, process, WADI__PROCESS_IN) & WADI__PROCESS_IN) != 0);
    assert_int_equal(env->process_write(env, process, "x", 1), -EPIPE); /* and no signal */
    sigset_t waiting;
    sigpending(&waiting);
    assert_false(sigismember(&waiting, SIGPIPE));
    env->process_end(env, process, true, NULL);
}
/* One that waited before is not taken. */
static void test_a_waiting_signal_stays(void **state) {
    (void)state;
    sigset_t broken, old, waiting;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &old);
    raise(SIGPIPE);
    wadi__process *process = start("exec <&-; echo; sleep 1000");
    while ((env->process_poll(env, process, WADI__PROCESS_OUT) & WADI__PROCESS_OUT) == 0) continue;
    assert_int_equal(env->process_write(env, process, "x", 1), -EPIPE);
    sigpending(&waiting);
    assert_true(sigismember(&waiting, SIGPIPE));
    env->process_end(env, process, true, NULL);
    int number;
    sigwait(&broken, &number);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}
/* Whoever it started goes with it. */
static void test_killed_with_its_group(void **state) {
    (void)state;
    wadi__process *process = start("sleep 1000 & echo $!; wait");
    char bytes[32] = "";
    while ((env->process_poll(env, process, WADI__PROCESS_OUT) & WADI__PROCESS_OUT) == 0) continue;
    env->process_read(env, process, WADI__PROCESS_OUT, bytes, sizeof bytes - 1);
    pid_t grandchild = (pid_t)atoi(bytes);
    assert_true(grandchild > 0);
    assert_int_equal(kill(grandchild, 0), 0);
    int status;
    env->process_end(env, process, true, &status);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)grandchild);
    for (;;) { /* gone, or a zombie that nobody has taken yet */
        FILE *file = fopen(path, "re");
        if (file == NULL) break;
        bool is_dead = fgets(text, sizeof text, file) == NULL || strstr(text, ") Z") != NULL;
        fclose(file);
        if (is_dead) break;
    }
}
static void test_poll_tells_the_end(void **state) {
    (void)state;
    wadi__process *process = start("exec >&- 2>&-; read line; exit 3");
    assert_int_equal(env->process_poll(env, process, WADI__PROCESS_ENDED), 0); /* some 50 ms */
    assert_int_equal(env->process_write(env, process, "\n", 1), 1);
    while (env->process_poll(env, process, WADI__PROCESS_ENDED) == 0) continue;
    assert_int_equal(env->process_poll(env, process, WADI__PROCESS_ENDED), WADI__PROCESS_ENDED);
    int status;
    env->process_end(env, process, false, &status);
    assert_int_equal(status, 3 << 8);
}
/* A program that ignores the ends of its children learns no status. */
static void test_ignored_children(void **state) {
    (void)state;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    wadi__process *process = start("exit 3");
    while (env->process_poll(env, process, WADI__PROCESS_ENDED) == 0) continue;
    int status;
    env->process_end(env, process, false, &status);
    signal(SIGCHLD, before);
    assert_int_equal(status, -1);
}
static void test_no_descriptors_left(void **state) {
    (void)state;
    struct rlimit before, few;
    getrlimit(RLIMIT_NOFILE, &before);
    size_t files = count_files();
    for (rlim_t n = 3; n < 12; n++) { /* each of the pipes in turn has none */
        few = (struct rlimit){n, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
        wadi__process *process = NULL;
        int rc = env->process_start(env, "true", &process);
        setrlimit(RLIMIT_NOFILE, &before);
        if (rc == 0)
            env->process_end(env, process, false, NULL);
        else
            assert_int_equal(rc, -EMFILE);
        assert_int_equal(count_files(), files);
    }
}
static bool start_one(void *arg) {
    (void)arg;
    wadi__process *process = NULL;
    int rc = env->process_start(env, "true", &process);
    if (rc == 0)
        env->process_end(env, process, false, NULL);
    else
        assert_int_equal(rc, -ENOMEM);
    return rc == 0;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_int_equal(wadi__unit_refuse_each(start_one, NULL, false), 1);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_commands, cases);
    wadi__unit_add(&unit, test_missing_command_is_told_by_the_shell);
    wadi__unit_add(&unit, test_signals_of_the_child);
    wadi__unit_add(&unit, test_descriptors);
    wadi__unit_add(&unit, test_without_standard_descriptors);
    wadi__unit_add(&unit, test_nobody_reads);
    wadi__unit_add(&unit, test_a_waiting_signal_stays);
    wadi__unit_add(&unit, test_killed_with_its_group);
    wadi__unit_add(&unit, test_poll_tells_the_end);
    wadi__unit_add(&unit, test_ignored_children);
    wadi__unit_add(&unit, test_no_descriptors_left);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "process");
}
