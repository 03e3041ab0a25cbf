/* SPDX-License-Identifier: Apache-2.0 */
/* overload.c on|off PACE..: a program that takes 20 us for a line, in batches of half a second, and
 * a sender that wants to send it more or less than that: PACE is SECONDSxTIMES, so 30x10 are ten
 * times as many lines as can be processed, for 30 seconds. "on": with back-pressure. Memory for
 * records is 64 MiB.
 *
 * Prints a line for each batch, tab-separated: seconds since the first, lines that were to be sent
 * a second, lines in the batch, scheduling, processing and total delay in ms. Then "sent N counted
 * N". */
#include <wadi/wadi.h>

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { US_PER_LINE = 20, LINE_BYTES = 100, PACES_MAX = 8, SLICE_MS = 10, BATCH_MS = 500 };
enum { LINES_PER_S = 1000000 / US_PER_LINE };

typedef struct pace {
    double seconds, times;
} pace;
static pace paces[PACES_MAX];
static int pace_count;

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
/* Lines a second that are to be sent at this time; below 0: it is over. */
static double wanted_at(double seconds) {
    for (int i = 0; i < pace_count; i++, seconds -= paces[i - 1].seconds)
        if (seconds < paces[i].seconds) return paces[i].times * LINES_PER_S;
    return -1;
}
static void die(const char *what) {
    perror(what);
    exit(2);
}

/* ---- The sender, a process of its own: what it cannot send in time it does not send later ---- */

static void send_all(int to, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = send(to, bytes, size, MSG_NOSIGNAL);
        if (put <= 0) die("send");
        bytes += put;
        size -= (size_t)put;
    }
}
static uint64_t send_lines(int to) {
    enum { MOST = 10 * LINES_PER_S / 1000 * SLICE_MS };
    static char lines[MOST * LINE_BYTES];
    memset(lines, 'x', sizeof lines);
    for (size_t i = 1; i <= MOST; i++) lines[i * LINE_BYTES - 1] = '\n';
    uint64_t sent = 0;
    double begun = now_s(), due = begun, owed = 0, wanted;
    while ((wanted = wanted_at(now_s() - begun)) >= 0) {
        owed += wanted * SLICE_MS / 1000;
        size_t count = owed < MOST ? (size_t)owed : MOST;
        owed -= (double)count;
        send_all(to, lines, count * LINE_BYTES);
        sent += count;
        due += SLICE_MS / 1e3;
        if (due < now_s()) due = now_s(); /* it was held */
        while (now_s() < due) usleep(500);
    }
    return sent;
}
/* Returns where it tells how many lines it has sent. */
static int start_sender(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *at = (struct sockaddr *)(void *)&address;
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ends[2];
    if (listening < 0 || bind(listening, at, size) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, at, &size) != 0 || pipe(ends) != 0)
        die("the sender");
    *port = ntohs(address.sin_port);
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child > 0) {
        close(ends[1]);
        close(listening);
        return ends[0];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int to = accept(listening, NULL, NULL);
    if (to < 0) die("accept");
    close(listening);
    uint64_t sent = send_lines(to);
    close(to);
    if (write(ends[1], &sent, sizeof sent) != sizeof sent) die("write");
    _exit(0);
}

/* ---- The program ---- */

static atomic_ullong counted;
static double first_line_s; /* on the wall clock, in seconds; 0: none has come */

WADI_FOREACH_PARTITION(take_time, wadi_str) {
    enum { AT_ONCE = 250 };
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    for (bool has_more = true; has_more;) {
        long n = 0;
        while (n < AT_ONCE && (has_more = (in = wadi_next(it)) != NULL)) n++;
        atomic_fetch_add(&counted, (unsigned long long)n);
        until.tv_nsec += n * US_PER_LINE * 1000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
}
static void tell(const wadi_batch_info *batch, void *user) {
    (void)user;
    double end_s = (double)batch->batch_ms / 1e3;
    if (first_line_s <= 0 && batch->record_count == 0) return;
    if (first_line_s <= 0) first_line_s = end_s;
    double wanted = wanted_at(end_s - first_line_s);
    printf("%.1f\t%.0f\t%lld\t%lld\t%lld\t%lld\n", end_s - first_line_s, wanted > 0 ? wanted : 0,
           (long long)batch->record_count, (long long)batch->scheduling_delay_ms,
           (long long)batch->processing_delay_ms, (long long)batch->total_delay_ms);
    fflush(stdout);
}
/* Waits until all that was sent is counted, or nothing more comes for ten seconds. */
static uint64_t await_lines(int sender) {
    uint64_t sent = 0;
    if (read(sender, &sent, sizeof sent) != sizeof sent) die("the sender");
    wait(NULL);
    unsigned long long before = 0;
    double since = now_s();
    while ((before = atomic_load(&counted)) < sent && now_s() - since < 10) {
        usleep(10000);
        if (atomic_load(&counted) != before) since = now_s();
    }
    usleep(2 * BATCH_MS * 1000); /* what is doubled would come now, and the last batch is told */
    return sent;
}
int main(int argc, char **argv) {
    for (int i = 2; i < argc && pace_count < PACES_MAX; i++, pace_count++)
        if (sscanf(argv[i], "%lfx%lf", &paces[pace_count].seconds, &paces[pace_count].times) != 2)
            return 2;
    if (pace_count == 0) return 2;
    int port = 0, sender = start_sender(&port);
    bool is_on = strcmp(argv[1], "on") == 0;
    wadi_context *sc = wadi_context_new(
        "local[2]", "Overload",
        .settings = {{"spark.streaming.backpressure.enabled", is_on ? "true" : "false"},
                     {"wadi.memory.max_bytes", "64m"}});
    wadi_stream_context *ssc = wadi_stream_context_new(sc, BATCH_MS);
    wadi_foreach_partition(wadi_socket_text_stream(ssc, "127.0.0.1", port), take_time);
    wadi_add_listener(ssc, .on_batch_completed = tell);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    uint64_t sent = await_lines(sender);
    wadi_stop(ssc);
    printf("sent %llu counted %llu\n", (unsigned long long)sent,
           (unsigned long long)atomic_load(&counted));
    return wadi_finish(sc);
}
