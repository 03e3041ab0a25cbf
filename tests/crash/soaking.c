/* SPDX-License-Identifier: Apache-2.0 */
/* soaking.c PORT BATCH_MS: the program of a soak: it counts the words that a reliable receiver
 * stores and logs, in states of both kinds and in windows with and without an inverse, and keeps
 * all in ./checkpoints. Each batch puts what it found into files of its own, ./out/TIME.NAME; once
 * in a while all words go to ./out/words. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wadi/wadi.h>

enum { WINDOW_BATCHES = 10, WORDS_EVERY = 10, GROUP_BYTES_MAX = 1 << 20, LINES_MAX = 1 << 14 };

WADI_RECORD(line, (int64_t, group), (wadi_str, text));
WADI_RECORD(group_lines, (int64_t, group), (int64_t, lines));
WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));
WADI_RECORD(total, (int64_t, count), (int64_t, weight));
WADI_RECORD(naming, (wadi_str, name));
WADI_RECORD(timing, (int64_t, batch_ms));

/* Lines, each with its "\n". Returns how many. */
static size_t cut_lines(int64_t group, const char *text, size_t size, line *lines) {
    size_t n = 0;
    for (const char *end, *at = text; n < LINES_MAX && at < text + size; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + size - at));
        if (end == NULL) break;
        lines[n++] = (line){group, wadi_str_view(at, (size_t)(end - at))};
    }
    return n;
}
/* A group: its number, how long its text is, the text; it is sent again until its number comes
 * back. */
WADI_RECEIVER(receive_lines, line) {
    static char text[GROUP_BYTES_MAX];
    static line lines[LINES_MAX];
    int64_t head[2];
    while (wadi_conn_read(conn, head, sizeof head)) {
        if (head[1] < 0 || head[1] > GROUP_BYTES_MAX) return;
        if (!wadi_conn_read(conn, text, (size_t)head[1])) return;
        if (!wadi_store_block(out, lines, cut_lines(head[0], text, (size_t)head[1], lines))) return;
        if (!wadi_conn_write(conn, &head[0], sizeof head[0])) return;
    }
}
WADI_MAP(line_of_group, line, group_lines) { *out = (group_lines){in->group, 1}; }
WADI_FLAT_MAP(split_words, line, wadi_str) {
    wadi_split words = wadi_split_on(&in->text, ' ');
    while (wadi_split_next(&words)) wadi_emit(out, words.piece);
}
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
WADI_UPDATE_STATE(update_count, word_count, word_count) {
    for (size_t i = 0; i < n; i++) state->count += in[i].count;
    return true;
}
WADI_MAP_WITH_STATE(track_count, word_count, word_count, word_count) {
    word_count now = {in->word, in->count};
    if (wadi_state_exists(state)) now.count += wadi_state_get(state)->count;
    wadi_state_update(state, now);
    wadi_emit(out, now);
}
WADI_FILTER(is_positive, word_count) { return in->count > 0; }
/* Words end with a number, behind a '-'. */
WADI_MAP(weigh, word_count, total) {
    const char *bytes = wadi_str_data(&in->word);
    size_t at = in->word.len;
    int64_t number;
    while (at > 0 && bytes[at - 1] != '-') at--;
    if (!wadi_str_to_int64(wadi_str_view(bytes + at, in->word.len - at), &number))
        wadi_fail(task, "no number: '%.*s'", WADI_STR_ARG(in->word));
    *out = (total){in->count, in->count * number};
}
WADI_REDUCE(add_totals, total) {
    acc->count += in->count;
    acc->weight += in->weight;
}

