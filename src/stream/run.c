/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: wadi_run(): a whole program in one call, with its signals. */
#include "base/conf.h"
#include "stream/crash_place.h"
#include "stream/stream_context.h"

#include <signal.h>
#include <stdio.h>

static atomic_int signals_seen;
static _Atomic(wadi_stream_context *) running;

/* Runs in whatever thread the signal interrupts: only atomics and system calls. A second one ends the
 * process at once. */
static void on_signal(int number) {
    if (atomic_fetch_add(&signals_seen, 1) > 0) _Exit(128 + number);
    wadi_stream_context *ssc = atomic_load(&running);
    if (ssc == NULL) return;
    ssc->is_asked_to_stop = true;
    atomic_fetch_add(&ssc->changed.turns, 1);
    ssc->env->wake(ssc->env, &ssc->changed.turns, 1 << 30);
}
int wadi_run(wadi_stream_context *ssc) {
    wadi_error err = WADI_ERROR_INIT;
    if (ssc == NULL || ssc->sc == NULL) { /* nothing was built */
        wadi_start(ssc, &err);
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    wadi_context *sc = ssc->sc;
    if (sc->is_forked) return wadi_finish(sc);
    wadi_status status = WADI_OK;
    struct sigaction stop = {.sa_handler = on_signal}, old_int, old_term;
    sigemptyset(&stop.sa_mask);
    atomic_store(&signals_seen, 0);
    atomic_store(&running, ssc);
    sigaction(SIGINT, &stop, &old_int); /* before the first receiver begins */
    sigaction(SIGTERM, &stop, &old_term);
    wadi__crash_handlers crash_handlers;
    wadi__crash_install(&crash_handlers, wadi__crash_place);
    if (wadi_stream_context_state(ssc) == WADI_STREAM_INITIALIZED) status = wadi_start(ssc, &err);
    if (status == WADI_OK) {
        status = wadi_await_termination(ssc, &err);
        bool gracefully = ssc->is_asked_to_stop && wadi__conf_bool(sc->conf, WADI__CONF_STOP_GRACEFULLY);
        wadi_stop(ssc, .gracefully = gracefully);
    }
    atomic_store(&running, NULL);
    wadi__crash_uninstall(&crash_handlers);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    size_t told = 0;
    const wadi_error *mistake;
    while (status != WADI_OK && (mistake = wadi_mistake(ssc, told)) != NULL) {
        fprintf(stderr, "%s\n", mistake->message);
        told++;
    }
    if (status != WADI_OK && told == 0) fprintf(stderr, "%s\n", err.message);
    if (told > 0) sc->scope.has_failed = false; /* told above */
    int left = wadi_finish(sc);
    return status != WADI_OK || told > 0 ? 1 : left;
}
