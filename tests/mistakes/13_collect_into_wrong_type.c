/* SPDX-License-Identifier: Apache-2.0 */
/* 13_collect_into_wrong_type.c: collects into the wrong type. */
#include "words.h"

const limit *f(wadi_rdd *rdd) { size_t n; return wadi_collect(rdd, word_count, &n); }
