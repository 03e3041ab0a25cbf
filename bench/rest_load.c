/* SPDX-License-Identifier: Apache-2.0 */
/* rest_load.c: asks for a path at a port of this machine again and again, on one connection, for some
 * seconds. rest_load PORT PATH SECONDS prints how many answers there were a second, and how long they
 * took. Knows nothing of Wadi. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TIMES_MAX = 1 << 20 };
static float times_us[TIMES_MAX];

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}
/* Reads one answer with a Content-Length. False: the other side has gone. */
static int read_answer(int to, char *room, size_t size) {
    size_t got = 0, whole = 0;
    while (whole == 0 || got < whole) {
        ssize_t more = recv(to, room + got, size - got - 1, 0);
        if (more <= 0) return 0;
        got += (size_t)more;
        room[got] = 0;
        const char *end = strstr(room, "\r\n\r\n"), *length = strcasestr(room, "content-length:");
        if (whole == 0 && end != NULL && length != NULL && length < end)
            whole = (size_t)(end - room) + 4 + strtoul(length + 15, NULL, 10);
        if (whole >= size) return 0;
    }
    return strncmp(room, "HTTP/1.1 200", 12) == 0;
}
int main(int argc, char **argv) {
    if (argc != 4) return 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int to = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    char request[600];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
    char *room = malloc(4 << 20);
    if (room == NULL || connect(to, (struct sockaddr *)&at, sizeof at) != 0) {
        perror("connecting");
        return 1;
    }
    size_t count = 0;
    double begun = now_s(), seconds = atof(argv[3]), last = begun;
    while (last - begun < seconds && count < TIMES_MAX) {
        if (send(to, request, (size_t)size, MSG_NOSIGNAL) != size || !read_answer(to, room, 4 << 20)) {
            fprintf(stderr, "no answer 200 after %zu\n", count);
            return 1;
        }
        double now = now_s();
        times_us[count++] = (float)((now - last) * 1e6);
        last = now;
    }
    close(to);
    free(room);
    qsort(times_us, count, sizeof times_us[0], by_value);
    printf("rate=%.0f\tp50_us=%.0f\tp99_us=%.0f\n", (double)count / (last - begun), (double)times_us[count / 2],
           (double)times_us[count * 99 / 100]);
    return 0;
}
