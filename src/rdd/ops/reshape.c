/* SPDX-License-Identifier: Apache-2.0 */
/* reshape.c: records made of the fields of other records: keys, values, and keyBy, whose key a
 * function gives. What to copy is found when the node is made. */
#include "rdd/ops/ops.h"

typedef struct part { /* bytes to copy */
    uint32_t from, to, size;
} part;
typedef struct reshape_state {
    part *parts;
    uint32_t count;
} reshape_state;

typedef struct reshape_op {
    wadi__sink sink;
    wadi__sink *next;
    wadi__task *task;
    wadi__call_site site; /* of keyBy's function */
    const reshape_state *state;
    wadi__output output;
    size_t in_size, out_size, key_size;
    char *keys; /* that it returned; NULL: not keyBy */
    uint32_t rows_max;
} reshape_op;

static void make_keys(reshape_op *op, const wadi__slice *in, uint32_t from, uint32_t count,
                      char *out) {
    wadi_call call = {.count = count, .out = op->keys};
    call.in = in->selected != NULL ? in->rows : (const char *)in->rows + from * op->in_size;
    call.rows = in->selected != NULL ? in->selected + from : NULL;
    wadi__call_site_run(&op->site, &call);
    for (uint32_t i = 0; i < count && !op->task->user.failed; i++)
        wadi__row_copy(out + i * op->out_size, op->keys + i * op->key_size, op->key_size);
}
static void reshape_push(wadi__sink *sink, const wadi__slice *in) {
    reshape_op *op = (reshape_op *)sink;
    const reshape_state *state = op->state;
    for (uint32_t from = 0; from < in->count && !wadi__task_is_over(op->task);
         from += op->rows_max) {
        uint32_t count = in->count - from < op->rows_max ? in->count - from : op->rows_max;
        wadi__chunk *out = wadi__output_chunk(&op->output, op->task, op->out_size, count, false);
        if (out == NULL) return;
        if (op->keys != NULL) make_keys(op, in, from, count, out->rows);
        if (op->task->user.failed) return;
        for (uint32_t p = 0; p < state->count; p++)
            for (uint32_t i = 0; i < count; i++) {
                size_t row = in->selected != NULL ? in->selected[from + i] : from + i;
                wadi__row_copy(out->rows + i * op->out_size + state->parts[p].to,
                               (const char *)in->rows + row * op->in_size + state->parts[p].from,
                               state->parts[p].size);
            }
        out->count = count;
        wadi__slice slice = {out->rows, count, NULL, NULL, out};
        wadi__push(op->next, &slice);
    }
}
static wadi__cursor *reshape_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                                  wadi__sink *sink) {
    reshape_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->sink.push = reshape_push;
    op->next = sink;
    op->task = task;
    op->state = (const reshape_state *)rdd->state;
    op->in_size = rdd->parents[0].rdd->type->pub.size;
    op->out_size = rdd->type->pub.size;
    op->rows_max = wadi__chunk_rows_max(op->out_size);
    if (rdd->fn != NULL) {
        op->key_size = rdd->fn->out->pub.size;
        if (!wadi__call_site_init(&op->site, rdd, rdd->fn, task)) return NULL;
        op->keys = wadi__task_room(task, op->rows_max * op->key_size);
        if (op->keys == NULL) return NULL;
    }
    return wadi__engine_used->open(rdd->parents[0].rdd, partition, task, &op->sink);
}
static void reshape_destroy(void *state) { wadi__free(((reshape_state *)state)->parts); }

#define RESHAPE_OPS(n)                                                        \
    {                                                                         \
        .name = n, .state_size = sizeof(reshape_state), .open = reshape_open, \
        .destroy = reshape_destroy                                            \
    }
const wadi__rdd_ops wadi__rdd_keys_ops = RESHAPE_OPS("keys");
const wadi__rdd_ops wadi__rdd_values_ops = RESHAPE_OPS("values");
const wadi__rdd_ops wadi__rdd_key_by_ops = RESHAPE_OPS("key_by");

/* ---- What to copy ---- */

/* Adds bytes, to the part before where they follow it on both sides. */
static bool add_part(wadi_rdd *rdd, uint32_t from, uint32_t to, uint32_t size) {
    reshape_state *state = (reshape_state *)rdd->state;
    part *last = state->count > 0 ? &state->parts[state->count - 1] : NULL;
    if (last != NULL && last->from + last->size == from && last->to + last->size == to) {
        last->size += size;
        return true;
    }
    part *moved = wadi__realloc(state->parts, state->count + 1u, sizeof *moved);
    if (moved == NULL) {
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for a dataset");
        return false;
    }
    state->parts = moved;
    moved[state->count++] = (part){from, to, size};
    return true;
}
/* Whether fields from number `from` on of one record are those from number `to` on of the other,
 * all of them; and copies them. */
