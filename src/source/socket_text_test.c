/* SPDX-License-Identifier: Apache-2.0 */
/* socket_text_test.c: lines from peers of all manners, over a network whose faults a seed chooses. Tests
 * that have the name of a behaviour in tests/conformance/behaviours.json show it. */
#include "base/mem.h"
#include "base/pool.h"
#include "testing/manual_clock.h"
#include "testing/sim_net.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    wadi__env *clock, *net;
    wadi__sim_server *server;
    wadi__rig rig;
    wadi__collector *lines;
} fixture;

static fixture start_with(const wadi__sim_manners *manners, uint64_t seed, const wadi_setting *settings) {
    fixture f = {.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    f.net = wadi__sim_net_new(f.clock, seed);
    if (manners == NULL || !manners->refuses) f.server = wadi__sim_net_listen(f.net, "peer", 7000, manners);
    wadi__rig_options options = {.clock = f.clock, .env = f.net};
    for (size_t i = 0; settings != NULL && settings[i].name != NULL; i++) options.settings[i] = settings[i];
    f.rig = wadi__rig_new(&options);
    f.lines = wadi__collector_new(wadi_socket_text_stream(f.rig.ssc, "peer", 7000));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(f.rig.ssc, &err), WADI_OK);
    return f;
}
static fixture start(void) { return start_with(NULL, 1, NULL); }
/* What came out so far, as the collector shows it. */
static void finish(fixture *f, const char *expected) {
    wadi__rig_batches(&f->rig, 1);
    wadi_stop(f->rig.ssc);
    assert_int_equal(wadi__sim_net_open_sockets(f->net), 0);
    char *text = wadi__collector_text(f->lines, WADI__COLLECTED_ROWS);
    if (expected != NULL) assert_string_equal(text, expected);
    free(text);
    wadi__rig_free(&f->rig);
    wadi__collector_free(f->lines);
    wadi__sim_net_free(f->net);
    wadi__manual_clock_free(f->clock);
}
static void send_text(wadi__sim_peer *peer, const char *text) { wadi__sim_peer_send(peer, text, strlen(text)); }

