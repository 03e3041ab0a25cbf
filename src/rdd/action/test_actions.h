/* SPDX-License-Identifier: Apache-2.0 */
/* test_actions.h: what the unit tests of actions share: a context for each, and words of its error.
 */
#ifndef WADI_RDD_ACTION_TEST_ACTIONS_H
#define WADI_RDD_ACTION_TEST_ACTIONS_H
#include "fs/test_files.h"
#include "rdd/rdd.h"

#include <wadi/wadi.h>

static wadi_context *sc;
static inline int start(void **state) {
    if (test_dir_make(state) != 0) return -1;
    sc = wadi_context_new("local[2]", "actions");
    return 0;
}
static inline int stop(void **state) {
    wadi_finish(sc);
    return test_dir_remove(state);
}
/* The error of an RDD, "" for none; the result stays until the next call. */
static inline const char *error_of(const wadi_rdd *rdd) {
    static wadi_error err;
    err = (wadi_error)WADI_ERROR_INIT;
    wadi_rdd_failed(rdd, &err);
    return err.message;
}
/* Fails allocation 1, 2, 3, .. until `run`, in a context of its own, says that it worked; then it
 * must be told. */
static inline void test_every_allocation(bool (*run)(wadi_context *own, wadi_rdd **used)) {
    for (uint64_t n = 1;; n++) {
        wadi_context *own =
            wadi_context_new("local", "memory", .settings = {{"spark.task.maxFailures", "1"}});
        wadi_rdd *used = NULL;
        wadi__mem_fail_at(n, false);
        bool worked = run(own, &used);
        wadi__mem_fail_at(0, false);
        bool is_told = used != NULL && wadi_rdd_failed(used, NULL);
        if (!worked) assert_true(is_told);
        wadi_finish(own);
        if (worked) return;
        assert_true(n < 3000);
    }
}
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
#endif
