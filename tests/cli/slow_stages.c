/* SPDX-License-Identifier: Apache-2.0 */
/* slow_stages.c: a dataset whose tasks take a while, so that bars can be seen; what it prints
 * stands between them. */
#include <stdio.h>
#include <time.h>
#include <wadi/wadi.h>

WADI_MAP(slowly, int64_t, int64_t) {
    struct timespec pause = {0, 400000000};
    nanosleep(&pause, NULL);
    *out = *in;
}
int main(void) {
    wadi_context *sc = wadi_context_new("local[2]", "SlowStages");
    wadi_rdd *slow = wadi_map(wadi_range(sc, 0, 6, .partitions = 6), slowly);
    wadi_print(slow, 100);
    return wadi_finish(sc);
}
