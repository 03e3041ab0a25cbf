/* SPDX-License-Identifier: Apache-2.0 */
/* console_progress.h: a bar on the terminal for the stages that run, as Spark's console has it:
 * "[Stage 0:====>    (3 + 1) / 4]". With spark.ui.showConsoleProgress, where stderr is a terminal.
 * Its thread draws; the context's listeners tell it of stages. Source: Spark 3 ConsoleProgressBar.
 */
#ifndef WADI_EXEC_CONSOLE_PROGRESS_H
#define WADI_EXEC_CONSOLE_PROGRESS_H
#include "rdd/context.h"

typedef struct wadi__console_progress wadi__console_progress;

/* NULL: it is not wanted, or there is no memory or thread for it. */
wadi__console_progress *wadi__console_progress_start(wadi_context *sc);
/* Joins its thread; callbacks may still come. NULL is fine. */
void wadi__console_progress_stop(wadi__console_progress *progress);
/* When no listener is called any more. */
void wadi__console_progress_free(wadi__console_progress *progress);

enum { WADI__CONSOLE_STAGES_MAX = 3 };
typedef struct wadi__console_stage {
    int64_t id;
    uint32_t task_count, completed, active;
} wadi__console_stage;
/* The bars of up to three stages, side by side, `width` columns in all. */
void wadi__console_bars(const wadi__console_stage *stages, size_t count, size_t width, char *out,
                        size_t size);
#endif
