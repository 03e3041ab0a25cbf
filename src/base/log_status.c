/* SPDX-License-Identifier: Apache-2.0 */
/* log_status.c: a line that stays under the others, on a terminal: it is taken away before a line
 * of the log, or output, is written, and put back after it. */
#include "base/log_parts.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char status[200]; /* "": none; guarded by the log's lock, as what follows */
static bool is_drawn;
static unsigned outputs; /* that are being written */

bool wadi__log_has_terminal(void) { return isatty(STDERR_FILENO) == 1; }

static void put(const char *text) {
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* nobody is left to tell */
}
void wadi__log_status_hide(void) {
    if (is_drawn) put("\r\033[K");
    is_drawn = false;
}
void wadi__log_status_show(void) {
    if (status[0] == 0 || outputs > 0) return;
    put("\r\033[K");
    put(status);
    is_drawn = true;
}
void wadi__log_status(const char *text) {
    bool is_possible = wadi__log_has_terminal();
    wadi__log_lock();
    wadi__log_status_hide();
    snprintf(status, sizeof status, "%s", text != NULL && is_possible ? text : "");
    wadi__log_status_show();
    wadi__log_unlock();
}
void wadi__log_output_begins(void) {
    wadi__log_lock();
    outputs++;
    wadi__log_status_hide();
    wadi__log_unlock();
}
void wadi__log_output_ends(void) {
    wadi__log_lock();
    outputs--;
    wadi__log_status_show();
    wadi__log_unlock();
}
