/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: stream programs by chance. */
#include "plan.h"

#include "bag.h"

#include <inttypes.h>

static const char *const op_names[PLAN_OP_COUNT] = {
    [PLAN_INPUT] = "input",
    [PLAN_FILES] = "files",
    [PLAN_RECEIVER] = "receiver",
    [PLAN_MAP] = "map",
    [PLAN_REKEY] = "rekey",
    [PLAN_FILTER] = "filter",
    [PLAN_FLAT_MAP] = "flat_map",
    [PLAN_REPARTITION] = "repartition",
    [PLAN_SUM_BY_KEY] = "sum_by_key",
    [PLAN_MAX_BY_KEY] = "max_by_key",
    [PLAN_GROUP_BY_KEY] = "group_by_key",
    [PLAN_WINDOW] = "window",
    [PLAN_SUM_WINDOW] = "sum_window",
    [PLAN_SUM_WINDOW_INVERSE] = "sum_window_inverse",
    [PLAN_MAX_WINDOW] = "max_window",
    [PLAN_UPDATE_STATE] = "update_state",
    [PLAN_MAP_WITH_STATE] = "map_with_state",
    [PLAN_SNAPSHOTS] = "snapshots",
    [PLAN_UNION] = "union",
    [PLAN_JOIN] = "join",
};

static uint32_t between(wadi__chance *chance, uint32_t low, uint32_t high) {
    return low + (uint32_t)wadi__chance_below(chance, high - low + 1);
}
static bool is_window(plan_op op) { return op >= PLAN_WINDOW && op <= PLAN_MAX_WINDOW; }
static bool is_state(plan_op op) { return op == PLAN_UPDATE_STATE || op == PLAN_MAP_WITH_STATE; }

/* An earlier node with the slide of `other`; never a mapWithState's snapshots alone. */
static int like(const sim_plan *self, wadi__chance *chance, int other) {
    int at = (int)wadi__chance_below(chance, (uint64_t)self->count);
    for (int i = 0; i < self->count; i++, at = (at + 1) % self->count)
        if (self->nodes[at].slide == self->nodes[other].slide) return at;
    return other;
}
static int some_mapped(const sim_plan *self) {
    for (int i = self->count; i-- > 0;)
        if (self->nodes[i].op == PLAN_MAP_WITH_STATE) return i;
    return -1;
}
static void add_window(plan_node *node, wadi__chance *chance) {
    uint32_t parent_slide = node->slide;
    uint32_t slides = between(chance, 1, 2), length = between(chance, 1, 4);
    if (node->op == PLAN_SUM_WINDOW_INVERSE && length < slides) length = slides;
    node->slide = slides * parent_slide;
    node->window = length * parent_slide;
}
static void add_node(sim_plan *self, wadi__chance *chance) {
    plan_node *node = &self->nodes[self->count];
    node->op = (plan_op)between(chance, PLAN_MAP, PLAN_OP_COUNT - 1);
    int mapped = some_mapped(self);
    if (node->op == PLAN_SNAPSHOTS && mapped < 0) node->op = PLAN_MAP_WITH_STATE;
    node->in[0] = node->op == PLAN_SNAPSHOTS
                      ? mapped
                      : (int)wadi__chance_below(chance, (uint64_t)self->count);
    node->in[1] = like(self, chance, node->in[0]);
    node->slide = self->nodes[node->in[0]].slide;
    node->partitions = between(chance, 1, 3);
    node->a = between(chance, 1, 50);
    node->b = between(chance, 2, 7);
    if (is_window(node->op)) add_window(node, chance);
    if (is_state(node->op) || node->op == PLAN_SUM_WINDOW_INVERSE) {
        node->checkpoint = wadi__chance_is(chance, 3, 4) ? between(chance, 1, 3) * node->slide : 0;
        node->timeout = wadi__chance_is(chance, 1, 3) ? between(chance, 1, 4) : 0;
    }
    self->count++;
}
/* What no other node reads is written out; so are the sources, and some others. */
static void choose_outputs(sim_plan *self, wadi__chance *chance) {
    bool is_read[PLAN_NODES] = {false};
    for (int i = 0; i < self->count; i++) {
        if (plan_is_source(&self->nodes[i])) continue;
        is_read[self->nodes[i].in[0]] = true;
        if (plan_is_pair(&self->nodes[i])) is_read[self->nodes[i].in[1]] = true;
    }
    for (int i = 0; i < self->count; i++)
        self->nodes[i].is_output =
            plan_is_source(&self->nodes[i]) || !is_read[i] || wadi__chance_is(chance, 1, 4);
}
sim_plan plan_new(uint64_t seed) {
    wadi__chance chance = {seed};
    sim_plan self = {.seed = seed, .batches = between(&chance, 10, 30)};
    int sources = (int)between(&chance, 1, PLAN_SOURCES),
        all = (int)between(&chance, 4, PLAN_NODES);
    for (; self.count < sources; self.count++)
        self.nodes[self.count] =
            (plan_node){.op = (plan_op)between(&chance, PLAN_INPUT, PLAN_RECEIVER),
                        .slide = 1,
                        .partitions = between(&chance, 1, 3)};
    while (self.count < all) add_node(&self, &chance);
    choose_outputs(&self, &chance);
    return self;
}
void plan_print(const sim_plan *self, FILE *to) {
    fprintf(to, "seed %" PRIu64 ": %u batches\n", self->seed, self->batches);
    for (int i = 0; i < self->count; i++) {
        const plan_node *node = &self->nodes[i];
        fprintf(to, "  %2d = %s(", i, op_names[node->op]);
        if (!plan_is_source(node)) fprintf(to, "%d", node->in[0]);
        if (plan_is_pair(node)) fprintf(to, ", %d", node->in[1]);
        fprintf(to, ") slide %u", node->slide);
        if (node->window != 0) fprintf(to, " window %u", node->window);
        if (node->checkpoint != 0) fprintf(to, " checkpoint %u", node->checkpoint);
        if (node->timeout != 0) fprintf(to, " timeout %u", node->timeout);
        fprintf(to, " partitions %u a %" PRId64 " b %" PRId64 "%s\n", node->partitions, node->a,
                node->b, node->is_output ? " -> output" : "");
    }
}

static wadi__chance chance_of(const sim_plan *self, int node, uint32_t batch) {
    wadi__chance chance = {self->seed ^ (uint64_t)(node + 1) << 32 ^ batch};
    wadi__chance_next(&chance);
    return chance;
}
uint32_t plan_source_count(const sim_plan *self, int node, uint32_t batch) {
    wadi__chance chance = chance_of(self, node, batch);
    return wadi__chance_is(&chance, 1, 4) ? 0 : between(&chance, 1, 10);
}
void plan_source_record(const sim_plan *self, int node, uint32_t batch, uint32_t i, int64_t *key,
                        int64_t *value) {
    wadi__chance chance = chance_of(self, node, batch);
    chance.at += i;
    *key = (int64_t)wadi__chance_below(&chance, KEYS);
    *value = (int64_t)wadi__chance_below(&chance, 100);
}
