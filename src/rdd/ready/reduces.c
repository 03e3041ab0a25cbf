/* SPDX-License-Identifier: Apache-2.0 */
/* reduces.c: wadi_add, wadi_subtract, wadi_min, wadi_max, wadi_concat: merging the fields after the key. */
#include "data/value.h"
#include "rdd/ready/ready.h"

/* acc[i] and in[i] of a call, by row; the loop bodies stand in `...`. */
#define EACH_PAIR(call, record_size, ...)                                                          \
    for (size_t i = 0; i < (call)->count; i++) {                                                   \
        size_t row = (call)->rows != NULL ? (call)->rows[i] : i;                                   \
        const char *in = (const char *)(call)->in + row * (record_size);                           \
        char *acc = (call)->acc != NULL ? (call)->acc : (call)->accs[i];                           \
        __VA_ARGS__                                                                                \
    }
#define LOAD(T, p) (*(const T *)(const void *)(p))
#define STORE(T, p, v) (*(T *)(void *)(p) = (v))
#define ARITHMETIC_CASES(OP)                                                                       \
    switch (field->kind << 4 | field->size) {                                                      \
        ONE(INT, 1, int8_t, uint8_t, OP)                                                           \
        ONE(INT, 2, int16_t, uint16_t, OP)                                                         \
        ONE(INT, 4, int32_t, uint32_t, OP)                                                         \
        ONE(INT, 8, int64_t, uint64_t, OP)                                                         \
        ONE(UINT, 1, uint8_t, uint8_t, OP)                                                         \
        ONE(UINT, 2, uint16_t, uint16_t, OP)                                                       \
        ONE(UINT, 4, uint32_t, uint32_t, OP)                                                       \
        ONE(UINT, 8, uint64_t, uint64_t, OP)                                                       \
        ONE(FLOAT, 4, float, float, OP)                                                            \
        ONE(FLOAT, 8, double, double, OP)                                                          \
    default: break;                                                                                \
    }
/* Whole numbers wrap around, as Java's do: sums are made of their unsigned kin. */
#define ONE(KIND, SIZE, T, U, OP)                                                                  \
    case WADI_KIND_##KIND << 4 | SIZE:                                                             \
        STORE(T, acc + field->offset, (T)((U)LOAD(T, acc + field->offset) OP (U)LOAD(T, in + field->offset))); \
        break;

/* The commonest: it has loops of its own. Sums of unsigned numbers are made in the same way. */
static inline bool is_one_int64(const wadi__ready_fields *env, bool or_unsigned) {
    return env->count == 1 && env->fields[0].size == 8 &&
           (env->fields[0].kind == WADI_KIND_INT || (or_unsigned && env->fields[0].kind == WADI_KIND_UINT));
}
#define EACH_INT64(call, env, ...)                                                                 \
    do {                                                                                           \
        const size_t offset = (env)->fields[0].offset, size = (env)->record_size;                  \
        EACH_PAIR(call, size, const int64_t from = LOAD(int64_t, in + offset), to = LOAD(int64_t, acc + offset); \
                  STORE(int64_t, acc + offset, __VA_ARGS__);)                                      \
    } while (0)
static void add_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    if (is_one_int64(env, true)) {
        EACH_INT64(call, env, (int64_t)((uint64_t)to + (uint64_t)from));
        return;
    }
    for (uint32_t f = 0; f < env->count; f++) {
        const wadi__ready_field *field = &env->fields[f];
        EACH_PAIR(call, env->record_size, ARITHMETIC_CASES(+))
    }
}
static void subtract_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    if (is_one_int64(env, true)) {
        EACH_INT64(call, env, (int64_t)((uint64_t)to - (uint64_t)from));
        return;
    }
    for (uint32_t f = 0; f < env->count; f++) {
        const wadi__ready_field *field = &env->fields[f];
        EACH_PAIR(call, env->record_size, ARITHMETIC_CASES(-))
    }
}
static void extreme_run(wadi_call *call, int sign) {
    const wadi__ready_fields *env = call->env;
    for (uint32_t f = 0; f < env->count; f++) {
        const wadi__ready_field *field = &env->fields[f];
        EACH_PAIR(call, env->record_size,
                  if (wadi__value_compare(field->type, in + field->offset, acc + field->offset) * sign > 0)
                      memcpy(acc + field->offset, in + field->offset, field->size);)
    }
}
static void min_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    if (is_one_int64(env, false))
        EACH_INT64(call, env, from < to ? from : to);
    else
        extreme_run(call, -1);
}
static void max_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    if (is_one_int64(env, false))
        EACH_INT64(call, env, from > to ? from : to);
    else
        extreme_run(call, 1);
}

