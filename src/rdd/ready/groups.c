/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c: wadi_list_into(Out), wadi_lists_into(Out) and the function of cogroup_all(): the key,
 * and for each side a sequence of its records, which stay where they are; or, where the side's
 * records are a key and one value, a sequence of the values. */
#include "rdd/ready/ready.h"

typedef struct side_plan {
    uint32_t seq_at; /* in the result */
    uint32_t row_size;
    uint32_t value_at, value_size; /* value_size 0: whole records */
} side_plan;
typedef struct lists_env {
    uint32_t out_size, key_size, side_count;
    side_plan sides[];
} lists_env;

static void set_list(wadi_task *task, const side_plan *side, const char *rows, size_t count,
                     char *out) {
    wadi_str_list *seq =
        (wadi_str_list *)(void *)(out + side->seq_at); /* all sequences have this layout */
    seq->items = NULL;
    seq->count = 0;
    if (count == 0) return;
    if (side->value_size != 0) {
        char *values = wadi_alloc(task, count * side->value_size);
        if (values == NULL || task->failed) return;
        for (size_t i = 0; i < count; i++)
            wadi__row_copy(values + i * side->value_size,
                           rows + i * side->row_size + side->value_at, side->value_size);
        rows = values;
    }
    seq->items = (const wadi_str *)(const void *)rows;
    seq->count = count;
}
/* Room for a record that is being emitted. */
static char *open_record(wadi_emitter *emitter, const lists_env *env, const void *key) {
    if (emitter->at == emitter->end) wadi__emit_more(emitter);
    char *out = emitter->at;
    emitter->at = out + env->out_size;
    memset(out, 0, env->out_size);
    wadi__row_copy(out, key, env->key_size);
    return out;
}
/* A view for each side of each group. */
static void list_run(wadi_call *call) {
    const lists_env *env = call->env;
    for (size_t i = 0; i < call->count && !call->task->failed; i++) {
        const wadi_group_view *views = &call->groups[i * env->side_count];
        char *out = open_record(call->emitter, env, views->key);
        for (uint32_t s = 0; s < env->side_count; s++)
            set_list(call->task, &env->sides[s], views[s].in, views[s].in_count, out);
    }
}
/* A view for both sides of each group. */
static void lists_run(wadi_call *call) {
    const lists_env *env = call->env;
    for (size_t i = 0; i < call->count && !call->task->failed; i++) {
        const wadi_group_view *view = &call->groups[i];
        char *out = open_record(call->emitter, env, view->key);
        set_list(call->task, &env->sides[0], view->in, view->in_count, out);
        set_list(call->task, &env->sides[1], view->other, view->other_count, out);
    }
}

/* ---- Which types they take ---- */

/* A field of Out for a side's records, or for their values. */
static bool fit_side(const wadi__type *out, uint32_t field_index, const wadi__type *row,
                     side_plan *plan, wadi_error *err) {
    const wadi_field *field = &out->pub.fields[field_index];
    const wadi__type *seq = wadi__type_plain(wadi__type_inner(field->type));
    const wadi_field *value =
        row->pub.field_count == 2 && row->pub.fields[1].count == 1 ? &row->pub.fields[1] : NULL;
    plan->seq_at = field->offset;
    plan->row_size = row->pub.size;
    if (seq->pub.kind == WADI_KIND_SEQ && field->count == 1) {
        const wadi__type *element = wadi__type_inner(seq->pub.element);
        if (wadi__type_matches(element, row)) return true;
        if (value != NULL && wadi__type_matches(element, wadi__type_inner(value->type))) {
            plan->value_at = value->offset;
            plan->value_size = value->type->size;
            return true;
        }
    }
    char a[128], b[128];
    wadi_error_context(
        err, WADI_E_TYPE, "field '%s' of %s is neither a sequence of %s nor of its values",
        field->name, wadi__type_text(out, a, sizeof a), wadi__type_text(row, b, sizeof b));
    return false;
}
static bool fit_lists(wadi__bound_fn *f, const wadi_type *given, const wadi__type *const *sides,
                      uint32_t count, wadi__arena *arena, wadi_error *err) {
    const wadi__type *out = wadi__type_intern(given, err), *key = sides[0]->key;
    if (out == NULL) return false;
    char a[128], b[128];
    if (out->pub.kind != WADI_KIND_RECORD || out->pub.field_count != count + 1 ||
        !wadi__type_matches(out->key, key)) {
        wadi_error_context(err, WADI_E_TYPE, "%s must have the key, %s, and %u sequence%s",
                           wadi__type_text(out, a, sizeof a), wadi__type_text(key, b, sizeof b),
                           count, count == 1 ? "" : "s");
        return false;
    }
    lists_env *env = wadi__arena_zalloc(arena, sizeof *env + count * sizeof env->sides[0]);
    if (env == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    *env = (lists_env){out->pub.size, key->pub.size, count};
    for (uint32_t s = 0; s < count; s++)
        if (!fit_side(out, s + 1, sides[s], &env->sides[s], err)) return false;
    f->env = env;
    f->env_size = sizeof *env + count * sizeof env->sides[0];
    f->out = out;
    return true;
}
static bool fit_one(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    return fit_lists(f, env, &f->in, 1, arena, err);
}
static bool fit_both(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    const wadi__type *const sides[] = {f->in, f->other};
    return fit_lists(f, env, sides, 2, arena, err);
}
static bool fit_all(wadi__bound_fn *f, const void *env, wadi__arena *arena, wadi_error *err) {
    const wadi__ready_sides *all = env;
    return fit_lists(f, all->out, all->types, all->count, arena, err);
}

#define LISTS(id, text, KIND, run_fn)                                                  \
    static const wadi_fn id##__fn = {                                                  \
        .name = text, .kind = WADI_FN_##KIND, .size = sizeof(wadi_fn), .run = run_fn}; \
    WADI__REGISTER(id)
LISTS(list_into, "wadi_list_into", GROUP, list_run)
LISTS(lists_into, "wadi_lists_into", COGROUP, lists_run)
LISTS(lists_of_sides, "wadi_cogroup_all", GROUP, list_run)

wadi_group_fn wadi__list_into(const wadi_type *out) { return (wadi_group_fn){&list_into__fn, out}; }
wadi_cogroup_fn wadi__lists_into(const wadi_type *out) {
    return (wadi_cogroup_fn){&lists_into__fn, out};
}
const wadi_group_fn wadi__ready_lists_of_sides = {&lists_of_sides__fn, NULL};
const wadi__ready_ops wadi__ready_groups[] = {{.fn = &list_into__fn, .fit = fit_one},
                                              {.fn = &lists_into__fn, .fit = fit_both},
                                              {.fn = &lists_of_sides__fn, .fit = fit_all},
                                              {.fn = NULL}};
