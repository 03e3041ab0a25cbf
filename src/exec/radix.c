/* SPDX-License-Identifier: Apache-2.0 */
/* radix.c: counting, then copying. */
#include "exec/radix.h"

#include "base/pool.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

static void count_parts(wadi__radix *self, const wadi__held_input *input, unsigned bits) {
    size_t parts = (size_t)1 << bits;
    memset(self->begins, 0, (parts + 1) * sizeof self->begins[0]);
    for (size_t r = 0; r < input->runs.count; r++) {
        const wadi__run *run = &input->runs.items[r];
        for (size_t i = 0; i < run->count; i++)
            self->begins[wadi__radix_part(run->hashes[i], bits) + 1]++;
    }
    for (size_t p = 0; p < parts; p++) self->begins[p + 1] += self->begins[p];
}
/* row_size 0: not known to the compiler. */
INLINE void copy_run(const wadi__run *run, size_t row_size_given, size_t row_size, unsigned bits,
                     char **ends) {
    const size_t size = row_size != 0 ? row_size : row_size_given,
                 entry_size = wadi__radix_entry_size(size);
    const char *row = run->rows;
    for (size_t i = 0; i < run->count; i++, row += size) {
        const uint64_t hash = run->hashes[i];
        char **end = &ends[wadi__radix_part(hash, bits)], *to = *end;
        memcpy(to, &hash, sizeof hash);
        memcpy(to + sizeof hash, row, size);
        *end = to + entry_size;
    }
}
static void copy_parts(wadi__radix *self, const wadi__held_input *input, unsigned bits) {
    char *ends[1 << WADI__RADIX_BITS_MAX];
    for (size_t p = 0; p < (size_t)1 << bits; p++)
        ends[p] = self->entries + self->begins[p] * self->entry_size;
    for (size_t r = 0; r < input->runs.count; r++) {
        const wadi__run *run = &input->runs.items[r];
        switch (input->row_size) {
        case 8: copy_run(run, 8, 8, bits, ends); break;
        case 16: copy_run(run, 16, 16, bits, ends); break;
        case 24: copy_run(run, 24, 24, bits, ends); break;
        case 32: copy_run(run, 32, 32, bits, ends); break;
        default: copy_run(run, input->row_size, 0, bits, ends); break;
        }
    }
}
bool wadi__radix_init(wadi__radix *self, const wadi__held_input *input, unsigned bits) {
    self->entry_size = wadi__radix_entry_size(input->row_size);
    if (input->row_count > SIZE_MAX / 4 / self->entry_size) return false;
    size_t entries_bytes = (size_t)input->row_count * self->entry_size;
    self->size_bytes = entries_bytes + (((size_t)1 << bits) + 1) * sizeof self->begins[0];
    self->entries = wadi__pool_get(self->size_bytes);
    if (self->entries == NULL) return false;
    self->begins = (size_t *)(void *)(self->entries + entries_bytes);
    count_parts(self, input, bits);
    copy_parts(self, input, bits);
    return true;
}
void wadi__radix_fini(wadi__radix *self) {
    wadi__pool_put(self->entries, self->size_bytes);
    self->entries = NULL;
}
