/* SPDX-License-Identifier: Apache-2.0 */
/* stream_case.c: rigs, scripts from text, and cases. */
#include "testing/stream_case.h"

#include "data/type.h"
#include "testing/manual_clock.h"
#include "testing/must.h"
#include "testing/sim_disk.h"

#include <wadi/str.h>

/* ---- Scripts from text ---- */

typedef struct wadi__rig_text {
    struct wadi__rig_text *next;
    char *copy; /* that strings point at */
    wadi__script_batch *batches;
    size_t count;
} wadi__rig_text;

static _Noreturn void give_up(const char *what, const char *text) {
    fprintf(stderr, "wadi testing: %s in a script: '%s'\n", what, text);
    abort();
}
static bool read_scalar(const wadi_type *type, wadi_str text, char *to) {
    int64_t whole = 0;
    double real = 0;
    switch (type->kind) {
    case WADI_KIND_STR: memcpy(to, &text, sizeof text); return true;
    case WADI_KIND_BOOL: to[0] = wadi_str_equal(text, wadi_str_of("true")) ? 1 : 0; return true;
    case WADI_KIND_INT:
    case WADI_KIND_UINT:
        if (!wadi_str_to_int64(text, &whole)) return false;
        memcpy(to, &whole, type->size); /* the low bytes come first */
        return true;
    case WADI_KIND_FLOAT:
        if (type->size != 8 || !wadi_str_to_double(text, &real)) return false;
        memcpy(to, &real, 8);
        return true;
    default: return false;
    }
}
static void read_record(const wadi_type *type, wadi_str text, char *to) {
    bool is_read = true;
    if (type->kind != WADI_KIND_RECORD) {
        is_read = read_scalar(type, text, to);
    } else {
        wadi_split fields = wadi_split_on(&text, ':');
        for (uint32_t i = 0; is_read && i < type->field_count; i++)
            is_read = wadi_split_next(&fields) &&
                      read_scalar(type->fields[i].type, fields.piece, to + type->fields[i].offset);
    }
    if (!is_read) give_up("a record that does not fit its type", wadi_str_data(&text));
}
static void read_batch(const wadi_type *type, wadi_str text, wadi__script_batch *batch) {
    if (wadi_str_equal(wadi_str_trim(text), wadi_str_of("none"))) {
        batch->is_missing = true;
        return;
    }
    char *rows = NULL;
    wadi_split words = wadi_split_on(&text, ' ');
    while (wadi_split_next(&words)) {
        if (words.piece.len == 0) continue;
        rows = wadi__must_realloc(rows, (batch->count + 1) * type->size);
        memset(rows + batch->count * type->size, 0, type->size);
        read_record(type, words.piece, rows + batch->count++ * type->size);
    }
    batch->rows = rows;
}
static wadi__rig_text *text_new(const wadi_type *type, const char *text) {
    wadi__rig_text *self = wadi__must_calloc(1, sizeof *self);
    self->copy = wadi__must_strdup(text);
    wadi_str all = wadi_str_of(self->copy);
    wadi_split parts = wadi_split_on(&all, ';');
    while (wadi_split_next(&parts)) {
        self->batches =
            wadi__must_realloc(self->batches, (self->count + 1) * sizeof *self->batches);
        self->batches[self->count] = (wadi__script_batch){0};
        read_batch(type, parts.piece, &self->batches[self->count++]);
    }
    return self;
}
static void text_free(wadi__rig_text *self) {
    for (size_t i = 0; i < self->count; i++) free((void *)(uintptr_t)self->batches[i].rows);
    free(self->batches);
    free(self->copy);
    free(self);
}

/* ---- Rigs ---- */

