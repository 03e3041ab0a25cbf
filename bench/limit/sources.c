/* SPDX-License-Identifier: Apache-2.0 */
/* sources.c: text that arrives over a loopback TCP connection, read in blocks straight into the
 * buffer that is worked on; the unfinished last line moves to the front. The sender is on CPU 1,
 * the rest on CPU 0. receive  does nothing with it lines    splits it into lines: a column of
 * offsets for every 64 KiB */
#include "gen.h"
#include "scan.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_SIZE = 256 << 10 };

typedef struct job {
    void (*work)(struct job *, const char *, size_t);
    corpus text;
    size_t read_size;
    char *buffer;
    uint32_t *offsets;
    uint64_t done; /* bytes or lines of the last round */
    int sending;
} job;

static void receive_only(job *j, const char *p, size_t n) {
    (void)p;
    j->done += n;
}
static void split_lines(job *j, const char *p, size_t n) {
    for (const char *end = p + n; p < end;) {
        uint32_t size = chunk_len(p, end);
        j->done += find_1(p, size, '\n', j->offsets);
        p += size;
    }
}
static void receive(job *j, int from) {
    size_t have = 0;
    for (;;) {
        ssize_t got = recv(from, j->buffer + have, j->read_size, 0);
        if (got <= 0) break;
        have += (size_t)got;
        const char *last = memrchr(j->buffer, '\n', have);
        if (last == NULL) continue;
        size_t whole = (size_t)(last + 1 - j->buffer);
        j->work(j, j->buffer, whole);
        memmove(j->buffer, j->buffer + whole, have - whole);
        have -= whole;
    }
}
static void send_text(void *arg, int i) {
    job *j = arg;
    (void)i;
    for (size_t at = 0; at < j->text.size;) {
        size_t left = j->text.size - at;
        ssize_t put =
            send(j->sending, j->text.bytes + at, left < SEND_SIZE ? left : SEND_SIZE, MSG_NOSIGNAL);
        if (put <= 0) break;
        at += (size_t)put;
    }
    shutdown(j->sending, SHUT_WR);
}
static void run_round(void *arg) {
    job *j = arg;
    int listening = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    j->sending = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *to = (struct sockaddr *)(void *)&address;
    socklen_t size = sizeof address;
    if (bind(listening, to, size) != 0 || listen(listening, 1) != 0 ||
        getsockname(listening, to, &size) != 0 || connect(j->sending, to, size) != 0)
        die("socket");
    int receiving = accept(listening, NULL, NULL);
    setsockopt(j->sending, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_t sender;
    pinned on_other_cpu = {send_text, j, 1};
    j->done = 0;
    start_pinned(&sender, &on_other_cpu);
    receive(j, receiving);
    pthread_join(sender, NULL);
    close(receiving);
    close(j->sending);
    close(listening);
}
int main(int argc, char **argv) {
    if (argc != 5) return usage("sources receive|lines TEXT_BYTES READ_BYTES SECONDS");
    static job j;
    bool is_lines = strcmp(argv[1], "lines") == 0;
    j.work = is_lines ? split_lines : receive_only;
    vocab v = vocab_new(VOCABULARY);
    j.text = corpus_new(&v, 42, strtoull(argv[2], NULL, 10));
    j.read_size = strtoull(argv[3], NULL, 10);
    j.buffer = big_alloc(2 * j.read_size + CHUNK);
    j.offsets = big_alloc(2 * CHUNK * sizeof *j.offsets);
    memset(j.buffer, 0, 2 * j.read_size);
    pin(0);
    measure(strtod(argv[4], NULL), (double)j.text.lines, (double)j.text.size, run_round, &j);
    expect_total(argv[1], j.done, is_lines ? j.text.lines : j.text.size);
    return 0;
}
