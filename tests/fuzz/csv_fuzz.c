/* SPDX-License-Identifier: Apache-2.0 */
/* csv_fuzz.c: lines of any bytes as comma-separated values. The first byte is the type. */
#include "data/csv.h"
#include "types.h"

static void *alloc(void *arg, size_t size) { return wadi__arena_alloc(arg, size); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    wadi__arena arena = {0};
    const wadi_type *pub = fuzz_type(fuzz_byte(&in) % 2); /* those that have a form in CSV */
    wadi__csv_plan *plan = wadi__csv_plan_new(wadi__type_intern(pub, NULL), &arena, NULL);
    char *line = fuzz_rest(&in);
    _Alignas(16) char record[512];
    const char *why = NULL;
    uint32_t cell = 0;
    if (wadi__csv_parse(plan, line, in.size, record, alloc, &arena, &why, &cell))
        fuzz_read_record(pub, record);
    else
        fuzz_check(why != NULL && cell >= 1);
    free(line);
    wadi__arena_fini(&arena);
    return 0;
}
