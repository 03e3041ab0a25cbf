/* SPDX-License-Identifier: Apache-2.0 */
/* 09_context_for_stream.c: a context in place of a stream. */
#include "words.h"

wadi_dstream *f(wadi_stream_context *ssc) { return wadi_map(ssc, pair_with_one); }
