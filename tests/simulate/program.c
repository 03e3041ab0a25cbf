/* SPDX-License-Identifier: Apache-2.0 */
/* program.c: a plan as a program of Wadi's. */
#include "program.h"

#include "functions.h"
#include "testing/must.h"

#include <inttypes.h>
#include <stdatomic.h>

WADI_RECORD(sim_pair, (wadi_str, key), (int64_t, value));
WADI_RECORD(sim_both, (wadi_str, key), (int64_t, left), (int64_t, right));
WADI_RECORD(sim_numbers, (int64_t, a), (int64_t, b));
WADI_RECORD(sim_source, (int64_t, plan), (int64_t, node));
WADI_RECORD(sim_position, (int64_t, batches), (wadi_str, label));
WADI_RECORD(sim_feed, (int64_t, feed));
WADI_RECORD(sim_output, (int64_t, recorder), (int64_t, node));

/* ---- Keys: short ones lie in a string, long ones outside of it ---- */

static const char *const key_texts[KEYS] = {"00",
                                            "01",
                                            "k 02",
                                            "k 03",
                                            "twelve ch 04",
                                            "twelve ch 05",
                                            "thirteen ch06",
                                            "a longer key 07",
                                            "one that is much longer than the others, 08",
                                            "a longer key 09",
                                            "a longer key 10",
                                            "k 11"};

static int64_t key_of(wadi_str text) {
    const char *end = wadi_str_data(&text) + text.len;
    return (end[-2] - '0') * 10 + end[-1] - '0';
}
static wadi_str key_text(int64_t key) { return wadi_str_of(key_texts[key]); }

/* ---- Functions, one of whose calls fails ---- */

static atomic_int fails_after;

void program_fail_after(int calls) { atomic_store(&fails_after, calls); }
static bool is_to_fail(void) {
    return atomic_load(&fails_after) > 0 && atomic_fetch_sub(&fails_after, 1) == 1;
}

WADI_MAP(map_value, sim_pair, sim_pair, sim_numbers) {
    if (is_to_fail()) wadi_fail(task, "a fault of the simulation");
    *out = (sim_pair){in->key, mapped_value(env->a, env->b, in->value)};
}
WADI_MAP(map_key, sim_pair, sim_pair, sim_numbers) {
    *out = (sim_pair){key_text(mapped_key(env->a, env->b, key_of(in->key))), in->value};
}
WADI_FILTER(filter_value, sim_pair, sim_numbers) { return is_kept(env->b, in->value); }
WADI_FLAT_MAP(copy_value, sim_pair, sim_pair) {
    if (is_to_fail()) wadi_fail(task, "a fault of the simulation");
    for (int64_t n = 0; n < copies_of(in->value); n++)
        wadi_emit(out, (sim_pair){in->key, in->value + n});
}
WADI_REDUCE(add_values, sim_pair) { acc->value += in->value; }
WADI_REDUCE(subtract_values, sim_pair) { acc->value -= in->value; }
WADI_REDUCE(max_values, sim_pair) {
    if (in->value > acc->value) acc->value = in->value;
}
WADI_GROUP(count_values, sim_pair, sim_pair) { wadi_emit(out, (sim_pair){*key, (int64_t)n}); }
WADI_JOIN(join_values, sim_pair, sim_pair, sim_pair) {
    *out = (sim_pair){left->key, joined_value(left->value, right->value)};
}
WADI_UPDATE_STATE(update_values, sim_pair, sim_pair, sim_numbers) {
    if (is_to_fail()) wadi_fail(task, "a fault of the simulation");
    for (size_t i = 0; i < n; i++) state->value += in[i].value;
    return keeps_state(env->b, state->value);
}
WADI_MAP_WITH_STATE(track_values, sim_pair, sim_pair, sim_pair, sim_numbers) {
    int64_t sum = wadi_state_exists(state) ? wadi_state_get(state)->value : 0;
    if (wadi_state_is_timing_out(state)) {
        wadi_emit(out, (sim_pair){*key, timed_out_value(sum)});
        return;
    }
    if (is_to_fail()) wadi_fail(task, "a fault of the simulation");
    sum += in->value;
    if (keeps_state(env->b, sum)) {
        wadi_state_update(state, (sim_pair){*key, sum});
        wadi_emit(out, (sim_pair){*key, sum});
    } else {
        wadi_state_remove(state);
        wadi_emit(out, (sim_pair){*key, -sum});
    }
}

/* ---- Sources ---- */

