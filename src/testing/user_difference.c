/* SPDX-License-Identifier: Apache-2.0 */
/* user_difference.c: what differs between two lists of rows, as a reader wants it: the longest list
 * that both have stays, the rest is missing or too many. Of sorted rows, and of rows in order, that
 * is the same table of longest common subsequences (Wagner, Fischer, 1974); very long lists, of
 * which nobody reads the rest, keep only their common beginning and end. */
#include "testing/must.h"
#include "testing/user_test.h"

#include <stdint.h>

enum { TABLE_MAX = 4000000, LINES_MAX = 60 };

void wadi__test_rows_add(wadi__test_rows *rows, char *text) {
    rows->items = wadi__must_realloc(rows->items, (rows->count + 2) * sizeof *rows->items);
    rows->items[rows->count++] = text;
    rows->items[rows->count] = NULL;
}
void wadi__test_rows_fini(wadi__test_rows *rows) {
    for (size_t i = 0; i < rows->count; i++) free(rows->items[i]);
    free(rows->items);
    *rows = (wadi__test_rows){NULL, 0};
}
static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}
static void sort(wadi__test_rows *rows) {
    if (rows->count > 0) qsort(rows->items, rows->count, sizeof *rows->items, by_text);
}

typedef struct report {
    char *text;
    size_t size, lines;
} report;

static void add_line(report *self, char sign, const char *row) {
    if (self->lines++ >= LINES_MAX) return;
    size_t length = strlen(row) + 8;
    self->text = wadi__must_realloc(self->text, self->size + length);
    self->size += (size_t)snprintf(self->text + self->size, length, "%s    %c %s",
                                   self->size > 0 ? "\n" : "", sign, row);
}
/* lengths[i * (m + 1) + j]: of the longest list that a from i and b from j have in common. */
static uint32_t *fill_table(char **a, size_t n, char **b, size_t m) {
    uint32_t *table = wadi__must_calloc((n + 1) * (m + 1), sizeof *table);
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint32_t *at = &table[i * (m + 1) + j];
            if (strcmp(a[i], b[j]) == 0)
                *at = at[m + 2] + 1;
            else
                *at = at[m + 1] > at[1] ? at[m + 1] : at[1];
        }
    return table;
}
static void add_middle(report *self, char **a, size_t n, char **b, size_t m) {
    bool is_small = (n + 1) * (m + 1) <= TABLE_MAX;
    uint32_t *table = is_small ? fill_table(a, n, b, m) : NULL;
    size_t i = 0, j = 0;
    while (i < n && j < m && is_small) {
        const uint32_t *at = &table[i * (m + 1) + j];
        if (strcmp(a[i], b[j]) == 0)
            add_line(self, ' ', a[i]), i++, j++;
        else if (at[m + 1] >= at[1])
            add_line(self, '-', a[i++]);
        else
            add_line(self, '+', b[j++]);
    }
    while (i < n) add_line(self, '-', a[i++]);
    while (j < m) add_line(self, '+', b[j++]);
    free(table);
}
/* How many rows of each kind, without their text. */
static void count(const wadi__test_rows *a, const wadi__test_rows *b, size_t *missing,
                  size_t *more) {
    wadi__test_rows left = {wadi__must_calloc(a->count + 1, sizeof(char *)), a->count};
    wadi__test_rows right = {wadi__must_calloc(b->count + 1, sizeof(char *)), b->count};
    if (a->count > 0) memcpy(left.items, a->items, a->count * sizeof(char *));
    if (b->count > 0) memcpy(right.items, b->items, b->count * sizeof(char *));
    sort(&left);
    sort(&right);
    size_t i = 0, j = 0, same = 0;
    while (i < left.count && j < right.count) {
        int order = strcmp(left.items[i], right.items[j]);
        same += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    *missing = left.count - same;
    *more = right.count - same;
    free(left.items);
    free(right.items);
}
char *wadi__test_difference(wadi__test_rows *expected, wadi__test_rows *actual, bool is_ordered,
                            size_t *missing, size_t *more) {
    if (!is_ordered) sort(expected), sort(actual);
    static char *none[1];
    char **a = expected->count > 0 ? expected->items : none;
    char **b = actual->count > 0 ? actual->items : none;
    size_t n = expected->count, m = actual->count, begin = 0, end = 0;
    while (begin < n && begin < m && strcmp(a[begin], b[begin]) == 0) begin++;
    if (begin == n && begin == m) return NULL;
    while (end < n - begin && end < m - begin && strcmp(a[n - 1 - end], b[m - 1 - end]) == 0) end++;
    report self = {0};
    for (size_t i = 0; i < begin; i++) add_line(&self, ' ', a[i]);
    add_middle(&self, a + begin, n - begin - end, b + begin, m - begin - end);
    for (size_t i = n - end; i < n; i++) add_line(&self, ' ', a[i]);
    count(expected, actual, missing, more);
    if (self.lines <= LINES_MAX) return self.text;
    char rest[64];
    snprintf(rest, sizeof rest, "%zu lines more", self.lines - LINES_MAX);
    self.lines = 0;
    add_line(&self, '.', rest);
    return self.text;
}
