/* SPDX-License-Identifier: Apache-2.0 */
/* reliable.c HOST PORT CHECKPOINTS OUTPUT: messages from a peer that repeats them until they are
 * acknowledged, a directory of text for each batch. It goes on where another run of it was killed.
 */
#include <wadi/wadi.h>

#include <stdlib.h>

WADI_RECORD(message, (int64_t, id), (double, value));

WADI_RECEIVER(receive_messages, message) {
    message batch[256];
    uint32_t n;
    size_t size = 0;
    const void *position = wadi_receiver_last_metadata(receiver, &size);
    int64_t last = size == sizeof last ? *(const int64_t *)position : -1;
    wadi_conn_write(conn, &last, sizeof last); /* what it has, as far as it knows */
    while (wadi_conn_read(conn, &n, sizeof n) && n > 0 && n <= 256) {
        if (!wadi_conn_read(conn, batch, n * sizeof batch[0])) return;
        last = batch[n - 1].id;
        if (!wadi_store_block_with(out, batch, n, &last, sizeof last)) return;
        wadi_conn_write(conn, &last, sizeof last);
    }
}

static char **args;

static wadi_stream_context *create(void *unused) {
    (void)unused;
    wadi_context *sc = wadi_context_new(
        "local[2]", "Reliable",
        .settings = {{"spark.streaming.receiver.writeAheadLog.enable", "true"},
                     {"spark.streaming.receiverRestartDelay", "50"},
                     {"spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1"},
                     {"spark.streaming.driver.writeAheadLog.rollingIntervalSecs", "1"}});
    wadi_stream_context *ssc = wadi_stream_context_new(sc, WADI_MILLISECONDS(100));
    wadi_checkpoint(ssc, args[3]);
    wadi_dstream *messages = wadi_socket_stream(ssc, args[1], atoi(args[2]), receive_messages);
    wadi_save_as_text_files(messages, args[4], NULL);
    return ssc;
}
int main(int argc, char **argv) {
    if (argc != 5) return 2;
    args = argv;
    return wadi_run(wadi_stream_context_get_or_create(argv[3], create, NULL));
}
