/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.c: simulate SEEDS [FIRST_SEED [ORDER]]: random programs through random faults, compared
 * with a plain interpreter. The same seed has the same fate; another ORDER lets its threads take
 * turns in another one. SIMULATE_LOUD=1 tells what happens, SIMULATE_FAULTS=0 lets nothing happen. */
#include "base/log.h"
#include "world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PLANS_SHOWN = 3 };

static void drop(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
static bool is_set(const char *name, const char *value) {
    const char *set = getenv(name);
    return set != NULL && strcmp(set, value) == 0;
}
int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: simulate SEEDS [FIRST_SEED [ORDER]]\n");
        return 2;
    }
    uint64_t count = strtoull(argv[1], NULL, 10);
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t order = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    bool is_loud = is_set("SIMULATE_LOUD", "1");
    uint64_t failed = 0, lives_in_all = 0;
    if (!is_loud) wadi__log_capture(drop, NULL);
    for (uint64_t seed = first; seed < first + count; seed++) {
        sim_plan random = plan_new(seed);
        if (is_loud) plan_print(&random, stderr);
        uint32_t lives = 0;
        world_options options = {.order = order,
                                 .has_faults = !is_set("SIMULATE_FAULTS", "0"),
                                 .is_loud = is_loud};
        char *problem = world_run(&random, &options, &lives);
        lives_in_all += lives;
        if (problem != NULL) {
            if (failed < PLANS_SHOWN) plan_print(&random, stderr);
            fprintf(stderr, "seed %" PRIu64 ": %s\n  again: SIMULATE_LOUD=1 %s 1 %" PRIu64 " %" PRIu64
                    "\n",
                    seed, problem, argv[0], seed, order);
            free(problem);
            failed++;
        }
    }
    fprintf(stderr, "%" PRIu64 " lives\n%" PRIu64 " passed, %" PRIu64 " failed\n", lives_in_all,
            count - failed, failed);
    return failed == 0 ? 0 : 1;
}
