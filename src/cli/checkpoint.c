/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: `wadi checkpoint`: what the files of a checkpoint directory hold, and whether they
 * are whole. Nothing is written, and no lock is taken: the program may run. */
#include "base/conf.h"
#include "cli/commands.h"
#include "cli/state_rows.h"
#include "cli/values.h"
#include "data/frame.h"
#include "stream/checkpoint_dir.h"
#include "stream/state_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 30 };

typedef struct view { /* what the command line asks for */
    wadi__env *env;
    const char *dir, *at, *stream;
    bool as_json, has_state;
} view;

static int failed(const char *what, const char *where, const wadi_error *err, const char *to_do) {
    wadi__cli_error(what, where, err->message, to_do);
    return err->status == WADI_E_CORRUPT ? WADI__CLI_FOUND : WADI__CLI_FAILED;
}
/* The files, oldest first. WADI__CLI_OK: there is one. */
static int list_files(const view *self, wadi__checkpoint_list *list) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi__checkpoint_dir_list(self->env, self->dir, list, &err) != WADI_OK)
        return failed("the checkpoints cannot be listed", self->dir, &err,
                      "look at its permissions");
    if (list->count > 0) return WADI__CLI_OK;
    wadi__cli_error("there is no checkpoint", self->dir, NULL,
                    "name the directory that the program gives to wadi_checkpoint()");
    return WADI__CLI_FAILED;
}
/* A file whole, and what its streams keep in files of their own if `with_states`. */
static wadi_status read_checkpoint(const view *self, const char *name, bool with_states,
                                   wadi__checkpoint *checkpoint, size_t *size, wadi_error *err) {
    char *path = wadi__cli_must(wadi__fs_join(self->dir, name)), *bytes = NULL;
    *checkpoint = (wadi__checkpoint){0};
    wadi_status status = wadi__fs_read_all(self->env, path, FILE_BYTES_MAX, &bytes, size, err);
    if (status == WADI_OK) status = wadi__checkpoint_read(checkpoint, bytes, *size, err);
    for (size_t i = 0; with_states && status == WADI_OK && i < checkpoint->streams.count; i++) {
        const checkpoint_stream *stream = &checkpoint->streams.items[i];
        if (stream->is_state && stream->kept.len > 0)
            status = wadi__state_files_check(self->env, self->dir, stream->name, stream->kept, err);
    }
    wadi__free(bytes);
    wadi__free(path);
    return status;
}

/* ---- ls, verify: a line for each file ---- */

static void print_line(const view *self, const char *name, const wadi__checkpoint *checkpoint,
                       size_t size, const wadi_error *err) {
    const checkpoint_head *head = &checkpoint->head;
    bool is_whole = err->status == WADI_OK;
    char when[32];
    wadi__text text = {0};
    if (self->as_json) {
        wadi__text_add(&text, "{\"file\":", 8);
        wadi__cli_json_string(&text, name, strlen(name));
        wadi__cli_format(&text,
                         ",\"timeMs\":%" PRId64 ",\"epoch\":%" PRIu64
                         ",\"bytes\":%zu,\"pending\":%zu,\"streams\":%zu,\"whole\":%s",
                         head->time_ms, head->epoch, size, checkpoint->pending.count,
                         checkpoint->streams.count, is_whole ? "true" : "false");
        if (!is_whole) {
            wadi__text_add(&text, ",\"why\":", 7);
            wadi__cli_json_string(&text, err->message, strlen(err->message));
        }
        wadi__text_add(&text, "}\n", 2);
    } else if (is_whole) {
        wadi__cli_format(&text,
                         "%-28s %s  epoch %" PRIu64 "  %zu bytes  %zu pending  %zu streams\n", name,
                         wadi__cli_time(head->time_ms, when), head->epoch, size,
                         checkpoint->pending.count, checkpoint->streams.count);
    } else {
        wadi__cli_format(&text, "%-28s NOT WHOLE: %s\n", name, err->message);
    }
    wadi__cli_flush(&text);
    wadi__text_fini(&text);
}
static int list_all(const view *self, bool with_states) {
    wadi__checkpoint_list list = {0};
    int result = list_files(self, &list);
    size_t whole = 0;
    for (size_t i = 0; i < list.count; i++) {
        wadi__checkpoint checkpoint;
        wadi_error err = WADI_ERROR_INIT;
        size_t size = 0;
        read_checkpoint(self, list.items[i].name, with_states, &checkpoint, &size, &err);
        print_line(self, list.items[i].name, &checkpoint, size, &err);
        whole += err.status == WADI_OK;
        wadi__checkpoint_fini(&checkpoint);
    }
    if (result == WADI__CLI_OK && whole < list.count) {
        char what[120];
        snprintf(what, sizeof what, "%zu of %zu checkpoints are not whole", list.count - whole,
                 list.count);
        wadi__cli_error(what, self->dir, NULL,
                        whole > 0
                            ? "nothing: a program goes on from the newest whole one"
                            : "restore the directory from a copy, or begin anew with an empty one");
        result = WADI__CLI_FOUND;
    }
    wadi__checkpoint_list_fini(&list);
    return result;
}

