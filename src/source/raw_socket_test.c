/* SPDX-License-Identifier: Apache-2.0 */
/* raw_socket_test.c: frames from a simulated network, frames and metadata that receivers store. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/sim_net.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdatomic.h>
#include <stdio.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));

typedef struct fixture {
    wadi__env *clock, *net;
    wadi__rig rig;
    wadi__sim_server *server;
    wadi__collector *collector;
} fixture;

static char problems[4000]; /* that the source reported */
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)arg;
    size_t used = strlen(problems);
    if (level >= WADI__LOG_WARN && strcmp(module, "source") == 0)
        snprintf(problems + used, sizeof problems - used, "%s\n", text);
}
static void begin(fixture *self) {
    problems[0] = 0;
    wadi__log_capture(on_line, NULL);
    self->clock = wadi__manual_clock_new(&wadi__env_real, 0);
    self->net = wadi__sim_net_new(self->clock, 1);
    self->server = wadi__sim_net_listen(self->net, "peer", 7000, NULL);
    wadi__rig_options options = {.clock = self->clock, .env = self->net, .master = "local[3]"};
    self->rig = wadi__rig_new(&options);
}
static void start(fixture *self, wadi_dstream *stream) {
    wadi_error err = WADI_ERROR_INIT;
    self->collector = wadi__collector_new(stream);
    if (wadi_start(self->rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
}
static void end(fixture *self, const char *expected) {
    wadi_stop(self->rig.ssc, .keep_context = true);
    char *text = wadi__collector_text(self->collector, WADI__COLLECTED_PARTITIONS);
    wadi__rig_free(&self->rig);
    wadi__log_capture(NULL, NULL);
    wadi__collector_free(self->collector);
    wadi__sim_net_free(self->net);
    wadi__manual_clock_free(self->clock);
    assert_string_equal(text, expected);
    free(text);
}

static void send_length(wadi__sim_peer *peer, size_t length) {
    unsigned char bytes[4] = {(unsigned char)(length >> 24), (unsigned char)(length >> 16),
                              (unsigned char)(length >> 8), (unsigned char)length};
    wadi__sim_peer_send(peer, bytes, 4);
}
/* Sends a frame of these pairs, of which byte `damaged` is flipped; -1: none. */
static void send_pairs(wadi__sim_peer *peer, const pair *pairs, size_t n, int damaged) {
    void *bytes = NULL;
    size_t size = 0;
    assert_int_equal(wadi_frame_encode(pair, pairs, n, &bytes, &size, NULL), WADI_OK);
    if (damaged >= 0) ((char *)bytes)[damaged] ^= 0x40;
    send_length(peer, size);
    wadi__sim_peer_send(peer, bytes, size);
    wadi_frame_free(&bytes);
}

static const pair some[] = {{{0}, 1}, {{0}, 2}};
static void test_each_frame_is_a_block(void **state) {
    (void)state;
    fixture self;
    begin(&self);
    start(&self, wadi_raw_socket_stream(self.rig.ssc, pair, "peer", 7000));
    wadi__sim_peer *peer = wadi__sim_server_accept(self.server);
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("a key that lies outside"), 2}};
    send_pairs(peer, rows, 2, -1);
    send_pairs(peer, rows, 1, -1);
    wadi__rig_batches(&self.rig, 1);
    send_pairs(peer, rows, 0, -1);
    send_pairs(peer, rows + 1, 1, -1);
    wadi__rig_batches(&self.rig, 1);
    assert_string_equal(problems, "");
    end(&self,
        "1000: (a,1) (a key that lies outside,2) | (a,1); 2000: | (a key that lies outside,2)");
}

