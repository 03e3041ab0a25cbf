/* SPDX-License-Identifier: Apache-2.0 */
/* file_formats.c: what the files of file streams hold: lines of text, byte strings of one length,
 * and the formats that wadi_file_stream() names. */
#include "rdd/ops/files.h"
#include "source/file_stream.h"
#include "stream/nowhere.h"

#include <string.h>

static wadi_rdd *make_text(const wadi_dstream *self, const wadi__input *files, size_t n) {
    return wadi__rdd_make_text_files(self->ssc->sc, files, n, &self->options);
}
static wadi_rdd *make_binary(const wadi_dstream *self, const wadi__input *files, size_t n) {
    return wadi__rdd_make_binary_files(self->ssc->sc, files, n,
                                       wadi__file_stream_record_bytes(self), &self->options);
}
static wadi_rdd *make_objects(const wadi_dstream *self, const wadi__input *files, size_t n) {
    return wadi__rdd_make_object_files(self->ssc->sc, self->type, files, n, &self->options);
}
static const wadi__file_format text_format = {"text", make_text};
static const wadi__file_format binary_format = {"binary records", make_binary};

wadi_dstream *(wadi_text_file_stream)(wadi_stream_context *ssc, const char *dir,
                                      const wadi_file_options *options) {
    wadi__file_source source = {
        .format = &text_format, .type = WADI_TYPE(wadi_str), .dir = dir, .options = options};
    return wadi__file_stream_new(ssc, "text_file_stream", &source);
}
wadi_dstream *(wadi_binary_records_stream)(wadi_stream_context *ssc, const char *dir,
                                           size_t record_bytes, const wadi_file_options *options) {
    wadi__file_source source = {.format = &binary_format,
                                .type = WADI_TYPE(wadi_str),
                                .dir = dir,
                                .record_bytes = record_bytes,
                                .options = options};
    return wadi__file_stream_new(ssc, "binary_records_stream", &source);
}

/* ---- wadi_file_stream(): formats by name ---- */

static wadi_rdd *make_csv(const wadi_dstream *self, const wadi__input *files, size_t n) {
    return wadi__rdd_make_format_files(self->ssc->sc, self->type, "csv", files, n, &self->options);
}
static wadi_rdd *make_json(const wadi_dstream *self, const wadi__input *files, size_t n) {
    return wadi__rdd_make_format_files(self->ssc->sc, self->type, "json", files, n, &self->options);
}
static const wadi__file_format named[] = {
    {"object", make_objects},
    {"csv", make_csv},
    {"json", make_json},
};
static void refuse(wadi_dstream *self, const char *format) {
    if (format == NULL)
        wadi__dstream_mistake(self, WADI_E_INVALID, "no format is given");
    else if (strcmp(format, "sequence") == 0)
        wadi__dstream_mistake(
            self, WADI_E_INVALID,
            "'sequence' comes with Hadoop's file formats, which are not built in yet");
    else
        wadi__dstream_mistake(self, WADI_E_INVALID, "'%s' is none of the formats object, csv, json",
                              format);
}
wadi_dstream *wadi__file_stream(wadi_stream_context *ssc, const wadi_type *type, const char *dir,
                                const char *format, const wadi_file_options *options) {
    wadi__file_source source = {.type = type, .dir = dir, .options = options};
    for (size_t i = 0; format != NULL && i < sizeof named / sizeof named[0]; i++)
        if (strcmp(named[i].name, format) == 0) source.format = &named[i];
    wadi_dstream *self = wadi__file_stream_new(ssc, "file_stream", &source);
    if (source.format == NULL && !wadi__dstream_is_spare(self)) refuse(self, format);
    return self;
}
