/* SPDX-License-Identifier: Apache-2.0 */
/* sim_net_test.c: connections that are perfect, and those that are not. */
#include "testing/sim_net.h"

#include "testing/env_layer.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <errno.h>
#include <stdio.h>

/* A net on a clock, with a server at host:1. */
typedef struct rig {
    wadi__env *clock, *net;
    wadi__sim_server *server;
} rig;
static rig new_rig(uint64_t seed, const wadi__sim_manners *manners) {
    rig at;
    at.clock = wadi__manual_clock_new(&wadi__env_real, 0);
    at.net = wadi__sim_net_new(at.clock, seed);
    at.server = wadi__sim_net_listen(at.net, "host", 1, manners);
    return at;
}
static void free_rig(rig *at) {
    wadi__sim_net_free(at->net);
    wadi__manual_clock_free(at->clock);
}
static int connect_to(wadi__env *net, int port) {
    return net->socket_connect(net, "host", port, WADI__DEADLINE_NONE, NULL, NULL);
}
static int64_t in_ms(const rig *at, int64_t ms) { return wadi__env_deadline(at->clock, ms); }
static int64_t now_ms(const rig *at) { return at->clock->monotonic_ns(at->clock) / 1000000; }

/* A call in a thread of its own, so that the test can turn the clock meanwhile. */
typedef struct caller {
    rig *rig;
    char what; /* c: connect, r: recv, s: send */
    int socket;
    int64_t deadline_ns, returned_ms;
    size_t size;
    char bytes[4096];
    ssize_t rc;
    atomic_bool is_over;
    wadi__thread *thread;
} caller;
static void note_socket(int socket, void *arg) {
    if (socket >= 0) ((caller *)arg)->socket = socket;
}
static void *call(void *arg) {
    caller *at = arg;
    wadi__env *net = at->rig->net;
    if (at->what == 'c')
        at->rc = net->socket_connect(net, "host", 1, at->deadline_ns, note_socket, at);
    if (at->what == 'r')
        at->rc = net->socket_recv(net, at->socket, at->bytes, at->size, at->deadline_ns);
    if (at->what == 's')
        at->rc = net->socket_send(net, at->socket, at->bytes, at->size, at->deadline_ns);
    at->returned_ms = now_ms(at->rig);
    atomic_store(&at->is_over, true);
    return NULL;
}
/* Begins it and returns when it is over or waits. */
static void begin(caller *at, rig *in, char what, int socket, size_t size, int64_t deadline_ns) {
    memset(at, 0, sizeof *at);
    at->rig = in;
    at->what = what;
    at->socket = socket;
    at->size = size;
    at->deadline_ns = deadline_ns;
    assert_int_equal(in->net->thread_start(in->net, "caller", call, at, &at->thread), 0);
    wadi__manual_clock_await_idle(in->clock);
}
static ssize_t end(caller *at) {
    at->rig->net->thread_join(at->rig->net, at->thread);
    return at->rc;
}

