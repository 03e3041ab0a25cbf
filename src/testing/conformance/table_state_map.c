/* SPDX-License-Identifier: Apache-2.0 */
/* table_state_map.c: Spark's StateMap, as the store of a state's partition: each change is a step,
 * and a copy's parent is the store as of an earlier step. */
#include "data/value.h"
#include "stream/state_store.h"
#include "stream/state_view.h"
#include "testing/conformance/table.h"
#include "testing/must.h"

#include <wadi/record.h>

#include <string.h>

WADI_RECORD(case_state, (int64_t, key), (int64_t, value), (int64_t, time_ms));

/* ---- Form ---- */

static const struct step_form {
    const char *name;
    size_t arg_count;
    bool ends_in_rows, may_be_null; /* its last argument: rows; a number or null */
} step_forms[] = {
    {"put", 3, false, false},       {"get", 2, false, true},     {"by_time", 2, true, false},
    {"all", 1, true, false},        {"remove", 1, false, false}, {"copy", 0, false, false},
    {"parent_all", 1, true, false},
};
static bool check_row(wadi__case_form *form, const json_t *json) {
    bool is_row = json_array_size(json) == 3;
    for (size_t i = 0; is_row && i < 3; i++) is_row = json_is_integer(json_array_get(json, i));
    return is_row || wadi__case_form_fail(form, "no [key, value, time]");
}
static bool check_step(wadi__case_form *form, const json_t *json) {
    const char *name = json_string_value(json_array_get(json, 0));
    size_t count = json_array_size(json);
    for (size_t f = 0; name != NULL && f < sizeof step_forms / sizeof step_forms[0]; f++) {
        const struct step_form *known = &step_forms[f];
        if (strcmp(name, known->name) != 0 || count != known->arg_count + 1) continue;
        for (size_t i = 1; i < count; i++) {
            const json_t *arg = json_array_get(json, i);
            bool is_last = i + 1 == count;
            if (is_last && known->ends_in_rows) return wadi__case_form_each(form, arg, check_row);
            if (!json_is_integer(arg) && !(is_last && known->may_be_null && json_is_null(arg)))
                return wadi__case_form_fail(form, "a step '%s' with a wrong argument", name);
        }
        return true;
    }
    return wadi__case_form_fail(form, "no step of a state map");
}
static bool check_steps(wadi__case_form *form, const json_t *json) {
    return wadi__case_form_each(form, json, check_step);
}

/* ---- The store ---- */

typedef struct state_map {
    wadi__state_store store;
    int64_t step, parent; /* the newest, and the one that the parent is as of */
    size_t number;        /* of the case's step */
    wadi__case_results *results;
} state_map;

static int64_t arg(const json_t *step, size_t i) {
    return json_integer_value(json_array_get(step, i));
}
static wadi__state_row find(const state_map *self, int64_t key) {
    uint64_t hash = wadi__value_hash(self->store.key, &key);
    wadi__state_row row;
    wadi__state_store_find(&self->store, &key, sizeof key, &hash, 1, &row);
    return row;
}
static const case_state *state_at(const state_map *self, wadi__state_row row) {
    return (const case_state *)(const void *)wadi__state_record(&self->store, row);
}
static void change(state_map *self, const json_t *step, bool removes) {
    case_state made = {arg(step, 1), arg(step, 2), arg(step, 3)};
    bool is_new, done = wadi__state_store_begin(&self->store);
    wadi__state_row row = find(self, made.key);
    if (done && removes && row != WADI__STATE_NO_ROW)
        done = wadi__state_store_remove(&self->store, row);
    if (done && !removes) {
        uint64_t hash = wadi__value_hash(self->store.key, &made.key);
        row = wadi__state_store_insert(&self->store, &made.key, hash, &is_new);
        done = row != WADI__STATE_NO_ROW &&
               wadi__state_store_set(&self->store, row, &made, made.time_ms);
    }
    if (!done) wadi__case_fail(self->results, "no memory");
    wadi__state_store_commit(&self->store, ++self->step);
}

/* ---- What is expected ---- */

static int compare_keys(const void *a, const void *b) {
    const case_state *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}
