/* SPDX-License-Identifier: Apache-2.0 */
/* many_batches.c: batches of 10 ms on a clock that is turned by hand, as many as asked for: nothing
 * may grow with them. A word count over a custom input, a window over it, and collected counts.
 * Prints name=value fields: resident memory and open files after a tenth of the batches and at the
 * end. */
#include "words.h"

#include "testing/stream_case.h"

#include <dirent.h>
#include <unistd.h>

enum { WORDS = 100, STEP = 1000 };

WADI_FLAT_MAP(make_words, int64_t, wadi_str) {
    for (int64_t i = 0; i < WORDS; i++)
        wadi_emit(out, wadi_str_printf(task, "word-%lld", (long long)((*in + i) % (WORDS * 10))));
}
typedef struct counted {
    uint64_t records, batches;
} counted;
typedef struct counted_ref {
    counted *counted;
} counted_ref;
WADI_FOREACH_RDD(add_all, word_count, counted_ref) {
    env->counted->records += collect_total(rdd);
    env->counted->batches++;
}

static int open_files(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) die("/proc/self/fd");
    while (readdir(dir) != NULL) n++;
    closedir(dir);
    return n;
}
int main(int argc, char **argv) {
    if (argc != 2) return usage("many_batches BATCHES");
    static const int64_t trigger = 7;
    counted all = {0, 0};
    uint32_t batches = (uint32_t)strtoul(argv[1], NULL, 10), done = 0;
    wadi__rig rig = wadi__rig_new(&(wadi__rig_options){.batch_ms = 10});
    wadi_rdd *always = wadi_parallelize(rig.sc, int64_t, &trigger, 1);
    wadi_dstream *ticks =
        wadi_queue_stream(rig.ssc, int64_t, wadi_rdd_queue_new(rig.sc), .default_rdd = always);
    wadi_foreach_rdd(count_words(wadi_flat_map(ticks, make_words)),
                     wadi_bind(add_all, .counted = &all));
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(rig.ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    double begun = now_s(), early_mib = 0;
    int early_files = 0;
    for (; done < batches; done += STEP) {
        wadi__rig_batches(&rig, STEP);
        if (done >= batches / 10 && early_mib == 0) {
            early_mib = bench_resident_mib();
            early_files = open_files();
        }
    }
    double late_mib = bench_resident_mib();
    int late_files = open_files();
    double seconds = now_s() - begun;
    expect_total("batches", all.batches, done);
    expect_total("records", all.records, (uint64_t)done * WORDS);
    printf(
        "seconds=%.1f\tbatches=%u\trss_mib=%.1f\trss_growth_mib=%.2f\tfiles=%d\tfiles_growth=%d\n",
        seconds, done, late_mib, late_mib - early_mib, late_files, late_files - early_files);
    return wadi__rig_free(&rig);
}
