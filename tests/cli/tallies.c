/* SPDX-License-Identifier: Apache-2.0 */
/* tallies.c DIR: a program for `wadi` to look at: a receiver that stores ten words for ever, with
 * its log; how often each came; an accumulator. It keeps all in DIR. */
#include <stdio.h>
#include <wadi/wadi.h>

WADI_RECORD(tally, (wadi_str, word), (int64_t, count));
WADI_RECORD(shared, (wadi_accumulator, seen));

WADI_RECEIVER(make_words, wadi_str) {
    static const char *const words[] = {"a", "b", "c", "d",     "e",
                                        "f", "g", "h", "\"i\"", "a word of many bytes"};
    wadi_str block[10];
    for (int i = 0; i < 10; i++) block[i] = wadi_str_of(words[i]);
    while (!wadi_receiver_stopped(receiver) && wadi_store_block(out, block, 10)) {}
}
WADI_MAP(with_one, wadi_str, tally, shared) {
    wadi_accumulator_add(task, env->seen, 1);
    *out = (tally){*in, 1};
}
WADI_UPDATE_STATE(add_up, tally, tally) {
    state->count += (int64_t)n;
    return true;
}
static wadi_stream_context *create(void *dir) {
    wadi_context *sc = wadi_context_new(NULL, NULL);
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 100);
    wadi_checkpoint(ssc, (const char *)dir);
    wadi_accumulator seen = wadi_accumulator_new(sc, "words seen");
    wadi_dstream *words = wadi_receiver_stream(ssc, make_words, .name = "words");
    wadi_dstream *tallies = wadi_update_state_by_key(
        wadi_map(words, wadi_bind(with_one, .seen = seen)), add_up, .name = "tallies");
    wadi_checkpoint(tallies, 200);
    wadi_print(tallies);
    return ssc;
}
int main(int argc, char **argv) {
    if (argc != 2) return 2;
    return wadi_run(wadi_stream_context_get_or_create(argv[1], create, argv[1]));
}