/* The records of a plan's batch, to be released by free(). */
static sim_pair *records_of(const sim_plan *plan, int node, uint32_t batch, uint32_t *count) {
    *count = plan_source_count(plan, node, batch);
    sim_pair *rows = wadi__must_calloc(*count, sizeof *rows);
    for (uint32_t i = 0; i < *count; i++) {
        int64_t key;
        plan_source_record(plan, node, batch, i, &key, &rows[i].value);
        rows[i].key = key_text(key);
    }
    return rows;
}
WADI_RECEIVER(sim_receiver, sim_pair, sim_feed) {
    feed *from = (feed *)(uintptr_t)env->feed;
    size_t size;
    const uint32_t *last = wadi_receiver_last_metadata(receiver, &size);
    uint32_t stored = last != NULL && size == sizeof *last ? *last : 0;
    wadi_receiver_on_stop(receiver, feed_wake, from);
    (void)conn;
    while (!wadi_receiver_stopped(receiver)) {
        unsigned turn = atomic_load(&from->turns);
        if (stored >= atomic_load(&from->sent)) {
            feed_wait(from, turn);
            continue;
        }
        uint32_t count, next = stored + 1;
        sim_pair *rows = records_of(from->plan, from->node, next, &count);
        bool is_stored = count == 0 || wadi_store_block_with(out, rows, count, &next, sizeof next);
        free(rows);
        if (!is_stored) { /* not acknowledged: it comes again */
            atomic_fetch_or(&from->refused, 1ul << next);
            return;
        }
        stored = next;
    }
}
WADI_INPUT(sim_input, sim_pair, sim_position, sim_source) {
    const sim_plan *plan = (const void *)(uintptr_t)env->plan;
    uint32_t batch = (uint32_t)++state->batches;
    state->label = wadi_str_of("a text that does not lie in the record");
    uint32_t count;
    sim_pair *rows = records_of(plan, (int)env->node, batch, &count);
    wadi_rdd *made = wadi_parallelize(sc, sim_pair, rows, count,
                                      .partitions = plan->nodes[env->node].partitions);
    free(rows);
    return made;
}
WADI_MAP(parse_line, wadi_str, sim_pair) { /* "key value" */
    wadi_split words = wadi_split_on(in, '=');
    int64_t value = 0;
    if (wadi_split_next(&words)) out->key = words.piece;
    bool is_number = wadi_split_next(&words) && wadi_str_to_int64(words.piece, &value);
    if (!is_number) wadi_fail(task, "a line is not whole");
    *out = (sim_pair){out->key, value};
}
char *program_file_text(const sim_plan *plan, int node, uint32_t batch) {
    uint32_t count = plan_source_count(plan, node, batch);
    char *text = wadi__must_calloc(count + 1, 80), *at = text;
    for (uint32_t i = 0; i < count; i++) {
        int64_t key, value;
        plan_source_record(plan, node, batch, i, &key, &value);
        at += snprintf(at, 80, "%s=%" PRId64 "\n", key_texts[key], value);
    }
    return text;
}

/* ---- Outputs ---- */

WADI_FOREACH_RDD(record_output, sim_pair, sim_output) {
    size_t count = 0;
    const sim_pair *rows = wadi_collect(rdd, sim_pair, &count);
    if (wadi_rdd_failed(rdd, NULL)) return;
    bag given = {.is_there = true};
    for (size_t i = 0; i < count; i++) bag_add(&given, key_of(rows[i].key), rows[i].value);
    recorder_take((recorder *)(uintptr_t)env->recorder, (int)env->node, batch_ms, &given);
}

/* ---- The graph ---- */