/* ---- show ---- */

static wadi_str value_of(const wadi__conf *conf, const checkpoint_setting *setting) {
    char *name = wadi__cli_must(wadi__memdup(wadi_str_data(&setting->name), setting->name.len));
    char *value = wadi__cli_must(wadi__memdup(wadi_str_data(&setting->value), setting->value.len));
    bool is_secret = wadi__conf_is_secret(conf, name, value);
    wadi__free(name);
    wadi__free(value);
    return is_secret ? wadi_str_of("*********(redacted)") : setting->value;
}
/* One record of a frame, of whatever type it is. */
static void put_accumulator(wadi__text *text, const checkpoint_accumulator *saved, bool as_json) {
    const wadi__type *type = NULL;
    wadi__block *block = NULL;
    const char *bytes = wadi_str_data(&saved->value);
    wadi_status status = wadi__frame_type(bytes, saved->value.len, &type, NULL);
    if (status == WADI_OK)
        status = wadi__frame_read(type, bytes, saved->value.len, NULL, &block, NULL, NULL);
    bool is_read = status == WADI_OK && block->row_count == 1;
    if (!is_read)
        wadi__text_add(text, "null", 4);
    else if (as_json)
        wadi__cli_json_value(text, type, block->chunks.items[0]->rows);
    else
        wadi__print_value(text, type, block->chunks.items[0]->rows);
    wadi__block_unref(block);
}
static void put_head(wadi__text *text, const wadi__checkpoint *checkpoint) {
    const checkpoint_head *head = &checkpoint->head;
    char when[32];
    wadi__cli_format(text, "application  %.*s\nbatch        %" PRId64 " ms, %s\n",
                     WADI_STR_ARG(head->application), head->time_ms,
                     wadi__cli_time(head->time_ms, when));
    wadi__cli_format(text,
                     "zero time    %" PRId64 " ms\ninterval     %" PRId64
                     " ms\nruns again   from %" PRId64 " ms\nparallelism  %u\nepoch        %" PRIu64
                     "\nformat       %d\n",
                     head->zero_ms, head->batch_ms, head->rerun_ms, head->parallelism, head->epoch,
                     head->format);
}
static void put_lists(wadi__text *text, const wadi__conf *conf,
                      const wadi__checkpoint *checkpoint) {
    for (size_t i = 0; i < checkpoint->settings.count; i++) {
        const checkpoint_setting *at = &checkpoint->settings.items[i];
        wadi_str value = value_of(conf, at);
        wadi__cli_format(text, "setting      %.*s = %.*s\n", WADI_STR_ARG(at->name),
                         WADI_STR_ARG(value));
    }
    for (size_t i = 0; i < checkpoint->pending.count; i++)
        wadi__cli_format(text, "pending      %" PRId64 " ms%s\n",
                         checkpoint->pending.items[i].time_ms,
                         checkpoint->pending.items[i].has_failed ? ", failed" : "");
    for (size_t i = 0; i < checkpoint->accumulators.count; i++) {
        const checkpoint_accumulator *at = &checkpoint->accumulators.items[i];
        wadi__cli_format(text, "accumulator  %.*s = ", WADI_STR_ARG(at->name));
        put_accumulator(text, at, false);
        wadi__text_add(text, "\n", 1);
    }
}
static void put_stream(wadi__text *text, const checkpoint_stream *stream) {
    wadi__cli_format(text, "stream       %.*s: %.*s of %.*s, every %" PRId64 " ms",
                     WADI_STR_ARG(stream->name), WADI_STR_ARG(stream->op),
                     WADI_STR_ARG(stream->records), stream->slide_ms);
    if (stream->window_ms > 0) wadi__cli_format(text, ", window %" PRId64 " ms", stream->window_ms);
    if (stream->is_state) wadi__cli_format(text, ", state of %" PRId64 " ms", stream->saved_ms);
    wadi__text_add(text, "\n", 1);
}
static void put_field(wadi__text *text, const char *name, const wadi_str *value) {
    wadi__cli_format(text, ",\"%s\":", name);
    wadi__cli_json_string(text, wadi_str_data(value), value->len);
}
static void json_head(wadi__text *text, const wadi__checkpoint *checkpoint) {
    const checkpoint_head *head = &checkpoint->head;
    wadi__cli_format(text,
                     "{\"format\":%d,\"epoch\":%" PRIu64 ",\"timeMs\":%" PRId64
                     ",\"zeroMs\":%" PRId64 ",\"batchMs\":%" PRId64 ",\"rerunMs\":%" PRId64
                     ",\"parallelism\":%u",
                     head->format, head->epoch, head->time_ms, head->zero_ms, head->batch_ms,
                     head->rerun_ms, head->parallelism);
    put_field(text, "application", &head->application);
}
static void json_lists(wadi__text *text, const wadi__conf *conf,
                       const wadi__checkpoint *checkpoint) {
    for (size_t i = 0; i < checkpoint->settings.count; i++) {
        const checkpoint_setting *at = &checkpoint->settings.items[i];
        wadi_str value = value_of(conf, at);
        wadi__cli_format(text, i == 0 ? ",\"settings\":{" : ",");
        wadi__cli_json_string(text, wadi_str_data(&at->name), at->name.len);
        wadi__text_add(text, ":", 1);
        wadi__cli_json_string(text, wadi_str_data(&value), value.len);
    }
    wadi__cli_format(text, "%s,\"pending\":[",
                     checkpoint->settings.count > 0 ? "}" : ",\"settings\":{}");
    for (size_t i = 0; i < checkpoint->pending.count; i++)
        wadi__cli_format(text, "%s{\"timeMs\":%" PRId64 ",\"failed\":%s}", i > 0 ? "," : "",
                         checkpoint->pending.items[i].time_ms,
                         checkpoint->pending.items[i].has_failed ? "true" : "false");
    wadi__cli_format(text, "],\"accumulators\":{");
    for (size_t i = 0; i < checkpoint->accumulators.count; i++) {
        const checkpoint_accumulator *at = &checkpoint->accumulators.items[i];
        if (i > 0) wadi__text_add(text, ",", 1);
        wadi__cli_json_string(text, wadi_str_data(&at->name), at->name.len);
        wadi__text_add(text, ":", 1);
        put_accumulator(text, at, true);
    }
    wadi__text_add(text, "}", 1);
}
static void json_stream(wadi__text *text, const checkpoint_stream *stream) {
    wadi__text_add(text, "{\"name\":", 8);
    wadi__cli_json_string(text, wadi_str_data(&stream->name), stream->name.len);
    put_field(text, "op", &stream->op);
    put_field(text, "function", &stream->function);
    put_field(text, "records", &stream->records);
    wadi__cli_format(
        text,
        ",\"slideMs\":%" PRId64 ",\"windowMs\":%" PRId64 ",\"savedMs\":%" PRId64 ",\"isState\":%s",
        stream->slide_ms, stream->window_ms, stream->saved_ms, stream->is_state ? "true" : "false");
}
static bool is_wanted(const view *self, const checkpoint_stream *stream) {
    return self->stream == NULL ||
           wadi_str_equal(stream->name, wadi_str_view(self->stream, strlen(self->stream)));
}
/* The rows of a stream's state, behind what was said of it. */
static wadi_status put_state(const view *self, const checkpoint_stream *stream, wadi__text *text,
                             wadi_error *err) {
    wadi__cli_state state;
    wadi_status status =
        wadi__cli_state_read(self->env, self->dir, stream, self->as_json, &state, err);
    if (status == WADI_OK && self->as_json) wadi__text_add(text, ",\"rows\":[", 9);
    for (size_t i = 0; status == WADI_OK && i < state.rows.count; i++) {
        if (self->as_json && i > 0) wadi__text_add(text, ",", 1);
        if (!self->as_json) wadi__text_add(text, "    ", 4);
        wadi__text_add(text, state.rows.items[i], strlen(state.rows.items[i]));
        if (!self->as_json) wadi__text_add(text, "\n", 1);
    }
    if (status == WADI_OK && self->as_json) wadi__text_add(text, "]", 1);
    if (status == WADI_OK && state.panes > 0)
        wadi__cli_format(text,
                         self->as_json ? ",\"paneRows\":%" PRIu64
                                       : "    and %" PRIu64 " records in panes\n",
                         state.panes);
    wadi__cli_state_fini(&state);
    return status;
}
static int show_streams(const view *self, const wadi__checkpoint *checkpoint, wadi__text *text) {
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = WADI_OK;
    size_t shown = 0;
    if (self->as_json) wadi__text_add(text, ",\"streams\":[", 12);
    for (size_t i = 0; i < checkpoint->streams.count && status == WADI_OK; i++) {
        const checkpoint_stream *stream = &checkpoint->streams.items[i];
        if (!is_wanted(self, stream)) continue;
        if (self->as_json && shown > 0) wadi__text_add(text, ",", 1);
        shown++;
        if (self->as_json)
            json_stream(text, stream);
        else
            put_stream(text, stream);
        if (self->has_state && stream->is_state) status = put_state(self, stream, text, &err);
        if (self->as_json) wadi__text_add(text, "}", 1);
    }
    if (self->as_json) wadi__text_add(text, "]}\n", 3);
    if (status != WADI_OK)
        return failed("a state cannot be read", self->dir, &err,
                      "wadi checkpoint verify tells which "
                      "checkpoints are whole; --at TIME shows another one");
    if (self->stream != NULL && shown == 0) {
        wadi__cli_error("the checkpoint has no such stream", self->stream, NULL,
                        "wadi checkpoint show DIR lists them");
        return WADI__CLI_FAILED;
    }
    return WADI__CLI_OK;
}
/* The newest whole one, or that of --at. */
static int find_checkpoint(const view *self, wadi__checkpoint *checkpoint) {
    wadi_error err = WADI_ERROR_INIT;
    bool found = false;
    size_t size = 0;
    if (self->at != NULL) {
        char *name = wadi__cli_must(wadi__format("checkpoint-%s", self->at));
        wadi_status status = strchr(self->at, '/') != NULL
                                 ? wadi_error_context(&err, WADI_E_INVALID, "no time has a slash")
                                 : read_checkpoint(self, name, false, checkpoint, &size, &err);
        wadi__free(name);
        if (status == WADI_OK) return WADI__CLI_OK;
    } else if (wadi__checkpoint_dir_read(self->env, self->dir, checkpoint, &found, &err) ==
               WADI_OK) {
        if (found) return WADI__CLI_OK;
        wadi__checkpoint_list none = {0};
        int result = list_files(self, &none);
        wadi__checkpoint_list_fini(&none);
        return result != WADI__CLI_OK ? result : WADI__CLI_FAILED;
    }
    return failed("the checkpoint cannot be read", self->dir, &err,
                  "wadi checkpoint ls lists those that are there");
}
static int show(const view *self) {
    wadi__checkpoint checkpoint = {0};
    int result = find_checkpoint(self, &checkpoint);
    if (result == WADI__CLI_OK) {
        wadi__conf *conf = wadi__cli_must(wadi__conf_new());
        wadi__text text = {0};
        if (self->as_json) {
            json_head(&text, &checkpoint);
            json_lists(&text, conf, &checkpoint);
        } else if (self->stream == NULL) {
            put_head(&text, &checkpoint);
            put_lists(&text, conf, &checkpoint);
        }
        result = show_streams(self, &checkpoint, &text);
        if (result == WADI__CLI_OK) wadi__cli_flush(&text);
        wadi__text_fini(&text);
        wadi__conf_free(conf);
    }
    wadi__checkpoint_fini(&checkpoint);
    return result;
}

