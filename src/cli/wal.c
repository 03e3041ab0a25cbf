/* SPDX-License-Identifier: Apache-2.0 */
/* wal.c: `wadi wal`: the write-ahead logs of a checkpoint directory (docs/formats/log.md). */
#include "cli/commands.h"
#include "cli/values.h"
#include "stream/log_reader.h"
#include "stream/tracker_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wadi/str.h>

typedef struct view {
    wadi__env *env;
    const char *dir, *stream;
    bool as_json;
} view;

/* The directory of a stream's blocks; NULL: that of the notes. */
static char *log_dir(const view *self, const char *stream) {
    if (stream == NULL) return wadi__cli_must(wadi__fs_join(self->dir, "receivedBlockMetadata"));
    return wadi__cli_must(wadi__format("%s/receivedData/%s", self->dir, stream));
}
static int failed(const char *where, const wadi_error *err) {
    wadi__cli_error("a log cannot be read", where, err->message,
                    "damage in its midst is for good: what lies behind it is lost");
    return err->status == WADI_E_CORRUPT ? WADI__CLI_FOUND : WADI__CLI_FAILED;
}

/* ---- Files, frame by frame ---- */

typedef struct seen {
    uint64_t frames, torn_bytes, epoch;
} seen;
typedef wadi_status frame_fn(const void *frame, size_t size, uint64_t offset, const char *file,
                             void *arg, wadi_error *err);

static wadi_status walk_file(const view *self, const char *dir, const char *name, frame_fn *each,
                             void *arg, seen *found, wadi_error *err) {
    char *path = wadi__cli_must(wadi__fs_join(dir, name));
    wadi__wal_reader reader;
    *found = (seen){0};
    wadi_status status = wadi__wal_reader_open(&reader, self->env, path, err);
    wadi__free(path);
    if (status != WADI_OK) return status;
    found->epoch = reader.header.epoch;
    for (;;) {
        const void *frame = NULL;
        size_t size = 0;
        uint64_t offset = 0;
        status = wadi__wal_reader_next(&reader, &frame, &size, &offset, err);
        if (status != WADI_OK || frame == NULL) break;
        found->frames++;
        if (each != NULL) status = each(frame, size, offset, name, arg, err);
        if (status != WADI_OK) break;
    }
    found->torn_bytes = reader.torn_bytes;
    wadi__wal_reader_close(&reader);
    return status;
}

/* ---- ls ---- */

static void print_file(const view *self, const char *stream, const wadi__wal_file *file,
                       const seen *found, const wadi_error *err) {
    char from[32];
    const char *log = stream != NULL ? stream : "receivedBlockMetadata";
    wadi__text text = {0};
    if (self->as_json) {
        wadi__text_add(&text, "{\"log\":", 7);
        wadi__cli_json_string(&text, log, strlen(log));
        wadi__cli_format(&text,
                         ",\"file\":\"%s\",\"startMs\":%" PRId64 ",\"stopMs\":%" PRId64
                         ",\"bytes\":%" PRId64 ",\"epoch\":%" PRIu64 ",\"frames\":%" PRIu64
                         ",\"tornBytes\":%" PRIu64 ",\"whole\":%s}\n",
                         file->name, file->start_ms, file->stop_ms, file->size_bytes, found->epoch,
                         found->frames, found->torn_bytes,
                         err->status == WADI_OK ? "true" : "false");
    } else {
        wadi__cli_format(&text,
                         "%-24s %-32s %s  %" PRId64 " bytes  epoch %" PRIu64 "  %" PRIu64 " frames",
                         log, file->name, wadi__cli_time(file->start_ms, from), file->size_bytes,
                         found->epoch, found->frames);
        if (found->torn_bytes > 0)
            wadi__cli_format(&text, ", %" PRIu64 " bytes torn at its end", found->torn_bytes);
        if (err->status != WADI_OK) wadi__cli_format(&text, "  DAMAGED: %s", err->message);
        wadi__text_add(&text, "\n", 1);
    }
    wadi__cli_flush(&text);
    wadi__text_fini(&text);
}
static int list_log(const view *self, const char *stream, size_t *count) {
    char *dir = log_dir(self, stream);
    wadi__wal_files files = {0};
    wadi_error err = WADI_ERROR_INIT;
    int result = wadi__wal_files_list(self->env, dir, &files, &err) == WADI_OK ? WADI__CLI_OK
                                                                               : failed(dir, &err);
    for (size_t i = 0; i < files.count; i++) {
        wadi_error own = WADI_ERROR_INIT;
        seen found;
        if (walk_file(self, dir, files.items[i].name, NULL, NULL, &found, &own) != WADI_OK)
            result = WADI__CLI_FOUND;
        print_file(self, stream, &files.items[i], &found, &own);
    }
    *count += files.count;
    wadi__vec_fini(&files);
    wadi__free(dir);
    return result;
}
static int list_logs(const view *self) {
    char *dir = wadi__cli_must(wadi__fs_join(self->dir, "receivedData"));
    wadi__names streams = {0};
    wadi_error err = WADI_ERROR_INIT;
    size_t count = 0;
    int result = list_log(self, NULL, &count);
    if (wadi__fs_list_if_any(self->env, dir, &streams, &err) != WADI_OK) result = failed(dir, &err);
    for (size_t i = 0; i < streams.count; i++) {
        int own = list_log(self, streams.items[i], &count);
        if (own != WADI__CLI_OK) result = own;
    }
    wadi__names_fini(&streams);
    wadi__free(dir);
    if (count > 0 || result != WADI__CLI_OK) return result;
    wadi__cli_error("there are no logs", self->dir, NULL,
                    "name a checkpoint directory; receivers' blocks are logged with "
                    "spark.streaming.receiver.writeAheadLog.enable=true");
    return WADI__CLI_FAILED;
}

