/* SPDX-License-Identifier: Apache-2.0 */
/* error.c: errors that gather context on their way up. */
#include <wadi/error.h>

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

wadi_status wadi_error_context(wadi_error *err, wadi_status status, const char *fmt, ...) {
    if (err == NULL) return status;
    err->status = status;
    char *end = err->message + strnlen(err->message, sizeof err->message - 1);
    size_t room = sizeof err->message - (size_t)(end - err->message);
    if (end != err->message) {
        if (room < 8) return status; /* full */
        memcpy(end, "; ", 3);
        end += 2, room -= 2;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(end, room, fmt, args);
    va_end(args);
    return status;
}

const char *wadi_status_text(wadi_status status) {
    switch (status) {
    case WADI_OK: return "ok";
    case WADI_E_INVALID: return "invalid argument";
    case WADI_E_TYPE: return "wrong type";
    case WADI_E_STATE: return "wrong state";
    case WADI_E_NOMEM: return "out of memory";
    case WADI_E_IO: return "input or output failed";
    case WADI_E_CORRUPT: return "damaged data";
    case WADI_E_USER: return "user function failed";
    }
    return "unknown status";
}
