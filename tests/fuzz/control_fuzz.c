/* SPDX-License-Identifier: Apache-2.0 */
/* control_fuzz.c: any bytes as a request to a running program. */
#include "fuzz.h"
#include "stream/control.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wadi__control_request request;
    char why[200] = "";
    bool is_good = wadi__control_parse((const char *)data, size, &request, why, sizeof why);
    fuzz_check(is_good == (why[0] == 0));
    if (!is_good) return 0;
    fuzz_check(request.batches <= 9999);
    fuzz_check(strlen(request.levels) < size);
    fuzz_check(strchr(request.levels, ' ') == NULL);
    return 0;
}
