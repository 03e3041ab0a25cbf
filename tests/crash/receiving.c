/* SPDX-License-Identifier: Apache-2.0 */
/* receiving.c PORT: the program that is killed while a peer sends: a receiver acknowledges messages once they are stored
 * and logged, a state counts how often each came. It keeps all in ./checkpoints; what it finds goes to ./out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wadi/wadi.h>

enum { BATCH_MS = 250 };

WADI_RECORD(message, (int64_t, id), (double, value));
WADI_RECORD(seen, (int64_t, id), (int64_t, count));

/* A group: how many, that many messages; it is sent again until its last id comes back. */
WADI_RECEIVER(receive_groups, message) {
    message group[256];
    uint32_t n;
    while (wadi_conn_read(conn, &n, sizeof n)) {
        if (n == 0 || n > 256 || !wadi_conn_read(conn, group, n * sizeof group[0])) return;
        if (!wadi_store_block(out, group, n)) return;
        if (!wadi_conn_write(conn, &group[n - 1].id, sizeof group[0].id)) return;
    }
}
WADI_UPDATE_STATE(count_messages, message, seen) {
    state->count += (int64_t)n;
    return true;
}
/* A file takes the place of the one before, whole. */
WADI_FOREACH_RDD(show, seen) {
    size_t n;
    const seen *rows = wadi_collect(rdd, seen, &n);
    if (wadi_rdd_failed(rdd, NULL)) return;
    FILE *file = fopen("out/.seen.draft", "w");
    if (file == NULL) abort();
    fprintf(file, "%" PRId64 "\n", batch_ms);
    for (size_t i = 0; i < n; i++) fprintf(file, "%" PRId64 " %" PRId64 "\n", rows[i].id, rows[i].count);
    if (fclose(file) != 0 || rename("out/.seen.draft", "out/seen") != 0) abort();
}

static wadi_stream_context *create(void *port) {
    wadi_context *sc = wadi_context_new("local[3]", "Receiving");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, BATCH_MS);
    wadi_checkpoint(ssc, "checkpoints");
    wadi_dstream *messages =
        wadi_socket_stream(ssc, "127.0.0.1", atoi((const char *)port), receive_groups);
    wadi_dstream *counted = wadi_update_state_by_key(messages, count_messages, .name = "seen");
    wadi_checkpoint(counted, 4 * BATCH_MS);
    wadi_save_as_text_files(messages, "out/records");
    wadi_foreach_rdd(counted, show);
    return ssc;
}
int main(int argc, char **argv) {
    if (argc != 2) return EXIT_FAILURE;
    return wadi_run(wadi_stream_context_get_or_create("checkpoints", create, argv[1]));
}
