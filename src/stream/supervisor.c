/* SPDX-License-Identifier: Apache-2.0 */
/* supervisor.c: a thread that says that the program is well while it is. It is, when no batch
 * waits, or one has ended since the last time, or the oldest that waits has not done so for longer
 * than the watchdog's time. */
#include "stream/supervisor.h"

#include "base/log.h"
#include "base/machine.h"
#include "stream/scheduler.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wadi__supervisor {
    wadi_stream_context *ssc;
    wadi__env *env;
    wadi__thread *thread; /* NULL: no watchdog */
    int64_t interval_ns;
    atomic_uint is_stopping;
    char path[];
};

static void tell(const wadi__supervisor *self, const char *text) {
    self->env->unix_tell(self->env, self->path, text, strlen(text));
}
int64_t wadi__supervisor_interval_ns(const char *usec, const char *pid, int64_t own_pid) {
    char *end = NULL;
    if (usec == NULL || usec[0] < '0' || usec[0] > '9') return 0;
    long long wanted = strtoll(usec, &end, 10);
    if (*end != 0 || wanted <= 0 || wanted > INT64_MAX / 1000) return 0;
    if (pid != NULL && pid[0] != 0 && strtoll(pid, NULL, 10) != own_pid) return 0;
    return wanted * 1000 / 2;
}

/* ---- The watchdog ---- */

static void *watchdog_main(void *arg) {
    wadi__supervisor *self = arg;
    uint64_t seen = 0;
    int64_t since_ns = self->env->monotonic_ns(self->env); /* that nothing has ended */
    while (atomic_load(&self->is_stopping) == 0) {
        int64_t now_ns = self->env->monotonic_ns(self->env);
        uint64_t ended = wadi__progress_now(self->ssc).completed;
        bool is_idle = wadi__scheduler_waiting(self->ssc->scheduler) == 0;
        if (ended != seen || is_idle) {
            seen = ended;
            since_ns = now_ns;
        }
        if (now_ns - since_ns < 2 * self->interval_ns)
            tell(self, "WATCHDOG=1");
        else
            wadi__log_error("stream",
                            "no batch has ended for %" PRId64
                            " s; the service manager's watchdog is not told any more, so it starts "
                            "the program anew",
                            (now_ns - since_ns) / 1000000000);
        self->env->wait(self->env, &self->is_stopping, 0, now_ns + self->interval_ns);
    }
    return NULL;
}

/* ---- Life ---- */

wadi__supervisor *wadi__supervisor_start(wadi_stream_context *ssc) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || (path[0] != '/' && path[0] != '@') || ssc->env->unix_tell == NULL)
        return NULL;
    wadi__supervisor *self = wadi__calloc(1, sizeof *self + strlen(path) + 1);
    if (self == NULL) return NULL;
    self->ssc = ssc;
    self->env = ssc->env;
    memcpy(self->path, path, strlen(path) + 1);
    self->interval_ns = wadi__supervisor_interval_ns(getenv("WATCHDOG_USEC"),
                                                     getenv("WATCHDOG_PID"), wadi__machine_pid());
    char text[200];
    snprintf(text, sizeof text, "READY=1\nSTATUS=batches every %" PRId64 " ms", ssc->batch_ms);
    tell(self, text);
    if (self->interval_ns > 0 && self->env->thread_start(self->env, "wadi-watchdog", watchdog_main,
                                                         self, &self->thread) != 0)
        wadi__log_error("stream", "there is no thread for the service manager's watchdog");
    return self;
}
void wadi__supervisor_stopping(const wadi__supervisor *self) {
    if (self != NULL) tell(self, "STOPPING=1");
}
void wadi__supervisor_stop(wadi__supervisor *self) {
    if (self == NULL) return;
    atomic_store(&self->is_stopping, 1);
    self->env->wake(self->env, &self->is_stopping, 1);
    if (self->thread != NULL) self->env->thread_join(self->env, self->thread);
    wadi__free(self);
}