static void test_bytes_go_both_ways(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    char bytes[16];
    int ours = connect_to(at.net, 1);
    assert_true(ours >= 0);
    assert_int_equal(wadi__sim_net_open_sockets(at.net), 1);
    assert_int_equal(wadi__sim_server_connections(at.server), 1);
    wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
    wadi__sim_peer_send(peer, "hello ", 6);
    wadi__sim_peer_send(peer, "", 0);
    wadi__sim_peer_send(peer, "world", 5);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes, 0, WADI__DEADLINE_NONE), 0);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes, 3, WADI__DEADLINE_NONE), 3);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes + 3, 13, WADI__DEADLINE_NONE), 8);
    assert_memory_equal(bytes, "hello world", 11);
    wadi__sim_peer_await_taken(peer);
    assert_int_equal(at.net->socket_send(at.net, ours, "answer", 6, WADI__DEADLINE_NONE), 6);
    assert_int_equal(wadi__sim_peer_recv(peer, bytes, 2), 2);
    assert_int_equal(wadi__sim_peer_recv(peer, bytes + 2, 10), 4);
    assert_memory_equal(bytes, "answer", 6);
    wadi__sim_peer_send(peer, "last", 4);
    wadi__sim_peer_close(peer);
    wadi__sim_peer_send(peer, "too late", 8);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes, 16, WADI__DEADLINE_NONE), 4);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes, 16, WADI__DEADLINE_NONE), 0);
    assert_int_equal(at.net->socket_send(at.net, ours, "x", 1, WADI__DEADLINE_NONE), 1);
    assert_false(wadi__sim_peer_is_closed(peer));
    at.net->socket_close(at.net, ours);
    assert_true(wadi__sim_peer_is_closed(peer));
    assert_int_equal(wadi__sim_peer_recv(peer, bytes, 2), 1);
    assert_int_equal(wadi__sim_peer_recv(peer, bytes, 2), 0);
    assert_int_equal(at.net->socket_recv(at.net, ours, bytes, 1, WADI__DEADLINE_NONE), -EBADF);
    assert_int_equal(at.net->socket_send(at.net, ours, bytes, 1, WADI__DEADLINE_NONE), -EBADF);
    at.net->socket_shutdown(at.net, ours);
    at.net->socket_close(at.net, ours);
    assert_int_equal(wadi__sim_net_open_sockets(at.net), 0);
    free_rig(&at);
}
static void test_connections_in_order(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    int first = connect_to(at.net, 1), second = connect_to(at.net, 1);
    char byte;
    wadi__sim_peer_send(wadi__sim_server_accept(at.server), "1", 1);
    wadi__sim_peer_send(wadi__sim_server_accept(at.server), "2", 1);
    assert_int_equal(at.net->socket_recv(at.net, second, &byte, 1, WADI__DEADLINE_NONE), 1);
    assert_int_equal(byte, '2');
    assert_int_equal(at.net->socket_recv(at.net, first, &byte, 1, WADI__DEADLINE_NONE), 1);
    assert_int_equal(byte, '1');
    int third = connect_to(at.net, 1);
    wadi__sim_peer_send(wadi__sim_server_accept(at.server), "3", 1);
    assert_int_equal(at.net->socket_recv(at.net, third, &byte, 1, WADI__DEADLINE_NONE), 1);
    free_rig(&at); /* what is open goes with it */
}