static wadi_dstream *source(const program *self, wadi_stream_context *ssc, int at) {
    char name[40];
    snprintf(name, sizeof name, "source %d", at);
    if (self->plan->nodes[at].op == PLAN_FILES) {
        char dir[80];
        snprintf(dir, sizeof dir, "%s/%d", self->files_dir, at);
        return wadi_map(wadi_text_file_stream(ssc, dir, .name = name), parse_line);
    }
    if (self->plan->nodes[at].op == PLAN_RECEIVER)
        return wadi_receiver_stream(
            ssc, wadi_bind(sim_receiver, .feed = (int64_t)(uintptr_t)&self->feeds[at]),
            .name = name);
    return wadi_input_stream(
        ssc, wadi_bind(sim_input, .plan = (int64_t)(uintptr_t)self->plan, .node = at),
        .name = name);
}
static wadi_dstream *window(const program *self, const plan_node *node, wadi_dstream *in,
                            const char *name) {
    int64_t length_ms = node->window * self->batch_ms, slide_ms = node->slide * self->batch_ms;
    switch (node->op) {
    case PLAN_WINDOW: return wadi_window(in, length_ms, slide_ms);
    case PLAN_SUM_WINDOW:
        return wadi_reduce_by_key_and_window(in, add_values, length_ms, slide_ms,
                                             .partitions = node->partitions, .name = name);
    case PLAN_SUM_WINDOW_INVERSE:
        return wadi_reduce_by_key_and_window(in, add_values, length_ms, slide_ms,
                                             .inverse = subtract_values,
                                             .partitions = node->partitions, .name = name);
    default:
        return wadi_reduce_by_key_and_window(in, max_values, length_ms, slide_ms,
                                             .partitions = node->partitions, .name = name);
    }
}
static wadi_dstream *stateful(const program *self, const plan_node *node, wadi_dstream *in,
                              const char *name) {
    uint32_t p = node->partitions;
    if (node->op == PLAN_UPDATE_STATE)
        return wadi_update_state_by_key(in, wadi_bind(update_values, .a = node->a, .b = node->b),
                                        .partitions = p, .name = name);
    wadi_dstream *sums = wadi_reduce_by_key(in, add_values, .partitions = p);
    return wadi_map_with_state(sums, wadi_bind(track_values, .a = node->a, .b = node->b),
                               .partitions = p, .name = name,
                               .timeout_ms = node->timeout * self->batch_ms);
}
static wadi_dstream *build(const program *self, const plan_node *node, wadi_dstream *in,
                           wadi_dstream *other, const char *name) {
    uint32_t p = node->partitions;
    int64_t a = node->a, b = node->b;
    switch (node->op) {
    case PLAN_MAP: return wadi_map(in, wadi_bind(map_value, .a = a, .b = b));
    case PLAN_REKEY: return wadi_map(in, wadi_bind(map_key, .a = a, .b = b));
    case PLAN_FILTER: return wadi_filter(in, wadi_bind(filter_value, .a = a, .b = b));
    case PLAN_FLAT_MAP: return wadi_flat_map(in, copy_value);
    case PLAN_REPARTITION: return wadi_repartition(in, p);
    case PLAN_SUM_BY_KEY: return wadi_reduce_by_key(in, add_values, .partitions = p);
    case PLAN_MAX_BY_KEY: return wadi_reduce_by_key(in, max_values, .partitions = p);
    case PLAN_GROUP_BY_KEY: return wadi_group_by_key(in, count_values, .partitions = p);
    case PLAN_UPDATE_STATE:
    case PLAN_MAP_WITH_STATE: return stateful(self, node, in, name);
    case PLAN_SNAPSHOTS: return wadi_state_snapshots(in);
    case PLAN_UNION: return wadi_union(in, other);
    case PLAN_JOIN:
        return wadi_join(wadi_reduce_by_key(in, add_values, .partitions = p),
                         wadi_reduce_by_key(other, add_values, .partitions = p), join_values,
                         .partitions = p);
    default: return window(self, node, in, name);
    }
}
wadi_stream_context *program_create(void *arg) {
    const program *self = arg;
    wadi_context *sc = wadi_context_new(
        self->master, "simulation",
        .settings = {{"spark.streaming.receiver.writeAheadLog.enable", "true"},
                     {"wadi.batch.max_records", self->plan->count % 3 == 0 ? "3" : "0"},
                     {"spark.streaming.receiverRestartDelay", "10ms"}});
    wadi_stream_context *ssc = wadi_stream_context_new(sc, self->batch_ms);
    wadi_checkpoint(ssc, self->checkpoint_dir);
    wadi_dstream *made[PLAN_NODES];
    for (int i = 0; i < self->plan->count; i++) {
        const plan_node *node = &self->plan->nodes[i];
        char name[40];
        snprintf(name, sizeof name, "node %d", i);
        made[i] = plan_is_source(node)
                      ? source(self, ssc, i)
                      : build(self, node, made[node->in[0]], made[node->in[1]], name);
        if (node->checkpoint != 0) wadi_checkpoint(made[i], node->checkpoint * self->batch_ms);
        if (node->is_output)
            wadi_foreach_rdd(made[i],
                             wadi_bind(record_output,
                                       .recorder = (int64_t)(uintptr_t)self->recorder, .node = i));
    }
    return ssc;
}
