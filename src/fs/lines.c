/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c: cutting lines out of buffers, one buffer after another. */
#include "fs/lines.h"

#include "data/scan.h"

#include <wadi/str.h>

#include <inttypes.h>
#include <string.h>

enum { STEP_BYTES = 64 << 10 }; /* of text: its lines and words stay in the second-level cache */

/* Bytes of the file are counted from 0; the position of `p` in the buffer. */
static int64_t offset_of(const wadi__lines *lines, const char *p) {
    return lines->end_offset - (lines->end - p);
}

/* Finds out whether the part's last line ends in the buffer, and then ends the text there. */
static void find_end(wadi__lines *lines) {
    if (lines->until < 0 || lines->end_offset < lines->until) return;
    const char *last =
        lines->end - (lines->end_offset - lines->until) - 1; /* the part's last byte */
    if (last < lines->at) last = lines->at;
    const char *stop = last < lines->end ? memchr(last, '\n', (size_t)(lines->end - last)) : NULL;
    if (stop == NULL) return;
    lines->end_offset -= lines->end - (stop + 1);
    lines->end = stop + 1;
    lines->is_read = true;
}
static wadi_status too_long(const wadi__lines *lines, wadi_error *err) {
    const char *path = lines->reader.file->path;
    if (lines->from == 0 && !lines->is_uncounted)
        return wadi_error_context(err, WADI_E_INVALID,
                                  "%s: line %" PRIu64 " is longer than %" PRId64
                                  " bytes (wadi.source.line_max_bytes)",
                                  path, lines->line_count + 1, lines->line_max_bytes);
    return wadi_error_context(err, WADI_E_INVALID,
                              "%s: the line at byte %" PRId64 " is longer than %" PRId64
                              " bytes (wadi.source.line_max_bytes)",
                              path, offset_of(lines, lines->at), lines->line_max_bytes);
}
/* A new buffer with the unfinished line at its beginning. */
static wadi_status next_buffer(wadi__lines *lines, wadi_error *err) {
    size_t kept = (size_t)(lines->end - lines->at);
    size_t wanted = kept >= WADI__READ_BYTES / 2 ? kept * 2 : WADI__READ_BYTES;
    wadi__buffer *buffer = wadi__buffer_new(wanted);
    bool is_kept = buffer != NULL && wadi__keep_add(lines->keep, &buffer->counted);
    if (is_kept && kept > 0) memcpy(buffer->bytes, lines->at, kept);
    wadi__buffer_unref(buffer); /* the keep has one */
    if (!is_kept)
        return wadi_error_context(err, WADI_E_NOMEM,
                                  "no memory for the text of %s, %" PRId64 " bytes so far",
                                  lines->reader.file->path, offset_of(lines, lines->end));
    lines->at = buffer->bytes;
    lines->end = lines->at + kept;
    lines->room_end = lines->at + buffer->capacity_bytes;
    return WADI_OK;
}
/* Reads on behind the unfinished line. */
static wadi_status read_more(wadi__lines *lines, wadi_error *err) {
    if (lines->end - lines->at > lines->line_max_bytes + 1) return too_long(lines, err);
    wadi_status status = WADI_OK;
    if (lines->end == lines->room_end && (status = next_buffer(lines, err)) != WADI_OK)
        return status;
    size_t room = (size_t)(lines->room_end - lines->end), got;
    if (room > WADI__READ_BYTES) room = WADI__READ_BYTES;
    status = wadi__reader_read(&lines->reader, (char *)(uintptr_t)lines->end, room, &got, err);
    if (status != WADI_OK) return status;
    lines->end += got;
    lines->end_offset += (int64_t)got;
    if (got == 0)
        lines->is_read = true;
    else
        find_end(lines);
    return WADI_OK;
}
/* Passes by the line that belongs to the part before. */
static wadi_status skip_first(wadi__lines *lines, wadi_error *err) {
    for (;;) {
        const char *stop = lines->end > lines->at
                               ? memchr(lines->at, '\n', (size_t)(lines->end - lines->at))
                               : NULL;
        if (stop != NULL) {
            lines->at = stop + 1;
            /* Nothing of the line was looked at for the end of the part, which may be passed
             * already. */
            if (offset_of(lines, lines->at) >= lines->until)
                lines->at = lines->end, lines->is_read = true;
            return WADI_OK;
        }
        lines->at = lines->end;
        if (lines->is_read) return WADI_OK;
        wadi_status status = read_more(lines, err);
        if (status != WADI_OK) return status;
    }
}
wadi_status wadi__lines_open(wadi__lines *lines, wadi__env *env, const char *path,
                             int64_t size_bytes, int64_t from, int64_t until,
                             int64_t line_max_bytes, wadi__keep *keep, wadi_error *err) {
    int64_t start =
        from > 0 ? from - 1 : 0; /* does a line begin at `from`? the byte before it tells */
    *lines = (wadi__lines){.keep = keep,
                           .from = from,
                           .until = until,
                           .line_max_bytes = line_max_bytes,
                           .end_offset = start};
    wadi_status status = wadi__reader_open(&lines->reader, env, path, size_bytes, start, err);
    if (status == WADI_OK && from > 0) status = skip_first(lines, err);
    if (status != WADI_OK) wadi__lines_close(lines);
    return status;
}
void wadi__lines_close(wadi__lines *lines) { wadi__reader_close(&lines->reader); }

