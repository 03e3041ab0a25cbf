/* SPDX-License-Identifier: Apache-2.0 */
/* user_input.c: inputs of a program under test. Which feeding went to which batch is remembered by
 * the test, so a batch that is made again, also after a crash, gets the same. */
#include "testing/must.h"
#include "testing/user_test.h"

#include <wadi/rdd.h>
#include <wadi/source.h>

#include <inttypes.h>
#include <stdarg.h>

static wadi__test_input_node *find(const wadi_test *test, const char *name) {
    wadi__test_input_node *at = test->inputs;
    while (at != NULL && strcmp(at->name, name) != 0) at = at->next;
    return at;
}

/* ---- Batches: the generator's thread ---- */

static wadi__test_feeding *feeding_of(wadi__test_input_node *self, int64_t batch_ms) {
    wadi__test_feeding *unused = NULL;
    for (size_t i = 0; i < self->count; i++) {
        wadi__test_feeding *at = &self->feedings[i];
        if (at->batch_ms == batch_ms) return at;
        if (at->batch_ms < 0 && unused == NULL) unused = at;
    }
    return unused;
}
/* An empty batch stays empty when it is made again. */
static wadi__test_feeding *new_feeding(wadi__test_input_node *self) {
    self->feedings = wadi__must_realloc(self->feedings, (self->count + 1) * sizeof *self->feedings);
    wadi__test_feeding *made = &self->feedings[self->count++];
    *made = (wadi__test_feeding){.batch_ms = -1};
    return made;
}
static void make_batch(wadi_call *call) {
    wadi__test_input_node *self = *(wadi__test_input_node *const *)call->env;
    pthread_mutex_lock(&self->test->lock);
    wadi__test_feeding *found = feeding_of(self, call->batch_ms);
    if (found == NULL) found = new_feeding(self);
    found->batch_ms = call->batch_ms;
    wadi__test_feeding batch = *found;
    pthread_mutex_unlock(&self->test->lock);
    wadi_op_options options = {.size = sizeof options, .partitions = 2};
    if (!batch.is_missing)
        call->result =
            wadi__parallelize(call->context, self->type, batch.rows, batch.count, &options);
}

/* ---- In the program function ---- */

static wadi__test_input_node *input_new(wadi_test *test, const char *name, const wadi_type *type) {
    char fn_name[64];
    wadi__test_input_node *self = wadi__must_calloc(1, sizeof *self);
    snprintf(fn_name, sizeof fn_name, "wadi_test_input of type %p", (const void *)type);
    *self = (wadi__test_input_node){.name = wadi__must_strdup(name),
                                    .fn_name = wadi__must_strdup(fn_name),
                                    .test = test,
                                    .type = type,
                                    .next = test->inputs};
    test->inputs = self;
    return self;
}
wadi_dstream *wadi__test_input(wadi_test *test, const char *name, const wadi_type *type,
                               const wadi_where *where) {
    wadi__test_input_node *self = find(test, name);
    if (self == NULL) self = input_new(test, name, type);
    const wadi_fn fn = {.name = self->fn_name,
                        .kind = WADI_FN_INPUT,
                        .size = sizeof fn,
                        .out = type,
                        .env_size = sizeof(wadi__test_input_node *),
                        .run = make_batch,
                        .where = *where};
    wadi_source_options options = {.size = sizeof options, .where = *where, .name = self->name};
    wadi_input_fn f = {&fn, &self};
    return (wadi_input_stream)(test->ssc, f, &options);
}
void wadi__test_inputs_free(wadi_test *test) {
    for (wadi__test_input_node *at = test->inputs, *next; at != NULL; at = next) {
        next = at->next;
        for (size_t i = 0; i < at->count; i++) free(at->feedings[i].rows);
        free(at->feedings);
        free(at->fn_name);
        free(at->name);
        free(at);
    }
}

/* ---- Feeding ---- */

/* NULL: it cannot be fed so, which was told. */
static wadi__test_input_node *to_feed(wadi_test *test, const char *name, const wadi_type *type,
                                      const wadi_where *where) {
    wadi__test_begin(test);
    wadi__test_input_node *self = find(test, name);
    if (self == NULL) {
        wadi__test_fail(test, where, "the program has no input '%s'", name);
    } else if (type != NULL && (type->size != self->type->size || type->kind != self->type->kind ||
                                strcmp(type->name, self->type->name) != 0)) {
        wadi__test_fail(test, where, "input '%s' takes %s, and is fed %s", name, self->type->name,
                        type->name);
        return NULL;
    }
    return self;
}
static void feed(wadi__test_input_node *self, char *rows, size_t count, bool is_missing) {
    pthread_mutex_lock(&self->test->lock);
    wadi__test_feeding *fed = new_feeding(self);
    fed->rows = rows;
    fed->count = count;
    fed->is_missing = is_missing;
    pthread_mutex_unlock(&self->test->lock);
}
void wadi__test_feed(wadi_test *test, const char *name, const wadi_type *type, const void *rows,
                     size_t n, const wadi_where *where) {
    wadi__test_input_node *self = to_feed(test, name, type, where);
    if (self == NULL) return;
    char *copy = wadi__must_calloc(n, type->size);
    if (n > 0) memcpy(copy, rows, n * type->size);
    feed(self, copy, n, false);
}
void wadi__test_feed_lines(wadi_test *test, const wadi_where *where, const char *name, ...) {
    wadi__test_input_node *self = to_feed(test, name, WADI_TYPE(wadi_str), where);
    if (self == NULL) return;
    wadi_str *rows = NULL;
    size_t count = 0;
    va_list args;
    va_start(args, name);
    for (const char *line; (line = va_arg(args, const char *)) != NULL;) {
        char *copy = wadi__must_strdup(line);
        wadi__test_rows_add(&test->texts, copy);
        rows = wadi__must_realloc(rows, (count + 1) * sizeof *rows);
        rows[count++] = wadi_str_of(copy);
    }
    va_end(args);
    feed(self, (char *)rows, count, false);
}
void wadi__test_feed_nothing(wadi_test *test, const char *name, const wadi_where *where) {
    wadi__test_input_node *self = to_feed(test, name, NULL, where);
    if (self != NULL) feed(self, NULL, 0, true);
}
