/* SPDX-License-Identifier: Apache-2.0 */
/* world.c: a plan's program through its lives. Each has a few faults by chance and ends by a power
 * cut, a full disk, a batch that failed, or its time; the next one goes on from the disk. The last
 * one has no faults. */
#include "world.h"

#include "base/mem.h"
#include "program.h"
#include "slow_disk.h"
#include "stream/tracker.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/serial_threads.h"
#include "testing/sim_disk.h"

#include <errno.h>
#include <inttypes.h>

enum { BATCH_MS = 100, START_MS = 1000000, LIVES_MAX = 6 };

typedef struct world {
    const sim_plan *plan;
    wadi__chance chance;
    wadi__env *threads, *clock, *disk;
    slow_disk slow;
    recorder recorder;
    program program;
    wadi_context *sc;
    wadi_stream_context *ssc;
    uint32_t lives, sent; /* lives begun; batches whose files and messages are there */
    int64_t last_sent;    /* the batch that takes the last of them */
    bool has_faults, is_loud;
} world;

static uint32_t below(world *self, uint32_t n) {
    return (uint32_t)wadi__chance_below(&self->chance, n);
}
static void say(const world *self, const char *what, uint64_t n) {
    if (self->is_loud)
        fprintf(stderr, "  life %u, %" PRId64 " ms: %s %" PRIu64 "\n", self->lives,
                self->clock->wall_ms(self->clock), what, n);
}
static int64_t batches_due(const world *self) {
    return (self->clock->wall_ms(self->clock) - self->recorder.zero_ms) / BATCH_MS;
}

/* ---- What comes in: the files and messages of a batch, before it is due ---- */

static void put_file(world *self, int node) {
    char path[80];
    snprintf(path, sizeof path, "/files/%d/part-%u", node, self->sent);
    char *text = program_file_text(self->plan, node, self->sent);
    wadi__sim_disk_put(self->disk, path, text, strlen(text));
    free(text);
}
static void send_due(world *self) {
    while (self->sent < self->plan->batches && self->recorder.zero_ms != INT64_MIN &&
           (int64_t)self->sent <= batches_due(self)) {
        self->sent++;
        self->last_sent = batches_due(self) + 1;
        for (int i = 0; i < self->plan->count; i++) {
            if (self->plan->nodes[i].op == PLAN_FILES) put_file(self, i);
            if (self->plan->nodes[i].op == PLAN_RECEIVER)
                feed_send(&self->program.feeds[i], self->sent);
        }
    }
}
/* The program begins anew. Files that are there are older than it, and come again; what a receiver
 * has stored is in the log. */
static void send_again(world *self) {
    self->sent = 0;
    for (int i = 0; i < PLAN_SOURCES; i++) atomic_store(&self->program.feeds[i].sent, 0);
}

/* ---- A life ---- */

