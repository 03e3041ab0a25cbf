/* SPDX-License-Identifier: Apache-2.0 */
/* control_request.c: what others ask of a program. No byte is trusted. */
#include "stream/control.h"

#include <stdio.h>
#include <string.h>

/* Takes the first word off. */
static size_t word(const char **at, size_t *left) {
    while (*left > 0 && **at == ' ') (*at)++, (*left)--;
    size_t size = 0;
    while (size < *left && (*at)[size] != ' ') size++;
    return size;
}
static bool is_word(const char *bytes, size_t size, const char *wanted) {
    return size == strlen(wanted) && memcmp(bytes, wanted, size) == 0;
}
static bool read_count(const char *bytes, size_t size, unsigned *count) {
    *count = 0;
    if (size > 4) return false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') return false;
        *count = *count * 10 + (unsigned)(bytes[i] - '0');
    }
    return true;
}
static bool refuse(char *why, size_t why_size, const char *reason) {
    snprintf(why, why_size, "%s", reason);
    return false;
}
bool wadi__control_parse(const char *bytes, size_t size, wadi__control_request *request, char *why,
                         size_t why_size) {
    *request = (wadi__control_request){0};
    if (size >= WADI__CONTROL_REQUEST_MAX) return refuse(why, why_size, "the request is too long");
    if (memchr(bytes, 0, size) != NULL)
        return refuse(why, why_size, "the request has a zero in it");
    const char *at = bytes;
    size_t left = size, length = word(&at, &left);
    const char *name = at;
    size_t name_size = length;
    at += length, left -= length;
    length = word(&at, &left);
    const char *rest = at + length;
    size_t rest_left = left - length;
    bool is_alone = word(&rest, &rest_left) == 0;
    if (!is_alone) return refuse(why, why_size, "the request has too many words");
    if (is_word(name, name_size, "status")) {
        request->kind = WADI__CONTROL_STATUS;
        if (read_count(at, length, &request->batches)) return true;
        return refuse(why, why_size, "status takes a number of batches");
    }
    if (is_word(name, name_size, "stop")) {
        request->kind = WADI__CONTROL_STOP;
        request->gracefully = is_word(at, length, "gracefully");
        if (length == 0 || request->gracefully) return true;
        return refuse(why, why_size, "stop takes nothing, or gracefully");
    }
    if (is_word(name, name_size, "log-level")) {
        request->kind = WADI__CONTROL_LOG_LEVEL;
        memcpy(request->levels, at, length);
        if (length > 0) return true;
        return refuse(why, why_size, "log-level takes levels");
    }
    return refuse(why, why_size, "the request is none of status, stop, log-level");
}
