/* SPDX-License-Identifier: Apache-2.0 */
/* user_output.c: what came out of a program under test, batch by batch, as text; and what was
 * expected. */
#include "stream/dstream.h"
#include "testing/must.h"
#include "testing/sim_disk.h"
#include "testing/user_test.h"

#include <inttypes.h>
#include <stdarg.h>

static wadi__test_output_node *find(const wadi_test *test, const char *name) {
    wadi__test_output_node *at = test->outputs;
    while (at != NULL && strcmp(at->name, name) != 0) at = at->next;
    return at;
}

/* ---- Collecting: job threads ---- */

static char *text_of(const wadi_type *type, const void *row) {
    size_t length = wadi__record_text(type, row, NULL, 0);
    if (length == SIZE_MAX) return wadi__must_strdup("?");
    char *text = wadi__must_calloc(length + 1, 1);
    wadi__record_text(type, row, text, length + 1);
    return text;
}
static wadi__test_rows rows_of(wadi_rdd *rdd) {
    const wadi_type *type = &rdd->type->pub;
    size_t n = 0;
    const char *rows = wadi__collect(rdd, type, &n);
    wadi__test_rows made = {NULL, 0};
    for (size_t i = 0; i < n; i++) wadi__test_rows_add(&made, text_of(type, rows + i * type->size));
    return made;
}
static wadi__test_rows copy_of(const wadi__test_rows *rows) {
    wadi__test_rows copy = {NULL, 0};
    for (size_t i = 0; i < rows->count; i++)
        wadi__test_rows_add(&copy, wadi__must_strdup(rows->items[i]));
    return copy;
}
/* A batch that was run before must give the same. */
static void compare_runs(wadi__test_output_node *self, wadi__test_batch *before,
                         wadi__test_rows *again) {
    wadi__test_rows first = copy_of(&before->rows);
    size_t missing, more;
    char *text = wadi__test_difference(&first, again, false, &missing, &more);
    if (text != NULL)
        wadi__test_fail(self->test, NULL,
                        "%s, batch %" PRId64 " ms: run again, it is not what it was the first "
                        "time: %zu missing, %zu too many\n%s",
                        self->name, before->batch_ms, missing, more, text);
    free(text);
    wadi__test_rows_fini(&first);
    wadi__test_rows_fini(again);
}
/* Holds the test's lock. */
static void keep(wadi__test_output_node *self, int64_t batch_ms, wadi__test_rows *rows) {
    size_t at = self->count;
    while (at > 0 && self->batches[at - 1].batch_ms > batch_ms) at--;
    if (at > 0 && self->batches[at - 1].batch_ms == batch_ms) {
        compare_runs(self, &self->batches[at - 1], rows);
        return;
    }
    self->batches = wadi__must_realloc(self->batches, (self->count + 1) * sizeof *self->batches);
    memmove(&self->batches[at + 1], &self->batches[at], (self->count - at) * sizeof *self->batches);
    self->batches[at] = (wadi__test_batch){.batch_ms = batch_ms, .rows = *rows};
    self->count++;
}
static void take_batch(wadi_call *call) {
    wadi__test_output_node *self = *(wadi__test_output_node *const *)call->env;
    wadi_test *test = self->test;
    wadi_rdd *rdd = call->rdds[0];
    wadi__test_rows rows = rows_of(rdd);
    bool is_lost = wadi_rdd_failed(rdd, NULL), ends = false;
    pthread_mutex_lock(&test->lock);
    is_lost |= test->has_crashed;
    if (is_lost)
        wadi__test_rows_fini(&rows);
    else
        keep(self, call->batch_ms, &rows);
    if (!is_lost && test->crashes_in_batch) ends = test->has_crashed = true;
    pthread_mutex_unlock(&test->lock);
    if (ends) wadi__sim_disk_stop_at(test->disk, WADI__SIM_ALL, 1);
}
static const wadi_fn take_fn = {.name = "wadi_test_output",
                                .kind = WADI_FN_FOREACH_RDD,
                                .size = sizeof take_fn,
                                .env_size = sizeof(wadi__test_output_node *),
                                .run = take_batch};

/* ---- In the program function ---- */

