/* SPDX-License-Identifier: Apache-2.0 */
/* slow_disk.h: a disk whose calls take their time: before and after each, other threads may run. */
#ifndef SIMULATE_SLOW_DISK_H
#define SIMULATE_SLOW_DISK_H
#include "testing/env_layer.h"

typedef struct slow_disk {
    wadi__env_layer layer; /* must be first */
    wadi__env *threads;
} slow_disk;

/* Over `disk`; threads: from wadi__serial_threads_new(). */
void slow_disk_init(slow_disk *self, wadi__env *disk, wadi__env *threads);
#endif