static int run(const wadi__cli_args *args) {
    const char *what = args->words[0];
    const view self = {.env = wadi__env_current(),
                       .dir = args->words[1],
                       .at = wadi__cli_value(args, "at"),
                       .stream = wadi__cli_value(args, "stream"),
                       .as_json = wadi__cli_value(args, "json") != NULL,
                       .has_state = wadi__cli_value(args, "state") != NULL ||
                                    wadi__cli_value(args, "stream") != NULL};
    if (strcmp(what, "show") == 0) return show(&self);
    if (self.at != NULL || self.has_state)
        return wadi__cli_usage_error(args->command, "--at, --state and --stream go with show");
    if (strcmp(what, "ls") == 0) return list_all(&self, false);
    if (strcmp(what, "verify") == 0) return list_all(&self, true);
    return wadi__cli_usage_error(args->command, "'%s' is neither ls, show nor verify", what);
}
const wadi__cli_command wadi__cli_checkpoint = {
    .name = "checkpoint",
    .usage = "ls|show|verify DIR [OPTIONS]",
    .summary = "prints what a checkpoint directory holds",
    .text = "ls lists the checkpoints, oldest first. show prints the newest whole one: settings, "
            "pending "
            "batches, accumulators, streams, and with --state the rows of their states. verify "
            "reads all of "
            "them with the files of their states. Nothing is changed; the program may run. Secrets "
            "are hidden.",
    .words_min = 2,
    .words_max = 2,
    .first_words = "ls show verify",
    .completes = "dir",
    .options = {{"json", 0, NULL, "as JSON", false},
                {"at", 0, "TIME", "show: the checkpoint of this batch time, in ms", false},
                {"state", 0, NULL, "show: with the rows of all states", false},
                {"stream", 0, "NAME", "show: this stream alone, with its rows", false}},
    .examples = {{"wadi checkpoint show /var/lib/wordcount/checkpoint --state",
                  "all that is saved"},
                 {"wadi checkpoint verify /var/lib/wordcount/checkpoint",
                  "exit status 1: some are damaged"}},
    .run = run,
};
