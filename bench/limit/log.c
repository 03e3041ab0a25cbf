/* SPDX-License-Identifier: Apache-2.0 */
/* log.c: a write-ahead log by hand: every 10 ms what has come since is checksummed, written to a
 * file whose space is there already, and synced. What comes is a stream of so many MB/s. Prints
 * seconds, commits, bytes. */
#include "lim.h"

#include <fcntl.h>
#include <unistd.h>

enum { COMMIT_MS = 10, GROUP_BYTES_MAX = 32 << 20 };
#define FILE_BYTES ((off_t)4 << 30)

static uint32_t crc32c(const char *p, size_t n) {
    uint64_t c = 0xFFFFFFFF;
    for (; n >= 8; n -= 8, p += 8) c = _mm_crc32_u64(c, load_64(p));
    for (; n > 0; n--, p++) c = _mm_crc32_u8((uint32_t)c, (uint8_t)*p);
    return ~(uint32_t)c;
}
static void write_all(int file, const char *p, size_t n) {
    while (n > 0) {
        ssize_t put = write(file, p, n);
        if (put < 0) die("write");
        p += put;
        n -= (size_t)put;
    }
}
static void commit(int file, const char *bytes, size_t size) {
    uint32_t head[2] = {(uint32_t)size, crc32c(bytes, size)};
    write_all(file, (const char *)head, sizeof head);
    write_all(file, bytes, size);
    if (fdatasync(file) != 0) die("fdatasync");
}
static void sleep_until(double time_s) {
    double left = time_s - now_s();
    struct timespec pause = {0, (long)(left * 1e9)};
    if (left > 0) nanosleep(&pause, NULL);
}
int main(int argc, char **argv) {
    if (argc != 4) return usage("log FILE MB_PER_SECOND SECONDS");
    double rate = strtod(argv[2], NULL) * 1e6, seconds = strtod(argv[3], NULL);
    char *bytes = big_alloc(GROUP_BYTES_MAX);
    rng r = {3};
    for (size_t i = 0; i < GROUP_BYTES_MAX; i += 8) {
        uint64_t v = rng_next(&r);
        memcpy(bytes + i, &v, 8);
    }
    int file = open(argv[1], O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (file < 0) die(argv[1]);
    if (posix_fallocate(file, 0, FILE_BYTES) != 0) die("fallocate");
    fsync(file);
    double start = now_s(), sent = 0;
    uint64_t commits = 0;
    while (now_s() - start < seconds && sent < (double)FILE_BYTES - 2 * GROUP_BYTES_MAX) {
        sleep_until(start + (double)(commits + 1) * COMMIT_MS * 1e-3);
        double due = (now_s() - start) * rate - sent;
        if (due > GROUP_BYTES_MAX) due = GROUP_BYTES_MAX;
        commit(file, bytes, (size_t)due);
        sent += (double)(size_t)due;
        commits++;
    }
    double spent = now_s() - start;
    close(file);
    unlink(argv[1]);
    printf("%.6f\t%llu\t%.0f\n", spent, (unsigned long long)commits, sent);
    return 0;
}
