/* SPDX-License-Identifier: Apache-2.0 */
/* format_files.c: files of records in a format: frames as they are, text as lines and a parser
 * behind them. */
#include "rdd/ops/files.h"
#include "rdd/ops/ops.h"

static wadi_rdd *unknown(wadi_context *sc, const wadi__type *type, const char *format,
                         const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(sc, WADI__OP_TEXT_FILE, NULL, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    wadi__rdd_retype(rdd, type);
    if (format != NULL && strcmp(format, "sequence") == 0)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "the format 'sequence' is not built in yet");
    else
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "'%s' is none of the formats object, csv, json",
                            format != NULL ? format : "NULL");
    return wadi__rdd_done(rdd, options);
}
wadi_rdd *wadi__rdd_make_format_files(wadi_context *sc, const wadi__type *type, const char *format,
                                      const wadi__input *files, size_t n,
                                      const wadi_op_options *options) {
    if (format != NULL && strcmp(format, "object") == 0)
        return wadi__rdd_make_object_files(sc, type, files, n, options);
    if (format == NULL || (strcmp(format, "csv") != 0 && strcmp(format, "json") != 0))
        return unknown(sc, type, format, options);
    wadi_rdd *lines = wadi__rdd_make_text_files(sc, files, n, options);
    return wadi_rdd_flat_map(lines, wadi__parse(&type->pub, format), options);
}