wadi__rig wadi__rig_new(const wadi__rig_options *options) {
    static const wadi__rig_options none = {0};
    if (options == NULL) options = &none;
    wadi__rig rig = {.batch_ms = options->batch_ms != 0 ? options->batch_ms : 1000};
    if (options->clock == NULL)
        rig.own_clock = wadi__manual_clock_new(&wadi__env_real, options->wall_ms);
    rig.clock = options->clock != NULL ? options->clock : rig.own_clock;
    if (options->has_disk) rig.own_disk = wadi__sim_disk_new(rig.clock, 1);
    wadi__env_use(options->env != NULL ? options->env
                  : options->has_disk  ? rig.own_disk
                                       : rig.clock);
    wadi_context_options settings = {.size = sizeof settings};
    memcpy(settings.settings, options->settings, sizeof options->settings);
    const char *master = options->master != NULL ? options->master : "local[2]";
    rig.sc = (wadi_context_new)(master, "test", &settings);
    rig.ssc = wadi_stream_context_new(rig.sc, rig.batch_ms);
    wadi__env_use(NULL);
    return rig;
}
int wadi__rig_free(wadi__rig *rig) {
    int status = wadi_finish(rig->sc);
    if (rig->own_disk != NULL) wadi__sim_disk_free(rig->own_disk);
    if (rig->own_clock != NULL) wadi__manual_clock_free(rig->own_clock);
    for (wadi__rig_text *text = rig->texts, *next; text != NULL; text = next) {
        next = text->next;
        text_free(text);
    }
    return status;
}
void wadi__rig_advance(wadi__rig *rig, int64_t ms) {
    wadi__manual_clock_await_idle(rig->clock);
    wadi__manual_clock_advance_ms(rig->clock, ms);
    wadi__manual_clock_await_idle(rig->clock);
}
void wadi__rig_batches(wadi__rig *rig, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) wadi__rig_advance(rig, rig->batch_ms);
}
wadi_dstream *wadi__rig_input(wadi__rig *rig, const wadi_type *type, const char *text,
                              uint32_t partitions) {
    wadi__rig_text *read = text_new(type, text);
    read->next = rig->texts;
    rig->texts = read;
    wadi__script script = {read->batches, read->count, partitions};
    return wadi__scripted_stream(rig->ssc, type, &script);
}

/* ---- Cases ---- */

static char *differs(const char *what, const char *expected, const char *actual) {
    size_t size = strlen(what) + strlen(expected) + strlen(actual) + 64;
    char *text = wadi__must_calloc(size, 1);
    snprintf(text, size, "%s\n    expected: %s\n    actual:   %s", what, expected, actual);
    return text;
}
/* Runs the batches; `err` is what start or await had to say. */
static void run(wadi__rig *rig, uint32_t batches, wadi_error *err) {
    if (wadi_start(rig->ssc, err) != WADI_OK) return;
    wadi__rig_batches(rig, batches);
    wadi_await_termination_or_timeout(rig->ssc, 0, NULL, err);
    wadi_stop(rig->ssc, .keep_context = true);
}
char *wadi__stream_case_run(const wadi__stream_case *row) {
    wadi__rig_options options = {.batch_ms = row->batch_ms, .has_disk = row->has_checkpoint};
    memcpy(options.settings, row->settings, sizeof row->settings);
    wadi__rig rig = wadi__rig_new(&options);
    if (row->has_checkpoint) wadi_stream_context_checkpoint(rig.ssc, "/checkpoint");
    wadi_dstream *in[3] = {NULL, NULL, NULL};
    uint32_t batches = row->batches;
    for (size_t i = 0; i < 3 && row->in[i].type != NULL; i++) {
        uint32_t partitions = row->partitions != 0 ? row->partitions : 2;
        in[i] = wadi__rig_input(&rig, row->in[i].type, row->in[i].text, partitions);
        if (batches == 0) batches = (uint32_t)rig.texts->count;
    }
    wadi__collector *collector = wadi__collector_new(row->build(rig.ssc, in));
    wadi_error err = WADI_ERROR_INIT;
    run(&rig, batches, &err);
    char *actual = wadi__collector_text(collector, row->form), *problem = NULL;
    if (row->error == NULL && err.status != WADI_OK)
        problem = differs("it failed", "no error", err.message);
    else if (row->error != NULL && strstr(err.message, row->error) == NULL)
        problem = differs("the error differs", row->error, err.message);
    else if (strcmp(actual, row->expected) != 0)
        problem = differs("the output differs", row->expected, actual);
    free(actual);
    wadi__rig_free(&rig);
    wadi__collector_free(collector);
    return problem;
}