void wadi__test_output(wadi_test *test, const char *name, wadi_dstream *stream,
                       const wadi_where *where) {
    wadi__test_output_node *self = find(test, name);
    if (self == NULL) {
        self = wadi__must_calloc(1, sizeof *self);
        *self = (wadi__test_output_node){
            .name = wadi__must_strdup(name), .test = test, .next = test->outputs};
        test->outputs = self;
    }
    wadi_op_options options = {.size = sizeof options, .where = *where};
    wadi_foreach_rdd_fn f = {&take_fn, &self};
    (wadi_foreach_rdd)(stream, f, &options);
}
void wadi__test_outputs_free(wadi_test *test) {
    for (wadi__test_output_node *at = test->outputs, *next; at != NULL; at = next) {
        next = at->next;
        for (size_t i = 0; i < at->count; i++) wadi__test_rows_fini(&at->batches[i].rows);
        free(at->batches);
        free(at->name);
        free(at);
    }
}

/* ---- Expecting ---- */

/* The batch that nobody has looked at yet, which then is; NULL: there is none. */
static wadi__test_batch *next_batch(wadi_test *test, const char *name, const wadi_where *where) {
    wadi__test_begin(test);
    wadi__test_output_node *self = find(test, name);
    if (self == NULL) {
        wadi__test_fail(test, where, "the program has no output '%s'", name);
        return NULL;
    }
    if (self->seen < self->count) return &self->batches[self->seen++];
    if (test->error != NULL)
        wadi__test_fail(test, where, "%s: no further batch; the program failed: %s", name,
                        test->error);
    else if (self->count == 0)
        wadi__test_fail(test, where, "%s: no batch yet; wadi_test_advance() turns the clock", name);
    else
        wadi__test_fail(test, where, "%s: no batch after that of %" PRId64 " ms", name,
                        self->batches[self->count - 1].batch_ms);
    return NULL;
}
bool wadi__test_expect(wadi_test *test, const wadi_where *where, bool is_ordered, const char *name,
                       ...) {
    wadi__test_batch *batch = next_batch(test, name, where);
    if (batch == NULL) return false;
    wadi__test_rows expected = {NULL, 0}, actual = copy_of(&batch->rows);
    va_list args;
    va_start(args, name);
    for (const char *row; (row = va_arg(args, const char *)) != NULL;)
        wadi__test_rows_add(&expected, wadi__must_strdup(row));
    va_end(args);
    size_t missing, more;
    char *text = wadi__test_difference(&expected, &actual, is_ordered, &missing, &more);
    if (text != NULL)
        wadi__test_fail(test, where,
                        "%s, batch %" PRId64 " ms: %zu missing (-), %zu too many (+)\n%s", name,
                        batch->batch_ms, missing, more, text);
    bool is_so = text == NULL;
    free(text);
    wadi__test_rows_fini(&expected);
    wadi__test_rows_fini(&actual);
    return is_so;
}
bool wadi__test_expect_nothing(wadi_test *test, const char *name, const wadi_where *where) {
    wadi__test_begin(test);
    wadi__test_output_node *self = find(test, name);
    if (self == NULL) {
        wadi__test_fail(test, where, "the program has no output '%s'", name);
        return false;
    }
    if (self->seen == self->count) return true;
    const wadi__test_batch *next = &self->batches[self->seen];
    wadi__test_fail(test, where, "%s: there is a batch of %" PRId64 " ms, of %zu records", name,
                    next->batch_ms, next->rows.count);
    return false;
}
const char *const *wadi_test_take(wadi_test *test, const char *name, size_t *n, int64_t *batch_ms) {
    static const char *const none[] = {NULL};
    wadi__test_begin(test);
    wadi__test_output_node *self = find(test, name);
    bool is_there = self != NULL && self->seen < self->count;
    const wadi__test_batch *batch = is_there ? &self->batches[self->seen++] : NULL;
    if (n != NULL) *n = is_there ? batch->rows.count : 0;
    if (batch_ms != NULL) *batch_ms = is_there ? batch->batch_ms : -1;
    if (!is_there) return NULL;
    return batch->rows.count > 0 ? (const char *const *)batch->rows.items : none;
}
