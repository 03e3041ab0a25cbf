/* SPDX-License-Identifier: Apache-2.0 */
/* json_fuzz.c: lines of any bytes as JSON. The first byte is the type. Needs the module for JSON.
 */
#include "base/arena.h"
#include "data/json.h"
#include "types.h"

#include <wadi/error.h>

static void *alloc(void *arg, size_t size) { return wadi__arena_alloc(arg, size); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static wadi__json json;
    wadi_error err = WADI_ERROR_INIT;
    if (json.parser == NULL) {
        const wadi__json_ops *ops = wadi__json_open(&err);
        if (ops == NULL) fprintf(stderr, "%s\n", err.message);
        fuzz_check(ops != NULL && wadi__json_init(&json, ops));
    }
    fuzz in = {data, size};
    const wadi_type *pub = fuzz_type(fuzz_byte(&in));
    wadi__arena arena = {0};
    char *line = fuzz_rest(&in);
    _Alignas(16) char record[512];
    const char *why = NULL;
    if (wadi__json_parse(&json, pub, line, in.size, record, alloc, &arena, &why))
        fuzz_read_record(pub, record);
    else
        fuzz_check(why != NULL);
    free(line);
    wadi__arena_fini(&arena);
    return 0;
}
