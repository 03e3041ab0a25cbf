/* SPDX-License-Identifier: Apache-2.0 */
/* listener_bus_test.c: order, the bound, and listeners that do not return. */
#include "base/listener_bus.h"

#include "base/event.h"
#include "testing/manual_clock.h"
#include "testing/unit.h"

typedef struct numbered {
    wadi__bus_event head;
    int number;
} numbered;

typedef struct listening {
    wadi__env *clock;
    wadi__listener_bus *bus;
    pthread_mutex_t lock;
    wadi__event changed;
    bool is_shut; /* a listener waits; guarded by lock, as all below */
    int seen[100], seen_count;
} listening;

static void deliver(wadi__bus_event *event, void *arg) {
    listening *self = arg;
    pthread_mutex_lock(&self->lock);
    while (self->is_shut)
        wadi__event_wait(&self->changed, &self->lock, self->clock, WADI__DEADLINE_NONE);
    self->seen[self->seen_count++] =
        wadi__listener_bus_runs_here(self->bus) ? ((numbered *)event)->number : -1;
    pthread_mutex_unlock(&self->lock);
}
static void free_event(wadi__bus_event *event) { wadi__free(event); }
static const wadi__listener_bus_ops ops = {"test", deliver, free_event};

static void set_shut(listening *self, bool is_shut) {
    pthread_mutex_lock(&self->lock);
    self->is_shut = is_shut;
    pthread_mutex_unlock(&self->lock);
    wadi__event_wake_all(&self->changed, self->clock);
}
static void start(listening *self) {
    *self = (listening){.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    pthread_mutex_init(&self->lock, NULL);
    self->bus = wadi__listener_bus_new(self->clock, 3, &ops, self);
    assert_non_null(self->bus);
    assert_false(wadi__listener_bus_runs_here(self->bus));
}
static void put(listening *self, int from, int to) {
    for (int i = from; i <= to; i++) {
        numbered *event = wadi__calloc(1, sizeof *event);
        event->number = i;
        wadi__listener_bus_put(self->bus, &event->head);
    }
    wadi__listener_bus_wake(self->bus);
    wadi__manual_clock_await_idle(self->clock);
}
static void end(listening *self) {
    assert_true(wadi__listener_bus_stop(self->bus, WADI__DEADLINE_NONE));
    wadi__listener_bus_free(self->bus);
    wadi__manual_clock_free(self->clock);
    pthread_mutex_destroy(&self->lock);
}
static void expect_seen(const listening *self, const int *expected, int count) {
    assert_int_equal(self->seen_count, count);
    assert_memory_equal(self->seen, expected, (size_t)count * sizeof *expected);
}

static void test_in_order(void **state) {
    (void)state;
    listening self;
    start(&self);
    put(&self, 1, 2);
    put(&self, 3, 3);
    end(&self);
    expect_seen(&self, (int[]){1, 2, 3}, 3);
}
static void test_a_slow_listener_loses_events_and_nobody_waits(void **state) {
    (void)state;
    listening self;
    start(&self);
    set_shut(&self, true);
    put(&self, 1, 1); /* it hangs in this one */
    put(&self, 2, 6); /* three find room */
    assert_int_equal(wadi__listener_bus_dropped(self.bus), 2);
    set_shut(&self, false);
    end(&self); /* what waits is delivered */
    expect_seen(&self, (int[]){1, 2, 3, 4}, 4);
}
static void test_a_listener_that_does_not_return_is_left(void **state) {
    (void)state;
    listening self;
    start(&self);
    set_shut(&self, true);
    put(&self, 1, 1);
    assert_false(wadi__listener_bus_stop(self.bus, self.clock->monotonic_ns(self.clock)));
    set_shut(&self, false);
    put(&self, 2, 2); /* too late */
    end(&self);
    expect_seen(&self, (int[]){1}, 1);
    assert_int_equal(self.seen_count, 1);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_in_order);
    wadi__unit_add(&unit, test_a_slow_listener_loses_events_and_nobody_waits);
    wadi__unit_add(&unit, test_a_listener_that_does_not_return_is_left);
    return wadi__unit_run(&unit, "listener_bus");
}