static void tell(int socket, void *arg) {
    int *sum = arg;
    *sum = *sum * 10 + (socket >= 0 ? 1 : 2);
}
static void test_refused(void **state) {
    (void)state;
    const wadi__sim_manners refusing = {.refuses = true};
    rig at = new_rig(1, &refusing);
    int told = 0;
    assert_int_equal(at.net->socket_connect(at.net, "host", 1, WADI__DEADLINE_NONE, tell, &told),
                     -ECONNREFUSED);
    assert_int_equal(told, 12); /* opened, and closed again */
    assert_int_equal(connect_to(at.net, 2), -ECONNREFUSED);
    assert_int_equal(at.net->socket_connect(at.net, "other", 1, WADI__DEADLINE_NONE, NULL, NULL),
                     -ECONNREFUSED);
    assert_int_equal(wadi__sim_net_open_sockets(at.net), 0);
    wadi__sim_net_listen(at.net, "host", 1, NULL); /* it is up again */
    assert_true(connect_to(at.net, 1) >= 0);
    free_rig(&at);
}
static void test_never_accepts(void **state) {
    (void)state;
    const wadi__sim_manners deaf = {.never_accepts = true};
    rig at = new_rig(1, &deaf);
    caller by_time, by_shutdown, by_change;
    begin(&by_time, &at, 'c', -1, 0, in_ms(&at, 50));
    begin(&by_shutdown, &at, 'c', -1, 0, WADI__DEADLINE_NONE);
    begin(&by_change, &at, 'c', -1, 0, WADI__DEADLINE_NONE);
    wadi__manual_clock_advance_ms(at.clock, 49);
    wadi__manual_clock_await_idle(at.clock);
    assert_false(atomic_load(&by_time.is_over));
    wadi__manual_clock_advance_ms(at.clock, 1);
    assert_int_equal(end(&by_time), -ETIMEDOUT);
    at.net->socket_shutdown(at.net, by_shutdown.socket);
    assert_int_equal(end(&by_shutdown), -ECONNABORTED);
    wadi__sim_net_listen(at.net, "host", 1, NULL);
    assert_true(end(&by_change) >= 0);
    free_rig(&at);
}
static void test_connect_delay(void **state) {
    (void)state;
    const wadi__sim_manners slow = {.connect_delay_ms_max = 100};
    bool was_late = false;
    for (uint64_t seed = 0; seed < 20; seed++) {
        rig at = new_rig(seed, &slow);
        caller made;
        int64_t began_ms = now_ms(&at);
        begin(&made, &at, 'c', -1, 0, WADI__DEADLINE_NONE);
        while (!atomic_load(&made.is_over)) {
            wadi__manual_clock_advance_ms(at.clock, 1);
            wadi__manual_clock_await_idle(at.clock);
        }
        assert_true(end(&made) >= 0);
        assert_true(made.returned_ms <= began_ms + 100);
        was_late |= made.returned_ms > began_ms + 50;
        free_rig(&at);
    }
    assert_true(was_late);
}
static void test_recv_deadline(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    int ours = connect_to(at.net, 1);
    caller by_time, by_bytes;
    begin(&by_time, &at, 'r', ours, 1, in_ms(&at, 10));
    assert_false(atomic_load(&by_time.is_over));
    wadi__manual_clock_advance_ms(at.clock, 10);
    assert_int_equal(end(&by_time), -ETIMEDOUT);
    assert_int_equal(at.net->socket_recv(at.net, ours, by_time.bytes, 1, 0), -ETIMEDOUT);
    begin(&by_bytes, &at, 'r', ours, 1, in_ms(&at, 10));
    wadi__sim_peer_send(wadi__sim_server_accept(at.server), "x", 1);
    assert_int_equal(end(&by_bytes), 1);
    free_rig(&at);
}
static void test_delays_keep_the_order(void **state) {
    (void)state;
    const wadi__sim_manners slow = {.delay_ms_max = 1000};
    size_t steps = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        rig at = new_rig(seed, &slow);
        int ours = connect_to(at.net, 1);
        wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
        char sent[101] = "", got[101] = "";
        for (int i = 0; i < 100; i++) {
            sent[i] = (char)('!' + i % 90);
            wadi__sim_peer_send(peer, &sent[i], 1);
        }
        size_t count = 0;
        while (count < 100) {
            caller reader;
            begin(&reader, &at, 'r', ours, 100, WADI__DEADLINE_NONE);
            while (!atomic_load(&reader.is_over)) {
                assert_true(wadi__manual_clock_advance_to_next(at.clock));
                wadi__manual_clock_await_idle(at.clock);
            }
            ssize_t size = end(&reader);
            assert_true(size > 0);
            memcpy(got + count, reader.bytes, (size_t)size);
            count += (size_t)size;
            steps++;
        }
        assert_string_equal(got, sent);
        assert_true(now_ms(&at) <= 1000 + 1000);
        free_rig(&at);
    }
    assert_true(steps > 40); /* they did not come all at once */
}
static void test_reset(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    int ours = connect_to(at.net, 1);
    wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
    caller reader;
    begin(&reader, &at, 'r', ours, 10, WADI__DEADLINE_NONE);
    wadi__sim_peer_reset(peer);
    assert_int_equal(end(&reader), -ECONNRESET);
    wadi__sim_peer_send(peer, "x", 1); /* goes nowhere */
    assert_int_equal(at.net->socket_recv(at.net, ours, reader.bytes, 1, WADI__DEADLINE_NONE),
                     -ECONNRESET);
    assert_int_equal(at.net->socket_send(at.net, ours, "x", 1, WADI__DEADLINE_NONE), -ECONNRESET);
    assert_int_equal(wadi__sim_peer_recv(peer, reader.bytes, 1), 0);

    ours = connect_to(at.net, 1); /* bytes under way are lost */
    peer = wadi__sim_server_accept(at.server);
    wadi__sim_peer_send(peer, "lost", 4);
    wadi__sim_peer_reset(peer);
    assert_int_equal(at.net->socket_recv(at.net, ours, reader.bytes, 4, WADI__DEADLINE_NONE),
                     -ECONNRESET);
    free_rig(&at);
}
static void test_resets_by_chance(void **state) {
    (void)state;
    const wadi__sim_manners bad = {.reset_per_mille = 100};
    int resets = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        rig at = new_rig(seed, &bad);
        int ours = connect_to(at.net, 1);
        wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
        char byte;
        for (int i = 0; i < 5; i++) wadi__sim_peer_send(peer, "x", 1);
        wadi__sim_peer_close(peer);
        ssize_t rc;
        while ((rc = at.net->socket_recv(at.net, ours, &byte, 1, WADI__DEADLINE_NONE)) > 0) {}
        assert_true(rc == 0 || rc == -ECONNRESET);
        resets += rc < 0;
        free_rig(&at);
    }
    assert_true(resets > 5 && resets < 45);
}
static void test_stall(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    int ours = connect_to(at.net, 1);
    wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
    wadi__sim_peer_set_stalled(peer, true);
    wadi__sim_peer_send(peer, "x", 1);
    caller reader, sender;
    begin(&reader, &at, 'r', ours, 1, WADI__DEADLINE_NONE);
    begin(&sender, &at, 's', ours, 1, WADI__DEADLINE_NONE);
    wadi__manual_clock_advance_ms(at.clock, 100000);
    wadi__manual_clock_await_idle(at.clock);
    assert_false(atomic_load(&reader.is_over) || atomic_load(&sender.is_over));
    wadi__sim_peer_set_stalled(peer, false);
    assert_int_equal(end(&reader), 1);
    assert_int_equal(end(&sender), 1);
    free_rig(&at);
}
static void test_send_waits_for_room(void **state) {
    (void)state;
    const wadi__sim_manners narrow = {.send_room_bytes = 100};
    rig at = new_rig(1, &narrow);
    int ours = connect_to(at.net, 1);
    wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
    char bytes[200] = "";
    assert_int_equal(at.net->socket_send(at.net, ours, bytes, 150, WADI__DEADLINE_NONE), 100);
    assert_int_equal(at.net->socket_send(at.net, ours, bytes, 1, 0), -ETIMEDOUT);
    caller by_time, by_room, by_shutdown;
    begin(&by_time, &at, 's', ours, 50, in_ms(&at, 10));
    wadi__manual_clock_advance_ms(at.clock, 10);
    assert_int_equal(end(&by_time), -ETIMEDOUT);
    begin(&by_room, &at, 's', ours, 50, WADI__DEADLINE_NONE);
    assert_int_equal(wadi__sim_peer_recv(peer, bytes, 20), 20);
    assert_int_equal(end(&by_room), 20);
    begin(&by_shutdown, &at, 's', ours, 50, WADI__DEADLINE_NONE);
    at.net->socket_shutdown(at.net, ours);
    assert_int_equal(end(&by_shutdown), -EPIPE);
    free_rig(&at);
}
static void test_shutdown_ends_recv(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    int ours = connect_to(at.net, 1);
    caller reader;
    begin(&reader, &at, 'r', ours, 1, WADI__DEADLINE_NONE);
    at.net->socket_shutdown(at.net, ours);
    assert_int_equal(end(&reader), 0);
    free_rig(&at);
}
static void test_partial(void **state) {
    (void)state;
    const wadi__sim_manners partial = {.is_partial = true};
    rig at = new_rig(5, &partial);
    int ours = connect_to(at.net, 1), calls = 0;
    wadi__sim_peer *peer = wadi__sim_server_accept(at.server);
    static char sent[10000], got[10000];
    for (size_t i = 0; i < sizeof sent; i++) sent[i] = (char)(i * 7);
    wadi__sim_peer_send(peer, sent, sizeof sent);
    for (size_t count = 0; count < sizeof got; calls++) {
        ssize_t size =
            at.net->socket_recv(at.net, ours, got + count, sizeof got - count, WADI__DEADLINE_NONE);
        assert_true(size > 0);
        count += (size_t)size;
    }
    assert_memory_equal(got, sent, sizeof got);
    memset(got, 0, sizeof got);
    for (size_t count = 0; count < sizeof got; calls++) {
        ssize_t size = at.net->socket_send(at.net, ours, sent + count, sizeof got - count,
                                           WADI__DEADLINE_NONE);
        assert_true(size > 0);
        assert_int_equal(wadi__sim_peer_recv(peer, got + count, (size_t)size), size);
        count += (size_t)size;
    }
    assert_memory_equal(got, sent, sizeof got);
    assert_true(calls > 2);
    free_rig(&at);
}
static void test_many_connections(void **state) {
    (void)state;
    rig at = new_rig(1, NULL);
    for (int i = 0; i < 2000; i++) {
        int ours = connect_to(at.net, 1);
        wadi__sim_peer_close(wadi__sim_server_accept(at.server));
        char byte;
        assert_int_equal(at.net->socket_recv(at.net, ours, &byte, 1, WADI__DEADLINE_NONE), 0);
        at.net->socket_close(at.net, ours);
    }
    assert_int_equal(wadi__sim_server_connections(at.server), 2000);
    assert_int_equal(wadi__sim_net_open_sockets(at.net), 0);
    free_rig(&at);
}
/* On the clock of the real machine too, and under a layer that only hands on. */
static void *send_all(void *arg) {
    for (int i = 0; i < 10; i++) wadi__sim_peer_send(arg, "x", 1);
    return NULL;
}
static void test_without_a_manual_clock(void **state) {
    (void)state;
    wadi__env *net = wadi__sim_net_new(&wadi__env_real, 1);
    wadi__env_layer layer;
    wadi__env_layer_init(&layer, "layer", net);
    wadi__env *env = &layer.env;
    const wadi__sim_manners slow = {.delay_ms_max = 2};
    wadi__sim_server *server = wadi__sim_net_listen(net, "host", 1, &slow);
    int ours = connect_to(env, 1);
    wadi__sim_peer *peer = wadi__sim_server_accept(server);
    wadi__thread *thread;
    assert_int_equal(env->thread_start(env, "sender", send_all, peer, &thread), 0);
    char byte;
    for (int i = 0; i < 10; i++)
        assert_int_equal(env->socket_recv(env, ours, &byte, 1, WADI__DEADLINE_NONE), 1);
    assert_int_equal(env->socket_recv(env, ours, &byte, 1, wadi__env_deadline(env, 2)), -ETIMEDOUT);
    assert_int_equal(env->socket_send(env, ours, &byte, 1, WADI__DEADLINE_NONE), 1);
    env->thread_join(env, thread);
    env->socket_shutdown(env, ours);
    env->socket_close(env, ours);
    assert_true(wadi__sim_peer_is_closed(peer));
    unsigned char bytes[8] = {0}, zeros[8] = {0};
    env->random(env, bytes, sizeof bytes);
    assert_memory_not_equal(bytes, zeros, sizeof bytes);
    assert_true(env->wall_ms(env) > 0 &&
                wadi__env_wall_ns(env) / 1000000 >= env->wall_ms(env) - 1000);
    atomic_uint word = 0;
    assert_int_equal(env->wait(env, &word, 0, 0), -ETIMEDOUT);
    env->wake(env, &word, 1);
    wadi__sim_net_free(net);
    wadi__sim_net_free(NULL);
}

