/* SPDX-License-Identifier: Apache-2.0 */
/* pending.c: the one table of what waits: by form or kind, never by case. */
#include "testing/conformance/pending.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const char *const pending[] = {
    /* Scenarios in prose: tests of their own name them. */
    "dstream-behaviours-1",
};
/* clang-format on */

const char *wadi__case_pending(const char *name) {
    for (size_t i = 0; i < sizeof pending / sizeof pending[0]; i++)
        if (strcmp(pending[i], name) == 0) return pending[i];
    return NULL;
}
