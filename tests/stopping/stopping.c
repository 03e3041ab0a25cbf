/* SPDX-License-Identifier: Apache-2.0 */
/* stopping.c HOST PORT PAUSE_MS [CHECKPOINT_DIR]: prints the lines that a peer sends. Each is acknowledged to the
 * peer, by the same line, once it is stored; each batch that has lines takes PAUSE_MS. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wadi/wadi.h>

WADI_RECORD(address, (wadi_str, host), (int64_t, port));
WADI_RECORD(slowness, (int64_t, pause_ms));

WADI_RECEIVER(acknowledging, wadi_str, address) {
    wadi_conn *peer = wadi_receiver_connect(receiver, env->host, (int)env->port);
    wadi_str line;
    while (peer != NULL && wadi_conn_read_line(peer, &line)) {
        char answer[64];
        int size = snprintf(answer, sizeof answer, "%.*s\n", WADI_STR_ARG(line));
        if (!wadi_store_block(out, &line, 1)) return;
        if (!wadi_conn_write(peer, answer, (size_t)size)) return;
    }
}
WADI_FOREACH_RDD(show, wadi_str, slowness) {
    size_t n;
    const wadi_str *lines = wadi_collect(rdd, wadi_str, &n);
    if (n == 0) return;
    printf("begins %lld\n", (long long)batch_ms);
    fflush(stdout);
    struct timespec pause = {env->pause_ms / 1000, env->pause_ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
    for (size_t i = 0; i < n; i++) printf("%.*s\n", WADI_STR_ARG(lines[i]));
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 4) return EXIT_FAILURE;
    wadi_context *sc = wadi_context_new("local[2]", "Stopping");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 100);
    if (argc > 4) wadi_checkpoint(ssc, argv[4]);
    wadi_dstream *lines = wadi_receiver_stream(
        ssc, wadi_bind(acknowledging, .host = wadi_str_of(argv[1]), .port = atoi(argv[2])));
    wadi_foreach_rdd(lines, wadi_bind(show, .pause_ms = atoi(argv[3])));
    return wadi_run(ssc);
}
