/* SPDX-License-Identifier: Apache-2.0 */
/* joins.c: wadi_fields_into(Out): joined records without a function.
 *
 * Of a join: the key, the fields after it of the left side, then those of the right side, in the
 * order of Out's fields. Of zip and cartesian, whose sides share no key: all fields of both. Where
 * a side may lack, or to be told that it did not, Out has WADI_OPTION fields. */
#include "rdd/ready/ready.h"

typedef struct copy { /* of bytes of one side's record */
    uint32_t from, to, size;
    uint32_t flag_at; /* of an option that it sets; 0: none */
} copy;
typedef struct fields_env {
    uint32_t out_size, key_size;
    uint32_t copy_counts[2];     /* left, right */
    bool has_gaps;               /* bytes of the result that nothing is copied to */
    bool is_join;                /* the key once; else all fields of both sides */
    const char *needs_option[2]; /* a field of Out from that side that could not be none */
    copy copies[];               /* the left side's, then the right side's */
} fields_env;

static void apply(const copy *copies, uint32_t count, const char *from, char *to) {
    for (uint32_t i = 0; i < count; i++) {
        wadi__row_copy(to + copies[i].to, from + copies[i].from, copies[i].size);
        if (copies[i].flag_at != 0) to[copies[i].flag_at] = 1;
    }
}
static void fields_run(wadi_call *call) {
    const fields_env *env = call->env;
    char *out = call->out;
    for (size_t i = 0; i < call->count; i++, out += env->out_size) {
        const char *left = call->left[i], *right = call->right[i];
        if (env->has_gaps) memset(out, 0, env->out_size);
        if (left != NULL)
            apply(env->copies, env->copy_counts[0], left, out);
        else
            wadi__row_copy(out, right, env->key_size);
        if (right != NULL)
            apply(env->copies + env->copy_counts[0], env->copy_counts[1], right, out);
    }
}

/* ---- Which types it takes ---- */

typedef struct fitting {
    fields_env *env;
    const wadi__type *out;
    uint32_t next_field; /* of Out */
    uint32_t copied;     /* bytes */
    wadi_error *err;
} fitting;

static uint32_t field_count(const wadi__type *type) {
    return type->pub.kind == WADI_KIND_RECORD ? type->pub.field_count : 1;
}
static wadi_field field_of(const wadi__type *type, uint32_t i) {
    if (type->pub.kind == WADI_KIND_RECORD) return type->pub.fields[i];
    return (wadi_field){"the value", &type->pub, 0, 1};
}
/* Adds a copy to those of a side, which are the last so far; to the one before where it goes on. */
static void add_copy(fields_env *env, int side, copy added) {
    copy *copies = env->copies + (side == 1 ? env->copy_counts[0] : 0);
    copy *last = env->copy_counts[side] > 0 ? &copies[env->copy_counts[side] - 1] : NULL;
    bool goes_on = last != NULL && last->flag_at == 0 && added.flag_at == 0 &&
                   last->from + last->size == added.from && last->to + last->size == added.to;
    if (goes_on)
        last->size += added.size;
    else
        copies[env->copy_counts[side]++] = added;
}
/* The next field of Out is this field of a side. */
static bool fit_field(fitting *fit, int side, const wadi__type *type, uint32_t i) {
    wadi_field from = field_of(type, i), to = fit->out->pub.fields[fit->next_field++];
    const wadi__type *given = wadi__type_inner(from.type), *wanted = wadi__type_inner(to.type);
    const wadi__type *plain = wadi__type_plain(wanted);
    bool is_option = plain->pub.kind == WADI_KIND_OPTION && to.count == 1;
    uint32_t size = from.count * from.type->size;
    fit->copied += size;
    if (from.count == to.count && wadi__type_matches(given, wanted)) {
        add_copy(fit->env, side, (copy){from.offset, to.offset, size, 0});
    } else if (is_option && from.count == 1 &&
               wadi__type_matches(given, wadi__type_inner(plain->pub.element))) {
        add_copy(fit->env, side,
                 (copy){from.offset, to.offset, size, to.offset + plain->pub.element->size});
    } else {
        char a[128], b[128];
        wadi_error_context(fit->err, WADI_E_TYPE,
                           "field '%s' of %s is %s, '%s' of the %s side is %s", to.name,
                           fit->out->pub.name, wadi__type_text(wanted, a, sizeof a), from.name,
                           side == 0 ? "left" : "right", wadi__type_text(given, b, sizeof b));
        return false;
    }
    if (!is_option && fit->env->needs_option[side] == NULL) fit->env->needs_option[side] = to.name;
    return true;
}
static bool fit_sides(fitting *fit, const wadi__type *left, const wadi__type *right) {
    const wadi__type *sides[] = {left, right};
    for (int side = 0; side < 2; side++)
        for (uint32_t i = fit->env->is_join && side == 1 ? 1 : 0; i < field_count(sides[side]);
             i++) {
            if (!fit_field(fit, side, sides[side], i)) return false;
            if (fit->env->is_join && fit->next_field == 1)
                fit->env->needs_option[0] = NULL; /* either side has the key */
        }
    return true;
}
static bool fit_fields(wadi__bound_fn *f, const void *given, wadi__arena *arena, wadi_error *err) {
    const wadi__type *out = given != NULL ? wadi__type_intern(given, err) : NULL;
    if (out == NULL) return false;
    char a[128];
    uint32_t left = field_count(f->in), right = field_count(f->other), count = field_count(out);
    if (out->pub.kind != WADI_KIND_RECORD || (count != left + right - 1 && count != left + right)) {
        wadi_error_context(err, WADI_E_TYPE,
                           "wadi_fields_into(%s): the key, %u fields of the left side and %u of "
                           "the right side do not "
                           "go into its %u fields",
                           wadi__type_text(out, a, sizeof a), left - 1, right - 1, count);
        return false;
    }
    fields_env *env =
        wadi__arena_zalloc(arena, sizeof *env + (left + right) * sizeof env->copies[0]);
    if (env == NULL) {
        wadi_error_context(err, WADI_E_NOMEM, "no memory for '%s'", f->name);
        return false;
    }
    env->out_size = out->pub.size;
    env->key_size = f->in->key->pub.size;
    env->is_join = count == left + right - 1;
    fitting fit = {env, out, 0, 0, err};
    if (!fit_sides(&fit, f->in, f->other)) {
        wadi_error_context(err, WADI_E_TYPE, "in wadi_fields_into(%s)",
                           wadi__type_text(out, a, sizeof a));
        return false;
    }
    env->has_gaps = fit.copied < env->out_size;
    f->env = env;
    f->env_size = sizeof *env + (left + right) * sizeof env->copies[0];
    f->out = out;
    return true;
}