typedef struct bad_case {
    const char *name;
    void (*send)(wadi__sim_peer *peer);
    const char *reported;
} bad_case;
static void send_damaged(wadi__sim_peer *peer) { send_pairs(peer, some, 2, 60); }
static void send_no_frame(wadi__sim_peer *peer) {
    char bytes[200];
    memset(bytes, 'x', sizeof bytes);
    send_length(peer, sizeof bytes);
    wadi__sim_peer_send(peer, bytes, sizeof bytes);
}
static void send_text(wadi__sim_peer *peer) {
    wadi__sim_peer_send(peer, "hello, here is some text, and no frame at all, is it?", 53);
}
static void send_short_length(wadi__sim_peer *peer) { send_length(peer, 3); }
static void send_foreign(wadi__sim_peer *peer) {
    void *bytes = NULL;
    size_t size = 0;
    int64_t numbers[] = {1, 2, 3};
    assert_int_equal(wadi_frame_encode(int64_t, numbers, 3, &bytes, &size, NULL), WADI_OK);
    send_length(peer, size);
    wadi__sim_peer_send(peer, bytes, size);
    wadi_frame_free(&bytes);
}
static void send_half(wadi__sim_peer *peer) {
    send_length(peer, 500);
    wadi__sim_peer_send(peer, "W", 1);
    wadi__sim_peer_close(peer);
}
static void send_nothing(wadi__sim_peer *peer) { wadi__sim_peer_close(peer); }
static void send_reset(wadi__sim_peer *peer) { wadi__sim_peer_reset(peer); }
static bad_case bad[] = {
    {"a damaged frame", send_damaged, "peer:7000: damaged frame: checksum"},
    {"bytes that are no frame", send_no_frame, "peer:7000: "},
    {"text", send_text, "peer:7000: "},
    {"a length that no frame has", send_short_length,
     "peer:7000 sent a length of 3 bytes, which no frame has"},
    {"a frame of other records", send_foreign, "peer:7000: "},
    {"the end in the middle", send_half,
     "peer:7000 closed the connection in the middle of a frame"},
    {"the end", send_nothing, "peer:7000 closed the connection"},
    {"a reset", send_reset, "reading failed"},
};
/* It is reported, and the next connection is fine; what came before stays. */
static void test_bad_bytes(void **state) {
    const bad_case *row = *state;
    fixture self;
    begin(&self);
    start(&self, wadi_raw_socket_stream(self.rig.ssc, pair, "peer", 7000));
    wadi__sim_peer *peer = wadi__sim_server_accept(self.server);
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("b"), 2}};
    send_pairs(peer, rows, 1, -1);
    wadi__rig_batches(&self.rig, 1);
    row->send(peer);
    wadi__rig_batches(&self.rig, 3); /* the restart delay is 2000 ms */
    peer = wadi__sim_server_accept(self.server);
    send_pairs(peer, rows + 1, 1, -1);
    wadi__rig_batches(&self.rig, 1);
    if (strstr(problems, row->reported) == NULL) fail_msg("reported: %s", problems);
    assert_int_equal(wadi__sim_server_connections(self.server), 2);
    end(&self, "1000: (a,1); 2000: none; 3000: none; 4000: none; 5000: (b,2)");
}

/* ---- What receivers store as frames, and beside blocks ---- */

WADI_RECEIVER(stores_frames, pair) {
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("b"), 2}};
    void *bytes = NULL;
    size_t size = 0;
    if (wadi_frame_encode(pair, rows, 2, &bytes, &size, NULL) != WADI_OK) return;
    bool stored = wadi_store_frame(out, bytes, size);
    ((char *)bytes)[size - 1] ^= 1;
    bool stored_damaged = wadi_store_frame(out, bytes, size);
    bool stored_half = wadi_store_frame(out, bytes, size / 2);
    wadi_frame_free(&bytes);
    wadi_receiver_stop(receiver, "%d %d %d", stored, stored_damaged, stored_half);
}
static void test_store_frame(void **state) {
    (void)state;
    fixture self;
    begin(&self);
    start(&self, wadi_receiver_stream(self.rig.ssc, stores_frames));
    wadi__rig_batches(&self.rig, 1);
    if (strstr(problems, "a frame is not stored: damaged frame") == NULL ||
        strstr(problems, "stops: 1 0 0") == NULL)
        fail_msg("reported: %s", problems);
    end(&self, "1000: (a,1) (b,2)");
}

