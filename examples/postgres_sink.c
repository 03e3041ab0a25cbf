/* postgres_sink.c: words of files into a database, each exactly once, also when the program is killed: by the
 * ready-made sink, and by transactions of one's own (guide: Saving to PostgreSQL; Semantics of output operations). */
#include <stdio.h>
#include <stdlib.h>
#include <wadi/postgres.h>
#include <wadi/wadi.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));

/* The user's database. */
typedef struct transaction transaction;
transaction *db_begin(const char *unique_id); /* NULL: that id is committed already */
void db_add(transaction *t, const char *word, size_t len, int64_t count);
bool db_commit(transaction *t);

WADI_FOREACH_PARTITION(commit_partition, word_count) {
    char unique_id[64];
    snprintf(unique_id, sizeof unique_id, "%lld-%u", (long long)wadi_task_batch_ms(task),
             wadi_task_partition_index(task));
    transaction *t = db_begin(unique_id);
    if (t == NULL) return;
    while ((in = wadi_next(it))) db_add(t, wadi_str_data(&in->word), in->word.len, in->count);
    if (!db_commit(t)) wadi_fail(task, "cannot commit %s", unique_id);
}
WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }

static wadi_stream_context *create(void *argv) {
    const char *const *args = argv;
    wadi_context *sc = wadi_context_new("local[2]", "PostgresSink");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 500);
    wadi_checkpoint(ssc, args[2]);

    wadi_dstream *lines = wadi_text_file_stream(ssc, args[1], .existing_files = true);
    wadi_dstream *words = wadi_flat_map(lines, wadi_split_by(" "));
    wadi_dstream *counts = wadi_reduce_by_key(wadi_map(words, pair_with_one), wadi_add);
    wadi_save_to_postgres(counts, args[3], "words", .batch_column = "batch_ms");
    wadi_foreach_partition(counts, commit_partition);
    return ssc;
}

int main(int argc, char **argv) {
    if (argc != 4) return EXIT_FAILURE; /* folder of files, folder of checkpoints, connection */
    return wadi_run(wadi_stream_context_get_or_create(argv[2], create, argv));
}
