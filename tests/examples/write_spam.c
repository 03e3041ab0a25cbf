/* SPDX-License-Identifier: Apache-2.0 */
/* write_spam.c: writes the dataset that spam_filter.c reads. */
#include <wadi/wadi.h>

WADI_RECORD(spam_info, (wadi_str, word), (double, score));

int main(void) {
    wadi_context *sc = wadi_context_new("local[2]", "WriteSpam");
    const spam_info rows[] = {
        {wadi_str_of("pills"), 0.9}, {wadi_str_of("river"), 0.1}, {wadi_str_of("cheap"), 0.5}};
    wadi_rdd *spam = wadi_parallelize(sc, spam_info, rows, 3, .partitions = 2);
    wadi_save_as_object_file(spam, "hdfs:///spam-info");
    return wadi_finish(sc);
}