static bool fields_match(const wadi__type *in, uint32_t from, const wadi__type *out, uint32_t to) {
    if (in->pub.fields == NULL || out->pub.fields == NULL || in->pub.field_count <= from ||
        out->pub.field_count <= to || in->pub.field_count - from != out->pub.field_count - to)
        return false;
    for (; from < in->pub.field_count; from++, to++) {
        const wadi_field *a = &in->pub.fields[from], *b = &out->pub.fields[to];
        if (a->count != b->count ||
            !wadi__type_matches(wadi__type_inner(a->type), wadi__type_inner(b->type)))
            return false;
    }
    return true;
}
static void copy_fields(wadi_rdd *rdd, const wadi__type *in, uint32_t from, const wadi__type *out,
                        uint32_t to) {
    for (; from < in->pub.field_count; from++, to++) {
        const wadi_field *a = &in->pub.fields[from], *b = &out->pub.fields[to];
        if (!add_part(rdd, a->offset, b->offset, a->count * a->type->size)) return;
    }
}
static const wadi__type *intern(wadi_rdd *rdd, const wadi_type *type) {
    wadi_error err = WADI_ERROR_INIT;
    const wadi__type *entry = wadi__rdd_is_broken(rdd) ? NULL : wadi__type_intern(type, &err);
    if (entry == NULL) wadi__rdd_set_error(rdd, err.status, "%s", err.message);
    return entry;
}

wadi_rdd *(wadi_keys)(wadi_rdd *in, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_KEYS, in, &options->where);
    if (!wadi__rdd_is_broken(rdd) && add_part(rdd, 0, 0, in->type->key->pub.size))
        wadi__rdd_retype(rdd, in->type->key);
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__values(wadi_rdd *in, const wadi_type *pub, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_VALUES, in, &options->where);
    const wadi__type *from = in->type, *out = intern(rdd, pub);
    if (out == NULL) return wadi__rdd_done(rdd, options);
    const wadi_field *second = from->pub.field_count > 1 ? &from->pub.fields[1] : NULL;
    if (fields_match(from, 1, out, 0)) {
        copy_fields(rdd, from, 1, out, 0);
    } else if (second != NULL && second->count == 1 &&
               wadi__type_matches(wadi__type_inner(second->type), out)) {
        add_part(rdd, second->offset, 0, second->type->size);
    } else {
        char a[128], b[128];
        wadi__rdd_set_error(
            rdd, WADI_E_TYPE,
            "%s is neither the second field of %s nor a record of all fields after its key",
            wadi__type_text(out, a, sizeof a), wadi__type_text(from, b, sizeof b));
    }
    if (!wadi__rdd_is_broken(rdd)) wadi__rdd_retype(rdd, out);
    return wadi__rdd_done(rdd, options);
}
/* After its first field the result has those of the record, or all of it as one field. */
static void plan_key_by(wadi_rdd *rdd, const wadi__type *in, const wadi__type *out) {
    char a[128], b[128];
    if (out->pub.kind != WADI_KIND_RECORD || !wadi__type_matches(out->key, rdd->fn->out)) {
        wadi__rdd_set_error(rdd, WADI_E_TYPE, "'%s' returns %s, which is not the first field of %s",
                            rdd->fn->name, wadi__type_text(rdd->fn->out, a, sizeof a),
                            wadi__type_text(out, b, sizeof b));
        return;
    }
    const wadi_field *second = out->pub.field_count == 2 ? &out->pub.fields[1] : NULL;
    if (second != NULL && second->count == 1 &&
        wadi__type_matches(wadi__type_inner(second->type), in))
        add_part(rdd, 0, second->offset, in->pub.size);
    else if (in->pub.kind == WADI_KIND_RECORD && fields_match(in, 0, out, 1))
        copy_fields(rdd, in, 0, out, 1);
    else
        wadi__rdd_set_error(
            rdd, WADI_E_TYPE,
            "after its first field %s has neither %s as one field nor the fields of it",
            wadi__type_text(out, a, sizeof a), wadi__type_text(in, b, sizeof b));
}
wadi_rdd *wadi__key_by(wadi_rdd *in, const wadi_type *pub, wadi_map_fn f,
                       const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_KEY_BY, in, &options->where);
    const wadi__type *out = intern(rdd, pub);
    if (out != NULL && wadi__rdd_bind(rdd, WADI__FN_ARG(f), WADI_FN_MAP, in->type, NULL))
        plan_key_by(rdd, in->type, out);
    if (!wadi__rdd_is_broken(rdd)) wadi__rdd_retype(rdd, out);
    return wadi__rdd_done(rdd, options);
}