/* ---- cat ---- */

static wadi_status print_frame(const void *frame, size_t size, uint64_t offset, const char *file,
                               void *arg, wadi_error *err) {
    const view *self = arg;
    const wadi__type *type = NULL;
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_type(frame, size, &type, err);
    if (status == WADI_OK) status = wadi__frame_read(type, frame, size, NULL, &block, NULL, err);
    if (status != WADI_OK) return status;
    if (!self->as_json && self->stream != NULL)
        printf("# %s, offset %" PRIu64 ": %" PRIu64 " records\n", file, offset, block->row_count);
    wadi__cli_print_rows(type, block, self->as_json);
    wadi__block_unref(block);
    return WADI_OK;
}
/* Notes in words; what a kind does not use is left out. */
static wadi_status print_note(const wadi_tracker_event *event, void *arg, wadi_error *err) {
    static const char *const kinds[] = {"?",       "block",    "allocation",
                                        "cleanup", "position", "oldest"};
    (void)arg, (void)err;
    bool is_known = event->kind > 0 && event->kind <= WADI__TRACKED_OLDEST;
    wadi__text text = {0};
    wadi__cli_format(&text, "%-10s", kinds[is_known ? event->kind : 0]);
    if (event->stream.len > 0) wadi__cli_format(&text, " %.*s", WADI_STR_ARG(event->stream));
    if (event->kind != WADI__TRACKED_ALLOCATION && event->kind != WADI__TRACKED_CLEANUP)
        wadi__cli_format(&text, " number %" PRId64, event->number);
    if (event->kind != WADI__TRACKED_POSITION)
        wadi__cli_format(&text, " time %" PRId64 " ms", event->time_ms);
    if (event->kind == WADI__TRACKED_BLOCK)
        wadi__cli_format(&text, " %" PRId64 " records, %.*s offset %" PRId64 ", %" PRId64 " bytes",
                         event->rows, event->file.len > 0 ? (int)event->file.len : 9,
                         event->file.len > 0 ? wadi_str_data(&event->file) : "in memory",
                         event->offset, event->size_bytes);
    if (event->has_metadata) wadi__cli_format(&text, " metadata of %u bytes", event->metadata.len);
    if (event->kind == WADI__TRACKED_ALLOCATION) wadi__cli_format(&text, " blocks");
    for (size_t i = 0; i < event->blocks.count; i++)
        wadi__cli_format(&text, " %" PRId64, event->blocks.items[i]);
    wadi__text_add(&text, "\n", 1);
    wadi__cli_flush(&text);
    wadi__text_fini(&text);
    return WADI_OK;
}
static int cat(const view *self) {
    char *dir = log_dir(self, self->stream);
    wadi__wal_files files = {0};
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__wal_files_list(self->env, dir, &files, &err);
    size_t count = files.count;
    if (status == WADI_OK && self->stream == NULL && !self->as_json && count > 0) {
        status = wadi__tracker_log_replay(self->env, dir, print_note, NULL, &err);
        files.count = 0;
    }
    for (size_t i = 0; i < files.count && status == WADI_OK; i++) {
        seen found;
        status = walk_file(self, dir, files.items[i].name, print_frame, (void *)(uintptr_t)self,
                           &found, &err);
    }
    int result = status == WADI_OK ? WADI__CLI_OK : failed(dir, &err);
    if (status == WADI_OK && count == 0) {
        wadi__cli_error("there is no such log", dir, NULL,
                        "wadi wal ls lists the logs and their streams");
        result = WADI__CLI_FAILED;
    }
    wadi__vec_fini(&files);
    wadi__free(dir);
    return result;
}

static int run(const wadi__cli_args *args) {
    const view self = {.env = wadi__env_current(),
                       .dir = args->words[1],
                       .stream = wadi__cli_value(args, "stream"),
                       .as_json = wadi__cli_value(args, "json") != NULL};
    if (strcmp(args->words[0], "cat") == 0) return cat(&self);
    if (strcmp(args->words[0], "ls") != 0)
        return wadi__cli_usage_error(args->command, "'%s' is neither ls nor cat", args->words[0]);
    if (self.stream != NULL) return wadi__cli_usage_error(args->command, "--stream goes with cat");
    return list_logs(&self);
}
const wadi__cli_command wadi__cli_wal = {
    .name = "wal",
    .usage = "ls|cat DIR [OPTIONS]",
    .summary = "prints the write-ahead logs of a checkpoint directory",
    .text = "ls lists the files of all logs. cat prints the notes on received blocks, or with "
            "--stream the "
            "records of the stream's blocks. Nothing is changed.",
    .words_min = 2,
    .words_max = 2,
    .first_words = "ls cat",
    .completes = "dir",
    .options = {{"json", 0, NULL, "as JSON, a record a line", false},
                {"stream", 0, "NAME", "cat: the blocks of this stream", false}},
    .examples = {{"wadi wal cat checkpoint --stream socket_text_stream",
                  "what its receiver has stored"}},
    .run = run,
};
