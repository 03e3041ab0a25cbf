/* SPDX-License-Identifier: Apache-2.0 */
/* fake_postgres.c: answers by the first words of a statement; an answer is a static table of texts.
 */
#include "fake_postgres.h"

#include <stdatomic.h>
#include <string.h>

typedef struct fake_answer {
    const char *statement; /* its beginning */
    int64_t rows;
    const char *values[2][3];
} fake_answer;

static fake_answer answers[] = {
    {"SELECT a.attname", 2, {{"word", "text", "S"}, {"count", "bigint", "N"}}},
    {"SELECT 1 FROM wadi_batches", 0, {{0}}},
    {"INSERT INTO wadi_batches", 1, {{0}}},
    {"WITH won", 1, {{"2"}}}, /* partitions */
    {"SELECT relname", 1, {{"wadi_staged_before"}}},
    {"", 0, {{0}}},
};
static atomic_int moved;

int fake_postgres_moved(void) { return atomic_exchange(&moved, 0); }

static bool fake_is_well_formed(const char *connection) { return connection[0] != 0; }
static void *fake_open(const char *connection, const char *application,
                       wadi__postgres_fault *fault) {
    (void)connection, (void)application, (void)fault;
    return answers;
}
static void fake_close(void *link) { (void)link; }
static void *fake_query(void *link, const char *sql, const char *const *parameters, int count,
                        wadi__postgres_fault *fault) {
    (void)link, (void)parameters, (void)count, (void)fault;
    fake_answer *at = answers;
    while (strncmp(sql, at->statement, strlen(at->statement)) != 0) at++;
    if (strcmp(at->statement, "WITH won") == 0) atomic_fetch_add(&moved, 1);
    return at;
}
static int64_t fake_rows(const void *result) { return ((const fake_answer *)result)->rows; }
static const char *fake_value(const void *result, int row, int column) {
    return ((const fake_answer *)result)->values[row][column];
}
static void fake_free_result(void *result) { (void)result; }
static bool fake_copy_begin(void *link, const char *sql, wadi__postgres_fault *fault) {
    (void)link, (void)sql, (void)fault;
    return true;
}
static bool fake_copy_add(void *link, const void *bytes, size_t size, wadi__postgres_fault *fault) {
    (void)link, (void)bytes, (void)size, (void)fault;
    return true;
}
static bool fake_copy_end(void *link, wadi__postgres_fault *fault) {
    (void)link, (void)fault;
    return true;
}
const wadi__postgres_ops fake_postgres = {
    .version = WADI__POSTGRES_OPS_VERSION,
    .is_well_formed = fake_is_well_formed,
    .open = fake_open,
    .close = fake_close,
    .query = fake_query,
    .rows = fake_rows,
    .value = fake_value,
    .free_result = fake_free_result,
    .copy_begin = fake_copy_begin,
    .copy_add = fake_copy_add,
    .copy_end = fake_copy_end,
};
