/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c: the report of a crash, by calls that are safe in a signal's handler (signal-safety(7)).
 * The unwinder is loaded before, since it asks for memory the first time. The handler has a stack
 * of its own in each thread that was given one, so that an overflow there is told too. */
#include "base/crash.h"

#include "base/log.h"

#include <execinfo.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct {
    int number;
    const char *name, *text;
} signals[WADI__CRASH_SIGNALS] = {
    {SIGSEGV, "SIGSEGV", "memory that is not there, or not to be written"},
    {SIGBUS, "SIGBUS", "memory that cannot be had: a file that was cut, or no alignment"},
    {SIGFPE, "SIGFPE", "an integer division by zero, or its overflow"},
    {SIGILL, "SIGILL", "an instruction that this processor does not have"},
    {SIGABRT, "SIGABRT", "abort(): an assertion, or damaged memory"},
};
enum { FRAMES_MAX = 48, LINES_MAX = 16, STACK_BYTES = 64 << 10 };

static struct sigaction before[WADI__CRASH_SIGNALS];
static void (*describe_thread)(wadi__crash_text *text);
static atomic_int crashing; /* 1: a thread reports */

/* ---- Text ---- */

void wadi__crash_put(wadi__crash_text *text, const char *part) {
    size_t size = strlen(part), room = sizeof text->bytes - text->size;
    if (size > room) size = room;
    memcpy(text->bytes + text->size, part, size);
    text->size += size;
}
static void put_unsigned(wadi__crash_text *text, uint64_t number, unsigned base) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do digits[--at] = "0123456789abcdef"[number % base];
    while ((number /= base) != 0);
    wadi__crash_put(text, digits + at);
}
void wadi__crash_put_number(wadi__crash_text *text, int64_t number) {
    if (number < 0) wadi__crash_put(text, "-");
    put_unsigned(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}
static void out(const char *bytes, size_t size) {
    ssize_t written = write(STDERR_FILENO, bytes, size);
    (void)written; /* nobody is left to tell */
}
static void flush(wadi__crash_text *text) {
    out(text->bytes, text->size);
    text->size = 0;
}

/* ---- The handler ---- */

static void put_head(wadi__crash_text *text, int number, const siginfo_t *info) {
    char thread[17] = "";
    prctl(PR_GET_NAME, thread);
    wadi__crash_put(text, "\nwadi: the program crashed\n  signal: ");
    for (size_t i = 0; i < WADI__CRASH_SIGNALS; i++) {
        if (signals[i].number != number) continue;
        wadi__crash_put(text, signals[i].name);
        wadi__crash_put(text, ", ");
        wadi__crash_put(text, signals[i].text);
    }
    if (number == SIGSEGV || number == SIGBUS) {
        wadi__crash_put(text, "; at address 0x");
        put_unsigned(text, (uint64_t)(uintptr_t)info->si_addr, 16);
    }
    wadi__crash_put(text, "\n  thread: ");
    wadi__crash_put(text, thread);
    wadi__crash_put(text, "\n");
    flush(text);
}
static void report(int number, const siginfo_t *info) {
    wadi__crash_text text = {.size = 0};
    void *frames[FRAMES_MAX];
    put_head(&text, number, info);
    if (describe_thread != NULL) describe_thread(&text);
    wadi__crash_put(&text, "  stack:\n");
    flush(&text);
    int count = backtrace(frames, FRAMES_MAX);
    if (count > 0) backtrace_symbols_fd(frames, count, STDERR_FILENO);
    wadi__crash_put(&text, "  last lines of the log:\n");
    flush(&text);
    for (unsigned age = LINES_MAX; age-- > 0;) {
        const char *line = wadi__log_recent(age);
        if (line == NULL) continue;
        out("    ", 4);
        out(line, strnlen(line, WADI__LOG_RECENT_BYTES));
    }
}
static void put_back(void) {
    for (size_t i = 0; i < WADI__CRASH_SIGNALS; i++) sigaction(signals[i].number, &before[i], NULL);
}
static void on_crash(int number, siginfo_t *info, void *context) {
    (void)context;
    if (atomic_exchange(&crashing, 1) != 0)
        for (;;) pause(); /* another thread reports, and ends all */
    put_back();           /* so a crash in here ends it */
    report(number, info);
    /* A fault comes again when this returns; what was sent by somebody does not. */
    if (info->si_code <= 0) raise(number);
}

/* ---- Life ---- */

void wadi__crash_other_signals(sigset_t *set) {
    sigfillset(set);
    for (size_t i = 0; i < WADI__CRASH_SIGNALS; i++) sigdelset(set, signals[i].number);
}
static bool has_stack(void) {
    stack_t now;
    return sigaltstack(NULL, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0;
}
static bool use_stack(char *bytes) {
    const stack_t own = {.ss_sp = bytes, .ss_size = STACK_BYTES};
    return sigaltstack(&own, NULL) == 0;
}
static void give_stack(void) {
    static char bytes[STACK_BYTES];
    if (!has_stack()) use_stack(bytes);
}
/* Pages that nobody touches take no memory; the one below them is nobody's. */
static size_t guard_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }
void *wadi__crash_stack_new(void) {
    if (has_stack()) return NULL;
    char *bytes = mmap(NULL, guard_bytes() + STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (bytes == MAP_FAILED) return NULL;
    if (mprotect(bytes, guard_bytes(), PROT_NONE) == 0 && use_stack(bytes + guard_bytes()))
        return bytes;
    munmap(bytes, guard_bytes() + STACK_BYTES);
    return NULL;
}
void wadi__crash_stack_free(void *stack) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (stack == NULL) return;
    sigaltstack(&none, NULL);
    munmap(stack, guard_bytes() + STACK_BYTES);
}
void wadi__crash_install(wadi__crash_handlers *handlers, void (*describe)(wadi__crash_text *text)) {
    void *frame;
    backtrace(&frame, 1);
    give_stack();
    describe_thread = describe;
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < WADI__CRASH_SIGNALS; i++)
        sigaction(signals[i].number, &action, &handlers->before[i]);
    memcpy(before, handlers->before, sizeof before);
}
void wadi__crash_uninstall(const wadi__crash_handlers *handlers) {
    for (size_t i = 0; i < WADI__CRASH_SIGNALS; i++)
        sigaction(signals[i].number, &handlers->before[i], NULL);
}
