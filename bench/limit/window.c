/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: a count by key over a window of 30 slides of 10 batches each, of 100,000 records in a
 * batch with keys by Zipf's law (1.0) of 1M, which a dictionary has numbered once. A batch's
 * partial result is columns: the numbers of its keys, and their counts. A round is upkeep  a slide:
 * 10 partial results added to the window's counts by number, 10 subtracted stacks  a slide without
 * an inverse: two stacks of whole panes, with the query gather  the window's result as records of a
 * key and its count numbers the records of a batch hashed and numbered by the dictionary */
#include "gen.h"
#include "scan.h"

enum {
    KEYS = 1000000,
    RECORDS = 100000,
    SLIDE = 10,  /* batches */
    WINDOW = 30, /* slides */
    BATCHES = 400,
    PREFETCH = 32,
    OUT_ROWS = 4096, /* a chunk of records, used again and again */
};
typedef struct partial {
    uint32_t n;
    uint32_t *numbers;
    int64_t *counts;
} partial;
typedef struct record {
    gstr key;
    int64_t count;
} record;
typedef struct job {
    gstr *keys, *batch;
    uint64_t *hashes; /* of the batch; PREFETCH more */
    uint32_t *numbers;
    table dictionary;
    partial partials[BATCHES];
    int64_t *counts, *panes[WINDOW], *front[WINDOW], *back, *result;
    record *out;
    uint32_t slide, out_total;
} job;

static void scatter(int64_t *counts, const partial *p, int64_t sign) {
    for (uint32_t i = 0; i < p->n; i++) counts[p->numbers[i]] += sign * p->counts[i];
}
/* The oldest of the partial results come again as the newest. */
static void round_upkeep(void *arg) {
    job *j = arg;
    for (uint32_t b = 0; b < SLIDE; b++) {
        scatter(j->counts, &j->partials[(j->slide * SLIDE + WINDOW * SLIDE + b) % BATCHES], 1);
        scatter(j->counts, &j->partials[(j->slide * SLIDE + b) % BATCHES], -1);
    }
    j->slide++;
}
static NOINLINE void add_pane(int64_t *restrict to, const int64_t *restrict pane) {
    for (uint32_t i = 0; i < KEYS; i++) to[i] += pane[i];
}
static NOINLINE void add_panes(int64_t *restrict to, const int64_t *restrict a,
                               const int64_t *restrict b) {
    for (uint32_t i = 0; i < KEYS; i++) to[i] = a[i] + b[i];
}
/* All the slides between two flips, with one flip. */
static void round_stacks(void *arg) {
    job *j = arg;
    memcpy(j->front[WINDOW - 1], j->panes[WINDOW - 1], KEYS * sizeof(int64_t));
    for (int i = WINDOW - 2; i >= 0; i--) add_panes(j->front[i], j->front[i + 1], j->panes[i]);
    memset(j->back, 0, KEYS * sizeof(int64_t));
    for (int s = 1; s < WINDOW; s++) {
        add_pane(j->back, j->panes[s - 1]);
        add_panes(j->result, j->front[s], j->back);
    }
}
static void round_gather(void *arg) {
    job *j = arg;
    uint32_t n = 0, total = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        if (j->counts[i] == 0) continue;
        j->out[n++] = (record){j->keys[i], j->counts[i]};
        total++;
        if (n == OUT_ROWS) n = 0;
    }
    j->out_total = total;
}
static void round_numbers(void *arg) {
    job *j = arg;
    for (uint32_t i = 0; i < RECORDS; i++) j->hashes[i] = hash_fix(gstr_hash(&j->batch[i]));
    for (uint32_t i = 0; i < RECORDS; i++) {
        __builtin_prefetch(&j->dictionary.slots[j->hashes[i + PREFETCH] >> j->dictionary.shift]);
        j->numbers[i] = (uint32_t)table_slot(&j->dictionary, &j->batch[i], j->hashes[i])->v;
    }
}

/* ---- Input ---- */

static void make_keys(job *j) {
    j->keys = big_alloc(KEYS * sizeof *j->keys);
    j->dictionary = table_new(21, 4096);
    for (uint32_t i = 0; i < KEYS; i++) {
        char text[32];
        gen_join_key(text, i);
        j->keys[i] = gstr_make(text, JOIN_KEY_SIZE);
        table_slot(&j->dictionary, &j->keys[i], hash_fix(gstr_hash(&j->keys[i])))->v = i;
    }
}
static void make_partials(job *j) {
    vocab v = vocab_new(KEYS);
    rng r = {7};
    uint32_t *counts = calloc(KEYS, sizeof *counts), *touched = malloc(RECORDS * sizeof *touched);
    if (counts == NULL || touched == NULL) die("malloc");
    j->batch = big_alloc(RECORDS * sizeof *j->batch);
    for (uint32_t b = 0; b < BATCHES; b++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < RECORDS; i++) {
            uint32_t number = zipf_draw(&v, &r);
            j->batch[i] = j->keys[number];
            if (counts[number]++ == 0) touched[n++] = number;
        }
        partial p = {n, malloc(n * sizeof(uint32_t)), malloc(n * sizeof(int64_t))};
        if (p.numbers == NULL || p.counts == NULL) die("malloc");
        for (uint32_t i = 0; i < n; i++) {
            p.numbers[i] = touched[i];
            p.counts[i] = counts[touched[i]];
            counts[touched[i]] = 0;
        }
        j->partials[b] = p;
    }
    free(counts);
    free(touched);
}
static void make_window(job *j, bool has_stacks) {
    j->counts = big_alloc(KEYS * sizeof(int64_t));
    for (uint32_t b = 0; b < WINDOW * SLIDE; b++) scatter(j->counts, &j->partials[b], 1);
    j->out = big_alloc(OUT_ROWS * sizeof *j->out);
    j->hashes = big_alloc((RECORDS + PREFETCH) * sizeof *j->hashes);
    j->numbers = big_alloc(RECORDS * sizeof *j->numbers);
    if (!has_stacks) return;
    j->back = big_alloc(KEYS * sizeof(int64_t));
    j->result = big_alloc(KEYS * sizeof(int64_t));
    for (uint32_t s = 0; s < WINDOW; s++) {
        j->panes[s] = big_alloc(KEYS * sizeof(int64_t));
        j->front[s] = big_alloc(KEYS * sizeof(int64_t));
        for (uint32_t b = 0; b < SLIDE; b++) scatter(j->panes[s], &j->partials[s * SLIDE + b], 1);
    }
}
static uint64_t total_of(const int64_t *counts) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < KEYS; i++) total += (uint64_t)counts[i];
    return total;
}
int main(int argc, char **argv) {
    if (argc != 3) return usage("window upkeep|stacks|gather|numbers SECONDS");
    static job j;
    pin(0);
    make_keys(&j);
    make_partials(&j);
    bool is_stacks = strcmp(argv[1], "stacks") == 0, is_numbers = strcmp(argv[1], "numbers") == 0;
    void (*round)(void *) = is_stacks                        ? round_stacks
                            : is_numbers                     ? round_numbers
                            : strcmp(argv[1], "gather") == 0 ? round_gather
                                                             : round_upkeep;
    make_window(&j, is_stacks);
    /* records: slides, results, or numbered records */
    measure(strtod(argv[2], NULL), is_stacks ? WINDOW - 1 : is_numbers ? RECORDS : 1, 0, round, &j);
    expect_total("records of the window", total_of(is_stacks ? j.front[0] : j.counts),
                 WINDOW * SLIDE * RECORDS);
    if (is_numbers) expect_total("keys", j.dictionary.n, KEYS);
    return 0;
}
