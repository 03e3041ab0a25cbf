/* SPDX-License-Identifier: Apache-2.0 */
/* write_counts.c: writes the object file that save_files.c reads when it starts. */
#include <wadi/wadi.h>

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));

int main(void) {
    wadi_context *sc = wadi_context_new("local[2]", "WriteCounts");
    const word_count rows[] = {{wadi_str_of("from"), 1}, {wadi_str_of("before"), 2}};
    wadi_rdd *counts = wadi_parallelize(sc, word_count, rows, 2, .partitions = 1);
    wadi_save_as_object_file(counts, "out/objects-1000");
    return wadi_finish(sc);
}
