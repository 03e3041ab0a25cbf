/* SPDX-License-Identifier: Apache-2.0 */
/* machine.c: cores and memory, by control groups of both versions. */
#include "base/machine.h"

#include "base/env.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_MAX_BYTES = 4200, TEXT_MAX_BYTES = 16384 };

/* Reads the beginning of a file as a text; false: there is none. These files tell of the real
 * machine, so they are read through its env, whatever the current one is. */
static bool read_text(const char *path, char *text, size_t size) {
    wadi__env *env = &wadi__env_real;
    int file = env->file_open(env, path, WADI__OPEN_READ, 0);
    if (file < 0) return false;
    size_t used = 0;
    ssize_t got;
    while ((got = env->file_read(env, file, text + used, size - 1 - used)) > 0) used += (size_t)got;
    env->file_close(env, file);
    text[used] = 0;
    return got == 0 && used > 0;
}
/* Whether `name` is in a list such as cpu,cpuacct. */
static bool has_name(const char *list, const char *name) {
    size_t size = strlen(name);
    for (const char *at = list;; at++) {
        size_t piece = strcspn(at, ",");
        if (piece == size && memcmp(at, name, size) == 0) return true;
        at += piece;
        if (*at == 0) return false;
    }
}
/* The process's own group in a hierarchy: "" for the unified one, else a controller's. Each line is
 * as 4:cpu,cpuacct:/group or 0::/group. */
static void own_group(const char *root, const char *controller, char *group, size_t size) {
    char path[PATH_MAX_BYTES], text[TEXT_MAX_BYTES];
    group[0] = 0;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!read_text(path, text, sizeof text)) return;
    for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        char *names = strchr(line, ':'), *at = names != NULL ? strchr(names + 1, ':') : NULL;
        if (at == NULL) continue;
        *at++ = 0;
        if (has_name(names + 1, controller))
            snprintf(group, size, "%s", strcmp(at, "/") == 0 ? "" : at);
    }
}
/* Calls `look` for a group and all groups around it, up to the root of the hierarchy; keeps the
 * least > 0. */
static double least_of_groups(const char *root, const char *mount, const char *group,
                              double (*look)(const char *dir)) {
    char dir[PATH_MAX_BYTES];
    double least = 0;
    char left[2048];
    snprintf(left, sizeof left, "%s", group);
    for (;;) {
        snprintf(dir, sizeof dir, "%s/sys/fs/cgroup%s%s", root, mount, left);
        double found = look(dir);
        if (found > 0 && (least == 0 || found < least)) least = found;
        char *slash = strrchr(left, '/');
        if (slash == NULL) return least;
        *slash = 0;
    }
}
/* The number at the beginning of a file; 0: there is none. */
static double read_number(const char *path) {
    char text[128];
    return read_text(path, text, sizeof text) ? strtod(text, NULL) : 0;
}
static double cores_v2(const char *dir) { /* "200000 100000", "max 100000" */
    char path[PATH_MAX_BYTES + 32], text[128], *rest;
    snprintf(path, sizeof path, "%s/cpu.max", dir);
    if (!read_text(path, text, sizeof text)) return 0;
    double quota = strtod(text, &rest), period = strtod(rest, NULL);
    return quota > 0 && period > 0 ? quota / period : 0;
}
static double cores_v1(const char *dir) {
    char path[PATH_MAX_BYTES + 32];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", dir);
    double quota = read_number(path);
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", dir);
    double period = read_number(path);
    return quota > 0 && period > 0 ? quota / period : 0;
}
static double memory_v2(const char *dir) {
    char path[PATH_MAX_BYTES + 32];
    snprintf(path, sizeof path, "%s/memory.max", dir);
    return read_number(path); /* "max" is 0 */
}
static double memory_v1(const char *dir) {
    char path[PATH_MAX_BYTES + 32];
    snprintf(path, sizeof path, "%s/memory.limit_in_bytes", dir);
    double bytes = read_number(path);
    return bytes < 4e18 ? bytes : 0; /* no limit is a huge number */
}
static double smaller(double a, double b) { return a == 0 || (b > 0 && b < a) ? b : a; }

double wadi__machine_cgroup_cores(const char *root) {
    char group[2048];
    own_group(root, "", group, sizeof group);
    double v2 = least_of_groups(root, "", group, cores_v2);
    own_group(root, "cpu", group, sizeof group);
    return smaller(v2, least_of_groups(root, "/cpu", group, cores_v1));
}
uint64_t wadi__machine_cgroup_memory(const char *root) {
    char group[2048];
    own_group(root, "", group, sizeof group);
    double v2 = least_of_groups(root, "", group, memory_v2);
    own_group(root, "memory", group, sizeof group);
    return (uint64_t)smaller(v2, least_of_groups(root, "/memory", group, memory_v1));
}
uint32_t wadi__machine_cores(void) {
    cpu_set_t set;
    int affine = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                             : (int)sysconf(_SC_NPROCESSORS_ONLN);
    double quota = wadi__machine_cgroup_cores("");
    if (quota > 0 && quota < affine)
        affine = (int)quota + (quota > (int)quota); /* a part of a core is one */
    return affine > 0 ? (uint32_t)affine : 1;
}
uint64_t wadi__machine_memory_bytes(void) {
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t group = wadi__machine_cgroup_memory("");
    return group > 0 && group < machine ? group : machine;
}
int64_t wadi__machine_pid(void) { return getpid(); }
void wadi__machine_process(char *text, size_t size) {
    char host[65] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == 0)
        snprintf(host, sizeof host, "unknown");
    snprintf(text, size, "pid %ld host %s", (long)getpid(), host);
}
int32_t wadi__machine_utc_offset_s(int64_t time_ms) {
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm at;
    return localtime_r(&seconds, &at) != NULL ? (int32_t)at.tm_gmtoff : 0;
}