static void test_lines(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "one\ntwo\r\n\nfour with spaces and more than twelve bytes\nunfini");
    wadi__rig_batches(&f.rig, 1);
    send_text(peer, "shed\n");
    finish(&f, "1000: one two  four with spaces and more than twelve bytes; 2000: unfinished");
}
static void test_last_line_without_end(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "first\nlast without an end");
    wadi__sim_peer_close(peer);
    finish(&f, "1000: first last without an end");
}
static void test_socket_text_stream(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    for (char line[] = "1\n"; line[0] <= '5'; line[0]++) {
        send_text(peer, line);
        wadi__sim_peer_await_taken(peer);
        wadi__rig_batches(&f.rig, 1);
    }
    finish(&f, "1000: 1; 2000: 2; 3000: 3; 4000: 4; 5000: 5; 6000: none");
}
static void test_socket_end_of_stream_restarts(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "before\n");
    wadi__sim_peer_close(peer);
    wadi__rig_batches(&f.rig, 1); /* the delay of 2000 ms has begun */
    wadi__rig_advance(&f.rig, 999);
    assert_int_equal(wadi__sim_server_connections(f.server), 1);
    /* Connecting fails too, and is tried again. */
    wadi__sim_net_listen(f.net, "peer", 7000, &(wadi__sim_manners){.refuses = true});
    wadi__rig_advance(&f.rig, 1001);
    wadi__sim_net_listen(f.net, "peer", 7000, NULL);
    wadi__rig_advance(&f.rig, 1000);
    assert_int_equal(wadi__sim_server_connections(f.server), 1);
    wadi__rig_advance(&f.rig, 1000);
    assert_int_equal(wadi__sim_server_connections(f.server), 2);
    send_text(wadi__sim_server_accept(f.server), "after\n");
    finish(&f, "1000: before; 2000: none; 3000: none; 4000: none; 5000: none; 6000: after");
}
static void test_refused_until_there(void **state) {
    (void)state;
    fixture f = start_with(&(wadi__sim_manners){.refuses = true}, 1, NULL);
    wadi__rig_batches(&f.rig, 3);
    f.server = wadi__sim_net_listen(f.net, "peer", 7000, NULL);
    wadi__rig_batches(&f.rig, 1);
    send_text(wadi__sim_server_accept(f.server), "here now\n");
    finish(&f, "1000: none; 2000: none; 3000: none; 4000: none; 5000: here now");
}
static void test_reset_peer(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "whole\npart");
    wadi__sim_peer_await_taken(peer);
    wadi__rig_batches(&f.rig, 1);
    wadi__sim_peer_reset(peer);
    wadi__rig_batches(&f.rig, 2);
    send_text(wadi__sim_server_accept(f.server), "again\n");
    finish(&f, "1000: whole; 2000: part; 3000: none; 4000: again");
}
static void test_stalled_peer(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "a\n");
    wadi__rig_batches(&f.rig, 1);
    wadi__sim_peer_set_stalled(peer, true);
    send_text(peer, "b\n");
    wadi__rig_batches(&f.rig, 2);
    wadi__sim_peer_set_stalled(peer, false);
    wadi__sim_peer_await_taken(peer);
    finish(&f, "1000: a; 2000: none; 3000: none; 4000: b");
}
static void test_stops_while_nobody_accepts(void **state) {
    (void)state;
    fixture f = start_with(&(wadi__sim_manners){.never_accepts = true}, 1, NULL);
    wadi__rig_batches(&f.rig, 1);
    finish(&f, "1000: none; 2000: none");
}
static void test_odd_bytes(void **state) {
    (void)state;
    fixture f = start();
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    wadi__sim_peer_send(peer, "nul \0 inside the line\n\xff\xfe not utf-8 at all\n", 42);
    wadi__rig_batches(&f.rig, 1);
    const wadi__collected *run = wadi__collector_run(f.lines, 0);
    const wadi_str *rows = run->rows;
    assert_int_equal(run->row_count, 2);
    assert_int_equal(rows[0].len, 21);
    assert_memory_equal(wadi_str_data(&rows[0]), "nul \0 inside the line", 21);
    assert_memory_equal(wadi_str_data(&rows[1]), "\xff\xfe not utf-8", 12);
    finish(&f, NULL);
}
static void test_long_lines_are_skipped(void **state) {
    (void)state;
    fixture f = start_with(NULL, 1, (wadi_setting[]){{"wadi.source.line_max_bytes", "20"}, {NULL, NULL}});
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    send_text(peer, "short\nthis line is longer than twenty bytes\n12345678901234567890\n");
    wadi__sim_peer_await_taken(peer);
    send_text(peer, "a long one that comes "); /* over the limit before its end is there */
    wadi__sim_peer_await_taken(peer);
    send_text(peer, "in pieces\nshort again\n");
    send_text(peer, "abcdefghijklmnopqrst\r"); /* as long as it may be, and half of its end */
    wadi__sim_peer_await_taken(peer);
    send_text(peer, "\nabcdefghijklmnopqrst\r\nand the last one, too long");
    wadi__sim_peer_close(peer);
    finish(&f, "1000: short 12345678901234567890 short again abcdefghijklmnopqrst abcdefghijklmnopqrst");
}
static void test_line_of_64_mib(void **state) {
    (void)state;
    enum { SIZE = 64 << 20 };
    fixture f = start_with(NULL, 1, (wadi_setting[]){{"wadi.source.line_max_bytes", "100m"},
                                                     {"wadi.memory.max_bytes", "1g"}, {NULL, NULL}});
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    char *line = malloc(SIZE + 1);
    for (size_t i = 0; i < SIZE; i++) line[i] = (char)('a' + i % 26);
    line[SIZE] = '\n';
    wadi__sim_peer_send(peer, line, SIZE + 1);
    wadi__sim_peer_await_taken(peer);
    wadi__rig_batches(&f.rig, 1);
    const wadi__collected *run = wadi__collector_run(f.lines, 0);
    const wadi_str *row = run->rows;
    assert_int_equal(run->row_count, 1);
    assert_int_equal(row->len, SIZE);
    assert_memory_equal(wadi_str_data(row), line, SIZE);
    free(line);
    finish(&f, NULL);
}
/* Whatever pieces the bytes come in, the lines are the same. */
static void test_pieces(void **state) {
    (void)state;
    enum { LINES = 20000 };
    for (uint64_t seed = 1; seed <= 3; seed++) {
        fixture f = start_with(&(wadi__sim_manners){.is_partial = true}, seed, NULL);
        wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
        char line[400];
        for (int i = 0; i < LINES; i++) {
            int n = snprintf(line, sizeof line, "%d:%*s\n", i, (int)((unsigned)i * 7919u % 300), "");
            wadi__sim_peer_send(peer, line, (size_t)n);
        }
        wadi__sim_peer_await_taken(peer);
        wadi__rig_batches(&f.rig, 1);
        const wadi__collected *run = wadi__collector_run(f.lines, 0);
        assert_int_equal(run->row_count, LINES);
        for (int i = 0; i < LINES; i++) {
            const wadi_str *row = (const wadi_str *)run->rows + i;
            int n = snprintf(line, sizeof line, "%d:%*s", i, (int)((unsigned)i * 7919u % 300), "");
            assert_int_equal(row->len, n);
            assert_memory_equal(wadi_str_data(row), line, (size_t)n);
        }
        finish(&f, NULL);
    }
}
typedef struct tally {
    size_t *lines, *batches_with_lines;
} tally;
WADI_FOREACH_RDD(count_lines, wadi_str, tally) {
    size_t n = (size_t)wadi_count(rdd);
    *env->lines += n;
    *env->batches_with_lines += batch_ms > 0 && n > 0;
}
/* A peer that is faster than the batches: reading stops at the bound, and nothing is lost. */
static void test_full_memory_pushes_back(void **state) {
    (void)state;
    enum { LINES = 400, LINE_BYTES = 100000 };
    size_t lines = 0, batches_with_lines = 0;
    fixture f = {.clock = wadi__manual_clock_new(&wadi__env_real, 0)};
    f.net = wadi__sim_net_new(f.clock, 1);
    f.server = wadi__sim_net_listen(f.net, "peer", 7000, NULL);
    f.rig = wadi__rig_new(&(wadi__rig_options){
        .clock = f.clock, .env = f.net, .settings = {{"wadi.memory.max_bytes", "24m"}}});
    wadi_foreach_rdd(wadi_socket_text_stream(f.rig.ssc, "peer", 7000),
                     wadi_bind(count_lines, .lines = &lines, .batches_with_lines = &batches_with_lines));
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(f.rig.ssc, &err), WADI_OK);
    wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
    char *line = malloc(LINE_BYTES);
    memset(line, 'x', LINE_BYTES);
    line[LINE_BYTES - 1] = '\n';
    for (int i = 0; i < LINES; i++) wadi__sim_peer_send(peer, line, LINE_BYTES);
    free(line);
    for (int i = 0; i < 12; i++) {
        wadi__manual_clock_await_idle(f.clock); /* it reads no more */
        assert_true(wadi__pool_in_use() <= 24u << 20);
        wadi__rig_batches(&f.rig, 1);
    }
    assert_int_equal(lines, LINES);
    assert_true(batches_with_lines >= 4); /* 40 MB did not fit at once */
    wadi_stop(f.rig.ssc);
    wadi__rig_free(&f.rig);
    wadi__sim_net_free(f.net);
    wadi__manual_clock_free(f.clock);
}
static void test_ten_thousand_restarts(void **state) {
    (void)state;
    fixture f = start_with(NULL, 1, (wadi_setting[]){{"spark.streaming.receiverRestartDelay", "0"}, {NULL, NULL}});
    size_t after_some = 0;
    for (int i = 0; i < 10000; i++) {
        wadi__sim_peer *peer = wadi__sim_server_accept(f.server);
        if (i % 100 == 0) send_text(peer, "x\n");
        wadi__sim_peer_close(peer);
        if (i == 1000) after_some = wadi__pool_count().mapped_bytes;
        assert_true(wadi__sim_net_open_sockets(f.net) <= 2);
    }
    assert_true(wadi__pool_count().mapped_bytes <= after_some + (4 << 20));
    wadi__rig_batches(&f.rig, 1);
    size_t rows = wadi__collector_run(f.lines, 0)->row_count;
    assert_int_equal(rows, 100);
    finish(&f, NULL);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_last_line_without_end),
        cmocka_unit_test(test_socket_text_stream),
        cmocka_unit_test(test_socket_end_of_stream_restarts),
        cmocka_unit_test(test_refused_until_there),
        cmocka_unit_test(test_reset_peer),
        cmocka_unit_test(test_stalled_peer),
        cmocka_unit_test(test_stops_while_nobody_accepts),
        cmocka_unit_test(test_odd_bytes),
        cmocka_unit_test(test_long_lines_are_skipped),
        cmocka_unit_test(test_line_of_64_mib),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_full_memory_pushes_back),
        cmocka_unit_test(test_ten_thousand_restarts),
    };
    return cmocka_run_group_tests_name("socket text stream", tests, NULL, NULL);
}