/* The line at `at`, which is longer than a step or has no end. */
static wadi_status one_line(wadi__lines *lines, const char *stop, wadi_str *row, wadi_error *err) {
    const char *line_end = stop != NULL ? stop : lines->end;
    if (line_end > lines->at && stop != NULL && line_end[-1] == '\r') line_end--;
    if (line_end - lines->at > lines->line_max_bytes) return too_long(lines, err);
    *row = wadi_str_view(lines->at, (size_t)(line_end - lines->at));
    lines->at = stop != NULL ? stop + 1 : lines->end;
    lines->searched = 0;
    lines->line_count++;
    return WADI_OK;
}
static wadi_status check_lengths(wadi__lines *lines, const wadi_str *rows, size_t count,
                                 wadi_error *err) {
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)rows[i].len > lines->line_max_bytes) return too_long(lines, err);
        lines->at = (const char *)memchr(lines->at, '\n', (size_t)(lines->end - lines->at)) + 1;
        lines->line_count++;
    }
    return WADI_OK;
}
/* Whole lines of the next step of text. */
static wadi_status some_lines(wadi__lines *lines, wadi_str *rows, size_t rows_max, size_t *count,
                              wadi_error *err) {
    size_t left = (size_t)(lines->end - lines->at), some = left < STEP_BYTES ? left : STEP_BYTES,
           used;
    if (some <= lines->searched) return WADI_OK;
    *count = wadi__scan_lines(lines->at, some, rows, rows_max, &used);
    if (*count == 0) {
        lines->searched = some;
        return WADI_OK;
    }
    lines->searched = 0;
    if (lines->line_max_bytes < STEP_BYTES) return check_lengths(lines, rows, *count, err);
    lines->at += used;
    lines->line_count += *count;
    return WADI_OK;
}
bool wadi__lines_take(wadi__lines *lines, const char **text, size_t *size_bytes) {
    size_t left = (size_t)(lines->end - lines->at), some = left < STEP_BYTES ? left : STEP_BYTES;
    if (lines->line_max_bytes < STEP_BYTES || some <= lines->searched) return false;
    const char *stop = memrchr(lines->at, '\n', some);
    if (stop == NULL) return false;
    *text = lines->at;
    *size_bytes = (size_t)(stop + 1 - lines->at);
    lines->at = stop + 1;
    lines->searched = 0;
    lines->is_uncounted = true;
    return true;
}
wadi_status wadi__lines_next(wadi__lines *lines, wadi_str *rows, size_t rows_max, size_t *count,
                             wadi_error *err) {
    *count = 0;
    for (;;) {
        wadi_status status = some_lines(lines, rows, rows_max, count, err);
        if (status != WADI_OK || *count > 0) return status;
        size_t left = (size_t)(lines->end - lines->at);
        const char *stop = left > lines->searched
                               ? memchr(lines->at + lines->searched, '\n', left - lines->searched)
                               : NULL;
        lines->searched = left;
        if (stop != NULL || (lines->is_read && left > 0)) {
            *count = 1;
            return one_line(lines, stop, rows, err);
        }
        if (lines->is_read) return WADI_OK;
        status = read_more(lines, err);
        if (status != WADI_OK) return status;
    }
}
