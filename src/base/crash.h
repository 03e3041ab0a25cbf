/* SPDX-License-Identifier: Apache-2.0 */
/* crash.h: a short report on stderr when the process gets a signal that ends it: which, where, in
 * which thread, what that thread was at, its stack, and the last lines of the log. Then the
 * handlers of before are put back, and it ends as without the report.
 *
 * In the handler nothing is called that could wait or ask for memory. One installation at a time.
 */
#ifndef WADI_BASE_CRASH_H
#define WADI_BASE_CRASH_H
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* What is written by the handler; cut where it is full. */
typedef struct wadi__crash_text {
    char bytes[512];
    size_t size;
} wadi__crash_text;
void wadi__crash_put(wadi__crash_text *text, const char *part);
void wadi__crash_put_number(wadi__crash_text *text, int64_t number);

enum { WADI__CRASH_SIGNALS = 5 };
typedef struct wadi__crash_handlers { /* that were there before */
    struct sigaction before[WADI__CRASH_SIGNALS];
} wadi__crash_handlers;
/* describe: adds what the calling thread is at, a line; in a signal's handler. NULL: nothing. */
void wadi__crash_install(wadi__crash_handlers *handlers, void (*describe)(wadi__crash_text *text));
void wadi__crash_uninstall(const wadi__crash_handlers *handlers);
/* Gives the calling thread a stack for the handler, so that an overflow of its own is told too; to
 * be taken away before it ends. NULL: it has one, or there is no memory for it. */
void *wadi__crash_stack_new(void);
void wadi__crash_stack_free(void *stack); /* NULL is fine */
/* All others, which threads block; these ones, blocked, would end the process without a report. */
void wadi__crash_other_signals(sigset_t *set);
#endif