/* A thread that reads from the network and writes to the disk, all by the same clock. */
static void *copy_down(void *arg) {
    wadi__env *env = arg;
    char bytes[16];
    int ours = env->socket_connect(env, "host", 1, WADI__DEADLINE_NONE, NULL, NULL);
    int file = env->file_open(env, "/got", WADI__OPEN_WRITE | WADI__OPEN_CREATE, 0600);
    for (ssize_t got;
         (got = env->socket_recv(env, ours, bytes, sizeof bytes, WADI__DEADLINE_NONE)) > 0;)
        env->file_write(env, file, bytes, (size_t)got);
    env->file_close(env, file);
    env->socket_close(env, ours);
    return NULL;
}
static void test_they_stack(void **state) {
    (void)state;
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 7000);
    wadi__env *disk = wadi__sim_disk_new(clock, 1), *net = wadi__sim_net_new(disk, 1);
    const wadi__sim_manners slow = {.delay_ms_max = 50};
    wadi__sim_server *server = wadi__sim_net_listen(net, "host", 1, &slow);
    wadi__thread *thread;
    assert_int_equal(net->thread_start(net, "copy", copy_down, net, &thread), 0);
    wadi__sim_peer *peer = wadi__sim_server_accept(server);
    wadi__sim_peer_send(peer, "hello", 5);
    wadi__sim_peer_close(peer);
    wadi__manual_clock_await_idle(clock);
    while (wadi__manual_clock_advance_to_next(clock)) wadi__manual_clock_await_idle(clock);
    net->thread_join(net, thread);
    size_t size;
    char *text = wadi__sim_disk_get(disk, "/got", &size);
    assert_string_equal(text, "hello");
    wadi__file_stat stat;
    assert_int_equal(net->file_stat(net, "/got", &stat), 0);
    assert_true(stat.modified_ms >= 7000 && stat.modified_ms <= 7050);
    free(text);
    wadi__sim_net_free(net);
    wadi__sim_disk_free(disk);
    wadi__manual_clock_free(clock);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_bytes_go_both_ways);
    wadi__unit_add(&unit, test_connections_in_order);
    wadi__unit_add(&unit, test_refused);
    wadi__unit_add(&unit, test_never_accepts);
    wadi__unit_add(&unit, test_connect_delay);
    wadi__unit_add(&unit, test_recv_deadline);
    wadi__unit_add(&unit, test_delays_keep_the_order);
    wadi__unit_add(&unit, test_reset);
    wadi__unit_add(&unit, test_resets_by_chance);
    wadi__unit_add(&unit, test_stall);
    wadi__unit_add(&unit, test_send_waits_for_room);
    wadi__unit_add(&unit, test_shutdown_ends_recv);
    wadi__unit_add(&unit, test_partial);
    wadi__unit_add(&unit, test_many_connections);
    wadi__unit_add(&unit, test_without_a_manual_clock);
    wadi__unit_add(&unit, test_they_stack);
    return wadi__unit_run(&unit, "sim_net");
}