static void give_faults(world *self) {
    switch (below(self, 6)) {
    case 0: { /* a power cut in the middle of the disk's work */
        uint64_t n = 1 + below(self, 150);
        say(self, "power cut at change", n);
        wadi__sim_disk_stop_at(self->disk, WADI__SIM_CHANGES, n);
        break;
    }
    case 1: {
        uint64_t n = 1 + below(self, 200), times = 1 + below(self, 4);
        say(self, "disk fails from change", n);
        wadi__sim_disk_fail(self->disk, WADI__SIM_CHANGES, n, times, EIO);
        break;
    }
    case 2: {
        int64_t more = below(self, 20000);
        say(self, "disk is full after bytes", (uint64_t)more);
        wadi__sim_disk_set_capacity(self->disk, wadi__sim_disk_used(self->disk) + more);
        break;
    }
    case 3: {
        uint64_t n = 1 + below(self, 3000);
        say(self, "no memory at request", n);
        wadi__mem_fail_at(n, false);
        break;
    }
    default: break; /* it is killed between two batches */
    }
}
static void take_faults_back(world *self) {
    wadi__sim_disk_stop_at(self->disk, WADI__SIM_CHANGES, 0);
    wadi__sim_disk_fail(self->disk, WADI__SIM_CHANGES, 1, 0, EIO);
    wadi__sim_disk_set_capacity(self->disk, -1);
    wadi__mem_fail_at(0, false);
    program_fail_after(0);
}
static bool begin_life(world *self) {
    self->lives++;
    wadi__env_use(&self->slow.layer.env);
    self->ssc = wadi_stream_context_get_or_create("/checkpoint", program_create, &self->program);
    wadi__env_use(NULL);
    self->sc = wadi_stream_context_engine(self->ssc);
    wadi_error err = WADI_ERROR_INIT;
    int64_t now_ms = self->clock->wall_ms(self->clock);
    /* What start() runs must find the zero time there. */
    int64_t zero_ms = now_ms / BATCH_MS * BATCH_MS;
    bool had_none = self->recorder.zero_ms == INT64_MIN;
    if (had_none) self->recorder.zero_ms = zero_ms;
    wadi_status status = wadi_start(self->ssc, &err);
    if (status == WADI_OK && !wadi_stream_context_is_recovered(self->ssc)) {
        recorder_begin(&self->recorder, zero_ms);
        send_again(self);
    } else if (had_none)
        self->recorder.zero_ms = INT64_MIN;
    if (status != WADI_OK && self->is_loud) fprintf(stderr, "  start: %s\n", err.message);
    wadi__manual_clock_await_idle(self->clock);
    return status == WADI_OK;
}
static bool has_stopped(world *self) {
    wadi_error err = WADI_ERROR_INIT;
    bool ended = false;
    bool has = wadi__sim_disk_is_stopped(self->disk) ||
               wadi_await_termination_or_timeout(self->ssc, 0, &ended, &err) != WADI_OK;
    if (has && self->is_loud) fprintf(stderr, "  stopped: %s\n", err.message);
    return has;
}
static void live(world *self, bool is_last) {
    if (self->has_faults && below(self, 2) == 0) program_fail_after(1 + (int)below(self, 100));
    uint32_t ticks = is_last ? 3 * self->plan->batches + 10 : 1 + below(self, self->plan->batches);
    for (uint32_t i = 0; i < ticks && !has_stopped(self); i++) {
        uint32_t late = self->has_faults && below(self, 8) == 0 ? 1 + below(self, 3) : 0;
        wadi__manual_clock_advance_ms(self->clock, BATCH_MS / 2);
        wadi__manual_clock_await_idle(self->clock);
        send_due(self);
        wadi__manual_clock_await_idle(self->clock); /* it is stored */
        wadi__manual_clock_advance_ms(self->clock, BATCH_MS / 2 + BATCH_MS * late);
        wadi__manual_clock_await_idle(self->clock);
        if (is_last && self->sent == self->plan->batches && batches_due(self) > self->last_sent &&
            recorder_is_complete(&self->recorder) &&
            !wadi__tracker_has_unallocated(self->ssc->tracker))
            break;
    }
}
/* The power goes: nothing reaches the disk while the threads are taken down. */
static void end_life(world *self) {
    take_faults_back(self);
    if (!wadi__sim_disk_is_stopped(self->disk))
        wadi__sim_disk_stop_at(self->disk, WADI__SIM_ALL, 1);
    wadi_finish(self->sc);
    wadi__sim_disk_stop_at(self->disk, WADI__SIM_ALL, 0);
    wadi__sim_disk_crash(self->disk);
    wadi__manual_clock_advance_ms(self->clock, below(self, 5 * BATCH_MS));
    send_due(self);
}

/* ---- What came out ---- */

static void compare(world *self) {
    const sim_plan *plan = self->plan;
    results expected = {0};
    for (int i = 0; i < plan->count; i++)
        for (uint32_t batch = 1; plan_is_source(&plan->nodes[i]) && batch <= plan->batches;
             batch++) {
            bag *source = &expected.bags[i][batch];
            source->is_there = true;
            bag_add_all(source, &self->recorder.seen.bags[i][batch]);
        }
    interpret(plan, &expected);
    for (uint32_t batch = 1; batch <= plan->batches; batch++)
        for (int i = 0; i < plan->count; i++) {
            const bag *want = &expected.bags[i][batch], *got = &self->recorder.seen.bags[i][batch];
            if (!plan->nodes[i].is_output || bag_equal(want, got)) continue;
            if (self->recorder.problem == NULL) {
                fprintf(stderr, "  expected:");
                bag_print(want, stderr);
                fprintf(stderr, "  got:     ");
                bag_print(got, stderr);
            }
            recorder_problem(&self->recorder, "output %d of batch %u is not what the plan says", i,
                             batch);
        }
    results_fini(&expected);
}
static void add_records(bag *to, const sim_plan *plan, int node, uint32_t batch) {
    uint32_t count = batch <= plan->batches ? plan_source_count(plan, node, batch) : 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t key, value;
        plan_source_record(plan, node, batch, i, &key, &value);
        bag_add(to, key, value);
    }
}
/* Whether `got` is what the batches have, with one more copy of some that were refused. */
static bool is_whole(const sim_plan *plan, int node, unsigned long refused, const bag *got) {
    unsigned long twice = 0;
    bool is_same = false;
    do { /* each choice of them */
        bag want = {.is_there = true};
        for (uint32_t batch = 1; batch <= plan->batches; batch++) {
            add_records(&want, plan, node, batch);
            if ((twice >> batch & 1) != 0) add_records(&want, plan, node, batch);
        }
        bag_sort(&want);
        is_same = bag_equal(&want, got);
        bag_fini(&want);
        twice = (twice - refused) & refused;
    } while (!is_same && twice != 0);
    return is_same;
}
/* A file's or message's records come in some batch, once; a message that was not acknowledged may
 * come twice. */
