/* SPDX-License-Identifier: Apache-2.0 */
/* env_unix_test.c: Unix sockets, and the directory that programs have theirs in. */
#include "base/env_unix.h"

#include "base/runtime_dir.h"
#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static wadi__env *env = &wadi__env_real;

static void test_listen_and_connect(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    const char *path = wadi__temp_path(&dir, "a.sock");
    assert_int_equal(env->unix_connect(env, path), -ENOENT);
    int listener = env->unix_listen(env, path);
    assert_true(listener >= 0);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    int64_t deadline_ns = wadi__env_deadline(env, 5000);
    bool is_own_user = false;
    int there = env->unix_connect(env, path);
    int here = env->unix_accept(env, listener, deadline_ns, &is_own_user);
    assert_true(there >= 0 && here >= 0);
    assert_true(is_own_user);
    char bytes[8] = "";
    assert_int_equal(env->socket_send(env, there, "abc", 3, deadline_ns), 3);
    assert_int_equal(env->socket_recv(env, here, bytes, sizeof bytes, deadline_ns), 3);
    assert_string_equal(bytes, "abc");
    env->socket_close(env, here);
    env->socket_close(env, there);
    assert_int_equal(env->unix_accept(env, listener, wadi__env_deadline(env, 1), &is_own_user),
                     -ETIMEDOUT);
    assert_int_equal(env->unix_listen(env, path), -EADDRINUSE); /* somebody listens */
    env->socket_close(env, listener);
    assert_int_equal(env->unix_connect(env, path), -ECONNREFUSED);
    listener = env->unix_listen(env, path); /* what is left over is taken over */
    assert_true(listener >= 0);
    env->socket_close(env, listener);
    wadi__temp_dir_remove(&dir);
}
static void *accept_one(void *arg) {
    bool is_own_user;
    return (void *)(intptr_t)env->unix_accept(env, *(int *)arg, WADI__DEADLINE_NONE, &is_own_user);
}
static void test_shutdown_ends_accept(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    int listener = env->unix_listen(env, wadi__temp_path(&dir, "a.sock"));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, accept_one, &listener), 0);
    env->socket_shutdown(env, listener);
    void *result;
    pthread_join(thread, &result);
    assert_true((intptr_t)result < 0);
    env->socket_close(env, listener);
    wadi__temp_dir_remove(&dir);
}
static void test_datagrams(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    const char *path = wadi__temp_path(&dir, "notify");
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(env->unix_tell(env, path, "READY=1", 7), 0);
    char bytes[20] = "";
    assert_int_equal(recv(manager, bytes, sizeof bytes, MSG_DONTWAIT), 7);
    assert_string_equal(bytes, "READY=1");
    close(manager);
    assert_int_equal(env->unix_tell(env, path, "READY=1", 7), -ECONNREFUSED);
    assert_int_equal(env->unix_tell(env, "@no such name of wadi", "x", 1), -ECONNREFUSED);
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(env->unix_tell(env, longest, "x", 1), -ENAMETOOLONG);
    assert_int_equal(env->unix_listen(env, ""), -ENAMETOOLONG);
    wadi__temp_dir_remove(&dir);
}
static void test_runtime_dir(void **state) {
    (void)state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    char path[WADI__RUNTIME_PATH_MAX], small[4];
    unsetenv("WADI_RUNTIME_DIR");
    setenv("XDG_RUNTIME_DIR", dir.path, 1);
    assert_int_equal(wadi__runtime_dir(path, sizeof path, false), -ENOENT);
    assert_int_equal(wadi__runtime_dir(path, sizeof path, true), 0);
    assert_string_equal(path, wadi__temp_path(&dir, "wadi"));
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    assert_int_equal(wadi__runtime_dir(path, sizeof path, true), 0);
    assert_int_equal(wadi__runtime_dir(small, sizeof small, true), -ENAMETOOLONG);
    assert_int_equal(chmod(path, 0770), 0); /* others may write there */
    assert_int_equal(wadi__runtime_dir(path, sizeof path, true), -EPERM);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("/tmp", path), 0); /* somebody was there before */
    assert_int_equal(wadi__runtime_dir(path, sizeof path, true), -EPERM);
    setenv("WADI_RUNTIME_DIR", wadi__temp_path(&dir, "own"), 1);
    assert_int_equal(wadi__runtime_dir(path, sizeof path, true), 0);
    assert_string_equal(path, wadi__temp_path(&dir, "own"));
    unsetenv("WADI_RUNTIME_DIR");
    unsetenv("XDG_RUNTIME_DIR");
    wadi__temp_dir_remove(&dir);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_listen_and_connect);
    wadi__unit_add(&unit, test_shutdown_ends_accept);
    wadi__unit_add(&unit, test_datagrams);
    wadi__unit_add(&unit, test_runtime_dir);
    return wadi__unit_run(&unit, "env_unix");
}
