/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.c: gathering a field, with a loop for each kind of number. */
#include "rdd/action/numbers.h"

#include <string.h>

wadi__numbers wadi__numbers_of(const wadi__type *type, const wadi_field *field) {
    const wadi__type *number =
        wadi__type_plain(field != NULL ? wadi__type_inner(field->type) : type);
    return (wadi__numbers){number, field != NULL ? field->offset : 0, type->pub.size};
}
void wadi__numbers_get(const wadi__numbers *numbers, const wadi__slice *in, double *out) {
    const char *rows = (const char *)in->rows + numbers->offset;
    const size_t size = numbers->record_size;
#define GET(KIND, SIZE, T)                                                                    \
    case WADI_KIND_##KIND << 4 | SIZE:                                                        \
        for (uint32_t i = 0; i < in->count; i++) {                                            \
            T v;                                                                              \
            memcpy(&v, rows + (in->selected != NULL ? in->selected[i] : i) * size, sizeof v); \
            out[i] = (double)v;                                                               \
        }                                                                                     \
        return;
    switch ((unsigned)numbers->type->pub.kind << 4 | numbers->type->pub.size) {
        GET(INT, 1, int8_t)
        GET(INT, 2, int16_t)
        GET(INT, 4, int32_t)
        GET(INT, 8, int64_t)
        GET(UINT, 1, uint8_t)
        GET(UINT, 2, uint16_t)
        GET(UINT, 4, uint32_t)
        GET(UINT, 8, uint64_t)
        GET(FLOAT, 4, float)
        GET(FLOAT, 8, double)
    }
#undef GET
}
