/* SPDX-License-Identifier: Apache-2.0 */
/* task.c: what users' functions may ask of the task that they run in. */
#include "rdd/pipeline.h"

#include <wadi/function.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static wadi__task *own(const wadi_task *task) { return (wadi__task *)(void *)(uintptr_t)task; }

uint32_t wadi_task_partition_index(const wadi_task *task) { return own(task)->partition_index; }
int64_t wadi_task_batch_ms(const wadi_task *task) { return own(task)->batch_ms; }
uint32_t wadi_task_attempt(const wadi_task *task) { return own(task)->attempt; }

void wadi_fail(wadi_task *task, const char *fmt, ...) {
    char message[300];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    wadi__task_fail(own(task), WADI_E_USER, "%s", message);
}

/* Bodies do not expect to be refused memory: without any they get the same reserve again and again, and
 * the task, which has failed, throws their results away. Only larger wishes than the reserve get nothing. */
void *wadi_alloc(wadi_task *task, size_t size_bytes) {
    wadi__task *self = own(task);
    void *given = wadi__arena_alloc(&self->keep->arena, size_bytes);
    if (given != NULL) return given;
    wadi__task_fail(self, WADI_E_NOMEM, "no memory for %zu bytes within wadi.memory.max_bytes", size_bytes);
    static _Thread_local _Alignas(16) char reserve[64 << 10];
    return size_bytes <= sizeof reserve ? reserve : NULL;
}
wadi_str wadi_str_copy(wadi_task *task, const char *bytes, size_t len) {
    if (len <= WADI_STR_IN_PLACE_MAX) return wadi_str_view(bytes, len);
    if (len > UINT32_MAX) {
        wadi_fail(task, "a string of %zu bytes; at most 4294967295 fit", len);
        return wadi_str_of("");
    }
    char *copy = wadi_alloc(task, len);
    if (copy == NULL || task->failed) return wadi_str_of("");
    memcpy(copy, bytes, len);
    return wadi_str_view(copy, len);
}
wadi_str wadi_str_printf(wadi_task *task, const char *fmt, ...) {
    char small[256];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    wadi_str made = wadi_str_of("");
    if (len >= 0 && (size_t)len < sizeof small) {
        made = wadi_str_copy(task, small, (size_t)len);
    } else if (len >= 0) {
        char *bytes = wadi_alloc(task, (size_t)len + 1);
        if (bytes != NULL && !task->failed) {
            vsnprintf(bytes, (size_t)len + 1, fmt, again);
            made = wadi_str_view(bytes, (size_t)len);
        }
    }
    va_end(again);
    return made;
}
wadi_str wadi_str_upper(wadi_task *task, wadi_str s) {
    wadi_str made = wadi_str_copy(task, wadi_str_data(&s), s.len);
    char *bytes = (char *)(uintptr_t)wadi_str_data(&made);
    for (uint32_t i = 0; i < made.len; i++)
        if (bytes[i] >= 'a' && bytes[i] <= 'z') bytes[i] = (char)(bytes[i] - 'a' + 'A');
    return made.len > WADI_STR_IN_PLACE_MAX ? wadi_str_view(bytes, made.len) : made;
}
