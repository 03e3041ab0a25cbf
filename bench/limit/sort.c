/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: qsort(3) of 1M (string, int64) pairs by their strings, from a fresh copy. Variant q: the
 * only one. */
#include "gen.h"

typedef struct pair_row {
    gstr k;
    int64_t v;
} pair_row;
typedef struct job {
    pair_row *pairs, *sorted;
} job;

static int compare(const void *pa, const void *pb) {
    const gstr *a = pa, *b = pb; /* the first field */
    uint32_t shorter = a->far.len < b->far.len ? a->far.len : b->far.len;
    int order = memcmp(gstr_ptr(a), gstr_ptr(b), shorter);
    return order != 0 ? order : (a->far.len > b->far.len) - (a->far.len < b->far.len);
}
static void run_round(void *arg) {
    job *j = arg;
    memcpy(j->sorted, j->pairs, PAIRS * sizeof *j->pairs);
    qsort(j->sorted, PAIRS, sizeof *j->sorted, compare);
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("sort q SECONDS");
    vocab v = vocab_new(VOCABULARY);
    rng r = {5};
    size_t key_bytes = 0;
    job j = {big_alloc(PAIRS * sizeof(pair_row)), big_alloc(PAIRS * sizeof(pair_row))};
    for (uint32_t i = 0; i < PAIRS; i++) {
        const vocab_word *w = gen_pair(&v, &r, &j.pairs[i].v);
        j.pairs[i].k = gstr_make(w->text, w->len);
        key_bytes += w->len;
    }
    pin(0);
    measure(strtod(argv[2], NULL), PAIRS, (double)key_bytes + 8.0 * PAIRS, run_round, &j);
    uint64_t wrong = 0;
    for (uint32_t i = 1; i < PAIRS; i++) wrong += compare(&j.sorted[i - 1], &j.sorted[i]) > 0;
    expect_total("pairs out of order", wrong, 0);
    return 0;
}
