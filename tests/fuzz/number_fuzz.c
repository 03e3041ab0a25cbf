/* SPDX-License-Identifier: Apache-2.0 */
/* number_fuzz.c: numbers in text: what is taken is what the C library reads, and nothing is left over. */
#include <wadi/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = calloc(1, size + 1);
    if (size > 0) memcpy(text, data, size);
    wadi_str s = wadi_str_view(text, size);
    int64_t whole = 0;
    double number = 0;
    char *end;
    if (wadi_str_to_int64(s, &whole)) {
        errno = 0;
        if (strtoimax(text, &end, 10) != whole || errno != 0 || end != text + size) abort();
    }
    if (wadi_str_to_double(s, &number)) {
        double expected = strtod(text, &end);
        if (memcmp(&expected, &number, sizeof number) != 0 || end != text + size) abort();
    }
    free(text);
    return 0;
}
