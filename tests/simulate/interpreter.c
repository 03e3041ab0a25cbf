/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.c: what a plan gives. */
#include "interpreter.h"

#include "functions.h"

typedef struct state { /* of a key */
    bool is_there;
    int64_t value;
    uint32_t touched; /* batch */
} state;

typedef struct sums { /* a value for each key */
    bool is_there[KEYS];
    int64_t value[KEYS];
} sums;

static sums sum_of(const bag *in, bool is_max) {
    sums self = {{false}, {0}};
    for (size_t i = 0; i < in->count; i++) {
        int64_t key = in->items[i].key, value = in->items[i].value;
        if (!self.is_there[key])
            self.value[key] = value;
        else if (!is_max)
            self.value[key] += value;
        else if (value > self.value[key])
            self.value[key] = value;
        self.is_there[key] = true;
    }
    return self;
}
static void emit_sums(bag *out, const sums *from) {
    for (int64_t key = 0; key < KEYS; key++)
        if (from->is_there[key]) bag_add(out, key, from->value[key]);
}
/* All records of batches up to `batch`, of a window that long. */
static bag window_of(const bag *in, uint32_t batch, uint32_t length) {
    bag all = {0};
    for (uint32_t i = batch > length ? batch - length + 1 : 1; i <= batch; i++)
        bag_add_all(&all, &in[i]);
    return all;
}

/* ---- States ---- */

static void update_state(const plan_node *node, state *states, const bag *in, bag *out) {
    sums new = sum_of(in, false);
    for (int64_t key = 0; key < KEYS; key++) {
        if (!new.is_there[key] && !states[key].is_there) continue;
        states[key].value += new.value[key];
        states[key].is_there = keeps_state(node->b, states[key].value);
        if (!states[key].is_there) states[key].value = 0;
        if (states[key].is_there) bag_add(out, key, states[key].value);
    }
}
static void map_with_state(const plan_node *node, state *states, uint32_t batch, const bag *in,
                           bag *out) {
    sums new = sum_of(in, false);
    for (int64_t key = 0; key < KEYS; key++) {
        if (!new.is_there[key]) continue;
        int64_t sum = (states[key].is_there ? states[key].value : 0) + new.value[key];
        bool keeps = keeps_state(node->b, sum);
        states[key] = (state){keeps, sum, batch};
        bag_add(out, key, keeps ? sum : -sum);
    }
    uint32_t interval = node->checkpoint != 0 ? node->checkpoint : 10 * node->slide;
    if (node->timeout == 0 || batch % interval != 0) return;
    for (int64_t key = 0; key < KEYS; key++) {
        if (!states[key].is_there || states[key].touched + node->timeout >= batch) continue;
        bag_add(out, key, timed_out_value(states[key].value));
        states[key] = (state){0};
    }
}

/* ---- Nodes ---- */

static void join(const bag *left, const bag *right, bag *out) {
    sums l = sum_of(left, false), r = sum_of(right, false);
    for (int64_t key = 0; key < KEYS; key++)
        if (l.is_there[key] && r.is_there[key])
            bag_add(out, key, joined_value(l.value[key], r.value[key]));
}
static void each_record(const plan_node *node, const bag *in, bag *out) {
    for (size_t i = 0; i < in->count; i++) {
        int64_t key = in->items[i].key, value = in->items[i].value;
        switch (node->op) {
        case PLAN_MAP: bag_add(out, key, mapped_value(node->a, node->b, value)); break;
        case PLAN_REKEY: bag_add(out, mapped_key(node->a, node->b, key), value); break;
        case PLAN_FILTER:
            if (is_kept(node->b, value)) bag_add(out, key, value);
            break;
        case PLAN_FLAT_MAP:
            for (int64_t n = 0; n < copies_of(value); n++) bag_add(out, key, value + n);
            break;
        default: bag_add(out, key, value);
        }
    }
}
static void count_by_key(const bag *in, bag *out) {
    int64_t counts[KEYS] = {0};
    for (size_t i = 0; i < in->count; i++) counts[in->items[i].key]++;
    for (int64_t key = 0; key < KEYS; key++)
        if (counts[key] != 0) bag_add(out, key, counts[key]);
}
static void sum_window(const plan_node *node, state *states, uint32_t batch, const bag *in,
                       bag *out) {
    bag all = window_of(in, batch, node->window);
    sums now = sum_of(&all, node->op == PLAN_MAX_WINDOW);
    for (int64_t key = 0; key < KEYS && node->op == PLAN_SUM_WINDOW_INVERSE; key++) {
        states[key].is_there |= now.is_there[key]; /* a key stays */
        now.is_there[key] = states[key].is_there;
    }
    emit_sums(out, &now);
    bag_fini(&all);
}
static void run_batch(const sim_plan *plan, results *all, int at, uint32_t batch, state *states) {
    const plan_node *node = &plan->nodes[at];
    bag *out = &all->bags[at][batch];
    const bag *in = all->bags[node->in[0]], *other = all->bags[node->in[1]];
    out->is_there = true;
    sums keyed;
    bag window;
    switch (node->op) {
    case PLAN_SUM_BY_KEY:
    case PLAN_MAX_BY_KEY:
        keyed = sum_of(&in[batch], node->op == PLAN_MAX_BY_KEY);
        emit_sums(out, &keyed);
        break;
    case PLAN_GROUP_BY_KEY: count_by_key(&in[batch], out); break;
    case PLAN_WINDOW:
        window = window_of(in, batch, node->window);
        bag_add_all(out, &window);
        bag_fini(&window);
        break;
    case PLAN_SUM_WINDOW:
    case PLAN_SUM_WINDOW_INVERSE:
    case PLAN_MAX_WINDOW: sum_window(node, states, batch, in, out); break;
    case PLAN_UPDATE_STATE: update_state(node, states, &in[batch], out); break;
    case PLAN_MAP_WITH_STATE: map_with_state(node, states, batch, &in[batch], out); break;
    case PLAN_UNION:
        bag_add_all(out, &in[batch]);
        bag_add_all(out, &other[batch]);
        break;
    case PLAN_JOIN: join(&in[batch], &other[batch], out); break;
    default: each_record(node, &in[batch], out);
    }
}
static void take_snapshot(const state *states, bag *out) {
    out->is_there = true;
    for (int64_t key = 0; key < KEYS; key++)
        if (states[key].is_there) bag_add(out, key, states[key].value);
}
void interpret(const sim_plan *plan, results *all) {
    state states[PLAN_NODES][KEYS] = {{{0}}};
    for (uint32_t batch = 1; batch <= plan->batches; batch++)
        for (int at = 0; at < plan->count; at++) {
            const plan_node *node = &plan->nodes[at];
            if (!plan_is_source(node) && batch % node->slide == 0) {
                if (node->op == PLAN_SNAPSHOTS)
                    take_snapshot(states[node->in[0]], &all->bags[at][batch]);
                else
                    run_batch(plan, all, at, batch, states[at]);
            }
            bag_sort(&all->bags[at][batch]);
        }
}
void results_fini(results *self) {
    for (int node = 0; node < PLAN_NODES; node++)
        for (int batch = 0; batch <= BATCHES_MAX; batch++) bag_fini(&self->bags[node][batch]);
}
