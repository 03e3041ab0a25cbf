/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: records for the targets that read records: all kinds of fields, and plain values. */
#ifndef WADI_TESTS_FUZZ_TYPES_H
#define WADI_TESTS_FUZZ_TYPES_H
#include "data/print.h"
#include "fuzz.h"

#include <wadi/record.h>
#include <wadi/str.h>

WADI_RECORD(fuzz_place, (double, x), (double, y));
WADI_SEQ(fuzz_places, fuzz_place);
WADI_OPTION(fuzz_maybe_place, fuzz_place);
WADI_RECORD(fuzz_cells, (wadi_str, name), (int64_t, count), (bool, good), (fuzz_place, at),
            (int16_t, two, 2), (wadi_int64_option, maybe), (wadi_str_option, note),
            (uint8_t, small), (float, single));
WADI_RECORD(fuzz_nested, (fuzz_cells, cells), (fuzz_maybe_place, goal), (wadi_str_list, tags),
            (fuzz_places, path), (uint64_t, large));
WADI_RECORD(fuzz_pair, (wadi_str, key), (int64_t, value));

static inline const wadi_type *fuzz_type(unsigned choice) {
    const wadi_type *types[] = {WADI_TYPE(fuzz_pair),   WADI_TYPE(fuzz_cells),
                                WADI_TYPE(fuzz_nested), WADI_TYPE(wadi_str),
                                WADI_TYPE(int64_t),     WADI_TYPE(fuzz_places)};
    return types[choice % (sizeof types / sizeof types[0])];
}
/* Looks at every byte that a record tells of. */
static inline void fuzz_read_record(const wadi_type *pub, const void *record) {
    wadi__text text = {0};
    wadi__print_value(&text, wadi__type_intern(pub, NULL), record);
    wadi__text_fini(&text);
}
#endif
