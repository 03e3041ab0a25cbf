/* SPDX-License-Identifier: Apache-2.0 */
/* env_layer.c: each entry of the table hands its call to the env below. */
#include "testing/env_layer.h"

static wadi__env *below(wadi__env *env) { return ((wadi__env_layer *)env->state)->below; }

static int64_t layer_wall_ms(wadi__env *env) { return below(env)->wall_ms(below(env)); }
static int64_t layer_wall_ns(wadi__env *env) { return wadi__env_wall_ns(below(env)); }
static int64_t layer_monotonic_ns(wadi__env *env) { return below(env)->monotonic_ns(below(env)); }
static int layer_wait(wadi__env *env, atomic_uint *word, unsigned expected, int64_t deadline_ns) {
    return below(env)->wait(below(env), word, expected, deadline_ns);
}
static void layer_wake(wadi__env *env, atomic_uint *word, int count_max) {
    below(env)->wake(below(env), word, count_max);
}
static int layer_thread_start(wadi__env *env, const char *name, void *(*run)(void *arg), void *arg,
                              wadi__thread **thread) {
    return below(env)->thread_start(below(env), name, run, arg, thread);
}
static void layer_thread_join(wadi__env *env, wadi__thread *thread) {
    below(env)->thread_join(below(env), thread);
}
static void layer_random(wadi__env *env, void *bytes, size_t size) {
    below(env)->random(below(env), bytes, size);
}
static int layer_file_open(wadi__env *env, const char *path, int how, unsigned mode) {
    return below(env)->file_open(below(env), path, how, mode);
}
static ssize_t layer_file_read(wadi__env *env, int file, void *bytes, size_t size) {
    return below(env)->file_read(below(env), file, bytes, size);
}
static ssize_t layer_file_pread(wadi__env *env, int file, void *bytes, size_t size,
                                int64_t offset) {
    return below(env)->file_pread(below(env), file, bytes, size, offset);
}
static ssize_t layer_file_write(wadi__env *env, int file, const void *bytes, size_t size) {
    return below(env)->file_write(below(env), file, bytes, size);
}
static int layer_file_sync(wadi__env *env, int file) {
    return below(env)->file_sync(below(env), file);
}
static int layer_file_truncate(wadi__env *env, int file, int64_t size_bytes) {
    return below(env)->file_truncate(below(env), file, size_bytes);
}
static int layer_file_lock(wadi__env *env, int file) {
    return below(env)->file_lock(below(env), file);
}
static int layer_file_close(wadi__env *env, int file) {
    return below(env)->file_close(below(env), file);
}
static int layer_file_stat(wadi__env *env, const char *path, wadi__file_stat *stat) {
    return below(env)->file_stat(below(env), path, stat);
}
static int layer_file_rename(wadi__env *env, const char *from, const char *to) {
    return below(env)->file_rename(below(env), from, to);
}
static int layer_file_unlink(wadi__env *env, const char *path) {
    return below(env)->file_unlink(below(env), path);
}
static int layer_dir_make(wadi__env *env, const char *path, unsigned mode) {
    return below(env)->dir_make(below(env), path, mode);
}
static int layer_dir_remove(wadi__env *env, const char *path) {
    return below(env)->dir_remove(below(env), path);
}
static int layer_dir_list(wadi__env *env, const char *path, wadi__env_list_fn *each, void *arg) {
    return below(env)->dir_list(below(env), path, each, arg);
}
static int layer_dir_sync(wadi__env *env, const char *path) {
    return below(env)->dir_sync(below(env), path);
}
static int layer_socket_connect(wadi__env *env, const char *host, int port, int64_t deadline_ns,
                                void (*opened)(int socket, void *arg), void *arg) {
    return below(env)->socket_connect(below(env), host, port, deadline_ns, opened, arg);
}
static ssize_t layer_socket_recv(wadi__env *env, int socket, void *bytes, size_t size,
                                 int64_t deadline_ns) {
    return below(env)->socket_recv(below(env), socket, bytes, size, deadline_ns);
}
static ssize_t layer_socket_send(wadi__env *env, int socket, const void *bytes, size_t size,
                                 int64_t deadline_ns) {
    return below(env)->socket_send(below(env), socket, bytes, size, deadline_ns);
}
static void layer_socket_shutdown(wadi__env *env, int socket) {
    below(env)->socket_shutdown(below(env), socket);
}
static void layer_socket_close(wadi__env *env, int socket) {
    below(env)->socket_close(below(env), socket);
}
static int layer_process_start(wadi__env *env, const char *command, wadi__process **process) {
    return below(env)->process_start(below(env), command, process);
}
static int layer_process_poll(wadi__env *env, wadi__process *process, int wanted) {
    return below(env)->process_poll(below(env), process, wanted);
}
static ssize_t layer_process_write(wadi__env *env, wadi__process *process, const void *bytes,
                                   size_t size) {
    return below(env)->process_write(below(env), process, bytes, size);
}
static ssize_t layer_process_read(wadi__env *env, wadi__process *process, int from, void *bytes,
                                  size_t size) {
    return below(env)->process_read(below(env), process, from, bytes, size);
}
static void layer_process_close_in(wadi__env *env, wadi__process *process) {
    below(env)->process_close_in(below(env), process);
}
static void layer_process_end(wadi__env *env, wadi__process *process, bool is_killed, int *status) {
    below(env)->process_end(below(env), process, is_killed, status);
}

void wadi__env_layer_init(wadi__env_layer *layer, const char *name, wadi__env *below_it) {
    layer->below = below_it;
    layer->env = (wadi__env){
        .name = name,
        .wall_ms = layer_wall_ms,
        .wall_ns = layer_wall_ns,
        .monotonic_ns = layer_monotonic_ns,
        .wait = layer_wait,
        .wake = layer_wake,
        .thread_start = layer_thread_start,
        .thread_join = layer_thread_join,
        .random = layer_random,
        .file_open = layer_file_open,
        .file_read = layer_file_read,
        .file_pread = layer_file_pread,
        .file_write = layer_file_write,
        .file_sync = layer_file_sync,
        .file_truncate = layer_file_truncate,
        .file_lock = layer_file_lock,
        .file_close = layer_file_close,
        .file_stat = layer_file_stat,
        .file_rename = layer_file_rename,
        .file_unlink = layer_file_unlink,
        .dir_make = layer_dir_make,
        .dir_remove = layer_dir_remove,
        .dir_list = layer_dir_list,
        .dir_sync = layer_dir_sync,
        .socket_connect = layer_socket_connect,
        .socket_recv = layer_socket_recv,
        .socket_send = layer_socket_send,
        .socket_shutdown = layer_socket_shutdown,
        .socket_close = layer_socket_close,
        .process_start = layer_process_start,
        .process_poll = layer_process_poll,
        .process_write = layer_process_write,
        .process_read = layer_process_read,
        .process_close_in = layer_process_close_in,
        .process_end = layer_process_end,
        .state = layer,
    };
}