static void compare(state_map *self, case_state *rows, size_t count, const json_t *expected) {
    json_t *actual = json_array();
    if (count > 1) qsort(rows, count, sizeof *rows, compare_keys);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(actual,
                              json_pack("[I,I,I]", (json_int_t)rows[i].key,
                                        (json_int_t)rows[i].value, (json_int_t)rows[i].time_ms));
    char what[40];
    snprintf(what, sizeof what, "step %zu", self->number);
    if (!json_equal(expected, actual))
        wadi__case_fail_values(self->results, what, expected, actual);
    json_decref(actual);
}
/* Entries with a time of touch below `before_ms`. */
static void compare_by_time(state_map *self, int64_t before_ms, const json_t *expected) {
    const wadi__state_store *store = &self->store;
    case_state *rows = wadi__must_calloc(store->count, sizeof *rows);
    size_t count = 0;
    for (size_t c = 0; c < store->chunks.count; c++) {
        const wadi__state_chunk *chunk = &store->chunks.items[c];
        for (uint32_t slot = 0; slot < chunk->count; slot++)
            if (wadi__state_bit(chunk->is_live, slot) && chunk->times_ms[slot] < before_ms)
                rows[count++] = *state_at(self, wadi__state_row_at(store, c, slot));
    }
    compare(self, rows, count, expected);
    free(rows);
}
typedef struct gathering {
    wadi__sink sink;
    case_state *rows;
    size_t count;
} gathering;
static void gather(wadi__sink *sink, const wadi__slice *slice) {
    gathering *self = (gathering *)sink;
    const case_state *from = slice->rows;
    self->rows = wadi__must_realloc(self->rows, (self->count + slice->count) * sizeof *from);
    for (uint32_t i = 0; i < slice->count; i++)
        self->rows[self->count++] = from[slice->selected != NULL ? slice->selected[i] : i];
}
static void compare_parent(state_map *self, const json_t *expected) {
    wadi__task task = {.keep = wadi__keep_new()};
    gathering into = {{.push = gather}, NULL, 0};
    wadi__cursor *cursor = wadi__state_view_open(&self->store, self->parent, &task, &into.sink);
    while (cursor != NULL && wadi__cursor_step(cursor, &task)) continue;
    compare(self, into.rows, into.count, expected);
    free(into.rows);
    for (size_t i = 0; i < task.chunks.count; i++) wadi__chunk_unref(task.chunks.items[i]);
    wadi__vec_fini(&task.chunks);
    wadi__arena_fini(&task.scratch);
    wadi__keep_unref(task.keep);
}
static void compare_value(state_map *self, const json_t *step) {
    wadi__state_row row = find(self, arg(step, 1));
    json_t *actual = row == WADI__STATE_NO_ROW
                         ? json_null()
                         : json_integer((json_int_t)state_at(self, row)->value);
    if (!json_equal(json_array_get(step, 2), actual))
        wadi__case_fail_values(self->results, "value", json_array_get(step, 2), actual);
    json_decref(actual);
}
static void run_step(state_map *self, const json_t *step) {
    const char *name = json_string_value(json_array_get(step, 0));
    if (strcmp(name, "put") == 0) change(self, step, false);
    if (strcmp(name, "remove") == 0) change(self, step, true);
    if (strcmp(name, "get") == 0) compare_value(self, step);
    if (strcmp(name, "by_time") == 0) compare_by_time(self, arg(step, 1), json_array_get(step, 2));
    if (strcmp(name, "all") == 0) compare_by_time(self, INT64_MAX, json_array_get(step, 1));
    if (strcmp(name, "copy") == 0) self->parent = self->step;
    if (strcmp(name, "parent_all") == 0) compare_parent(self, json_array_get(step, 1));
}
static void run_state_map(const json_t *json, wadi__case_results *results) {
    state_map self = {.results = results};
    const json_t *steps = json_object_get(json, "steps");
    wadi__state_store_init(&self.store, wadi__type_intern(WADI_TYPE(case_state), NULL), true);
    for (; self.number < json_array_size(steps); self.number++)
        run_step(&self, json_array_get(steps, self.number));
    wadi__state_store_fini(&self.store);
}
static const wadi__case_field fields[] = {
    WADI__CASE_TABLE_FIELDS,
    {"steps", check_steps, true},
    {NULL, NULL, false},
};
const wadi__case_table wadi__case_state_map = {"state_map", fields, run_state_map};