static void compare_source(world *self, int node) {
    bag got = {.is_there = true};
    for (uint32_t batch = 1; batch <= BATCHES_MAX; batch++)
        bag_add_all(&got, &self->recorder.seen.bags[node][batch]);
    bag_sort(&got);
    if (!is_whole(self->plan, node, atomic_load(&self->program.feeds[node].refused), &got))
        recorder_problem(&self->recorder, "source %d lost or doubled records: there are %zu", node,
                         got.count);
    bag_fini(&got);
}
/* What an input of one's own gives in a batch is known. */
static void compare_input(world *self, int node) {
    for (uint32_t batch = 1; batch <= self->plan->batches; batch++) {
        bag want = {.is_there = true};
        add_records(&want, self->plan, node, batch);
        bag_sort(&want);
        if (!bag_equal(&want, &self->recorder.seen.bags[node][batch]))
            recorder_problem(&self->recorder, "input %d lost or doubled records of batch %u", node,
                             batch);
        bag_fini(&want);
    }
}
char *world_run(const sim_plan *plan, const world_options *options, uint32_t *lives) {
    world self = {.plan = plan,
                  .chance = {plan->seed + 1},
                  .has_faults = options->has_faults,
                  .is_loud = options->is_loud};
    self.threads = wadi__serial_threads_new(&wadi__env_real, plan->seed + (options->order << 32));
    self.clock = wadi__manual_clock_new(self.threads, START_MS);
    self.disk = wadi__sim_disk_new(self.clock, plan->seed);
    slow_disk_init(&self.slow, self.disk, self.threads);
    recorder_init(&self.recorder, plan, BATCH_MS);
    self.program = (program){.plan = plan,
                             .recorder = &self.recorder,
                             .master = below(&self, 2) != 0 ? "local[5]" : "local[4]",
                             .checkpoint_dir = "/checkpoint",
                             .files_dir = "/files",
                             .batch_ms = BATCH_MS};
    for (int i = 0; i < PLAN_SOURCES; i++) {
        self.program.feeds[i].plan = plan;
        self.program.feeds[i].node = i;
        self.program.feeds[i].env = self.clock;
    }
    uint32_t most = self.has_faults ? 1 + below(&self, LIVES_MAX) : 1;
    for (bool is_last = false; !is_last && self.recorder.problem == NULL;) {
        is_last = self.lives + 1 >= most;
        if (!is_last) give_faults(&self);
        if (begin_life(&self))
            live(&self, is_last);
        else if (is_last)
            recorder_problem(&self.recorder, "the last life did not begin");
        end_life(&self);
    }
    if (self.recorder.problem == NULL && !recorder_is_complete(&self.recorder))
        recorder_problem(&self.recorder, "not every output of every batch ran");
    for (int i = 0; i < plan->count && self.recorder.problem == NULL; i++)
        if (plan->nodes[i].op == PLAN_INPUT)
            compare_input(&self, i);
        else if (plan_is_source(&plan->nodes[i]))
            compare_source(&self, i);
    if (self.recorder.problem == NULL) compare(&self);
    *lives = self.lives;
    char *problem = self.recorder.problem;
    self.recorder.problem = NULL;
    recorder_fini(&self.recorder);
    wadi__sim_disk_free(self.disk);
    wadi__manual_clock_free(self.clock);
    wadi__serial_threads_free(self.threads);
    return problem;
}
