/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h: what this process may use of the machine: CPU affinity and control groups are
 * followed. */
#ifndef WADI_BASE_MACHINE_H
#define WADI_BASE_MACHINE_H
#include <stddef.h>
#include <stdint.h>

/* Cores: those that the process may run on, or fewer when its control group has a smaller quota;
 * >= 1. */
uint32_t wadi__machine_cores(void);
/* Bytes of memory: the machine's, or those of its control group if they are fewer. */
uint64_t wadi__machine_memory_bytes(void);

/* The number of this process. */
int64_t wadi__machine_pid(void);
/* This process as others can find it: "pid 4711 host box". */
void wadi__machine_process(char *text, size_t size);

/* How far the local time is ahead of UTC at this time since the epoch. */
int32_t wadi__machine_utc_offset_s(int64_t time_ms);

/* The same as the first two from other files, for tests: `root` stands for "/", "" for the real one; its
 * sys/fs/cgroup and proc/self/cgroup are read. 0: no limit found. */
double wadi__machine_cgroup_cores(const char *root);
uint64_t wadi__machine_cgroup_memory(const char *root);
#endif
