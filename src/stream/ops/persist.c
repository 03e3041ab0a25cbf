/* SPDX-License-Identifier: Apache-2.0 */
/* persist.c: keeping the RDDs of a stream for those who read them again. */
#include "stream/nowhere.h"
#include "stream/options.h"

wadi_dstream *wadi_dstream_persist(wadi_dstream *in, wadi_storage_level level,
                                   const wadi_op_options *given) {
    wadi_op_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    in = wadi__some_stream(in, &options.where, "persist");
    if (!wadi__stream_context_check_open(in->ssc, &options.where, "persist")) return in;
    if (wadi__dstream_is_spare(in)) return in;
    wadi_storage_level wanted = level == WADI_STORAGE_DEFAULT ? WADI_MEMORY_ONLY_SER : level;
    const char *wrong = NULL;
    if (!known) wrong = WADI__OPTION_UNKNOWN;
    if (in->is_persisted && in->level != wanted)
        wrong = "this stream has another storage level already";
    if ((int)level < 0 || level > WADI_OFF_HEAP) wrong = "there is no such storage level";
    if (wrong != NULL)
        wadi__stream_context_mistake(in->ssc, &options.where, "persist", WADI_E_INVALID, wrong);
    in->level = wanted;
    in->is_persisted = true;
    return in;
}
wadi_dstream *wadi_dstream_cache(wadi_dstream *in, const wadi_op_options *options) {
    return wadi_dstream_persist(in, WADI_STORAGE_DEFAULT, options);
}
