/* SPDX-License-Identifier: Apache-2.0 */
/* slow_disk.c: turns are passed around each call that changes something. */
#include "slow_disk.h"

#include "testing/serial_threads.h"

static wadi__env *begin(wadi__env *env) {
    slow_disk *self = env->state;
    wadi__serial_threads_pass(self->threads);
    return self->layer.below;
}
static ssize_t end(wadi__env *env, ssize_t rc) {
    wadi__serial_threads_pass(((slow_disk *)env->state)->threads);
    return rc;
}
static int slow_open(wadi__env *env, const char *path, int how, unsigned mode) {
    wadi__env *below = begin(env);
    return (int)end(env, below->file_open(below, path, how, mode));
}
static ssize_t slow_write(wadi__env *env, int file, const void *bytes, size_t size) {
    wadi__env *below = begin(env);
    return end(env, below->file_write(below, file, bytes, size));
}
static int slow_sync(wadi__env *env, int file) {
    wadi__env *below = begin(env);
    return (int)end(env, below->file_sync(below, file));
}
static int slow_close(wadi__env *env, int file) {
    wadi__env *below = begin(env);
    return (int)end(env, below->file_close(below, file));
}
static int slow_rename(wadi__env *env, const char *from, const char *to) {
    wadi__env *below = begin(env);
    return (int)end(env, below->file_rename(below, from, to));
}
static int slow_unlink(wadi__env *env, const char *path) {
    wadi__env *below = begin(env);
    return (int)end(env, below->file_unlink(below, path));
}
static int slow_dir_sync(wadi__env *env, const char *path) {
    wadi__env *below = begin(env);
    return (int)end(env, below->dir_sync(below, path));
}
void slow_disk_init(slow_disk *self, wadi__env *disk, wadi__env *threads) {
    wadi__env_layer_init(&self->layer, "slow disk", disk);
    wadi__env *env = &self->layer.env;
    self->threads = threads;
    env->file_open = slow_open;
    env->file_write = slow_write;
    env->file_sync = slow_sync;
    env->file_close = slow_close;
    env->file_rename = slow_rename;
    env->file_unlink = slow_unlink;
    env->dir_sync = slow_dir_sync;
}
