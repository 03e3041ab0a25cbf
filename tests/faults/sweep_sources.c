/* SPDX-License-Identifier: Apache-2.0 */
/* sweep_sources.c: stream programs with every kind of source. What a peer sends arrives in the end:
 * without memory a receiver waits or connects again, so its records may come in a later batch. */
#include "sweep.h"

#include "testing/must.h"
#include "testing/sim_disk.h"
#include "testing/sim_net.h"

WADI_RECORD(pair, (wadi_str, word), (int64_t, count));
WADI_RECORD(position, (int64_t, next), (wadi_str, name));

/* ---- Files ---- */

static void put(sweep_world *world, const char *path, const char *text) {
    wadi__sim_disk_put(world->disk, path, text, strlen(text));
}
static void file_streams(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    put(&world, "/lines/old", "x\n");
    put(&world, "/table/old", "x,0\n");
    put(&world, "/bytes/old", "0000");
    wadi_stream_context *ssc = world.rig.ssc;
    sweep_collect(&world, "lines", wadi_text_file_stream(ssc, "/lines"));
    sweep_collect(&world, "csv", wadi_file_stream(ssc, pair, "/table", "csv"));
    sweep_collect(&world, "bytes", wadi_binary_records_stream(ssc, "/bytes", 4));
    if (sweep_start(r, &world)) {
        wadi__rig_advance(&world.rig, 100);
        put(&world, "/lines/1", "one\nand another of many bytes\n");
        put(&world, "/table/1", "a,1\nb,2\n");
        put(&world, "/bytes/1", "aaaabbbb");
        wadi__rig_advance(&world.rig, 400);
        wadi__rig_batches(&world.rig, 2);
    }
    sweep_world_fini(r, &world, SWEEP_BATCHES);
}

/* ---- Queues and inputs of one's own ---- */

WADI_INPUT(counts_up, int64_t, position) {
    state->next++;
    state->name = wadi_str_of("a name of more than twelve bytes");
    return wadi_range(sc, 0, state->next);
}
static void own_inputs(sweep_report *r) {
    sweep_world world;
    sweep_world_init(&world);
    wadi_context *sc = world.rig.sc;
    wadi_rdd_queue *one = wadi_rdd_queue_new(sc), *all = wadi_rdd_queue_new(sc);
    for (int64_t i = 1; i < 3; i++) {
        wadi_rdd_queue_push(one, wadi_range(sc, 0, i));
        wadi_rdd_queue_push(all, wadi_range(sc, 10, 10 + i));
    }
    wadi_stream_context *ssc = world.rig.ssc;
    sweep_collect(&world, "queue",
                  wadi_queue_stream(ssc, int64_t, one, .default_rdd = wadi_range(sc, 7, 8)));
    sweep_collect(&world, "at once", wadi_queue_stream(ssc, int64_t, all, .all_at_once = true));
    sweep_collect(&world, "input", wadi_input_stream(ssc, counts_up));
    if (sweep_start(r, &world)) wadi__rig_batches(&world.rig, 3);
    sweep_world_fini(r, &world, SWEEP_BATCHES);
}

/* ---- Peers ---- */

/* The program's connection; it tries again when one failed. NULL: it never connects. */
static wadi__sim_peer *connected(sweep_world *world, wadi__sim_server *server) {
    wadi__rig_advance(&world->rig, 0);
    for (int i = 0; i < 6 && wadi__sim_server_connections(server) == 0; i++)
        wadi__rig_batches(&world->rig, 1);
    return wadi__sim_server_connections(server) > 0 ? wadi__sim_server_accept(server) : NULL;
}
/* Starts, lets the peer send these bytes, and goes on until they must have been taken. */
static void receive(sweep_report *r, sweep_world *world, wadi__sim_server *server,
                    const void *bytes, size_t size) {
    if (!sweep_start(r, world)) return;
    wadi__sim_peer *peer = connected(world, server);
    if (peer != NULL) wadi__sim_peer_send(peer, bytes, size);
    wadi__rig_batches(&world->rig, 4);
}
static void lines(sweep_report *r) {
    static const char sent[] =
        "one\nand a line of many bytes\na long line that is skipped, since it has too many\nlast\n";
    sweep_world world;
    sweep_world_init(&world);
    wadi__sim_server *server = wadi__sim_net_listen(world.net, "peer", 7000, NULL);
    sweep_collect(&world, "lines", wadi_socket_text_stream(world.rig.ssc, "peer", 7000));
    receive(r, &world, server, sent, sizeof sent - 1);
    sweep_world_fini(r, &world, SWEEP_RECORDS);
}
static char *frame; /* a length and a frame, made in the first, undisturbed run */
static size_t frame_size;
static void make_frame(void) {
    const pair rows[] = {{wadi_str_of("a"), 1}, {wadi_str_of("a word of many bytes"), 2}};
    void *bytes = NULL;
    size_t size = 0;
    if (frame != NULL || wadi_frame_encode(pair, rows, 2, &bytes, &size, NULL) != WADI_OK) return;
    frame = wadi__must_calloc(1, size + 4);
    for (size_t i = 0; i < 4; i++) frame[i] = (char)(size >> (24 - 8 * i));
    memcpy(frame + 4, bytes, size);
    frame_size = size + 4;
    wadi_frame_free(&bytes);
}
static void raw_frames(sweep_report *r) {
    make_frame();
    sweep_world world;
    sweep_world_init(&world);
    wadi__sim_server *server = wadi__sim_net_listen(world.net, "peer", 7000, NULL);
    sweep_collect(&world, "frames", wadi_raw_socket_stream(world.rig.ssc, pair, "peer", 7000));
    receive(r, &world, server, frame, frame_size);
    sweep_world_fini(r, &world, SWEEP_RECORDS);
}

