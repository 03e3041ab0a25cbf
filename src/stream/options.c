/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: options of older and newer headers. */
#include "stream/options.h"

#include <string.h>

bool wadi__options_take(void *to, size_t size, const void *given) {
    memset(to, 0, size);
    size_t given_size = 0;
    if (given != NULL) memcpy(&given_size, given, sizeof given_size);
    if (given_size > 0) memcpy(to, given, given_size < size ? given_size : size);
    memcpy(to, &size, sizeof size);
    const char *bytes = given;
    for (size_t i = size; i < given_size; i++)
        if (bytes[i] != 0) return false;
    return true;
}
