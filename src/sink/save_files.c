/* SPDX-License-Identifier: Apache-2.0 */
/* save_files.c: each batch into a directory of its own: saveAsTextFiles, saveAsObjectFiles.
 *
 * Empty batches have a directory too. A batch that is run again takes the place of its part files;
 * other files in its directory stay. */
#include "base/mem.h"
#include "rdd/action/job.h"
#include "rdd/action/save.h"
#include "sink/batch_path.h"
#include "stream/output.h"
#include "stream/stream_context.h"

#include <wadi/dstream.h>

#include <inttypes.h>

typedef struct save_state {
    char *prefix, *suffix; /* NULL: none */
} save_state;

char *wadi__batch_path(const char *prefix, const char *suffix, int64_t batch_ms) {
    bool has_prefix = prefix != NULL && prefix[0] != 0,
         has_suffix = suffix != NULL && suffix[0] != 0;
    return wadi__format("%s%s%" PRId64 "%s%s", has_prefix ? prefix : "", has_prefix ? "-" : "",
                        batch_ms, has_suffix ? "." : "", has_suffix ? suffix : "");
}
static void save(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms,
                 bool (*write)(wadi_rdd *rdd, const char *path, bool may_replace)) {
    const save_state *state = (const save_state *)output->state;
    char *path = wadi__batch_path(state->prefix, state->suffix, batch_ms);
    if (path != NULL) {
        write(rdd, path, true);
    } else {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_NOMEM, "no memory for the name of a directory");
        wadi__job_fail(rdd, output->ops->name, &err);
    }
    wadi__free(path);
}
static void save_text_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    save(output, rdd, batch_ms, wadi__save_text);
}
static void save_objects_run(const wadi__output_op *output, wadi_rdd *rdd, int64_t batch_ms) {
    save(output, rdd, batch_ms, wadi__save_objects);
}
static void save_destroy(wadi__output_op *output) {
    wadi__free(((save_state *)output->state)->prefix);
    wadi__free(((save_state *)output->state)->suffix);
}
static const wadi__output_ops text_ops = {"save_as_text_files", save_text_run, save_destroy};
static const wadi__output_ops objects_ops = {"save_as_object_files", save_objects_run,
                                             save_destroy};
static const wadi__output_ops hadoop_ops = {.name = "save_as_hadoop_files", .destroy = save_destroy};

/* Keeps a copy, which is NULL for nothing. */
static void keep(wadi__output_op *output, char **to, const char *text) {
    if (text == NULL || text[0] == 0 || (*to = wadi__strdup(text)) != NULL) return;
    wadi__stream_context_mistake(output->stream->ssc, &output->where, output->ops->name,
                                 WADI_E_NOMEM, "no memory for the name of a directory");
}
static wadi__output_op *new_save(wadi_dstream *in, const wadi__output_ops *ops, const char *prefix,
                                 const wadi_save_options *given) {
    wadi_save_options options;
    wadi__output_op *output =
        wadi__output_new_with(in, ops, sizeof(save_state), given, &options, sizeof options);
    if (output == NULL) return NULL;
    keep(output, &((save_state *)output->state)->prefix, prefix);
    keep(output, &((save_state *)output->state)->suffix, options.suffix);
    return output;
}
void(wadi_save_as_text_files)(wadi_dstream *in, const char *prefix,
                              const wadi_save_options *options) {
    new_save(in, &text_ops, prefix, options);
}
void(wadi_save_as_object_files)(wadi_dstream *in, const char *prefix,
                                const wadi_save_options *options) {
    new_save(in, &objects_ops, prefix, options);
}
void(wadi_save_as_hadoop_files)(wadi_dstream *in, const char *prefix, const char *format,
                                const wadi_save_options *options) {
    (void)format;
    const wadi__output_op *output = new_save(in, &hadoop_ops, prefix, options);
    if (output != NULL)
        wadi__stream_context_mistake(in->ssc, &output->where, hadoop_ops.name, WADI_E_INVALID,
                                     "Hadoop's file formats are not built in yet; text and object "
                                     "files are");
}
