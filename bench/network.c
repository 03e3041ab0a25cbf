/* SPDX-License-Identifier: Apache-2.0 */
/* network.c: text from a loopback TCP connection that a process of its own keeps full.
 *   words  the guide's word count; each batch's counts are collected
 *   lines  lines counted; the limit is sources lines; with a folder and MB/s they come at that rate,
 *          and received blocks are logged in the folder; the limit is log
 * When the sender has ended and all is counted, prints name=value fields: seconds and bytes from
 * the first byte to the last count, what is missing or too much, and resident memory: the most, and
 * how much the last third of the time had more than the second; and the share of a core that the thread of the log took. */
#include "words.h"

#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES_MAX = 1 << 12, SAMPLE_MS = 100, SILENCE_MAX_S = 10, PIECES_MAX = 1 << 10 };

/* ---- The sender ---- */

typedef struct sent { /* what it tells when it has ended */
    uint64_t bytes, lines, words;
    double begun; /* on the clock of both */
} sent;

static void send_all(int to, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = send(to, bytes, size, MSG_NOSIGNAL);
        if (put <= 0) die("send");
        bytes += put;
        size -= (size_t)put;
    }
}
static uint64_t lines_in(const char *p, const char *end) {
    uint64_t lines = 0;
    for (; p < end; p++) lines += *p == '\n';
    return lines;
}
/* Sends whole lines for so many seconds to whoever connects, at most so many bytes a second (0: all it takes). */
static sent send_text(int listening, double seconds, double rate) {
    static const char *at[PIECES_MAX + 1];
    static uint64_t words[PIECES_MAX], lines[PIECES_MAX];
    vocab v = vocab_new(VOCABULARY);
    corpus c = corpus_new(&v, 42, 64u << 20);
    size_t pieces = corpus_cut(&c, 256u << 10, at, PIECES_MAX);
    for (size_t i = 0; i < pieces; i++) {
        words[i] = words_in(at[i], at[i + 1]);
        lines[i] = lines_in(at[i], at[i + 1]);
    }
    int to = accept(listening, NULL, NULL);
    if (to < 0) die("accept");
    close(listening);
    sent total = {.begun = now_s()};
    for (size_t i = 0; now_s() - total.begun < seconds; i = (i + 1) % pieces) {
        size_t size = (size_t)(at[i + 1] - at[i]);
        send_all(to, at[i], size);
        total.bytes += size;
        total.words += words[i];
        total.lines += lines[i];
        double ahead = rate > 0 ? (double)total.bytes / rate - (now_s() - total.begun) : 0;
        if (ahead > 0) usleep((useconds_t)(ahead * 1e6));
    }
    close(to);
    return total;
}
static int listen_somewhere(int *port) {
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *to = (struct sockaddr *)(void *)&address;
    socklen_t size = sizeof address;
    if (listening < 0 || bind(listening, to, size) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, to, &size) != 0)
        die("listen");
    *port = ntohs(address.sin_port);
    return listening;
}
/* Before any thread is started. Returns where the sender's last words come from. */
static int start_sender(double seconds, double rate, int *port) {
    int listening = listen_somewhere(port), ends[2];
    if (pipe(ends) != 0) die("pipe");
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
        close(ends[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* not to wait for a reader that is gone */
        pin(1);
        sent total = send_text(listening, seconds, rate);
        if (write(ends[1], &total, sizeof total) != sizeof total) die("write");
        _exit(0);
    }
    close(ends[1]);
    close(listening);
    return ends[0];
}

/* ---- The stream program ---- */

typedef struct progress { /* written by the job thread */
    atomic_ullong counted;
    _Atomic double last; /* when something was counted */
} progress;
typedef struct progress_ref {
    progress *progress;
} progress_ref;

static void add_progress(progress *p, uint64_t n) {
    if (n == 0) return;
    atomic_store(&p->last, now_s());
    atomic_fetch_add(&p->counted, n);
}
WADI_FOREACH_RDD(add_words, word_count, progress_ref) {
    add_progress(env->progress, collect_total(rdd));
}
WADI_FOREACH_RDD(add_lines, wadi_str, progress_ref) {
    add_progress(env->progress, (uint64_t)wadi_count(rdd));
}

static void build_graph(wadi_stream_context *ssc, bool is_words, int port, progress *p) {
    wadi_dstream *lines = wadi_socket_text_stream(ssc, "127.0.0.1", port);
    if (!is_words) {
        wadi_foreach_rdd(lines, wadi_bind(add_lines, .progress = p));
        return;
    }
    wadi_foreach_rdd(count_words(wadi_flat_map(lines, split_words)),
                     wadi_bind(add_words, .progress = p));
}

/* ---- Watching ---- */

typedef struct samples {
    double mib[SAMPLES_MAX];
    size_t n;
} samples;
static void sample(samples *s) {
    if (s->n < SAMPLES_MAX) s->mib[s->n++] = bench_resident_mib();
}
static double mean(const samples *s, size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from; i < to; i++) sum += s->mib[i];
    return to > from ? sum / (double)(to - from) : 0;
}
/* Waits for the sender's end, then for the last count or for nothing more to come. False: the
 * stream program has stopped by itself. */