/* A file takes its place whole. */
static FILE *begin_file(void) {
    FILE *file = fopen("out/.draft", "w");
    if (file == NULL) abort();
    return file;
}
static void end_file(FILE *file, int64_t batch_ms, wadi_str name) {
    char path[100];
    snprintf(path, sizeof path, "out/%" PRId64 ".%.*s", batch_ms, WADI_STR_ARG(name));
    if (fclose(file) != 0 || rename("out/.draft", path) != 0) abort();
}
WADI_FOREACH_RDD(show_groups, group_lines) {
    size_t n;
    const group_lines *rows = wadi_collect(rdd, group_lines, &n);
    if (wadi_rdd_failed(rdd, NULL)) return;
    FILE *file = begin_file();
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%" PRId64 " %" PRId64 "\n", rows[i].group, rows[i].lines);
    end_file(file, batch_ms, wadi_str_of("groups"));
}
WADI_FOREACH_RDD(show_total, word_count, naming) {
    wadi_rdd *totals = wadi_reduce(wadi_map(rdd, weigh), add_totals);
    const total *found = wadi_first(totals, total);
    if (wadi_rdd_failed(totals, NULL)) return;
    FILE *file = begin_file();
    if (found != NULL) fprintf(file, "%" PRId64 " %" PRId64 "\n", found->count, found->weight);
    end_file(file, batch_ms, env->name);
}
WADI_FOREACH_RDD(show_words, word_count, timing) {
    if (batch_ms / env->batch_ms % WORDS_EVERY != 0) return;
    size_t n;
    const word_count *rows = wadi_collect(rdd, word_count, &n);
    if (wadi_rdd_failed(rdd, NULL)) return;
    FILE *file = begin_file();
    fprintf(file, "%" PRId64 "\n", batch_ms);
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%.*s %" PRId64 "\n", WADI_STR_ARG(rows[i].word), rows[i].count);
    if (fclose(file) != 0 || rename("out/.draft", "out/words") != 0) abort();
}

typedef struct options {
    int port;
    int64_t batch_ms;
} options;
static wadi_stream_context *create(void *arg) {
    const options *given = arg;
    const int64_t window_ms = WINDOW_BATCHES * given->batch_ms;
    wadi_context *sc = wadi_context_new("local[2]", "Soaking");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, given->batch_ms);
    wadi_checkpoint(ssc, "checkpoints");

    wadi_dstream *lines = wadi_socket_stream(ssc, "127.0.0.1", given->port, receive_lines);
    wadi_dstream *groups = wadi_reduce_by_key(wadi_map(lines, line_of_group), wadi_add);
    wadi_dstream *counts =
        wadi_reduce_by_key(wadi_map(wadi_flat_map(lines, split_words), pair_with_one), wadi_add);
    wadi_dstream *updated = wadi_update_state_by_key(counts, update_count, .name = "updated");
    wadi_dstream *tracked = wadi_map_with_state(counts, track_count, .name = "tracked");
    wadi_dstream *inverse =
        wadi_reduce_by_key_and_window(counts, wadi_add, window_ms, .inverse = wadi_subtract,
                                      .filter = is_positive, .name = "inverse");
    wadi_dstream *window = wadi_reduce_by_key_and_window(counts, wadi_add, window_ms);
    wadi_checkpoint(updated, 4 * given->batch_ms);
    wadi_checkpoint(tracked, 6 * given->batch_ms);
    wadi_checkpoint(inverse, 10 * given->batch_ms);

    wadi_foreach_rdd(groups, show_groups);
    wadi_foreach_rdd(updated, wadi_bind(show_total, .name = wadi_str_of("updated")));
    wadi_foreach_rdd(wadi_state_snapshots(tracked),
                     wadi_bind(show_total, .name = wadi_str_of("tracked")));
    wadi_foreach_rdd(inverse, wadi_bind(show_total, .name = wadi_str_of("inverse")));
    wadi_foreach_rdd(window, wadi_bind(show_total, .name = wadi_str_of("window")));
    wadi_foreach_rdd(updated, wadi_bind(show_words, .batch_ms = given->batch_ms));
    return ssc;
}
int main(int argc, char **argv) {
    if (argc != 3) return EXIT_FAILURE;
    options given = {atoi(argv[1]), strtoll(argv[2], NULL, 10)};
    return wadi_run(wadi_stream_context_get_or_create("checkpoints", create, &given));
}
