/* SPDX-License-Identifier: Apache-2.0 */
/* machine_test.c: control groups of both versions, in a made-up root. */
#include "base/machine.h"

#include "testing/temp_dir.h"
#include "testing/unit.h"

#include <sched.h>

typedef struct group_file {
    const char *path, *text;
} group_file;
typedef struct group_case {
    const char *name;
    group_file files[6];
    double cores;
    uint64_t memory_bytes;
} group_case;
#define PROC "proc/self/cgroup"
#define FS "sys/fs/cgroup/"
static const group_case group_cases[] = {
    {"nothing at all", {{NULL, NULL}}, 0, 0},
    {"v2, no limit",
     {{PROC, "0::/app\n"}, {FS "app/cpu.max", "max 100000\n"}, {FS "app/memory.max", "max\n"}},
     0,
     0},
    {"v2, two cores", {{PROC, "0::/app\n"}, {FS "app/cpu.max", "200000 100000\n"}}, 2, 0},
    {"v2, half a core", {{PROC, "0::/app\n"}, {FS "app/cpu.max", "50000 100000\n"}}, 0.5, 0},
    {"v2, another period", {{PROC, "0::/app\n"}, {FS "app/cpu.max", "75000 50000\n"}}, 1.5, 0},
    {"v2, memory", {{PROC, "0::/app\n"}, {FS "app/memory.max", "1073741824\n"}}, 0, 1 << 30},
    {"v2, at the root",
     {{PROC, "0::/\n"}, {FS "cpu.max", "300000 100000\n"}, {FS "memory.max", "4096\n"}},
     3,
     4096},
    {"v2, the group around it is tighter",
     {{PROC, "0::/a/b/c\n"},
      {FS "a/cpu.max", "100000 100000\n"},
      {FS "a/b/c/cpu.max", "400000 100000\n"},
      {FS "a/b/memory.max", "1000000\n"},
      {FS "a/b/c/memory.max", "2000000\n"}},
     1,
     1000000},
    {"v2, it is tighter than the one around",
     {{PROC, "0::/a/b\n"},
      {FS "a/cpu.max", "400000 100000\n"},
      {FS "a/b/cpu.max", "100000 100000\n"}},
     1,
     0},
    {"v2 in a container that sees its own root",
     {{PROC, "0::/docker/0123\n"},
      {FS "cpu.max", "100000 100000\n"},
      {FS "memory.max", "5000000\n"}},
     1,
     5000000},
    {"v1, no limit",
     {{PROC, "4:memory:/app\n3:cpu,cpuacct:/app\n"},
      {FS "cpu/app/cpu.cfs_quota_us", "-1\n"},
      {FS "cpu/app/cpu.cfs_period_us", "100000\n"},
      {FS "memory/app/memory.limit_in_bytes", "9223372036854771712\n"}},
     0,
     0},
    {"v1, one core and a half",
     {{PROC, "4:memory:/app\n3:cpu,cpuacct:/app\n"},
      {FS "cpu/app/cpu.cfs_quota_us", "150000\n"},
      {FS "cpu/app/cpu.cfs_period_us", "100000\n"},
      {FS "memory/app/memory.limit_in_bytes", "536870912\n"}},
     1.5,
     512 << 20},
    {"v1, named the other way round",
     {{PROC, "3:cpuacct,cpu:/app\n"},
      {FS "cpu/app/cpu.cfs_quota_us", "100000\n"},
      {FS "cpu/app/cpu.cfs_period_us", "100000\n"}},
     1,
     0},
    {"v1, cpuset is not cpu",
     {{PROC, "3:cpuset:/other\n2:cpu:/app\n"},
      {FS "cpu/other/cpu.cfs_quota_us", "900000\n"},
      {FS "cpu/other/cpu.cfs_period_us", "100000\n"},
      {FS "cpu/app/cpu.cfs_quota_us", "100000\n"},
      {FS "cpu/app/cpu.cfs_period_us", "100000\n"}},
     1,
     0},
    {"v1, the group around it",
     {{PROC, "4:memory:/a/b\n"},
      {FS "memory/a/memory.limit_in_bytes", "1000\n"},
      {FS "memory/a/b/memory.limit_in_bytes", "2000\n"}},
     0,
     1000},
    {"v1 in a container",
     {{PROC, "4:memory:/docker/0123\n"}, {FS "memory/memory.limit_in_bytes", "7000\n"}},
     0,
     7000},
    {"both: v1 with its limits, v2 without",
     {{PROC, "4:memory:/app\n0::/app\n"}, {FS "memory/app/memory.limit_in_bytes", "7000\n"}},
     0,
     7000},
    {"both limit",
     {{PROC, "4:memory:/app\n0::/app\n"},
      {FS "memory/app/memory.limit_in_bytes", "7000\n"},
      {FS "app/memory.max", "6000\n"}},
     0,
     6000},
    {"a group with a colon in its name",
     {{PROC, "0::/app:1\n"}, {FS "app:1/memory.max", "6000\n"}},
     0,
     6000},
    {"nonsense",
     {{PROC, "nonsense\n:\n::\n0:\n"}, {FS "cpu.max", "nonsense\n"}, {FS "memory.max", "\n"}},
     0,
     0},
    {"a period of nothing", {{PROC, "0::/\n"}, {FS "cpu.max", "100 0\n"}}, 0, 0},
    {"empty files", {{PROC, ""}, {FS "cpu.max", ""}, {FS "memory.max", ""}}, 0, 0},
};
static void test_group(void **state) {
    const group_case *row = *state;
    wadi__temp_dir dir = wadi__temp_dir_new();
    for (const group_file *file = row->files; file < row->files + 6 && file->path != NULL; file++)
        wadi__temp_text(&dir, file->path, file->text);
    double cores = wadi__machine_cgroup_cores(dir.path);
    uint64_t memory_bytes = wadi__machine_cgroup_memory(dir.path);
    wadi__temp_dir_remove(&dir);
    assert_true(cores == row->cores);
    assert_int_equal(memory_bytes, row->memory_bytes);
}
static void test_this_machine(void **state) {
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    uint32_t cores = wadi__machine_cores();
    assert_true(cores >= 1 && cores <= (uint32_t)CPU_COUNT(&set));
    assert_true(wadi__machine_memory_bytes() > 1 << 20);
}
static void test_affinity(void **state) {
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    size_t first = 0;
    while (!CPU_ISSET(first, &all)) first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(wadi__machine_cores(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_rows(&unit, test_group, group_cases);
    wadi__unit_add(&unit, test_this_machine);
    wadi__unit_add(&unit, test_affinity);
    return wadi__unit_run(&unit, "machine");
}