static bool watch(int sender, wadi_stream_context *ssc, bool is_words, const progress *p,
                  samples *s, sent *total) {
    struct pollfd ended = {.fd = sender, .events = POLLIN};
    while (poll(&ended, 1, 0) == 0) {
        bool stopped;
        if (wadi_await_termination_or_timeout(ssc, SAMPLE_MS, &stopped, NULL) != WADI_OK || stopped)
            return false;
        sample(s);
    }
    if (read(sender, total, sizeof *total) != sizeof *total) die("the sender");
    wait(NULL);
    uint64_t expected = is_words ? total->words : total->lines;
    for (double since = now_s();
         atomic_load(&p->counted) < expected && now_s() - since < SILENCE_MAX_S;) {
        usleep(5000);
        if (atomic_load(&p->last) > since) since = atomic_load(&p->last);
    }
    usleep(500000); /* what is doubled would come now */
    return true;
}

/* Seconds of processor time of the threads of this name. */
static double thread_seconds(const char *name) {
    double sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *at; tasks != NULL && (at = readdir(tasks)) != NULL;) {
        char path[300], text[1000] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/stat", at->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) continue;
        size_t size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        const char *comm = strchr(text, '('), *rest = strrchr(text, ')');
        unsigned long user = 0, system = 0;
        bool is_it = size > 0 && comm != NULL && rest != NULL && strncmp(comm + 1, name, strlen(name)) == 0;
        if (is_it && sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
            sum += (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    }
    if (tasks != NULL) closedir(tasks);
    return sum;
}

int main(int argc, char **argv) {
    if (argc != 6 && argc != 8) return usage("network words|lines CORES BATCH_MS MEMORY_MAX SECONDS [LOG_FOLDER MB_PER_SECOND]");
    const char *folder = argc == 8 ? argv[6] : NULL;
    static progress p;
    static samples s;
    bool is_words = strcmp(argv[1], "words") == 0;
    int port;
    int sender = start_sender(strtod(argv[5], NULL), folder != NULL ? strtod(argv[7], NULL) * 1e6 : 0, &port);
    char master[32];
    snprintf(master, sizeof master, "local[%s]", argv[2]);
    wadi_context *sc = wadi_context_new(
        master, "Network",
        .settings = {{"wadi.memory.max_bytes", argv[4]},
                     {"spark.streaming.receiver.writeAheadLog.enable", folder != NULL ? "true" : "false"},
                     {"spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", "1"}});
    wadi_stream_context *ssc = wadi_stream_context_new(sc, atoi(argv[3]));
    if (folder != NULL) wadi_checkpoint(ssc, folder);
    build_graph(ssc, is_words, port, &p);
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(ssc, &err) != WADI_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    sent total = {0};
    bool is_whole = watch(sender, ssc, is_words, &p, &s, &total);
    double log_seconds = thread_seconds("wadi-log-blocks");
    wadi_stop(ssc);
    if (!is_whole) return wadi_finish(sc), 1;
    uint64_t counted = atomic_load(&p.counted), expected = is_words ? total.words : total.lines;
    double peak = 0;
    for (size_t i = 0; i < s.n; i++) peak = s.mib[i] > peak ? s.mib[i] : peak;
    printf("seconds=%.3f\tbytes=%llu\trecords=%llu\tmissing=%lld\trss_max_mib=%.1f\trss_growth_mib="
           "%.1f\tlog_cores=%.3f\n",
           atomic_load(&p.last) - total.begun, (unsigned long long)total.bytes,
           (unsigned long long)counted, (long long)(expected - counted), peak,
           mean(&s, s.n * 2 / 3, s.n) - mean(&s, s.n / 3, s.n * 2 / 3),
           log_seconds / (atomic_load(&p.last) - total.begun));
    return wadi_finish(sc);
}