WADI_RECEIVER(stores_positions, int64_t) {
    size_t size = 0;
    const int64_t *last = wadi_receiver_last_metadata(receiver, &size);
    int64_t next = last != NULL && size == sizeof next ? *last : 0;
    for (int i = 0; i < 2; i++) {
        next++;
        wadi_store_block_with(out, &next, 1, &next, sizeof next);
    }
    int64_t without = -1;
    wadi_store_block(out, &without, 1);
}
static char seen[400];
WADI_FILTER(all, int64_t) { return in != NULL; }
WADI_FOREACH_RDD(read_positions, int64_t) {
    for (uint32_t i = 0; i < wadi_rdd_partition_count(rdd) + 1; i++) {
        size_t size = 99, used = strlen(seen);
        const int64_t *position = wadi_rdd_block_metadata(rdd, i, &size);
        if (position == NULL) assert_int_equal(size, 0);
        snprintf(seen + used, sizeof seen - used, " %lld",
                 position != NULL ? (long long)*position : -1);
    }
    size_t used = strlen(seen), size;
    wadi_rdd *derived = wadi_filter(rdd, all);
    const void *none = wadi_rdd_block_metadata(derived, 0, &size);
    snprintf(seen + used, sizeof seen - used, "%s", none == NULL ? ";" : "!");
    (void)batch_ms;
}
static void test_block_metadata(void **state) {
    (void)state;
    fixture self;
    begin(&self);
    seen[0] = 0;
    wadi_dstream *stream = wadi_receiver_stream(self.rig.ssc, stores_positions);
    wadi_foreach_rdd(stream, read_positions);
    wadi__rig_advance(&self.rig, 500);
    start(&self, stream);
    wadi__rig_advance(&self.rig, 500);
    wadi__rig_batches(&self.rig, 1);
    wadi__rig_advance(&self.rig, 700); /* at 2500 ms it starts again, and knows where it was */
    wadi__rig_advance(&self.rig, 300);
    assert_string_equal(seen, " 1 2 -1 -1; -1; 3 4 -1 -1;");
    end(&self, "1000: 1 | 2 | -1; 2000: none; 3000: 3 | 4 | -1");
}

/* A parser of numbers of four bytes; it is called once for each connection. */
static atomic_int connections;
WADI_RECEIVER(parse_numbers, int64_t) {
    unsigned char bytes[4];
    atomic_fetch_add(&connections, 1);
    while (wadi_conn_read(conn, bytes, sizeof bytes))
        wadi_store(out, (int64_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]);
}
/* The raw one: test_each_frame_is_a_block above. */
static void test_raw_and_custom_socket_streams(void **state) {
    (void)state;
    fixture self;
    begin(&self);
    start(&self, wadi_socket_stream(self.rig.ssc, "peer", 7000, parse_numbers));
    wadi__sim_peer *peer = wadi__sim_server_accept(self.server);
    for (size_t i = 1; i <= 3; i++) send_length(peer, i * 1000);
    wadi__rig_batches(&self.rig, 1);
    wadi__sim_peer_close(peer);
    wadi__rig_batches(&self.rig, 3);
    peer = wadi__sim_server_accept(self.server);
    send_length(peer, 7);
    wadi__rig_batches(&self.rig, 1);
    assert_int_equal(atomic_load(&connections), 2);
    end(&self, "1000: 1000 2000 3000; 2000: none; 3000: none; 4000: none; 5000: 7");
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_each_frame_is_a_block);
    wadi__unit_rows(&unit, test_bad_bytes, bad);
    wadi__unit_add(&unit, test_raw_and_custom_socket_streams);
    wadi__unit_add(&unit, test_store_frame);
    wadi__unit_add(&unit, test_block_metadata);
    return wadi__unit_run(&unit, "raw sockets");
}