static const wadi_fn fields_into__fn = {
    .name = "wadi_fields_into", .kind = WADI_FN_JOIN, .size = sizeof(wadi_fn), .run = fields_run};
WADI__REGISTER(fields_into)

wadi_join_fn wadi__fields_into(const wadi_type *out) {
    return (wadi_join_fn){&fields_into__fn, out};
}
const wadi__ready_ops wadi__ready_joins[] = {{.fn = &fields_into__fn, .fit = fit_fields}, {.fn = NULL}};

bool wadi__ready_fields_check(wadi_rdd *rdd, bool is_join, wadi__join_sides sides) {
    if (wadi__rdd_is_broken(rdd)) return false;
    if (rdd->fn->ready != wadi__ready_joins) return true;
    const fields_env *env = rdd->fn->env;
    char text[128];
    if (env->is_join != is_join) {
        wadi__rdd_set_error(rdd, WADI_E_TYPE, "wadi_fields_into(%s): %s",
                            wadi__type_text(rdd->fn->out, text, sizeof text),
                            is_join
                                ? "it has a field too many: the key comes once"
                                : "it has a field too few: all fields of both sides are wanted");
        return false;
    }
    const bool may_lack[] = {sides == WADI__JOIN_RIGHT || sides == WADI__JOIN_FULL,
                             sides == WADI__JOIN_LEFT || sides == WADI__JOIN_FULL};
    for (int side = 0; side < 2; side++) {
        if (!may_lack[side] || env->needs_option[side] == NULL) continue;
        wadi__rdd_set_error(
            rdd, WADI_E_TYPE,
            "wadi_fields_into(%s): the %s side may lack, so '%s' must be a WADI_OPTION",
            wadi__type_text(rdd->fn->out, text, sizeof text), side == 0 ? "left" : "right",
            env->needs_option[side]);
        return false;
    }
    return true;
}
bool wadi__ready_keeps_key(const wadi__bound_fn *f) {
    if (f->ready == NULL) return false;
    return f->kind == WADI_FN_GROUP || f->kind == WADI_FN_COGROUP || f->kind == WADI_FN_JOIN;
}
