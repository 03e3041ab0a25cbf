/* SPDX-License-Identifier: Apache-2.0 */
/* crashes.c KIND: a program whose function crashes in its second batch: by a null pointer, by
 * abort(), by a stack that overflows, in a task, on the driver or in a receiver, or by a division
 * on the driver; "handled": the program's own handler, put back by wadi_run(), says so. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wadi/wadi.h>

WADI_RECORD(how, (wadi_str, kind));
static bool is(const how *env, const char *kind) {
    return wadi_str_equal(env->kind, wadi_str_of(kind));
}

static volatile int64_t never = -1;
static int64_t endless(int64_t depth) {
    volatile char bytes[1 << 10];
    bytes[0] = (char)depth;
    return depth == never ? 0 : endless(depth + 1) + bytes[0];
}
static volatile int64_t *volatile nowhere;
WADI_MAP(crash_in_task, int64_t, int64_t, how) {
    if (is(env, "null") || is(env, "handled")) *nowhere = *in;
    if (is(env, "abort")) abort();
    if (is(env, "deep task")) *nowhere = endless(0);
    *out = *in;
}
WADI_FOREACH_RDD(crash_on_driver, int64_t, how) {
    size_t n;
    const int64_t *rows = wadi_collect(rdd, int64_t, &n);
    volatile int64_t zero = batch_ms - batch_ms;
    if (rows != NULL && n > 0 && is(env, "driver")) printf("%lld\n", (long long)(rows[0] / zero));
    if (rows != NULL && n > 0 && is(env, "deep driver")) *nowhere = endless(0);
}
WADI_RECEIVER(overflow, int64_t) {
    (void)out;
    if (!wadi_receiver_stopped(receiver)) *nowhere = endless(0);
}
static void say(int number) {
    static const char text[] = "the program's own handler\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    signal(number, SIG_DFL);
}
int main(int argc, char **argv) {
    if (argc != 2) return 2;
    if (strcmp(argv[1], "handled") == 0) signal(SIGSEGV, say);
    wadi_context *sc = wadi_context_new("local[2]", "Crashes");
    wadi_stream_context *ssc = wadi_stream_context_new(sc, 20);
    wadi_rdd_queue *queue = wadi_rdd_queue_new(sc);
    int64_t one = 1;
    wadi_rdd_queue_push(queue, wadi_empty_rdd(sc, int64_t));
    wadi_rdd_queue_push(queue, wadi_parallelize(sc, int64_t, &one, 1));
    how given = {wadi_str_of(argv[1])};
    wadi_dstream *numbers = wadi_map(wadi_queue_stream(ssc, int64_t, queue),
                                     wadi_bind(crash_in_task, .kind = given.kind));
    wadi_foreach_rdd(numbers, wadi_bind(crash_on_driver, .kind = given.kind));
    if (is(&given, "deep receiver")) wadi_print(wadi_receiver_stream(ssc, overflow));
    return wadi_run(ssc);
}