static void concat_strs(wadi_task *task, wadi_str *acc, const wadi_str *in) {
    size_t len = (size_t)acc->len + in->len;
    if (len > UINT32_MAX) {
        wadi_fail(task, "a string of %zu bytes; at most 4294967295 fit", len);
        return;
    }
    char small[WADI_STR_IN_PLACE_MAX], *bytes = len <= sizeof small ? small : wadi_alloc(task, len);
    if (bytes == NULL || task->failed) return;
    memcpy(bytes, wadi_str_data(acc), acc->len);
    memcpy(bytes + acc->len, wadi_str_data(in), in->len);
    *acc = wadi_str_view(bytes, len);
}
static void concat_seqs(wadi_task *task, size_t element_size, wadi_str_list *acc, const wadi_str_list *in) {
    if (in->count == 0) return;
    char *items = wadi_alloc(task, (acc->count + in->count) * element_size);
    if (items == NULL || task->failed) return;
    if (acc->count > 0) memcpy(items, acc->items, acc->count * element_size);
    memcpy(items + acc->count * element_size, in->items, in->count * element_size);
    acc->items = (const wadi_str *)(void *)items;
    acc->count += in->count;
}
static void concat_run(wadi_call *call) {
    const wadi__ready_fields *env = call->env;
    for (uint32_t f = 0; f < env->count; f++) {
        const wadi__ready_field *field = &env->fields[f];
        EACH_PAIR(call, env->record_size,
                  if (field->kind == WADI_KIND_STR)
                      concat_strs(call->task, (wadi_str *)(void *)(acc + field->offset),
                                  (const wadi_str *)(const void *)(in + field->offset));
                  else concat_seqs(call->task, field->type->pub.element->size,
                                   (wadi_str_list *)(void *)(acc + field->offset),
                                   (const wadi_str_list *)(const void *)(in + field->offset));)
    }
}

/* ---- Which types they take ---- */

static bool fit(wadi__bound_fn *f, wadi__arena *arena, bool (*suits)(const wadi__type *), const char *what,
                wadi_error *err) {
    char text[128];
    wadi__ready_fields *fields = f->in != NULL ? wadi__ready_values(f->in, arena) : NULL;
    if (fields == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    if (fields->count == 0) {
        wadi_error_context(err, WADI_E_TYPE, "'%s' has nothing to work on: %s has no fields after its key",
                           f->name, wadi__type_text(f->in, text, sizeof text));
        return false;
    }
    for (uint32_t i = 0; i < fields->count; i++)
        if (!suits(fields->fields[i].type)) {
            char field[128];
            bool is_record = f->in->pub.kind == WADI_KIND_RECORD;
            wadi_error_context(err, WADI_E_TYPE, "'%s' takes %s, not %s%s%s", f->name, what,
                               wadi__type_text(fields->fields[i].type, field, sizeof field),
                               is_record ? ", which follows the key in " : "",
                               is_record ? wadi__type_text(f->in, text, sizeof text) : "");
            return false;
        }
    f->env = fields;
    f->env_size = sizeof *fields + fields->count * sizeof fields->fields[0];
    f->out = f->in;
    return true;
}
static bool is_ordered(const wadi__type *type) {
    return wadi__type_is_number(type) || type->pub.kind == WADI_KIND_STR || type->pub.kind == WADI_KIND_BOOL;
}
static bool is_joined(const wadi__type *type) {
    return type->pub.kind == WADI_KIND_STR || type->pub.kind == WADI_KIND_SEQ;
}
static bool fit_numbers(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    (void)env;
    return fit(f, arena, wadi__type_is_number, "whole numbers and floats", err);
}
static bool fit_ordered(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    (void)env;
    return fit(f, arena, is_ordered, "numbers and strings", err);
}
static bool fit_joined(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    (void)env;
    return fit(f, arena, is_joined, "strings and sequences", err);
}

WADI__READY_FN(wadi_add, REDUCE, NULL, NULL, add_run)
WADI__READY_FN(wadi_subtract, REDUCE, NULL, NULL, subtract_run)
WADI__READY_FN(wadi_min, REDUCE, NULL, NULL, min_run)
WADI__READY_FN(wadi_max, REDUCE, NULL, NULL, max_run)
WADI__READY_FN(wadi_concat, REDUCE, NULL, NULL, concat_run)

const wadi_reduce_fn wadi_add = {&wadi_add__fn, NULL}, wadi_subtract = {&wadi_subtract__fn, NULL},
                     wadi_min = {&wadi_min__fn, NULL}, wadi_max = {&wadi_max__fn, NULL},
                     wadi_concat = {&wadi_concat__fn, NULL};
const wadi__ready_ops wadi__ready_reduces[] = {
    {.fn = &wadi_add__fn, .fit = fit_numbers},  {.fn = &wadi_subtract__fn, .fit = fit_numbers}, {.fn = &wadi_min__fn, .fit = fit_ordered},
    {.fn = &wadi_max__fn, .fit = fit_ordered},  {.fn = &wadi_concat__fn, .fit = fit_joined},    {.fn = NULL},
};