/* ---- Receivers of one's own ---- */

WADI_RECEIVER(parse_bytes, int64_t) {
    unsigned char bytes[2];
    while (wadi_conn_read(conn, bytes, sizeof bytes))
        wadi_store(out, (int64_t)bytes[0] << 8 | bytes[1]);
    wadi_receiver_restart(receiver, "the peer of stream %d is gone",
                          wadi_receiver_stream_id(receiver));
}
WADI_RECORD(rate_memory, (int64_t, batches));
WADI_RATE_ESTIMATOR(plenty, rate_memory) {
    return 1e6 + (double)(state->batches += batch->interval_ms);
}
static void parsed(sweep_report *r) {
    sweep_world world;
    sweep_world_init_with(
        &world, (const wadi_setting[]){{"spark.streaming.backpressure.enabled", "true"},
                                       {"spark.streaming.backpressure.rateEstimator", "plenty"},
                                       {NULL, NULL}});
    wadi__sim_server *server = wadi__sim_net_listen(world.net, "peer", 7000, NULL);
    sweep_collect(&world, "numbers", wadi_socket_stream(world.rig.ssc, "peer", 7000, parse_bytes));
    receive(r, &world, server, "\1\2\3\4\5\6", 6);
    sweep_world_fini(r, &world, SWEEP_RECORDS);
}
static void on_stop(void *arg) { (void)arg; }
/* Talks to its peer, and stores what it says in all ways; a block that is refused is tried again.
 */
WADI_RECEIVER(talk, pair) {
    wadi_str line;
    size_t size;
    wadi_receiver_on_stop(receiver, on_stop, NULL);
    wadi_conn *made = wadi_receiver_connect(receiver, wadi_str_of("peer"), 7000);
    if (made == NULL) {
        wadi_receiver_restart_after(receiver, 10, "not connected");
        return;
    }
    if (!wadi_conn_write(made, "hello\n", 6)) return;
    for (int i = 0; i < 4 && !wadi_receiver_stopped(receiver) && wadi_conn_read_line(made, &line);
         i++) {
        pair record = {line, i};
        if (i < 2) wadi_store(out, record);
        for (int try = 0; i == 2 && try < 3; try++)
            if (wadi_store_block_with(out, &record, 1, "position", 8)) break;
        for (int try = 0; i == 3 && try < 3; try++)
            if (wadi_store_block(out, &record, 1)) break;
    }
    for (int try = 0; try < 3; try++)
        if (wadi_store_frame(out, frame + 4, frame_size - 4)) break;
    wadi_receiver_report(receiver, "%d", wadi_receiver_last_metadata(receiver, &size) != NULL);
    wadi_receiver_stop(receiver, "all was said");
}
WADI_FOREACH_RDD(look_at_metadata, pair) {
    size_t size = 0;
    (void)batch_ms;
    for (uint32_t i = 0; i < wadi_rdd_partition_count(rdd); i++)
        wadi_rdd_block_metadata(rdd, i, &size);
}
static void talking(sweep_report *r) {
    static const char sent[] = "one\nand a line of many bytes\nthree\nfour\n";
    make_frame();
    sweep_world world;
    sweep_world_init(&world);
    wadi__sim_server *server = wadi__sim_net_listen(world.net, "peer", 7000, NULL);
    wadi_dstream *in = wadi_receiver_stream(world.rig.ssc, talk);
    wadi_foreach_rdd(in, look_at_metadata);
    sweep_collect(&world, "records", in);
    receive(r, &world, server, sent, sizeof sent - 1);
    sweep_world_fini(r, &world, SWEEP_RECORDS);
}

const sweep_scene sweep_sources[] = {
    {"file streams", file_streams},    {"inputs of one's own", own_inputs},
    {"lines of a peer", lines},        {"frames of a peer", raw_frames},
    {"a parser of one's own", parsed}, {"a receiver of one's own", talking},
};
const size_t sweep_sources_count = sizeof sweep_sources / sizeof sweep_sources[0];
