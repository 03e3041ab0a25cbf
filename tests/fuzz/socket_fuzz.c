/* SPDX-License-Identifier: Apache-2.0 */
/* socket_fuzz.c: bytes of any kind from a peer, in pieces of any size: text streams, raw socket
 * streams, and what users' receivers read from connections. However they are cut into pieces, the
 * lines are the same. The first byte is the kind, the second the size of pieces, the third whether
 * reads are short. */
#include "base/log.h"
#include "testing/manual_clock.h"
#include "testing/sim_net.h"
#include "testing/stream_case.h"
#include "types.h"

#include <wadi/wadi.h>

#define LINE_MAX_TEXT "40"
enum { TEXT, RAW, CONN_LINES, CONN_BYTES, KINDS, LONGEST = 40 };

/* The bytes as they were sent, and how far they have come again. */
typedef struct sent {
    const char *bytes;
    size_t size, at;
} sent;
static sent now;

/* The next line, in `*line`; false: there is none. The last one may lack its end. */
static bool next_line(sent *self, const char **line, size_t *size) {
    if (self->at >= self->size) return false;
    const char *begin = self->bytes + self->at, *stop = memchr(begin, '\n', self->size - self->at);
    const char *end = stop != NULL ? stop : self->bytes + self->size;
    self->at = (size_t)(end - self->bytes) + (stop != NULL);
    if (stop != NULL && end > begin && end[-1] == '\r') end--;
    *line = begin;
    *size = (size_t)(end - begin);
    return true;
}
static void check_line(wadi_str actual, const char *line, size_t size) {
    fuzz_check(actual.len == size && memcmp(wadi_str_data(&actual), line, size) == 0);
}

WADI_RECEIVER(lines_of_conn, int64_t) {
    const char *line = NULL;
    size_t size = 0;
    wadi_str actual;
    while (wadi_conn_read_line(conn, &actual)) {
        fuzz_check(next_line(&now, &line, &size) && size <= LONGEST);
        check_line(actual, line, size);
    }
    fuzz_check(!next_line(&now, &line, &size) ||
               size > LONGEST); /* a long one ends the connection */
    wadi_receiver_stop(receiver, "over");
    (void)out;
}
WADI_RECEIVER(bytes_of_conn, int64_t) {
    char bytes[13];
    wadi_str line;
    size_t wanted = 1;
    while (now.size - now.at >= wanted) {
        fuzz_check(wadi_conn_read(conn, bytes, wanted));
        fuzz_check(memcmp(bytes, now.bytes + now.at, wanted) == 0);
        now.at += wanted;
        wanted = 1 + ((unsigned char)bytes[0] & 7) + (wanted & 3);
    }
    fuzz_check(!wadi_conn_read(conn, bytes, wanted) && !wadi_conn_read_line(conn, &line));
    wadi_receiver_stop(receiver, "over");
    (void)out;
}

static void drop_message(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
static void check_text(const wadi__collected *run) {
    const wadi_str *rows = run->rows;
    const char *line;
    size_t at = 0, size;
    while (next_line(&now, &line, &size)) {
        if (size > LONGEST) continue; /* is skipped */
        fuzz_check(at < run->row_count);
        check_line(rows[at++], line, size);
    }
    fuzz_check(at == run->row_count);
}
static wadi_dstream *stream_of(wadi_stream_context *ssc, unsigned kind) {
    switch (kind) {
    case TEXT: return wadi_socket_text_stream(ssc, "peer", 1);
    case RAW: return wadi_raw_socket_stream(ssc, fuzz_pair, "peer", 1);
    case CONN_LINES: return wadi_socket_stream(ssc, "peer", 1, lines_of_conn);
    default: return wadi_socket_stream(ssc, "peer", 1, bytes_of_conn);
    }
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wadi__log_capture(drop_message, NULL);
    fuzz in = {data, size};
    unsigned kind = fuzz_byte(&in) % KINDS;
    size_t piece = 1 + (size_t)fuzz_byte(&in);
    bool is_partial = (fuzz_byte(&in) & 1) != 0;
    char *bytes = fuzz_rest(&in);
    now = (sent){bytes, in.size, 0};
    wadi__env *clock = wadi__manual_clock_new(&wadi__env_real, 0),
              *net = wadi__sim_net_new(clock, 1);
    wadi__sim_server *server =
        wadi__sim_net_listen(net, "peer", 1, &(wadi__sim_manners){.is_partial = is_partial});
    wadi__rig rig = wadi__rig_new(
        &(wadi__rig_options){.clock = clock,
                             .env = net,
                             .settings = {{"wadi.source.line_max_bytes", LINE_MAX_TEXT},
                                          {"spark.streaming.receiverRestartDelay", "1h"}}});
    wadi__collector *collector = wadi__collector_new(stream_of(rig.ssc, kind));
    fuzz_check(wadi_start(rig.ssc, NULL) == WADI_OK);
    wadi__sim_peer *peer = wadi__sim_server_accept(server);
    for (size_t at = 0; at < in.size; at += piece) {
        wadi__sim_peer_send(peer, bytes + at, in.size - at < piece ? in.size - at : piece);
        if (in.size / piece < 40) wadi__sim_peer_await_taken(peer);
    }
    wadi__sim_peer_close(peer);
    wadi__rig_batches(&rig, 1);
    wadi_stop(rig.ssc);
    if (kind == TEXT) check_text(wadi__collector_run(collector, 0));
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    wadi__sim_net_free(net);
    wadi__manual_clock_free(clock);
    free(bytes);
    return 0;
}
