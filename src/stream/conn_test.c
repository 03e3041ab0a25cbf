/* SPDX-License-Identifier: Apache-2.0 */
/* conn_test.c: what users' receivers read from their connections, and write to them. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/sim_net.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

#include <stdio.h>

typedef struct conn_case {
    const char *name;
    wadi_receiver_fn (*body)(void);
    const char *pieces[5]; /* that the peer sends, before it closes */
    const char *expected;
} conn_case;

static char problems[1000]; /* that the receiver reported */
static void on_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)arg;
    size_t used = strlen(problems);
    if (level >= WADI__LOG_WARN && strcmp(module, "source") == 0)
        snprintf(problems + used, sizeof problems - used, "%s\n", text);
}

WADI_RECEIVER(reads_lines, wadi_str) {
    wadi_str line;
    while (wadi_conn_read_line(conn, &line)) wadi_store(out, line);
    wadi_store(out, wadi_str_of("END"));
    wadi_receiver_stop(receiver, "over");
}
WADI_RECEIVER(reads_bytes, wadi_str) {
    char bytes[4];
    wadi_str line;
    while (wadi_conn_read(conn, bytes, 3)) wadi_store(out, wadi_str_view(bytes, 3));
    wadi_store(out, wadi_str_of(wadi_conn_read_line(conn, &line) ? "MORE" : "END"));
    wadi_receiver_stop(receiver, "over");
}
WADI_RECEIVER(reads_both, wadi_str) {
    char bytes[4];
    wadi_str line;
    if (wadi_conn_read(conn, bytes, 4)) wadi_store(out, wadi_str_view(bytes, 4));
    if (wadi_conn_read_line(conn, &line)) wadi_store(out, line);
    if (wadi_conn_read(conn, bytes, 1)) wadi_store(out, wadi_str_view(bytes, 1));
    wadi_receiver_stop(receiver, "over");
}
WADI_RECEIVER(asks, wadi_str) {
    wadi_str line;
    if (wadi_conn_write(conn, "hello?\n", 7) && wadi_conn_read_line(conn, &line))
        wadi_store(out, line);
    wadi_receiver_stop(receiver, "over");
}
static wadi_receiver_fn lines(void) { return reads_lines; }
static wadi_receiver_fn bytes(void) { return reads_bytes; }
static wadi_receiver_fn both(void) { return reads_both; }
static wadi_receiver_fn dialogue(void) { return asks; }

/* Lines may have 10 bytes. */
static conn_case cases[] = {
    {"lines: whole ones", lines, {"one\ntwo\r\n\nfour\n"}, "1000: one two  four END"},
    {"lines: pieces", lines, {"on", "e\ntw", "o\r", "\nthree\n"}, "1000: one two three END"},
    {"lines: the last one lacks its end", lines, {"one\ntw", "o"}, "1000: one two END"},
    {"lines: nothing", lines, {""}, "1000: END"},
    {"lines: a carriage return inside", lines, {"a\rb\n\r\n"}, "1000: a\rb  END"},
    {"lines: the longest",
     lines,
     {"0123456789\n0123456789\r", "\n0123456789\r\nx"},
     "1000: 0123456789 0123456789 0123456789 x END"},
    {"lines: one that is too long ends it", lines, {"a\n01234567890\nb\n"}, "1000: a END"},
    {"lines: one that is too long, in pieces",
     lines,
     {"a\n0123456", "7890", "\nb\n"},
     "1000: a END"},
    {"lines: one that is too long, without its end", lines, {"a\n01234567890"}, "1000: a END"},
    {"bytes: runs of three", bytes, {"ab", "cdefg"}, "1000: abc def END"},
    {"bytes: nothing is left", bytes, {"abcdef"}, "1000: abc def END"},
    {"bytes and lines", both, {"head", "a li", "ne\nx"}, "1000: head a line x"},
    {"a question first", dialogue, {"yes\n"}, "1000: yes"},
};
static void test_conn(void **state) {
    const conn_case *row = *state;
    problems[0] = 0;
    wadi__log_capture(on_line, NULL);
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0),
              *net = wadi__sim_net_new(clock, 1);
    wadi__sim_server *server = wadi__sim_net_listen(net, "peer", 7000, NULL);
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){
        .clock = clock, .env = net, .settings = {{"wadi.source.line_max_bytes", "10"}}});
    wadi__collector *collector =
        wadi__collector_new(wadi_socket_stream(rig.ssc, "peer", 7000, row->body()));
    assert_int_equal(wadi_start(rig.ssc, NULL), WADI_OK);
    wadi__sim_peer *peer = wadi__sim_server_accept(server);
    char asked[16] = "";
    if (row->body == dialogue) assert_int_equal(wadi__sim_peer_recv(peer, asked, sizeof asked), 7);
    for (size_t i = 0; row->pieces[i] != NULL; i++) {
        wadi__sim_peer_send(peer, row->pieces[i], strlen(row->pieces[i]));
        wadi__sim_peer_await_taken(peer);
    }
    wadi__sim_peer_close(peer);
    wadi__rig_batches(&rig, 1);
    wadi_stop(rig.ssc);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_ROWS);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    wadi__log_capture(NULL, NULL);
    wadi__sim_net_free(net);
    wadi__manual_clock_free(clock);
    assert_string_equal(text, row->expected);
    free(text);
    bool is_too_long = strstr(row->name, "too long") != NULL;
    assert_int_equal(
        strstr(problems, "a line of more than 10 bytes (wadi.source.line_max_bytes)") != NULL,
        is_too_long);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_conn, cases);
    return wadi__unit_run(&unit, "connections");
}
